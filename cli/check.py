"""`jauge check`: are the declared files right? All errors at once, each with its place."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.declared import other_files, school_or_refusal
from cli.exits import Exit

if TYPE_CHECKING:
    from school.load import School


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("check")(check)


def check(
    directory: Annotated[Path, typer.Argument(help="Directory of the declared files.")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Check zones, lines, calendar, charter, services and privacy settings; say what they declare.

    Exit code 3 with every error as file:line:column when they cannot be used.

    Example: jauge check /etc/jauge/school
    """
    if as_json:
        _as_json(directory)
        return
    for line in _sentences(school_or_refusal(directory)):
        typer.echo(line)


def _as_json(directory: Path) -> None:
    from school.load import DeclarationErrors, load_school

    try:
        school = load_school(directory, also=other_files())
    except DeclarationErrors as error:
        problems = [
            {
                "file": problem.file,
                "line": problem.line,
                "column": problem.column,
                "message": problem.message,
                "suggestion": problem.suggestion,
                "source": problem.source,
            }
            for problem in error.problems
        ]
        typer.echo(json.dumps({"ok": False, "problems": problems}, ensure_ascii=False))
        raise typer.Exit(int(Exit.CONFIGURATION)) from None
    answer = {"ok": True, "problems": [], **summary(school)}
    typer.echo(json.dumps(answer, ensure_ascii=False))


def summary(school: "School") -> dict[str, Any]:
    """Return what is declared, in numbers and digests."""
    return {
        "school": school.name,
        "zones": len(school.zones.zones),
        "published_zones": [zone.name for zone in school.zones.published()],
        "lines": [line.name for line in school.lines],
        "slots": len(school.calendar.slots),
        "holiday_zone": school.calendar.holiday_zone,
        "territory": school.calendar.territory,
        "holidays_decreed_until": _decreed_until(school),
        "rules": len(school.charter.rules),
        "clauses": len(school.charter.clauses),
        "charter_version": school.charter.version,
        "unproven_rules": list(unproven_rules(school)),
        "charter_digest": school.charter_digest,
        "privacy_digest": school.privacy_digest,
        "own_suffixes": len(school.services.own),
        "followed_services": list(school.services.follow),
        "annotations": len(school.annotations.events),
        "notices": [str(notice) for notice in school.services.notices],
    }


def unproven_rules(school: "School") -> tuple[str, ...]:
    """Return the rules of which it was not worked out whether they can ever decide."""
    from school.reach import unproven

    return unproven(school.charter, [(slot.name, slot.period) for slot in school.calendar.slots])


def _decreed_until(school: "School") -> str | None:
    """Return the last day whose school holidays rest on a decree; None where they are declared."""
    from school.days_off import DECLARED, DECREED_UNTIL

    return None if school.calendar.holiday_zone == DECLARED else DECREED_UNTIL.isoformat()


def _calendar(school: "School") -> list[str]:
    calendar, until = school.calendar, _decreed_until(school)
    holidays = f"holiday zone {calendar.holiday_zone}" if until else "school holidays as declared"
    slots = ", ".join(slot.name for slot in calendar.slots)
    lines = [f"  calendar  {calendar.timezone.key}, {holidays}, slots: {slots}"]
    if calendar.exams:
        lines.append(f"            exam days: {len(calendar.exams)}")
    if until:
        lines.append(f"            holidays by decree until {until}; later ones are computed")
    return lines


def _sentences(school: "School") -> list[str]:
    published = ", ".join(zone.name for zone in school.zones.published())
    lines = [
        f"{school.name}: the declared files are right.",
        f"  zones     {len(school.zones.zones)}; published: {published or 'none'}",
    ]
    for line in school.lines:
        capacity = "; ".join(
            f"{c.down_bit_s / 1e6:g}/{c.up_bit_s / 1e6:g} Mbit/s down/up from {c.since}"
            for c in line.capacity
        )
        lines.append(f"  line      {line.name}: {capacity}")
    lines += [
        *_calendar(school),
        f"  charter   {len(school.charter.rules)} rules, {len(school.charter.clauses)} clauses, "
        f"version {school.charter.version}, digest {school.charter_digest[:16]}",
        f"  privacy   profile {school.privacy.profile}, total rho {school.privacy.total_rho}, "
        f"{school.privacy.retention_days} days kept, digest {school.privacy_digest[:16]}",
    ]
    lines += [
        f"  note: rule `{rule}`: whether it can ever decide takes too long to work out"
        for rule in unproven_rules(school)
    ]
    services = school.services
    if services.own or services.follow:
        lines.append(
            f"  services  suffixes of the school's own: {len(services.own)}; "
            f"services followed: {len(services.follow)}"
        )
    if school.annotations.events:
        lines.append(f"  dates     events marked on the charts: {len(school.annotations.events)}")
    lines += [f"  note: {notice}" for notice in services.notices]
    return lines
