"""HTML to a tagged PDF/UA-1, with WeasyPrint, in this process: no browser, no program, no network.

Nothing is fetched: the style sheet is given as text, the drawings are inside the document, and the
fetcher refuses every address. The same HTML gives the same bytes: dates come from the document, and
the file's identifier is the digest of what it was made from.

WeasyPrint needs Pango and one font at least; both are checked before, so that a reader gets a
sentence instead of a page of empty boxes.
"""

import hashlib
import logging
from functools import cache
from typing import Any, NoReturn

PANGO_PACKAGES = "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
FONT_PACKAGE = "fonts-dejavu-core"
VARIANT = "pdf/ua-1"


class CannotPrint(Exception):
    """This machine lacks what a PDF needs; `packages` are Debian's names of it."""

    def __init__(self, what: str, packages: str) -> None:
        super().__init__(f"{what} is missing; on Debian: apt-get install {packages}")
        self.what = what
        self.packages = packages


class Refused(Exception):
    """Something in the document asked for an address."""


def make_pdf(html: str, *styles: str) -> bytes:
    """Return the PDF of a document.

    Args:
        html: the whole document.
        styles: style sheets as text, in order.

    Raises:
        CannotPrint: Pango or a font is missing.
    """
    weasyprint = _weasyprint()
    from weasyprint.text.fonts import FontConfiguration

    fonts = FontConfiguration()
    sheets = [weasyprint.CSS(string=text, font_config=fonts, url_fetcher=refuse) for text in styles]
    document = weasyprint.HTML(string=html, url_fetcher=refuse, media_type="print")
    identifier = hashlib.sha256("\0".join([html, *styles]).encode()).digest()[:16]
    rendered = document.render(
        font_config=fonts, stylesheets=sheets, pdf_variant=VARIANT, pdf_tags=True
    )
    made: bytes | None = rendered.write_pdf(
        pdf_identifier=identifier, pdf_variant=VARIANT, pdf_tags=True
    )
    if made is None:
        raise TypeError("WeasyPrint wrote to no file and returned nothing")
    return made


def refuse(url: str, *_: Any, **__: Any) -> NoReturn:
    """Fetch nothing.

    Raises:
        Refused: always.
    """
    raise Refused(url)


@cache
def _weasyprint() -> Any:
    """Import WeasyPrint and make sure that it can draw a letter.

    Raises:
        CannotPrint: Pango or a font is missing.
    """
    try:
        import weasyprint
    except OSError as error:  # a shared library that cannot be opened
        raise CannotPrint("Pango", PANGO_PACKAGES) from error
    # It logs what it finds odd in a document, addresses included: nothing for a server's log.
    logging.getLogger("weasyprint").setLevel(logging.CRITICAL)
    logging.getLogger("fontTools").setLevel(logging.CRITICAL)
    if not _has_font(weasyprint):
        raise CannotPrint("every font", FONT_PACKAGE)
    return weasyprint


def _has_font(weasyprint: Any) -> bool:
    """Draw two letters: without a font they have no width, or the PDF holds no font."""
    probe = '<html lang="fr"><title>é</title><p>Jé</p></html>'
    made = weasyprint.HTML(string=probe, url_fetcher=refuse).write_pdf(uncompressed_pdf=True)
    return b"/FontFile" in made
