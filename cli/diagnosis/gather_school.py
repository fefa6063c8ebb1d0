"""Facts of the declared files, the interface and the lists. Does I/O (reads)."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from cli.declared import other_files
from cli.diagnosis.facts import InterfaceFacts, ListsFacts, SchoolFacts


def school_of(directory: Path) -> tuple[SchoolFacts, Any]:
    """Return the facts, and the school itself (None when its files cannot be used)."""
    from cli.check import unproven_rules
    from collector.settings import CollectorSettings
    from school.load import DeclarationErrors, load_school, load_settings

    try:
        school = load_school(directory, also=other_files())
    except DeclarationErrors as errors:
        return SchoolFacts(str(directory), problems=len(errors.problems)), None
    settings = CollectorSettings()
    if (directory / "collector.yaml").exists():
        settings = load_settings(directory / "collector.yaml", CollectorSettings)
    line = next((line for line in school.lines if line.name == settings.line), None)
    today = school.calendar.local_day(datetime.now(UTC))
    return SchoolFacts(
        str(directory),
        unproven_rules=len(unproven_rules(school)),
        uai=school.uai is not None,
        zones=len(school.zones.zones),
        vlans=sum(len(zone.vlans) for zone in school.zones),
        line=settings.line,
        line_declared=line is not None,
        rate_today=line is not None and line.capacity_at(today) is not None,
        holidays_until=_holidays_until(school),
        retention_days=school.privacy.retention_days,
        interface=settings.interface,
        side=settings.side,
    ), school


def _holidays_until(school: Any) -> date | None:
    from school.days_off import DECLARED, DECREED_UNTIL

    if school.calendar.holiday_zone != DECLARED:
        return DECREED_UNTIL
    return max((last for _, last in school.calendar.holidays), default=None)


def interface_of(name: str | None) -> InterfaceFacts | None:
    """Return what is known of an interface; None where the machine could not be asked."""
    from cli.starter.network import NoNetworkFacts, candidates, read

    try:
        found = read()
    except NoNetworkFacts:
        return None
    others = tuple(one.name for one in candidates(found))
    own = next((one for one in found if one.name == name), None)
    if own is None:
        return InterfaceFacts(there=False, up=False, others=others)
    return InterfaceFacts(up=own.up, uplink=own.uplink, others=others)


def lists_of(file: Path | None, now: datetime) -> ListsFacts | None:
    """Return how old a lists file is."""
    if file is None:
        return None
    from school.lists.layout import ListsRefused
    from school.lists.reader import ListsFile

    try:
        lists = ListsFile.open(file)
    except ListsRefused as refused:
        return ListsFacts(str(file), str(refused), None)
    try:
        made = datetime.fromisoformat(str(lists.description.get("made")))
    except ValueError:
        return ListsFacts(str(file), "", None)
    finally:
        lists.close()
    if made.tzinfo is None:
        made = made.replace(tzinfo=UTC)
    return ListsFacts(str(file), "", (now - made).days)
