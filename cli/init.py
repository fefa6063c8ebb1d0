"""`jauge init`: looks at the machine, asks seven questions, writes the school's files.

Thin: `cli/starter/` reads answers and writes texts. Each answer is tried as soon as it is given: the files
that it would make are loaded as `jauge check` does, and so is what comes out, before anything is put in
place. A file that is there is never written over without being asked.
"""

import json
import os
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace as with_these
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from cli.declared import known_language, other_files
from cli.exits import Exit, Refusal
from cli.starter.sentences import HINTS, OUTSIDE, QUESTIONS

if TYPE_CHECKING:
    from cli.starter.answers import Answers
    from cli.starter.network import Interface

SUFFIX: Final = ".before"
"""Of the files that `--replace` put aside."""
SIDES: Final = ("lan", "wan", "mirror")
FILE_MODE: Final = 0o644
DIRECTORY_MODE: Final = 0o755
"""Collector and analyzer are other users; nothing in these files is secret."""

WRITTEN: Final = {
    "fr": "{0} fichiers écrits dans {1}. Corriger l'emploi du temps, puis :\n  jauge check {1}\n"
    "  jauge doctor --school {1}",
    "en": "{0} files written to {1}. Correct the timetable, then:\n  jauge check {1}\n"
    "  jauge doctor --school {1}",
}
NO_PERMISSION: Final = "{0}: no permission; run as root, or name a directory of your own"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("init")(init)


def init(  # noqa: PLR0917 - one parameter per option
    directory: Annotated[Path, typer.Argument(help="Directory for the files.")] = Path(
        "/etc/jauge/school"
    ),
    name: Annotated[str | None, typer.Option(help="Name of the school.")] = None,
    kind: Annotated[str | None, typer.Option(help="lycee, college or ecole.")] = None,
    holidays: Annotated[
        str | None, typer.Option(help="A, B or C; or `corse 2026-10-17..2026-11-01 …`.")
    ] = None,
    interface: Annotated[
        str | None, typer.Option(help="Interface, on the inside of the address translation.")
    ] = None,
    rate: Annotated[
        str | None, typer.Option(help="Subscribed rate, down/up in Mbit/s: 300/100.")
    ] = None,
    place: Annotated[
        list[str] | None,
        typer.Option(
            help="`KIND NETWORKS PERSONS`, such as `salles 10.10.0.0/20 420`; repeatable."
        ),
    ] = None,
    side: Annotated[
        str | None, typer.Option(help="lan, wan or mirror; else seen from the interface.")
    ] = None,
    uai: Annotated[str | None, typer.Option(help="The school's national number.")] = None,
    lang: Annotated[str, typer.Option(help="Language of the questions: fr or en.")] = "fr",
    *,
    replace: Annotated[
        bool, typer.Option("--replace", help="Put files that are there aside (NAME.before).")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Find interfaces and VLANs, ask seven questions, write commented files that `jauge check` accepts.

    Whatever is given as an option is not asked; without a terminal everything has to be given.

    Example: jauge init /etc/jauge/school --name "Lycée X" --kind lycee --holidays C --interface eth1
    --rate 300/100 --place "salles 10.10.0.0/20 420"
    """
    known_language(lang)
    given = {
        "name": name, "kind": kind, "holidays": holidays, "interface": interface, "rate": rate,
        "places": "; ".join(place) if place else None,
    }  # fmt: skip
    _refuse_unasked(directory, replace=replace)
    _refuse_unwritable(directory)
    found = _machine()
    answers = _answers(given, found, lang, side=side, uai=uai, may_ask=not as_json)
    written = _write(directory, answers)
    if as_json:
        typer.echo(json.dumps({
            "directory": str(directory), "written": written, "interface": answers.interface,
            "side": answers.side,
        }))  # fmt: skip
        return
    if answers.side == "wan":
        typer.echo(OUTSIDE[lang].format(answers.interface), err=True)
    typer.echo(WRITTEN[lang].format(len(written), directory))


def _refuse_unasked(directory: Path, *, replace: bool) -> None:
    from cli.starter.files import NAMES

    there = [name for name in NAMES if (directory / name).exists()]
    if there and not replace:
        raise Refusal(
            f"{directory}: {', '.join(there)} would be written over; nothing was changed. Edit them, "
            f"name another directory, or say --replace (what is there is kept as NAME{SUFFIX})",
            Exit.USAGE,
        )


def _refuse_unwritable(directory: Path) -> None:
    """Refuse before anybody answers a question what would be refused after the last."""
    there = next(
        path for path in (directory.absolute(), *directory.absolute().parents) if path.exists()
    )
    if not there.is_dir():
        raise Refusal(f"{there}: not a directory; name another", Exit.USAGE)
    if not os.access(there, os.W_OK | os.X_OK):
        raise Refusal(NO_PERMISSION.format(directory), Exit.PERMISSION)


def _machine() -> "tuple[Interface, ...]":
    from cli.starter.network import NoNetworkFacts, read

    try:
        return read()
    except NoNetworkFacts as refused:
        raise Refusal(str(refused), Exit.DATA) from None


def _answers(
    given: dict[str, str | None],
    found: "tuple[Interface, ...]",
    lang: str,
    *,
    side: str | None,
    uai: str | None,
    may_ask: bool,
) -> "Answers":
    """Take the options, ask for the rest.

    Raises:
        Refusal: an option cannot be used, or something is missing and nobody can be asked.
    """
    from cli.starter import answers as read

    if side is not None and side not in SIDES:
        raise Refusal(f"--side {side}: use {', '.join(SIDES)}", Exit.USAGE)
    missing = [name for name, value in given.items() if value is None]
    asking = may_ask and sys.stdin.isatty()
    if missing and not asking:
        options = ", ".join("--place" if name == "places" else f"--{name}" for name in missing)
        raise Refusal(f"no terminal to ask on: give {options}", Exit.USAGE)
    ask = _Asker({**given, "uai": uai if uai is not None or missing else ""}, lang)
    # Files for another machine are made by saying everything about its interface.
    elsewhere = side is not None and given["interface"] is not None
    ask("name", lambda text: {"name": read.parse_name(text)})
    ask("uai", lambda text: {"uai": read.parse_uai(text)}, default="")
    ask("kind", lambda text: {"kind": read.parse_kind(text)})
    ask("holidays", lambda text: {"holidays": read.parse_holidays(text)})
    if given["interface"] is None:
        _show(found)
    interface = ask(
        "interface",
        lambda text: read.parse_interface(text, () if elsewhere else found, side),
        default=read.proposed_interface(found),
    )["interface"]
    ask("rate", lambda text: dict(zip(("down", "up"), read.parse_line(text), strict=True)))
    if given["places"] is None:
        typer.echo(HINTS[lang], err=True)
        for networks in read.proposed_networks(found, interface):
            typer.echo(f"  {interface}: {networks}", err=True)
    ask("places", lambda text: {"places": read.parse_places(text)})
    return read.Answers(**ask.taken)


class _Asker:
    """Takes an option, or asks on the terminal until the answer can be used."""

    def __init__(self, given: dict[str, str | None], lang: str) -> None:
        self._given, self._lang = given, lang
        self.taken: dict[str, Any] = {}
        """What was answered, by the names of `Answers`."""

    def __call__(
        self, name: str, parse: Callable[[str], dict[str, Any]], *, default: str | None = None
    ) -> dict[str, Any]:
        from cli.starter.answers import BadAnswer

        value = self._given[name]
        while True:
            asked = value is None
            text = value if value is not None else self._ask(name, default)
            try:
                read = parse(text)
                if asked:
                    _try_out({**self.taken, **read})
            except BadAnswer as error:
                if not asked:
                    option = "place" if name == "places" else name
                    raise Refusal(f"--{option}: {error}", Exit.USAGE) from None
                typer.echo(f"  {error}", err=True)
            else:
                self.taken |= read
                return read

    def _ask(self, name: str, default: str | None) -> str:
        question = QUESTIONS[self._lang][name]
        answer: str = typer.prompt(question, default=default, show_default=bool(default), err=True)
        return answer


def _try_out(so_far: dict[str, Any]) -> None:
    """Load the files that the answers so far would make, the rest as in any school.

    Raises:
        BadAnswer: what is new among them does not fit.
    """
    from cli.starter.answers import ANY_SCHOOL, BadAnswer
    from cli.starter.files import render

    with tempfile.TemporaryDirectory(prefix="jauge-init-") as made:
        texts = render(with_these(ANY_SCHOOL, **so_far), _today())
        for name, text in texts.items():
            (Path(made) / name).write_text(text, "utf-8")
        wrong = _wrong(Path(made))
    if wrong:
        raise BadAnswer("\n  ".join(wrong))


def _today() -> date:
    return datetime.now(UTC).astimezone().date()


def _show(found: "tuple[Interface, ...]") -> None:
    """Draw the interfaces as a table on stderr."""
    from rich.console import Console
    from rich.table import Table

    from cli.starter.network import candidates, vlans_of

    table = Table("interface", "", "réseaux · networks", "VLAN", "côté · side", box=None)
    for one in candidates(found):
        vlans = ", ".join(str(vlan.vlan) for vlan in vlans_of(found, one.name))
        networks = ", ".join(map(str, one.networks)) or "–"
        table.add_row(one.name, "up" if one.up else "down", networks, vlans or "–", one.side)
    Console(stderr=True).print(table)


def _wrong(made: Path) -> list[str]:
    """Load what was written, as `jauge check` does; return what is wrong with it."""
    from school.load import DeclarationErrors, load_school

    try:
        load_school(made, also=other_files())
    except DeclarationErrors as error:
        return [f"{one.file}: {one.message}; {one.suggestion}" for one in error.problems]
    return []


def _must_be_right(made: Path) -> None:
    """Refuse answers that do not fit together (two places overlap…)."""
    if wrong := _wrong(made):
        said = "\n".join(f"  {one}" for one in wrong)
        raise Refusal(
            f"the answers do not fit together; nothing was written:\n{said}", Exit.CONFIGURATION
        )


def _write(directory: Path, answers: "Answers") -> list[str]:
    """Write all files, or none; returns their names."""
    from cli.starter.files import render

    try:
        new = not directory.exists()
        directory.mkdir(parents=True, exist_ok=True)
        if new:
            directory.chmod(DIRECTORY_MODE)  # whatever the umask: the services read it
        with tempfile.TemporaryDirectory(prefix=".init-", dir=directory) as made:
            texts = render(answers, _today())
            for name, text in texts.items():
                path = Path(made) / name
                path.write_text(text, "utf-8")
                path.chmod(FILE_MODE)
            _must_be_right(Path(made))
            for name in texts:
                place = directory / name
                if place.exists():
                    place.replace(place.with_name(name + SUFFIX))
                (Path(made) / name).replace(place)
    except PermissionError:
        raise Refusal(NO_PERMISSION.format(directory), Exit.PERMISSION) from None
    except OSError as error:
        raise Refusal(f"{error.filename or directory}: {error.strerror}", Exit.DATA) from None
    return list(texts)
