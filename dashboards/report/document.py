"""The HTML of the report: for paper, and as the page that shows the same before it is printed.

Pure, except that templates and the style sheet are read once.
"""

import unicodedata
from collections.abc import Mapping
from functools import cache

from dashboards.frame import STATIC, Frame, common, render
from dashboards.report.material import Material
from dashboards.report.sections import build
from dashboards.texts import NARROW, Texts


def paper(material: Material, texts: Texts) -> str:
    """Return the document that becomes the PDF."""
    return render(
        "report/paper.html",
        Frame(texts, "report", {}),
        r=build(material, texts),
        printed=material.printed.isoformat(),
        **common(material.snapshot, texts),
    )


def page(material: Material, terms: list[str], texts: Texts, query: Mapping[str, str]) -> str:
    """Return the page: the choice of a term, the PDF, and the same parts on screen."""
    return render(
        "report/page.html",
        Frame(texts, "report", query),
        r=build(material, texts),
        term=material.term.name,
        terms=terms,
        **common(material.snapshot, texts),
    )


def standalone(material: Material, texts: Texts) -> str:
    """Return the document as one file that a browser opens, its style inside."""
    whole = paper(material, texts)
    return whole.replace("</head>", f"<style>\n{style()}</style>\n</head>", 1)


def sheets(material: Material, texts: Texts) -> tuple[str, str, str]:
    """Return what the PDF is made from: the document and its two style sheets."""
    left = texts("report.running", school=material.snapshot.school.name)
    return paper(material, texts), style(), footer_style(left, material.policy, texts)


@cache
def style() -> str:
    """Return the style sheet of paper."""
    return (STATIC / "paper.css").read_text(encoding="utf-8")


def footer_style(left_text: str, policy: str, texts: Texts) -> str:
    """Return the rules of the footer: a text on the left, policy and page number on the right."""
    left = _quoted(left_text)
    right = _quoted(texts("report.page", policy=policy))
    font = 'font: 11pt "DejaVu Sans", "Liberation Sans", sans-serif'
    return (
        f"@page {{ @bottom-left {{ content: {left}; {font}; }} "
        f'@bottom-right {{ content: {right} "{NARROW}" counter(page) "/" counter(pages); {font}; }} }}'
    )


def _quoted(text: str) -> str:
    """Return a CSS string: nothing that a school is called can end it."""
    safe = "".join(f"\\{ord(c):x} " if c in '"\\<>\n\r\f' else c for c in text)
    return f'"{safe}"'


def file_name(material: Material, suffix: str) -> str:
    """Return `rapport-0000000A-2026-T1.pdf`: the national number, else the school's name as a slug."""
    school = material.snapshot.school
    plain = unicodedata.normalize("NFKD", school.name).encode("ascii", "ignore").decode().lower()
    slug = "-".join("".join(c if c.isalnum() else " " for c in plain).split())[:40].strip("-")
    return f"rapport-{school.uai or slug or 'ecole'}-{material.term.name}.{suffix}"
