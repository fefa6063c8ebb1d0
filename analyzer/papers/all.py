"""Every generated document as a sealed payload, by name. Reads the store's state, never a row."""

from datetime import date
from typing import Any, Final

from analyzer.exact import Bench
from analyzer.papers.breach import breach
from analyzer.papers.dpia import dpia
from analyzer.papers.journal import journal
from analyzer.papers.notices import notice
from analyzer.papers.processing import Processing
from analyzer.papers.register import register

PAPERS: Final = ("register", "dpia", "notice-adults", "notice-pupils", "breach", "journal")


def paper(name: str, bench: Bench, as_of: date) -> dict[str, Any]:
    """Return one document: `document`, `policy`, `as_of`, and `content` (notices: `texts`).

    Raises:
        KeyError: no such document.
    """
    processing = Processing(bench, as_of)
    head = {"document": name, "policy": processing.policy, "as_of": as_of.isoformat()}
    if name.startswith("notice-"):
        return {**head, "texts": notice(processing, name.removeprefix("notice-"))}
    if name == "journal":
        return {**head, "content": journal(bench, as_of)}
    made = {"register": register, "dpia": dpia, "breach": breach}[name](processing)
    return {**head, "content": made}


def papers(bench: Bench, as_of: date) -> list[dict[str, Any]]:
    """Return all of them."""
    return [paper(name, bench, as_of) for name in PAPERS]
