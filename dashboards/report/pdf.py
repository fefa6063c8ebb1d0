"""HTML to a tagged PDF/UA-1, with WeasyPrint, in this process: no browser, no program, no network.

Nothing is fetched: the style sheet is given as text, the drawings are inside the document, and the
fetcher refuses every address. The same HTML gives the same bytes: dates come from the document, and
the file's identifier is the digest of what it was made from.

WeasyPrint needs Pango and one font at least. Both are checked before anything is drawn: without a
font it ends the whole process with a segmentation fault, and a reader should get a sentence.
"""

import hashlib
import logging
import warnings
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Paper:
    """A finished PDF."""

    data: bytes
    pages: int


class Refused(Exception):
    """Something in the document asked for an address."""


def make_pdf(html: str, *styles: str) -> Paper:
    """Return the PDF of a document.

    Args:
        html: the whole document.
        styles: style sheets as text, in order.

    Raises:
        CannotPrint: Pango or a font is missing.
    """
    weasyprint = _weasyprint()
    from weasyprint.text.fonts import FontConfiguration

    fonts, fetcher = FontConfiguration(), Fetcher()
    sheets = [
        weasyprint.CSS(string=text, font_config=fonts, url_fetcher=fetcher) for text in styles
    ]
    document = weasyprint.HTML(string=html, url_fetcher=fetcher, media_type="print")
    identifier = hashlib.sha256("\0".join([html, *styles]).encode()).digest()[:16]
    rendered = document.render(
        font_config=fonts, stylesheets=sheets, pdf_variant=VARIANT, pdf_tags=True
    )
    made: bytes | None = rendered.write_pdf(
        pdf_identifier=identifier, pdf_variant=VARIANT, pdf_tags=True
    )
    if made is None:
        raise TypeError("WeasyPrint wrote to no file and returned nothing")
    return Paper(made, len(rendered.pages))


class Fetcher:
    """What WeasyPrint asks for whatever has an address: it gets nothing, and the work stops."""

    _fail_on_errors = True  # WeasyPrint reads it: else it would go on without the part

    def __call__(self, url: str, *_: Any, **__: Any) -> NoReturn:
        """Fetch nothing.

        Raises:
            Refused: always.
        """
        raise Refused(url)


@cache
def _weasyprint() -> Any:
    """Import WeasyPrint and make sure that it has a letter to draw with.

    Raises:
        CannotPrint: Pango or a font is missing.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it warns of missing fonts; `_fonts` refuses
            import weasyprint
    except (ImportError, OSError) as error:  # a library that cannot be found or opened
        raise CannotPrint("Pango", PANGO_PACKAGES) from error
    # It logs what it finds odd in a document, addresses included: nothing for a server's log.
    logging.getLogger("weasyprint").setLevel(logging.CRITICAL)
    logging.getLogger("fontTools").setLevel(logging.CRITICAL)
    if not _fonts():
        raise CannotPrint("every font", FONT_PACKAGE)
    return weasyprint


def _fonts() -> int:
    """Count the fonts of this machine: drawing without one ends the process (WeasyPrint 70)."""
    from weasyprint.text.ffi import ffi, fontconfig

    config = ffi.gc(fontconfig.FcInitLoadConfigAndFonts(), fontconfig.FcConfigDestroy)
    return int(fontconfig.FcConfigGetFonts(config, fontconfig.FcSetSystem).nfont)
