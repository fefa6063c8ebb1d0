"""A sealed public directory of an imaginary school, for tests and screenshots only.

The numbers are drawn here with a fixed seed and pass through `privacy.release.display` and
`privacy.sealed.seal` like the analyzer's. Planted, and asserted by the tests:
  * 20 Mbit/s until 2026-10-04, 50 Mbit/s from 2026-10-05;
  * before, every Tuesday slot M3 saturates; since, nothing does;
  * web radio in the offices (resource_inappropriate) until the new line came, then none;
  * pedagogical use dips in the weeks of 21 and 28 September;
  * abusive use always stays under the publication threshold;
  * holidays from 17 October to 1 November.
"""

import base64
import math
import random
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from analyzer.health import Health, payload
from privacy.canonical import digest
from privacy.policy import PARTS, policy_digest
from privacy.published import HEALTH
from privacy.release import Cell, Measure, Method, Release, display, dump_release
from privacy.sealed import seal
from privacy.settings import measure_of
from tests.pages.more_releases import NOISE, annotations, monthly, weekly

FIRST, LAST = date(2026, 9, 7), date(2026, 11, 15)
LAST_DAY = date(2026, 11, 16)
HOLIDAYS = (date(2026, 10, 17), date(2026, 11, 1))
NEW_LINE = date(2026, 10, 5)
TERM = {
    "term": "2026-T1",
    "starts": "2026-09-01",
    "ends": "2026-12-18",
    "weeks": [f"2026-W{week}" for week in (*range(36, 43), *range(45, 52))],
}
USES = ("pedagogical", "residual_private", "abusive", "resource_inappropriate")
ZONES = (
    ("salles", "Salles de cours", "Classrooms", "classroom", 420),
    ("cdi", "CDI", "Library", "library", 60),
    ("bureaux", "Bureaux", "Offices", "office", 40),
    ("vie-scolaire", "Vie scolaire", "Student life", "student_life", 20),
    ("internat", "Internat", "Boarding", "boarding", 90),
    ("wifi", "Wi-Fi", "Wi-Fi", "wifi", 300),
)
SLOTS = (
    ("M1", "lesson", "08:00", "08:55"),
    ("M2", "lesson", "08:55", "09:50"),
    ("recre-matin", "break", "09:50", "10:05"),
    ("M3", "lesson", "10:05", "11:00"),
    ("M4", "lesson", "11:00", "11:55"),
    ("midi", "meal", "11:55", "13:25"),
    ("S1", "lesson", "13:25", "14:20"),
    ("S2", "lesson", "14:20", "15:15"),
    ("recre-soir", "break", "15:15", "15:30"),
    ("S3", "lesson", "15:30", "16:25"),
    ("S4", "lesson", "16:25", "17:20"),
)
DAILY = {
    "salles": (380, 90, 4, 8),
    "cdi": (46, 22, 1, 3),
    "bureaux": (30, 20, 0, 34),
    "vie-scolaire": (17, 19, 0, 3),
    "internat": (40, 62, 3, 5),
    "wifi": (120, 170, 5, 12),
}
"""Device-days per school day by zone, in the order of `USES`."""
SIGMA_T1, SIGMA_T6 = 20.3, 28.7
WELL = Health(
    at=datetime(2026, 11, 16, 18, 5, 9, tzinfo=UTC), collector_age_s=3, collector_running=True,
    drops_now=False, flows_max=21_304, flow_cap=262_144, spool_files=2, spool_bytes=1_900_000,
    spool_age_s=2, seal_delay_s=214, disk_free_bytes=81_456_000_000, disk_left_days=412,
    gaps={"write_failed": 0}, lists_age_days=5,
)  # fmt: skip
"""How the capture of this school fares."""
SETTINGS = {"profile": "standard"}
"""Stands for the settings where only their digest counts."""


def is_school_day(day: date) -> bool:
    holiday = HOLIDAYS[0] <= day <= HOLIDAYS[1] or day == date(2026, 11, 11)
    return day.weekday() < 5 and not holiday


def days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=i) for i in range((last - first).days + 1)]


class Publisher:
    """Writes sealed files under one directory."""

    def __init__(self, public: Path, seed: int = 7) -> None:
        self.public = public
        self.random = random.Random(seed)  # noqa: S311 - a fixture, not a secret
        self.key = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
        self.charter_digest = digest({"charter": 1})
        self.privacy_digest = digest(SETTINGS)
        blank = dict.fromkeys(PARTS, "0" * 64)
        self.parts = blank | {"verdicts": self.charter_digest, "privacy": self.privacy_digest}
        self.policy = policy_digest(self.parts)
        public.mkdir(parents=True, exist_ok=True)
        raw = self.key.public_key().public_bytes_raw()
        (public / "seal.pub").write_bytes(base64.b64encode(raw))

    def write(self, where: str, name: str, payload: dict[str, Any]) -> None:
        path = self.public / where / f"{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        stamp = {"policy": self.policy} if where == "documents" else {}
        path.write_bytes(seal(stamp | payload, self.key))

    def release(self, table: str, span: tuple[str, date, date], exact: dict, origin: str) -> None:
        period, starts, ends = span
        sigma, cap = NOISE.get(table, (SIGMA_T1, 5) if table == "T1" else (SIGMA_T6, 4))
        measure = measure_of(table)
        counted = measure is not Measure.MEGABYTES
        floor = 11 * (ends - starts).days * counted
        cells = []
        for key, value in exact.items():
            noisy = round(value + self.random.gauss(0, sigma))
            shown = display(noisy, sigma=sigma, floor=floor)
            cells.append(Cell(key=tuple(sorted(key)), noisy=noisy, display=shown))
        release = Release(
            table=table,
            period=period,
            starts=starts,
            ends=ends,
            method=Method("discrete_gaussian", "device_day", 0.0061, sigma, cap, measure),
            cells=tuple(cells),
            origin=origin,
            charter_digest=self.charter_digest,
            privacy_digest=self.privacy_digest,
            policy_digest=self.policy,
        )
        self.write(f"releases/{table}", period, dump_release(release))


def use_per_day(zone: str, index: int, day: date) -> float:
    value = float(DAILY[zone][index])
    if index == 0 and date(2026, 9, 21) <= day < NEW_LINE:
        value *= 0.62
    if index == 3 and zone == "bureaux" and day >= NEW_LINE:
        value = 1.0
    return value


def week_cells(monday: date) -> dict:
    cells = {}
    for zone, *_ in ZONES:
        school_days = [d for d in days(monday, monday + timedelta(days=6)) if is_school_day(d)]
        for index, use in enumerate(USES):
            total = sum(use_per_day(zone, index, day) for day in school_days)
            cells[("zone", zone), ("use", use)] = total
        cells[("zone", zone), ("use", "any")] = len(school_days) * sum(DAILY[zone]) * 0.8
    return cells


def direction(generator: random.Random, load: float, capacity: float, minutes: int) -> dict:
    """`load` is the wanted mean over capacity; minutes over a limit follow a bell around it."""

    def over(limit: float) -> int:
        z = (limit - load) / 0.1
        return round(minutes * 0.5 * math.erfc(z / math.sqrt(2)))

    mean = min(load, 0.99) * capacity
    p95 = min(load + 0.17, 1.0) * capacity
    return {
        "mean_mbit_s": round(mean, 3),
        "p95_mbit_s": round(p95, 3),
        "peak10s_mbit_s": round(min(p95 * (1.05 + generator.random() / 10), capacity), 3),
        "minutes_80": over(0.8),
        "minutes_95": over(0.95),
        "histogram": bands([minutes, *(over(band / 10) for band in range(1, 10)), 0]),
    }


def bands(at_least: list[int]) -> list[int]:
    return [low - high for low, high in pairwise(at_least)]


def slot_load(generator: random.Random, day: date, slot: tuple) -> tuple[float, float]:
    name, period, *_ = slot
    wanted = {"lesson": 12.0, "break": 7.0, "meal": 9.0}[period] + generator.gauss(0, 0.9)
    if name in {"M2", "M3"}:
        wanted += 2.5
    if day.weekday() == 1 and name == "M3":
        wanted += 8.0
    return max(wanted, 0.5), max(wanted * 0.15, 0.1)


def link_payload(publisher: Publisher, day: date, origin: str) -> dict[str, Any]:
    down, up = (20.0, 5.0) if day < NEW_LINE else (50.0, 20.0)
    slots = []
    for slot in SLOTS:
        name, period, start, end = slot
        minutes = (int(end[:2]) * 60 + int(end[3:])) - (int(start[:2]) * 60 + int(start[3:]))
        load_down, load_up = slot_load(publisher.random, day, slot)
        slots.append(
            {
                "slot": name,
                "period": period,
                "from": start,
                "to": end,
                "minutes_seen": minutes,
                "minutes_missing": 0,
                "loss_share": 0.0,
                "down": direction(publisher.random, load_down / down, down, minutes),
                "up": direction(publisher.random, load_up / up, up, minutes),
            }
        )
    capacity = {"down_mbit_s": down, "up_mbit_s": up}
    return {
        "format": 2,
        "kind": "link_load",
        "table": "link",
        "period": day.isoformat(),
        "origin": origin,
        "charter_digest": publisher.charter_digest,
        "privacy_digest": publisher.privacy_digest,
        "policy_digest": publisher.policy,
        "lines": [{"line": "internet", "capacity": capacity, "slots": slots}],
    }


def week_list() -> list[dict[str, Any]]:
    weeks = []
    for monday in days(FIRST, LAST_DAY):
        if monday.weekday() == 0:
            span = days(monday, monday + timedelta(days=6))
            weeks.append(
                {
                    "period": "{}-W{:02d}".format(*monday.isocalendar()[:2]),
                    "starts": monday.isoformat(),
                    "ends": span[-1].isoformat(),
                    "school_days": [d.isoformat() for d in span if is_school_day(d)],
                }
            )
    return weeks


def write_documents(publisher: Publisher) -> None:
    publisher.write(
        "documents",
        "school",
        {
            "document": "school",
            "name": "Lycée de démonstration",
            "uai": "0000000A",
            "public_url": "https://jauge.lycee.example",
            "timezone": "Europe/Paris",
            "holiday_zone": "C",
            "zones": [
                {
                    "name": name,
                    "label": {"fr": french, "en": english},
                    "kind": kind,
                    "persons": persons,
                    "published_as": name,
                }
                for name, french, english, kind, persons in ZONES
            ],
            "slots": [
                {
                    "name": name,
                    "period": period,
                    "days": ["mon", "tue", "wed", "thu", "fri"],
                    "from": start,
                    "to": end,
                    "persons": 420,
                }
                for name, period, start, end in SLOTS
            ],
            "lines": [
                {
                    "name": "internet",
                    "label": {"fr": "Ligne Internet", "en": "Internet line"},
                    "capacity": [
                        {"from": "2026-09-01", "down_mbit_s": 20, "up_mbit_s": 5},
                        {"from": NEW_LINE.isoformat(), "down_mbit_s": 50, "up_mbit_s": 20},
                    ],
                }
            ],
            "weeks": week_list(),
            "terms": [TERM],
        },
    )
    publisher.write("documents", "charter", charter(publisher.charter_digest))
    publisher.write("documents", "privacy", privacy(publisher))
    publisher.write("documents", "status", status())


def charter(hexdigits: str) -> dict[str, Any]:
    return {
        "document": "charter",
        "digest": hexdigits,
        "title": {"fr": "Charte d'usage du numérique", "en": "Charter for digital use"},
        "version": "2026-09-01",
        "clauses": [
            {"id": "C1", "fr": "Le réseau sert d'abord à travailler.", "en": "Work comes first."},
            {"id": "C2", "fr": "Une vie privée résiduelle est admise.", "en": "Some private life."},
            {"id": "C4", "fr": "Personne ne prive les cours de débit.", "en": "Lessons first."},
        ],
        "rules": [
            {
                "id": "ent-anywhere",
                "use": "pedagogical",
                "clause": "C1",
                "condition": {"fr": "Le site est l'ENT.", "en": "The site is the portal."},
                "because": {"fr": "C'est l'outil de la classe.", "en": "It is the class's tool."},
            },
            {
                "id": "web-radio-line-busy",
                "use": "resource_inappropriate",
                "clause": "C4",
                "condition": {
                    "fr": "Radio web, quand la ligne est chargée à plus de 80 %.",
                    "en": "Web radio, when the line is loaded above 80%.",
                },
                "because": {"fr": "Elle prive les cours de débit.", "en": "It starves lessons."},
            },
            {
                "id": "otherwise",
                "use": "undetermined",
                "clause": "",
                "condition": {"fr": "Dans tous les autres cas.", "en": "In every other case."},
                "because": {"fr": "Rien ne permet de trancher.", "en": "Nothing decides."},
            },
        ],
    }


def privacy(publisher: Publisher) -> dict[str, Any]:
    return {
        "document": "privacy",
        "digest": publisher.privacy_digest,
        "settings": SETTINGS,
        "policy_parts": publisher.parts,
        "profile": "standard",
        "total_rho": 0.0243,
        "delta": "1e-6",
        "epsilon_device_day": 1.18,
        "retention_days": 8,
        "tables": [],
        "floor_persons": 20,
        "display": {"sigmas": 4, "reliable_sigmas": 10, "floor_devices_per_day": 11},
        "columns": [
            {
                "name": "minute",
                "meaning": "Start of the clock minute.",
                "unit": "second",
                "purpose": "time",
                "identifying": "no",
            }
        ],
    }


def status() -> dict[str, Any]:
    return {
        "document": "status",
        "as_of": (LAST_DAY + timedelta(days=1)).isoformat(),
        "analyzed": (LAST_DAY + timedelta(days=1)).isoformat(),
        "capture": "in_force",
        "origins": [
            {"from": FIRST.isoformat(), "to": LAST.isoformat(), "origin": "simulated"},
            {"from": LAST_DAY.isoformat(), "to": LAST_DAY.isoformat(), "origin": "measured"},
        ],
        "coverage": [
            {
                "day": LAST_DAY.isoformat(),
                "offered": 321_456,
                "parsed": 321_400,
                "rejected": 56,
                "rejected_by_reason": {"not_ip": 50, "bad_ip": 6},
                "kernel_drops": 0,
                "shed": 0,
            }
        ],
    }


def publish_more(publisher: Publisher) -> None:
    """Write the other tables, with draws that leave those of T1 and T6 as they are."""
    other = Publisher(publisher.public, seed=11)
    for monday in days(FIRST, LAST):
        if monday.weekday() == 0:
            period = "{}-W{:02d}".format(*monday.isocalendar()[:2])
            taught = sum(is_school_day(monday + timedelta(days=n)) for n in range(7))
            span = (period, monday, monday + timedelta(days=7))
            for table, exact in weekly(monday, taught, SLOTS).items():
                other.release(table, span, exact, "simulated")
    for month in (9, 10):
        span = (f"2026-{month:02d}", date(2026, month, 1), date(2026, month + 1, 1))
        for table, exact in monthly(month).items():
            other.release(table, span, exact, "simulated")
    rehearse(other)
    other.write("documents", "annotations", annotations(NEW_LINE))


REHEARSED = date(2026, 11, 9)


def rehearse(publisher: Publisher) -> None:
    """Write the days of one week and its rehearsal: private use becomes inappropriate."""
    school_days = [d for d in days(REHEARSED, REHEARSED + timedelta(days=6)) if is_school_day(d)]
    totals = dict.fromkeys(USES, 0.0)
    for day in school_days:
        exact = {
            (("use", use),): sum(use_per_day(zone, i, day) for zone, *_ in ZONES)
            for i, use in enumerate(USES)
        }
        for use in USES:
            totals[use] += exact[("use", use),]
        publisher.release("T6", (day.isoformat(), day, day + timedelta(days=1)), exact, "simulated")
    moved = totals["residual_private"] / 2
    draft = {
        (("use", use),): totals[use]
        + {"residual_private": -moved, "resource_inappropriate": moved}.get(use, 0.0)
        for use in USES
    }
    period = "{}-W{:02d}".format(*REHEARSED.isocalendar()[:2])
    span = (period, REHEARSED, REHEARSED + timedelta(days=7))
    publisher.release("rehearsal", span, draft, "simulated")


def publish(public: Path) -> Path:
    """Write everything; returns the directory."""
    publisher = Publisher(public)
    write_documents(publisher)
    for day in days(FIRST, LAST_DAY):
        origin = "measured" if day == LAST_DAY else "simulated"
        if is_school_day(day):
            publisher.write("releases/link", day.isoformat(), link_payload(publisher, day, origin))
        if day.weekday() == 0 and day <= LAST:
            period = "{}-W{:02d}".format(*day.isocalendar()[:2])
            span = (period, day, day + timedelta(days=7))
            publisher.release("T1", span, week_cells(day), "simulated")
    publish_more(publisher)
    uses = {
        (("use", use),): sum(use_per_day(zone, i, LAST_DAY) for zone, *_ in ZONES)
        for i, use in enumerate(USES)
    }
    span = (LAST_DAY.isoformat(), LAST_DAY, LAST_DAY + timedelta(days=1))
    publisher.release("T6", span, uses, "measured")
    (public / f"{HEALTH}.json").write_bytes(seal(payload(WELL), publisher.key))
    return public
