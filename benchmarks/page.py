"""Sections of docs/performance.md, each written by the measurement that it tells of."""

import re
from pathlib import Path


def _marks(name: str) -> tuple[str, str]:
    return f"<!-- {name}: begin -->", f"<!-- {name}: end -->"


def section(text: str, name: str) -> str:
    """Return a section with its marks; empty if the text has none."""
    begin, end = map(re.escape, _marks(name))
    found = re.search(f"{begin}.*?{end}", text, re.DOTALL)
    return found[0] if found else ""


def put_section(path: Path, name: str, content: str) -> None:
    """Write a section into a page in the place of the one before, or at its end."""
    text = path.read_text("utf-8") if path.exists() else ""
    begin, end = _marks(name)
    new = f"{begin}\n{content.strip()}\n{end}"
    old = section(text, name)
    path.write_text(text.replace(old, new) if old else f"{text.rstrip()}\n\n{new}\n", "utf-8")


def put_page(path: Path, content: str) -> None:
    """Write a page, its marked sections kept at the end."""
    text = path.read_text("utf-8") if path.exists() else ""
    names = re.findall(r"<!-- (\w+): begin -->", text)
    kept = [section(text, name) for name in names]
    path.write_text("\n\n".join([content.rstrip(), *kept]) + "\n", "utf-8")
