"""`jauge report`: the meeting report of a term, as a PDF or as one HTML file."""

import json
import time
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.exits import Exit, Refusal

if TYPE_CHECKING:
    from dashboards.report.material import Material


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("report")(report)


def report(
    public: Annotated[
        Path, typer.Option(help="The store's public directory (releases and documents).")
    ],
    term: Annotated[
        str | None,
        typer.Option(help="Term of a school year, such as 2026-T1; the latest one without it."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="File to write; rapport-<UAI or school>-<term>.pdf here without it."),
    ] = None,
    lang: Annotated[str, typer.Option(help="fr or en.")] = "fr",
    printed: Annotated[
        str | None,
        typer.Option(help="Day that the cover names, 2026-12-18; today without it."),
    ] = None,
    *,
    pdf: Annotated[
        bool, typer.Option("--pdf", help="A tagged PDF; one HTML file without.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Write the meeting report of a term: A4, four to six pages, legible in black and white.

    Example: jauge report --public store/public --term 2026-T1 --pdf
    """
    from dashboards.report import document
    from dashboards.texts import LANGUAGES, Texts

    began = time.monotonic()
    if lang not in LANGUAGES:
        raise Refusal(f"--lang {lang}: not a language of the report; give fr or en", Exit.USAGE)
    material = _material(public, term, _day(printed))
    texts = Texts(lang)
    pages = None
    if pdf:
        data, pages = _printed(document.sheets(material, texts))
    else:
        data = document.standalone(material, texts).encode()
    path = out or Path(document.file_name(material, "pdf" if pdf else "html"))
    _write(path, data)
    told = {
        "file": str(path),
        "term": material.term.name,
        "pages": pages,
        "octets": len(data),
        "seconds": round(time.monotonic() - began, 1),
        "policy": material.policy,
        "weeks_released": len(material.released()),
        "weeks_of_term": len(material.term.weeks),
    }
    if as_json:
        typer.echo(json.dumps(told, ensure_ascii=False))
        return
    sheets = f"{pages} pages, " if pages else ""
    typer.echo(
        f"{path}: {sheets}{len(data) / 1000:.0f} kB in {told['seconds']} s; term {material.term.name}, "
        f"{told['weeks_released']} of {told['weeks_of_term']} school weeks released; "
        f"policy {material.policy}"
    )


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise Refusal(
            f"--printed {text}: not a date; write it as 2026-12-18", Exit.USAGE
        ) from error


def _material(public: Path, term: str | None, printed: date | None) -> "Material":
    """Read the term's releases.

    Raises:
        Refusal: nothing is published there, no such term, or something is broken.
    """
    from api.library import Library
    from api.problems import Problem
    from api.report import today_in
    from api.term import NoSuchTerm
    from dashboards.texts import Texts
    from privacy.published import Published

    today = (lambda _: printed) if printed is not None else today_in
    try:
        return Library(Published(public)).material(term, today)
    except NoSuchTerm as error:
        known = ", ".join(error.known)
        hint = f"published: {known}" if known else "run `jauge release` again: it names the terms"
        asked = f"--term {error.name}: no such term" if error.name else "no term"
        raise Refusal(f"{public}: {asked}; {hint}", Exit.DATA) from error
    except Problem as error:
        texts = Texts("en")
        said = [texts(f"problem.{error.kind}.{part}") for part in ("text", "action")]
        raise Refusal(f"{public}: {' '.join(said)}", Exit.DATA) from error
    except PermissionError as error:
        raise Refusal(f"{public}: not permitted to read it", Exit.PERMISSION) from error


def _printed(sheets: tuple[str, ...]) -> tuple[bytes, int]:
    from dashboards.report.pdf import CannotPrint, make_pdf

    try:
        made = make_pdf(*sheets)
    except CannotPrint as error:
        raise Refusal(f"no PDF can be made: {error}", Exit.CONFIGURATION) from error
    return made.data, made.pages


def _write(path: Path, data: bytes) -> None:
    try:
        path.write_bytes(data)
    except IsADirectoryError as error:
        raise Refusal(f"{path}: a directory; give a file with --out", Exit.USAGE) from error
    except FileNotFoundError as error:
        raise Refusal(f"{path}: its directory is missing; make it first", Exit.USAGE) from error
    except OSError as error:
        raise Refusal(
            f"{path}: {error.strerror}; choose another with --out", Exit.PERMISSION
        ) from error
