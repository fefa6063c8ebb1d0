"""Loads what a school declares: five files of its directory, and the optional ones if they are there.

All errors of all files are told at once.

Does I/O (reads). collector.yaml lies in the same directory and belongs to the collector.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel

from privacy import canonical
from privacy.settings import PrivacySettings
from school import annotations, calendar_file, charter, charter_check, lines, services, zones
from school.annotations import NO_ANNOTATIONS, Annotations
from school.calendar import Calendar
from school.catalogue import Catalogue, load_catalogue
from school.charter import Charter
from school.contacts import FILE as CONTACTS_FILE
from school.contacts import NO_CONTACTS, Contacts
from school.content import verdict_content
from school.lines import Line
from school.lists.settings import load_settings as load_lists
from school.problems import DeclarationErrors, Problem, did_you_mean
from school.reading import Located, read, validated
from school.services import NO_SERVICES, Services, ServicesFile
from school.zones import SchoolEntry, Zones

__all__ = ["DeclarationErrors", "Problem", "School", "load_school", "load_settings"]

Settings = TypeVar("Settings", bound=BaseModel)

LISTS = "lists.yaml"
NO_LISTS = "0" * 64
FILES = ("zones.yaml", "lines.yaml", "calendar.yaml", "charter.yaml", "privacy.yaml")


@dataclass(frozen=True, slots=True)
class School:
    """Everything that the school declares, checked."""

    name: str
    uai: str | None
    zones: Zones
    lines: tuple[Line, ...]
    calendar: Calendar
    charter: Charter
    privacy: PrivacySettings
    charter_digest: str
    """SHA-256 of everything that decides a verdict: zones, lines, calendar, charter."""
    privacy_digest: str
    """SHA-256 of the settings that decide what may be published."""
    services: Services = NO_SERVICES
    lists_digest: str = NO_LISTS
    """SHA-256 of what imported lists mean (`lists.yaml`, or the shipped one)."""
    public_url: str | None = None
    """Where people in the school open Jauge's pages, without a last slash."""
    contacts: Contacts = NO_CONTACTS
    """Who answers for the measurement; decides no verdict and no publication."""
    annotations: Annotations = NO_ANNOTATIONS
    """Dated events that the charts mark; they decide no verdict and no publication."""

    def catalogue(self) -> Catalogue:
        """Return the catalogue as this school sees it: its own services win."""
        return load_catalogue().with_own(self.services.own)


def load_school(
    directory: Path,
    *,
    also: Mapping[str, type[BaseModel]] | None = None,
    instead: Mapping[str, Path] | None = None,
) -> School:
    """Load the declared files of a directory.

    Args:
        directory: where the files are.
        also: optional files of other rooms (`collector.yaml`) that are checked with the rest, so
            that every problem is reported at once; `load_settings` returns their content.
        instead: files that stand in for declared ones, such as a draft of `charter.yaml`.

    Raises:
        DeclarationErrors: with every problem of every file.
    """
    if not directory.is_dir():
        hint = "give the directory that holds charter.yaml and the others"
        missing = Problem(
            str(directory.name), 1, 1, "there is no such directory of declarations", hint
        )
        raise DeclarationErrors([missing])
    standing_in = instead or {}
    located = {name: read(standing_in.get(name, directory / name)) for name in FILES}
    others = _read_also(directory, also or {}, located)
    zones_file = validated(located["zones.yaml"], zones.ZonesFile)
    lines_file = validated(located["lines.yaml"], lines.LinesFile)
    timetable = validated(located["calendar.yaml"], calendar_file.CalendarFile)
    charter_file = validated(located["charter.yaml"], charter.CharterFile)
    privacy_settings = validated(located["privacy.yaml"], PrivacySettings)
    if zones_file:
        floor = (privacy_settings or PrivacySettings()).floor_persons
        zones.check(zones_file, located["zones.yaml"], floor_persons=floor)
    if lines_file:
        lines.check(lines_file, located["lines.yaml"])
        for name, model in others.items():
            _check_line(lines_file, model, located[name])
    if timetable:
        calendar_file.check(timetable, located["calendar.yaml"])
    if charter_file:
        slots = [(s.name, s.period.value) for s in timetable.slots] if timetable else None
        charter_check.check(charter_file, located["charter.yaml"], slots=slots)
    own_services = _services(standing_in.get(services.FILE, directory / services.FILE), located)
    lists_digest, wrong = _lists(standing_in.get(LISTS, directory / LISTS))
    contacts = _contacts(directory / CONTACTS_FILE, located)
    events = _annotations(directory / annotations.FILE, located, own_services)
    _raise_all([*located.values(), *wrong])
    # Nothing is None here: a file that did not validate has left a problem behind.
    if not (zones_file and lines_file and timetable and charter_file and privacy_settings):
        raise DeclarationErrors([Problem(str(directory.name), 1, 1, "a file could not be read")])
    declared_zones = zones.build(zones_file)
    school = _school(
        zones_file.school,
        zones=declared_zones,
        lines=lines.build(lines_file),
        calendar=calendar_file.build(timetable, boarding=declared_zones.boarding),
        charter=charter.build(charter_file),
        privacy=privacy_settings,
        services=own_services,
        lists_digest=lists_digest,
        annotations=events,
    )
    return replace(school, contacts=contacts)


def _contacts(path: Path, located: dict[str, Located]) -> Contacts:
    """Read contacts.yaml, if there is one; its problems join those of the other files."""
    if not path.exists():
        return NO_CONTACTS
    file = located[CONTACTS_FILE] = read(path)
    return validated(file, Contacts) or NO_CONTACTS


def _lists(path: Path) -> tuple[str, list[DeclarationErrors]]:
    """Return the digest of lists.yaml, or of the shipped one; its problems join the others'."""
    try:
        return (_own_lists(path) if path.exists() else _shipped_lists()), []
    except DeclarationErrors as errors:
        return NO_LISTS, [errors]


def _own_lists(path: Path) -> str:
    return load_lists(path).digest


@lru_cache(maxsize=1)
def _shipped_lists() -> str:
    return load_lists().digest


def _annotations(path: Path, located: dict[str, Located], own: Services) -> Annotations:
    """Read annotations.yaml, if there is one; its problems join those of the other files."""
    if not path.exists():
        return NO_ANNOTATIONS
    file = located[annotations.FILE] = read(path)
    model = validated(file, annotations.AnnotationsFile)
    if model is None:
        return NO_ANNOTATIONS
    services_are_right = services.FILE not in located or not located[services.FILE].problems
    if services_are_right:
        annotations.check(model, file, own.follow)
    return annotations.build(model)


def _services(path: Path, located: dict[str, Located]) -> Services:
    """Read services.yaml, if there is one; its problems join those of the other files."""
    if not path.exists():
        return NO_SERVICES
    file = located[services.FILE] = read(path)
    model = validated(file, ServicesFile)
    if model is None:
        return NO_SERVICES
    services.check(model, file, load_catalogue())
    return NO_SERVICES if file.problems else services.build(model, file, load_catalogue())


def _read_also(
    directory: Path, models: Mapping[str, type[BaseModel]], located: dict[str, Located]
) -> dict[str, BaseModel | None]:
    """Read the files of other rooms that are there; their problems join those of the other files."""
    present = [name for name in models if (directory / name).exists()]
    located |= {name: read(directory / name) for name in present}
    return {name: validated(located[name], models[name]) for name in present}


def _check_line(file: lines.LinesFile, model: BaseModel | None, located: Located) -> None:
    """Record a setting `line` that no line is called: what is measured would belong to none."""
    measured = getattr(model, "line", None)
    names = [line.name for line in file.lines]
    if measured is None or measured in names:
        return
    message = f"`line: {measured}` is not declared in lines.yaml"
    if model is not None and "line" not in model.model_fields_set:
        message += " (it is what holds where no `line` is written)"
    located.problem(("line",), message, did_you_mean(measured, names))


def load_settings(path: Path, model: type[Settings]) -> Settings:
    """Load one file of settings; the model's defaults when the file does not exist.

    Raises:
        DeclarationErrors: with every problem of the file.
    """
    if not path.exists():
        return model()
    located = read(path)
    settings = validated(located, model)
    _raise_all([located])
    if settings is None:
        raise DeclarationErrors([Problem(path.name, 1, 1, "the file could not be read")])
    return settings


def _raise_all(files: Any) -> None:
    problems = [problem for located in files for problem in located.problems]
    if problems:
        raise DeclarationErrors(problems)


def _school(
    entry: SchoolEntry, *, lists_digest: str, annotations: Annotations, **parts: Any
) -> School:
    privacy: PrivacySettings = parts["privacy"]
    return School(
        annotations=annotations,
        name=entry.name,
        uai=entry.uai,
        lists_digest=lists_digest,
        public_url=entry.public_url.rstrip("/") if entry.public_url else None,
        charter_digest=canonical.digest(verdict_content(**parts)),
        privacy_digest=privacy.digest(),
        **parts,
    )


def with_capacity(
    school: School, *, line: str | None = None, down_bit_s: int | None, up_bit_s: int | None = None
) -> School:
    """Return the school as it would be if a line had carried another capacity all along.

    Args:
        school: what is declared.
        line: name of the line; may be left out where there is one only.
        down_bit_s: bits per second; None keeps what is declared.
        up_bit_s: likewise.

    Raises:
        KeyError: no such line, or the school has several and none was named.
    """
    names = [each.name for each in school.lines]
    chosen = line if line is not None else names[0] if len(names) == 1 else None
    if chosen not in names:
        raise KeyError(line)
    lines_then = tuple(
        replace(
            each,
            capacity=tuple(
                replace(
                    dated,
                    down_bit_s=down_bit_s or dated.down_bit_s,
                    up_bit_s=up_bit_s or dated.up_bit_s,
                )
                for dated in each.capacity
            ),
        )
        if each.name == chosen
        else each
        for each in school.lines
    )
    content = verdict_content(
        zones=school.zones,
        lines=lines_then,
        calendar=school.calendar,
        charter=school.charter,
        services=school.services,
    )
    return replace(school, lines=lines_then, charter_digest=canonical.digest(content))
