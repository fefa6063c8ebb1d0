"""Loads the declared directory for a command, or refuses with every problem at once."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from cli.exits import Exit, Refusal

if TYPE_CHECKING:
    from pydantic import BaseModel

    from analyzer.engines.settings import EngineSettings
    from collector.placement import Placement
    from privacy.terms import Terms
    from school.catalogue import Catalogue
    from school.load import School
    from school.problems import DeclarationErrors, Problem

LANGUAGES = ("fr", "en")
LangOption = Annotated[str, typer.Option("--lang", help="Language of the answer: fr or en.")]


@dataclass(frozen=True, slots=True)
class Declared:
    """What a collector needs of the declared files; the defaults where there are none."""

    placement: "Placement"
    timezone: tzinfo
    config: str
    """Digest of what decides a verdict, 16 hex digits."""
    terms: "Terms"
    """What a DPO acknowledges."""
    policy: str
    """Digest of the policy in force, 64 hex digits."""
    catalogue: "Catalogue"
    """Services, those of the school's own services.yaml included."""
    lines: tuple[str, ...] = ()
    """Names of the declared lines; none where nothing is declared."""


def declared_for_collector(directory: Path | None) -> Declared:
    """Return what a collector needs of a directory of declared files, or of none.

    Raises:
        Refusal: with all problems of the files.
    """
    from collector.placement import UNDECLARED, place_zones
    from privacy.terms import Terms
    from school.catalogue import load_catalogue
    from school.enforced import enforce

    if directory is None:
        return Declared(
            UNDECLARED,
            ZoneInfo("Europe/Paris"),
            "0" * 16,
            Terms(),
            Terms().digest(),
            load_catalogue(),
        )
    school = school_or_refusal(directory)
    enforced = enforce(school)
    return Declared(
        place_zones(school.zones),
        school.calendar.timezone,
        school.charter_digest[:16],
        enforced.terms,
        enforced.digest,
        enforced.catalogue,
        tuple(line.name for line in school.lines),
    )


def school_or_refusal(directory: Path) -> "School":
    """Return the school that a directory declares.

    Raises:
        Refusal: with all problems, one a line, and the code of the configuration.
    """
    from school.load import DeclarationErrors, load_school

    try:
        return load_school(directory, also=other_files())
    except DeclarationErrors as error:
        raise refusal_of(error, directory) from None


def refusal_of(
    errors: "DeclarationErrors", directory: Path, *, instead: Mapping[str, Path] | None = None
) -> Refusal:
    """Return the refusal that tells all problems, one a line, each with the path of its file.

    Args:
        errors: what is wrong.
        directory: where the declared files are.
        instead: files that stood in for declared ones.
    """
    elsewhere = {path.name: path.parent for path in (instead or {}).values()}
    lines = "\n".join(
        _drawn(problem, elsewhere.get(problem.file, directory)) for problem in errors.problems
    )
    message = f"{counted(len(errors.problems))} in the declared files:\n{lines}"
    return Refusal(message, Exit.CONFIGURATION)


def _drawn(problem: "Problem", directory: Path) -> str:
    """Write a problem with its path, and what stands there, with a caret under the place."""
    if not directory.is_dir():
        return f"  {directory}: {problem.message}; {problem.suggestion}"
    source = "".join(f"\n      {line}" for line in problem.pointed() or ())
    return f"  {placed(problem, directory)}{source}"


def placed(problem: "Problem", directory: Path) -> str:
    """Write a problem after the path of its file; its words are no path (`https://` keeps both)."""
    return f"{directory / problem.file}{str(problem).removeprefix(problem.file)}"


def other_files() -> "dict[str, type[BaseModel]]":
    """Return the optional files of other rooms that lie in the same directory."""
    from analyzer.engines.settings import FILE, EngineSettings
    from collector.settings import CollectorSettings

    return {"collector.yaml": CollectorSettings, FILE: EngineSettings}


def engine_of(directory: Path) -> "EngineSettings":
    """Return the engine that a directory declares; DuckDB without engine.yaml.

    Raises:
        Refusal: with all problems, and the code of the configuration.
    """
    from analyzer.engines.settings import FILE, EngineSettings
    from school.load import DeclarationErrors, load_settings

    try:
        return load_settings(directory / FILE, EngineSettings)
    except DeclarationErrors as errors:
        raise refusal_of(errors, directory) from None


def counted(number: int) -> str:
    """Write `1 error`, `2 errors`."""
    return f"{number} error" if number == 1 else f"{number} errors"


def known_language(lang: str) -> str:
    """Return the language, or refuse one that has no texts."""
    if lang not in LANGUAGES:
        raise Refusal(f"--lang {lang}: use fr or en", Exit.USAGE)
    return lang
