"""`jauge init`: looks at the machine, asks six questions, writes the school's files.

Thin: `cli/starter/` reads answers and writes texts. What comes out is loaded as `jauge check` does before
anything is put in place; a file that is there is never written over without being asked.
"""

import json
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, TypeVar

import typer

from cli.declared import known_language, other_files
from cli.exits import Exit, Refusal

if TYPE_CHECKING:
    from cli.starter.answers import Answers
    from cli.starter.network import Interface

Read = TypeVar("Read")
SUFFIX: Final = ".before"
"""Of the files that `--replace` put aside."""
FILE_MODE: Final = 0o644
DIRECTORY_MODE: Final = 0o755
"""Collector and analyzer are other users; nothing in these files is secret."""

QUESTIONS: Final = {
    "fr": {
        "name": "1/6  Nom de l'établissement",
        "kind": "2/6  Lycée, collège ou école (quelle charte de départ)",
        "holidays": "3/6  Vacances : zone A, B ou C (Corse, outre-mer : territoire et dates)",
        "interface": "4/6  Interface qui voit le trafic de l'établissement, du côté intérieur",
        "rate": "5/6  Débit souscrit, descendant/montant en Mbit/s (300/100)",
        "places": "6/6  Lieux : SORTE RÉSEAUX PERSONNES ; séparés par des points-virgules",
    },
    "en": {
        "name": "1/6  Name of the school",
        "kind": "2/6  lycee, college or ecole (which charter to start from)",
        "holidays": "3/6  School holidays: zone A, B or C (Corsica, overseas: territory and dates)",
        "interface": "4/6  Interface that sees the school's traffic, on the inside",
        "rate": "5/6  Subscribed rate, down/up in Mbit/s (300/100)",
        "places": "6/6  Places: KIND NETWORKS PERSONS; semicolons between them",
    },
}
HINTS: Final = {
    "fr": (
        "Sortes : salles, cdi, bureaux, vie-scolaire, internat, wifi, serveurs, invites.\n"
        "Exemple : salles 10.10.0.0/20 420; bureaux 10.30.0.0/24,vlan:30 48"
    ),
    "en": (
        "Kinds: classroom, library, office, student_life, boarding, wifi, server, guest.\n"
        "Example: classroom 10.10.0.0/20 420; office 10.30.0.0/24,vlan:30 48"
    ),
}
OUTSIDE: Final = {
    "fr": "{0} mène à Internet : dehors, tout le monde a la même adresse, et seule la charge de la "
    "ligne sera mesurée. Choisir l'interface intérieure si elle existe.",
    "en": "{0} leads to the Internet: outside, everybody has the same address, and only the load of "
    "the line will be measured. Choose the inside interface if there is one.",
}
WRITTEN: Final = {
    "fr": "{0} fichiers écrits dans {1}. Corriger l'emploi du temps, puis :\n  jauge check {1}\n"
    "  jauge doctor --school {1}",
    "en": "{0} files written to {1}. Correct the timetable, then:\n  jauge check {1}\n"
    "  jauge doctor --school {1}",
}


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
    """Find interfaces and VLANs, ask six questions, write commented files that `jauge check` accepts.

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

    missing = [name for name, value in given.items() if value is None]
    asking = may_ask and sys.stdin.isatty()
    if missing and not asking:
        options = ", ".join("--place" if name == "places" else f"--{name}" for name in missing)
        raise Refusal(f"no terminal to ask on: give {options}", Exit.USAGE)
    ask = _Asker(given, lang)
    name = ask("name", _text)
    kind = ask("kind", read.parse_kind)
    holidays = ask("holidays", read.parse_holidays)
    if given["interface"] is None:
        _show(found)
    interface = ask("interface", _text, default=read.proposed_interface(found))
    down, up = ask("rate", read.parse_line)
    if given["places"] is None:
        typer.echo(HINTS[lang], err=True)
        for networks in read.proposed_networks(found, interface):
            typer.echo(f"  {interface}: {networks}", err=True)
    places = ask("places", read.parse_places)
    return read.Answers(
        name=name, kind=kind, holidays=holidays, interface=interface,
        side=side or _side(found, interface), down=down, up=up, places=places, uai=uai,
    )  # fmt: skip


def _side(found: "tuple[Interface, ...]", name: str) -> str:
    """Return where an interface looks; a VLAN's carrier is inside when one of its VLANs is."""
    from cli.starter.network import vlans_of

    own = next((one for one in found if one.name == name), None)
    if own is None:
        names = ", ".join(one.name for one in found) or "none"
        raise Refusal(f"--interface {name}: not on this machine, which has: {names}", Exit.USAGE)
    if own.side == "mirror" and any(one.networks for one in vlans_of(found, name)):
        return "lan"
    return own.side


def _text(text: str) -> str:
    from cli.starter.answers import BadAnswer

    if not text.strip():
        raise BadAnswer("an answer is needed")
    return text.strip()


class _Asker:
    """Takes an option, or asks on the terminal until the answer can be used."""

    def __init__(self, given: dict[str, str | None], lang: str) -> None:
        self._given, self._lang = given, lang

    def __call__(
        self, name: str, parse: Callable[[str], Read], *, default: str | None = None
    ) -> Read:
        from cli.starter.answers import BadAnswer

        value = self._given[name]
        while True:
            asked = value is None
            text = value if value is not None else self._ask(name, default)
            try:
                return parse(text)
            except BadAnswer as error:
                if not asked:
                    option = "place" if name == "places" else name
                    raise Refusal(f"--{option}: {error}", Exit.USAGE) from None
                typer.echo(f"  {error}", err=True)

    def _ask(self, name: str, default: str | None) -> str:
        answer: str = typer.prompt(QUESTIONS[self._lang][name], default=default, err=True)
        return answer


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


def _must_be_right(made: Path) -> None:
    """Load what was written, as `jauge check` does.

    Raises:
        Refusal: the answers do not fit together (two places overlap…).
    """
    from school.load import DeclarationErrors, load_school

    try:
        load_school(made, also=other_files())
    except DeclarationErrors as error:
        said = "\n".join(f"  {one.file}: {one.message}; {one.suggestion}" for one in error.problems)
        raise Refusal(
            f"the answers do not fit together; nothing was written:\n{said}", Exit.CONFIGURATION
        ) from None


def _write(directory: Path, answers: "Answers") -> list[str]:
    """Write all files, or none; returns their names."""
    from cli.starter.files import render

    try:
        new = not directory.exists()
        directory.mkdir(parents=True, exist_ok=True)
        if new:
            directory.chmod(DIRECTORY_MODE)  # whatever the umask: the services read it
        with tempfile.TemporaryDirectory(prefix=".init-", dir=directory) as made:
            texts = render(answers, datetime.now(UTC).astimezone().date())
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
        message = f"{directory}: no permission; run as root, or name a directory of your own"
        raise Refusal(message, Exit.PERMISSION) from None
    except OSError as error:
        raise Refusal(f"{error.filename or directory}: {error.strerror}", Exit.DATA) from None
    return list(texts)
