"""services.yaml: the services that a school adds or corrects, and those that it follows. No I/O.

The file is optional. Its own entries win over the shipped catalogue; what they overrule, and what
they say for nothing, is told as a notice with its place. A longer name reveals more, so a name is
refused here when it would identify a school or a person: the file decides what is stored.

Change together: docs/listes.md, `school.catalogue.Catalogue.with_own`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Final

from pydantic import BaseModel, Field, StringConstraints

from school.catalogue import SCHOOL_CATEGORIES, Catalogue, Entry, labels_of
from school.declared import STRICT, Text
from school.lists.suffixes import EVERY_LIST, public_suffixes, reviewed
from school.problems import Problem, did_you_mean
from school.reading import Loc, Located
from school.words import Category

FILE: Final = "services.yaml"
MOST_FOLLOWED: Final = 40
"""Cells of the weekly table of services (DESIGN section 5, T3): a public constant of the noise."""
MOST_OWN: Final = 200
MOST_NAMED: Final = 6
"""Names in one notice."""
_SCHOOL_CODE: Final = re.compile(r"(^|[._-])\d{7}[a-z]([._-]|$)")
"""A UAI, the number of a school, as it stands in host names (`0123456a.index-education.net`)."""

ServiceName = Annotated[str, StringConstraints(min_length=1, max_length=60)]


class OwnEntry(BaseModel):
    """A service as the school writes it."""

    model_config = STRICT
    service: ServiceName
    suffixes: Annotated[tuple[Text, ...], Field(min_length=1, max_length=50)]
    category: Text
    publisher: ServiceName | None = None
    because: Text
    """Why: printed by `classify-name` beside the category."""


class ServicesFile(BaseModel):
    """services.yaml as written."""

    model_config = STRICT
    own: Annotated[tuple[OwnEntry, ...], Field(max_length=MOST_OWN)] = ()
    follow: tuple[ServiceName, ...] = ()


@dataclass(frozen=True, slots=True)
class Services:
    """What a school says of services."""

    own: tuple[Entry, ...] = ()
    follow: tuple[str, ...] = ()
    """Services whose adoption the committee follows, at most MOST_FOLLOWED, in declared order."""
    notices: tuple[Problem, ...] = ()
    """What the entries overrule, and which say nothing new. No errors."""


NO_SERVICES: Final = Services()


def names_a_school(host: str) -> bool:
    """Say whether a host name holds the number of a school."""
    return _SCHOOL_CODE.search(host.lower()) is not None


def check(model: ServicesFile, located: Located, catalogue: Catalogue) -> None:
    """Record every problem of the file."""
    seen: dict[str, Loc] = {}
    for at, name, _, loc in _suffixes(model):
        if name is None:
            located.problem(loc, f"`{at}` is not a host name", f"write it as `{_spelt(at)}`")
            continue
        if name in seen:
            first = located.at(seen[name])[0]
            located.problem(loc, f"`{name}` is given twice (first on line {first})", "keep one")
        seen.setdefault(name, loc)
        _check_reach(located, loc, name, catalogue)
    for i, own in enumerate(model.own):
        _check_category(located, i, own)
    _check_followed(located, model, catalogue)


def _suffixes(model: ServicesFile) -> Iterator[tuple[str, str | None, OwnEntry, Loc]]:
    """Yield each suffix as written, as a name (None: it is none), its entry and its place."""
    for i, own in enumerate(model.own):
        for j, text in enumerate(own.suffixes):
            labels = labels_of(text)
            yield text, ".".join(labels) if labels else None, own, ("own", i, "suffixes", j)


def _spelt(text: str) -> str:
    """Return how a name with accents travels (RFC 5890), or an example where it is no name."""
    try:
        name = text.encode("idna").decode("ascii")
    except UnicodeError:
        return "example.org"
    return name if not text.isascii() and labels_of(name) else "example.org"


def _check_reach(located: Located, loc: Loc, name: str, catalogue: Catalogue) -> None:
    """Refuse a suffix that holds unrelated people, or that tells a school or a person apart."""
    suffixes = public_suffixes()
    above = suffixes.private_above(name)
    if suffixes.holds(name):
        message = f"`{name}` is a public suffix: unrelated sites lie under it"
        located.problem(loc, message, "write the name of the service itself")
    elif names_a_school(name):
        known = catalogue.site_of(name)
        hint = f"write `{known}`" if known else "write the name of the service"
        located.problem(loc, f"`{name}` holds the number of a school", hint)
    elif above is not None:
        message = f"every name under `{above}` is somebody's own: Jauge keeps `{above}` only"
        located.problem(loc, message, "a site there cannot be told apart")


def _check_category(located: Located, i: int, own: OwnEntry) -> None:
    loc = ("own", i, "category")
    known = [category.value for category in Category if category is not Category.UNKNOWN]
    if own.category not in known:
        message = f"the category `{own.category}` is unknown"
        located.problem(loc, message, did_you_mean(own.category, known))
    elif own.category in SCHOOL_CATEGORIES:
        shared = {name for name, lists in reviewed().items() if EVERY_LIST in lists}
        for j, text in enumerate(own.suffixes):
            name = ".".join(labels_of(text) or ())
            if name in shared:
                message = f"`{name}` is shared by many sites and cannot be `{own.category}`"
                located.problem(
                    ("own", i, "suffixes", j), message, "write the longer name of the service"
                )


def _check_followed(located: Located, model: ServicesFile, catalogue: Catalogue) -> None:
    if len(model.follow) > MOST_FOLLOWED:
        message = f"{len(model.follow)} services to follow; at most {MOST_FOLLOWED} can be"
        located.problem(
            ("follow", MOST_FOLLOWED), message, "each one more makes every figure less certain"
        )
    known = catalogue.services() | {own.service for own in model.own}
    folded = {service.casefold(): service for service in known}
    for i, name in enumerate(model.follow):
        if name not in known:
            hint = folded.get(name.casefold())
            closest = f"did you mean `{hint}`?" if hint else did_you_mean(name, sorted(known))
            message = f"no service is called `{name}`, in the catalogue or under `own`"
            located.problem(("follow", i), message, closest)
        elif name in model.follow[:i]:
            located.problem(("follow", i), f"`{name}` is followed twice", "keep one")


def build(model: ServicesFile, located: Located, catalogue: Catalogue) -> Services:
    """Return a checked file's content, with its notices."""
    entries = {
        name: Entry(
            service=own.service,
            suffix=name,
            category=own.category,
            publisher=own.publisher or own.service,
            origin=own.because,
            own=True,
        )
        for _, name, own, _ in _suffixes(model)
        if name is not None
    }
    notices = tuple(_notices(model, located, catalogue, entries))
    return Services(tuple(entries.values()), model.follow, notices)


def _notices(
    model: ServicesFile, located: Located, catalogue: Catalogue, entries: dict[str, Entry]
) -> Iterator[Problem]:
    for _, name, own, loc in _suffixes(model):
        if name is None:
            continue
        line, column = located.at(loc)
        above = _above(name, entries) or catalogue.entry(catalogue.site_of(name) or "")
        if above is not None and _same(above, entries[name]):
            message = f"`{name}` says what `{above.suffix}` says already: it changes nothing"
            yield Problem(located.file, line, column, message, "remove it")
            continue
        lost = [
            entry
            for entry in sorted(catalogue, key=lambda entry: entry.suffix)
            if (entry.suffix == name or entry.suffix.endswith("." + name))
            and entry.suffix not in entries.keys() - {name}
            and entry.category != own.category
        ]
        if lost:
            yield Problem(located.file, line, column, _overruled(name, own.category, lost))


def _above(name: str, entries: dict[str, Entry]) -> Entry | None:
    _, _, rest = name.partition(".")
    while rest:
        if rest in entries:
            return entries[rest]
        _, _, rest = rest.partition(".")
    return None


def _same(one: Entry, other: Entry) -> bool:
    return (one.service, one.category) == (other.service, other.category)


def _overruled(name: str, category: str, lost: list[Entry]) -> str:
    shown = [f"{entry.suffix} ({entry.category})" for entry in lost[:MOST_NAMED]]
    more = len(lost) - len(shown)
    names = ", ".join(shown) + (f" and {more} more" if more else "")
    return f"`{name}` as `{category}` overrules the catalogue for {names}"


def content(services: Services) -> list[dict[str, Any]]:
    """Return, as JSON values, what decides a verdict: order and reasons do not matter."""
    return [
        {"suffix": entry.suffix, "service": entry.service, "category": entry.category}
        for entry in sorted(services.own, key=lambda entry: entry.suffix)
    ]


__all__ = ["FILE", "MOST_FOLLOWED", "NO_SERVICES", "Services", "ServicesFile", "build", "check"]
