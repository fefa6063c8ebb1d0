"""`jauge lists`: import lists of sites for capture, look at the file, go back to the one before."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.declared import counted, known_language, placed
from cli.exits import Exit, Refusal

if TYPE_CHECKING:
    from school.lists.findings import Report
    from school.lists.reader import ListsFile
    from school.lists.settings import ListsSettings
    from school.lists.update import Import

group = typer.Typer(no_args_is_help=True, help="Lists of sites (UT1) for capture.")
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Lang = Annotated[str, typer.Option(help="Language of the answer: fr or en.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group.command("update")(update)
    group.command("status")(status)
    group.command("rollback")(rollback)
    app.add_typer(group, name="lists")


def update(
    target: Annotated[Path, typer.Option(help="The file that capture reads.")],
    source: Annotated[
        Path | None,
        typer.Option(
            "--from",
            help="Folder with one directory per list, or its tar.gz; else the address of lists.yaml.",
        ),
    ] = None,
    lists: Annotated[
        Path | None, typer.Option(help="lists.yaml of the school; else the shipped one.")
    ] = None,
    accept: Annotated[
        list[str] | None, typer.Option(help="Take this list in spite of its guard.")
    ] = None,
    lang: Lang = "fr",
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Report only, write nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Download or read the lists; one that looks polluted is held back, and the exit code is 1.

    Example: jauge lists update --from ut1/ --target /var/lib/jauge/sites.lists
    """
    known_language(lang)
    from cli.lists_source import opened
    from school.catalogue import load_catalogue
    from school.lists.update import Import

    settings = settings_or_refusal(lists)
    accepted = _known_lists(accept or [], settings)
    previous = _previous(target)
    try:
        with opened(source, settings, target) as given:
            job = Import(
                folder=given.folder,
                settings=settings,
                catalogue=load_catalogue(),
                previous=previous,
                made=datetime.now(UTC),
                accepted=accepted,
                archive=given.archive,
            )
            report = _imported(job, target, given.called, write=not dry_run)
    finally:
        if previous is not None:
            previous.close()
    _tell(report, target, lang, archive=given.archive, as_json=as_json)
    raise typer.Exit(int(Exit.FINDINGS if report.serious else Exit.OK))


def _imported(job: "Import", target: Path, called: str, *, write: bool) -> "Report":
    from school.lists.folder import FolderRefused
    from school.lists.layout import ListsRefused
    from school.lists.replace import put
    from school.lists.update import run

    try:
        data, report = run(job)
        if write:
            put(target, data)
    except FolderRefused as error:
        raise Refusal(f"{called}: {error}", Exit.DATA) from None
    except ListsRefused as error:
        raise Refusal(f"{target}: {error}", Exit.DATA) from None
    except OSError as error:
        raise Refusal(f"{target}: cannot be written ({error.strerror})", Exit.DATA) from None
    return report


def _previous(target: Path) -> "ListsFile | None":
    from school.lists.layout import ListsRefused
    from school.lists.reader import ListsFile

    if not target.parent.is_dir():
        raise Refusal(f"{target.parent}: there is no such directory", Exit.DATA)
    if not target.exists():
        return None
    try:
        return ListsFile.open(target)
    except ListsRefused as error:
        raise Refusal(
            f"{target}: {error}; nothing is replaced: move this file away and import again, or "
            f"use `jauge lists rollback --target {target}`",
            Exit.DATA,
        ) from None


def settings_or_refusal(path: Path | None) -> "ListsSettings":
    """Return what a lists.yaml (or the shipped one) says.

    Raises:
        Refusal: with all problems of the file.
    """
    from school.lists.settings import load_settings
    from school.problems import DeclarationErrors

    try:
        return load_settings(path)
    except DeclarationErrors as error:
        place = path.parent if path is not None else Path()
        lines = "\n".join(f"  {placed(problem, place)}" for problem in error.problems)
        message = f"{counted(len(error.problems))} in the settings of lists:\n{lines}"
        raise Refusal(message, Exit.CONFIGURATION) from None


def _known_lists(accept: list[str], settings: "ListsSettings") -> frozenset[str]:
    from school.lists.settings import DO_NOT_USE

    refused = DO_NOT_USE.intersection(accept)
    if refused:
        names = ", ".join(sorted(refused))
        raise Refusal(
            f"--accept {names}: not outside the Pix examination, whoever accepts it", Exit.USAGE
        )
    unknown = sorted(set(accept) - {one.name for one in settings.taken})
    if unknown:
        message = f"--accept {', '.join(unknown)}: lists.yaml loads no such list"
        raise Refusal(f"{message}; give a list that the report names", Exit.USAGE)
    return frozenset(accept)


HEAD = (
    "{names} noms de {lists} listes, {mib:.1f} Mio",
    "{names} names of {lists} lists, {mib:.1f} MiB",
)
ARCHIVE = (
    "archive : {octets} octets, SHA-256 {sha256}",
    "archive: {octets} octets, SHA-256 {sha256}",
)
NEW_SLICES = (
    "Ces listes valent pour ce qui sera capté après le prochain démarrage du collecteur ; les jours "
    "déjà captés gardent la catégorie des listes de ce moment-là.",
    "These lists hold for what is captured after the collector's next start; days already captured "
    "keep the category of the lists of that time.",
)


def _tell(
    report: "Report", target: Path, lang: str, *, archive: dict[str, Any] | None, as_json: bool
) -> None:
    if as_json:
        answer = {"target": str(target), "archive": archive, **report.as_dict()}
        typer.echo(json.dumps(answer, ensure_ascii=False))
        return
    at = 1 if lang == "en" else 0
    mib = report.octets / 2**20
    typer.echo(HEAD[at].format(names=report.names, lists=len(report.lists), mib=mib))
    if archive is not None:
        typer.echo(ARCHIVE[at].format(**archive))
    for finding in report.findings:
        typer.echo(f"{'!' if finding.serious else ' '} {finding.sentence(lang)}")
    typer.echo(NEW_SLICES[at])


def status(
    file: Annotated[Path, typer.Argument(help="A lists file.")],
    name: Annotated[
        str | None, typer.Option(help="Also say which line holds this host name.")
    ] = None,
    lang: Lang = "fr",
    *,
    as_json: Json = False,
) -> None:
    """Say where a lists file comes from, how old it is and what it holds.

    Example: jauge lists status /var/lib/jauge/sites.lists --name www.example.org
    """
    known_language(lang)
    lists = _opened(file)
    try:
        answer = facts(lists)
        if name is not None:
            answer["name"] = _line_of(lists, name)
    finally:
        lists.close()
    if as_json:
        typer.echo(json.dumps(answer, ensure_ascii=False))
        return
    for line in _sentences(answer, lang):
        typer.echo(line)


def _opened(file: Path) -> "ListsFile":
    from school.lists.layout import ListsRefused
    from school.lists.reader import ListsFile

    try:
        return ListsFile.open(file)
    except ListsRefused as error:
        raise Refusal(f"{file}: {error}", Exit.DATA) from None


def facts(lists: "ListsFile") -> dict[str, Any]:
    """Return what a file says of itself."""
    description = lists.description
    return {
        "names": len(lists),
        "made": description.get("made"),
        "digest": lists.sections.digest,
        "origin": description.get("origin", {}),
        "archive": description.get("archive"),
        "lists": description.get("lists", {}),
    }


def _line_of(lists: "ListsFile", name: str) -> dict[str, Any]:
    from school.catalogue import labels_of

    labels = labels_of(name)
    if labels is None:
        raise Refusal("--name: not a host name; write it as www.example.org", Exit.USAGE)
    found = lists.found(".".join(labels))
    if found is None:
        return {"listed": False}
    return {
        "listed": True,
        "suffix": _without_school(found.suffix),
        "list": found.row.list,
        "category": found.row.category,
        "stored": lists.category_of(".".join(labels)),
    }


def _without_school(suffix: str) -> str:
    """Return a line of a list, reduced where it holds the number of a school."""
    from school.catalogue import load_catalogue
    from school.services import names_a_school

    return f"….{load_catalogue().site_of(suffix)}" if names_a_school(suffix) else suffix


def _sentences(answer: dict[str, Any], lang: str) -> list[str]:
    english = lang == "en"
    origin = answer["origin"]
    lines = [
        f"{answer['names']} {'names' if english else 'noms'}, "
        f"{'made' if english else 'fichier du'} {answer['made']}, {answer['digest'][:16]}",
        f"{origin.get('attribution', '')}",
    ]
    for name, record in sorted(answer["lists"].items()):
        held = (" (held back)" if english else " (retenue)") if record.get("held") else ""
        lines.append(f"  {name}: {record.get('names')}, {record.get('date')}{held}")
    if "name" in answer:
        lines.append(_line_sentence(answer["name"], english=english))
    return lines


def _line_sentence(line: dict[str, Any], *, english: bool) -> str:
    if not line["listed"]:
        return "No line holds this name." if english else "Aucune ligne ne contient ce nom."
    stored = line["stored"] or ("nothing" if english else "rien")
    if english:
        return f"Line {line['suffix']} of {line['list']}: {line['category']}; stored: {stored}."
    return f"Ligne {line['suffix']} de {line['list']} : {line['category']} ; conservé : {stored}."


def rollback(
    target: Annotated[Path, typer.Option(help="The file that capture reads.")],
    lang: Lang = "fr",
    *,
    as_json: Json = False,
) -> None:
    """Put the lists file of the import before back in place; the other is kept as `.withdrawn`.

    Example: jauge lists rollback --target /var/lib/jauge/sites.lists
    """
    known_language(lang)
    from school.lists.layout import ListsRefused
    from school.lists.replace import previous_of, roll_back

    try:
        lists = roll_back(target)
    except ListsRefused as error:
        raise Refusal(f"{previous_of(target)}: {error}; nothing changed", Exit.DATA) from None
    except OSError as error:
        raise Refusal(f"{target}: cannot be written ({error.strerror})", Exit.DATA) from None
    try:
        answer = facts(lists)
    finally:
        lists.close()
    if as_json:
        typer.echo(json.dumps(answer, ensure_ascii=False))
        return
    for line in _sentences(answer, lang):
        typer.echo(line)
