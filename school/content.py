"""What decides a verdict, as JSON values: `charter_digest` is the hash of this. Pure."""

from typing import Any

from privacy.settings import PrivacySettings
from school.calendar import Calendar
from school.charter import SET_KEYS, SIZE_KEYS, Charter, Rule, When
from school.days_off import METROPOLE
from school.lines import Line
from school.services import NO_SERVICES, Services, content
from school.zones import Zones


def verdict_content(
    *,
    zones: Zones,
    lines: tuple[Line, ...],
    calendar: Calendar,
    charter: Charter,
    privacy: PrivacySettings | None = None,
    services: Services = NO_SERVICES,
) -> dict[str, Any]:
    """Return, as JSON values, everything that decides a verdict (`charter_digest` is its hash).

    Order and notation in the files do not matter; the order of rules does. `privacy` is accepted
    and left out: it has a digest of its own.
    """
    del privacy
    return {
        "zones": [
            {
                "name": zone.name,
                "label": zone.label.as_dict(),
                "kind": zone.kind,
                "subnets": sorted(str(net) for net in zone.subnets),
                "vlans": sorted(zone.vlans),
                "persons": zone.persons,
                "counts_devices": zone.counts_devices,
                "published_in": zone.published_in,
                **({} if zone.measured else {"measured": False}),
            }
            for zone in sorted(zones.zones, key=lambda zone: zone.name)
        ],
        "inside": sorted(str(net) for net in zones.inside),
        "lines": [_line(line) for line in sorted(lines, key=lambda line: line.name)],
        "calendar": _calendar(calendar),
        "charter": _charter(charter),
        **({"services": own} if (own := content(services)) else {}),
    }


def _line(line: Line) -> dict[str, Any]:
    return {
        "name": line.name,
        "capacity": [
            {"from": c.since.isoformat(), "down_bit_s": c.down_bit_s, "up_bit_s": c.up_bit_s}
            for c in line.capacity
        ],
    }


def _calendar(calendar: Calendar) -> dict[str, Any]:
    return {
        "timezone": calendar.timezone.key,
        "holiday_zone": calendar.holiday_zone,
        "slots": [
            {
                "name": slot.name,
                "period": slot.period,
                "days": list(slot.days),
                "from": slot.from_to[0],
                "to": slot.from_to[1],
                "persons": slot.persons,
            }
            for slot in calendar.slots
        ],
        "closed": sorted(day.isoformat() for day in calendar.closed),
        "open": sorted(day.isoformat() for day in calendar.open),
        **_beside_the_timetable(calendar),
    }


def _beside_the_timetable(calendar: Calendar) -> dict[str, Any]:
    """Return what most calendars leave out: those keep the digest that they always had."""
    found: dict[str, Any] = {}
    if calendar.exams:
        found["exams"] = sorted(day.isoformat() for day in calendar.exams)
    if calendar.territory != METROPOLE:
        found["territory"] = calendar.territory
    if calendar.holidays:
        found["holidays"] = sorted(
            [first.isoformat(), last.isoformat()] for first, last in calendar.holidays
        )
    return found


def _charter(charter: Charter) -> dict[str, Any]:
    return {
        "title": charter.title.as_dict(),
        "version": charter.version,
        "clauses": [{"id": c.id, **c.text.as_dict()} for c in charter.clauses],
        "rules": [
            {
                "id": rule.id,
                "when": _when(rule.when),
                "use": rule.use,
                "clause": rule.clause,
                "because": rule.because.as_dict(),
                **_tolerance(rule),
            }
            for rule in charter.rules
        ],
    }


def _when(when: When) -> dict[str, Any]:
    content: dict[str, Any] = {}
    for key in SET_KEYS:
        allowed = when.allowed(key)
        if allowed is not None:
            content[key] = sorted(allowed)
    for key in SIZE_KEYS:
        least = when.least(key)
        if least is not None:
            content[key] = least
    return content


def _tolerance(rule: Rule) -> dict[str, Any]:
    """Return `tolerance` where there is one: charters without it keep their digest."""
    if rule.tolerance is None:
        return {}
    return {
        "tolerance": {
            "minutes": rule.tolerance.minutes,
            "megabytes": rule.tolerance.megabytes,
            "beyond": rule.tolerance.beyond,
            "because": rule.tolerance.because.as_dict(),
        }
    }
