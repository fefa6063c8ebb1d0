"""Draws charters, facts and slices at random, quickly and by seed. Used by the tests and `long`."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from analyzer.classify import MEGABYTE
from analyzer.facts import APP_CATEGORY, Facts
from privacy.records import SiteSource, Transport
from school.charter import SET_KEYS, SIZE_KEYS, WORDS, Charter, Clause, Rule, Tolerance, When
from school.declared import Label
from school.lists import CATEGORY_OF_LIST
from school.load import School, load_school
from school.words import Behaviour, Category, DayKind, LinkState, Period, Strength, Use, ZoneKind
from tests.school.declared import LYCEE, directory

MONDAY = datetime(2026, 9, 7, 4, 0, tzinfo=UTC)
"""06:00 in Paris, before the first slot."""
TEXT = Label(fr="a", en="a")
STATES = [state.value for state in LinkState]
SLOTS = ["M1", "Midi", "S1"]
USES = [use.value for use in Use]
VOCABULARY = {
    **{key: [word.value for word in kind] for key, kind in WORDS.items()},
    "slot": SLOTS,
    "app": list(APP_CATEGORY),
}
SITES = [
    *("nrj.fr", "pix.fr", "youtube.com", "cloudfront.net", "nordvpn.com", "google.com"),
    *("unknown-site.fr", "windowsupdate.com", "steamcontent.com"),
]


@lru_cache(maxsize=1)
def lycee() -> School:
    with TemporaryDirectory() as folder:
        written = directory(Path(folder))
        calendar = written / "calendar.yaml"
        text = calendar.read_text(encoding="utf-8")
        calendar.write_text(text + "exams: [2026-09-08]\n", encoding="utf-8")
        (written / "charter.yaml").write_bytes(LYCEE.read_bytes())
        return load_school(written)


def when(draw: Random, *, share: float = 0.2) -> When:
    """A condition: each key with probability `share`, words so many that it often holds."""
    keys = {}
    for key in SET_KEYS:
        if draw.random() < share:
            words = VOCABULARY[key]
            keys[key] = frozenset(
                draw.sample(words, draw.randint((len(words) + 1) // 2, len(words)))
            )
    for key in SIZE_KEYS:
        if draw.random() < share:
            keys[key] = draw.randint(1, 4)
    return When(**keys)


def tolerance(draw: Random) -> Tolerance:
    minutes, megabytes = draw.choice([(2, None), (None, 3), (3, 2)])
    return Tolerance(minutes, megabytes, draw.choice(USES), TEXT)


def charter(draw: Random) -> Charter:
    whens = [*(when(draw) for _ in range(draw.randint(2, 9))), When()]
    rules = tuple(
        Rule(
            id=f"r{n}",
            when=condition,
            use=draw.choice(USES),
            clause="C1",
            because=TEXT,
            tolerance=tolerance(draw) if draw.random() < 0.3 else None,
        )
        for n, condition in enumerate(whens)
    )
    return Charter(TEXT, "1", (Clause("C1", TEXT),), rules)


def _octets(draw: Random) -> int:
    """Often exactly at, just under or over a threshold of `when` and `tolerance`."""
    return max(0, draw.randint(0, 5) * MEGABYTE + draw.choice([-1, 0, 0, 1, 400_000]))


def _one(draw: Random, words) -> str:
    return draw.choice([word.value for word in words])


def facts(draw: Random) -> Facts:
    device = draw.random() < 0.8
    return Facts(
        zone_kind=_one(draw, ZoneKind),
        period=_one(draw, Period),
        category=_one(draw, Category),
        evidence=_one(draw, Strength),
        link_state=draw.choice(STATES),
        link_up=draw.choice(STATES),
        link_down=draw.choice(STATES),
        slot=draw.choice([None, *SLOTS, "Autre"]),
        day_kind=_one(draw, DayKind),
        listed=draw.choice([None, *set(CATEGORY_OF_LIST.values())]),
        app=draw.choice([None, *APP_CATEGORY, "stun"]),
        behaviour=_one(draw, Behaviour),
        octets=_octets(draw),
        flow_octets=_octets(draw),
        device_day_octets=_octets(draw) if device else None,
        rule_minutes=draw.randint(1, 4) if device else None,
        rule_octets=_octets(draw) if device else None,
    )


def slice_row(draw: Random) -> dict:
    """Columns of one slice that decide; few flows, devices and minutes, so that volumes add up."""
    minute = MONDAY + timedelta(minutes=draw.choice([0, 150, 151, 152, 400, 401, 1100, 1600, 1601]))
    flow = draw.randint(1, 12)
    return {
        "minute": minute,
        "flow": flow,
        "device": draw.choice([None, 1, 2, 3]),
        "zone": draw.choice(["salles", "bureaux", "internat", "serveurs", "unmatched", "gone"]),
        "site": draw.choice([None, None, *SITES]),
        "site_source": _one(draw, SiteSource),
        "ech": draw.random() < 0.2,
        "list_category": draw.choice([None, *CATEGORY_OF_LIST, "liste_bu", "jobsearch"]),
        "app": draw.choice([None, None, *APP_CATEGORY, "stun"]),
        "transport": _one(draw, Transport),
        "server_port": draw.choice([53, 123, 443, 8000]),
        "up_bytes": draw.choice([0, 30_000, 95_999, 96_000, 96_001, 1_000_000]),
        "down_bytes": draw.choice([0, 179_999, 180_000, 960_000, 2_700_000, 2_700_001]),
        "active_s": draw.choice([0, 49, 50, 60]),
        "down_sumsq_bytes_s": draw.choice([0.0, 6.0e8, 1.536e10, 3.0e10, 3.2e10]),
        "age_s": draw.choice([0, 119, 120, 4000]),
    }


def states(draw: Random, rows: list[dict]) -> dict[datetime, tuple[str, str]]:
    """(up, down) of some of the minutes; the edges of the day before and after are always there."""
    known = {
        row["minute"]: (draw.choice(STATES), draw.choice(STATES))
        for row in rows
        if draw.random() < 0.8
    }
    for edge in (MONDAY, MONDAY + timedelta(hours=40)):
        known.setdefault(edge, ("calm", "calm"))
    return known
