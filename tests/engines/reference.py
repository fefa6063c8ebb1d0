"""What devices did on a day, slowly and by definition: the oracle of every engine.

Verdicts come from the readable twins (tests/analyzer_classify/compared); the sums are plain sets and
counters. Nothing here knows Ibis or SQL.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime

from analyzer.groups import GROUP_OF_CATEGORY
from privacy import canonical
from privacy.gate.tables import ALL_USES, CHARTER_USES
from school.load import School
from tests.analyzer_classify.compared import CATALOGUE, by_twin

Answers = dict[str, list[list]]


def answers(
    rows: Sequence[dict],
    *,
    school: School,
    day: date,
    states: Mapping[datetime, tuple[str, str]],
    published: Mapping[str, str | None],
) -> Answers:
    """Return the rows of each query, sorted."""
    counting = [row for row in rows if row["device"] is not None and row["down_bytes"] > 0]
    said = by_twin(counting, school, states)
    minutes: dict[tuple, set] = defaultdict(set)
    slots: dict[tuple, set] = defaultdict(set)
    volumes: dict[tuple, int] = defaultdict(int)
    services: dict[tuple, int] = defaultdict(int)
    saturated: dict[tuple, int] = defaultdict(int)
    followed = {e.suffix: e.service for e in CATALOGUE if e.service in school.services.follow}
    for row, (of_day, slot, _, _, category, use, _) in zip(counting, said, strict=True):
        if of_day != day:
            continue
        device, minute = row["device"], row["minute"]
        place = published.get(row["zone"])
        octets = row["up_bytes"] + row["down_bytes"]
        minutes[device, place, "any"].add(minute)
        minutes[device, place, use].add(minute)
        if slot is not None and use in CHARTER_USES:
            slots[device, slot, use].add((place, minute))
        volumes[device, use] += octets
        if row["site"] in followed:
            services[device, followed[row["site"]]] += 1
        if "saturated" in states.get(minute, ()):
            saturated[device, GROUP_OF_CATEGORY[category]] += octets
    assert {use for _, use in volumes} <= set(ALL_USES)
    places = sorted({key[:2] for key in minutes}, key=repr)
    return {
        "uses": _sorted(
            [d, p, len(minutes[d, p, "any"]), *(len(minutes.get((d, p, use), ())) for use in CHARTER_USES)]
            for d, p in places
        ),
        "slots": _sorted([d, s, use, len(found)] for (d, s, use), found in slots.items()),
        "volumes": _sorted([*key, amount] for key, amount in volumes.items()),
        "services": _sorted([*key, amount] for key, amount in services.items()),
        "saturated": _sorted([*key, amount] for key, amount in saturated.items()),
    }  # fmt: skip


def _sorted(rows) -> list[list]:
    return sorted((list(row) for row in rows), key=repr)


def as_answers(found: Mapping[str, list]) -> Answers:
    """Return what `Question.ask` found in the same form."""
    own: Answers = {}
    for name, rows in found.items():
        if name == "uses":
            own[name] = _sorted([r.device, r.zone, r.minutes, *r.use_minutes] for r in rows)
        else:
            own[name] = _sorted([r.device, *r.cell, r.amount] for r in rows)
    return own


def digest(found: Answers) -> str:
    """Return one digest of all queries: numbers as text, for 2^62 octets are no exact float."""
    return canonical.digest(
        [[name, [[str(value) for value in row] for row in rows]] for name, rows in sorted(found.items())]
    )  # fmt: skip
