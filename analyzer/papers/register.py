"""The entry of the register of processing (GDPR article 30, headings of CNIL's templates). Pure.

One row per field; each carries the digest of the policy that it came from, so that a row copied
elsewhere still tells whether it is out of date.
"""

from typing import Any

from analyzer.papers.processing import Processing
from analyzer.papers.wording import fill, french, texts


def register(processing: Processing) -> dict[str, Any]:
    """Return the entry: groups of fields, and what is to be filled in by hand."""
    fields = []
    for group, rows in texts("register")["fields"].items():
        for label, paragraphs in rows.items():
            value = "\n".join(_lines(paragraphs, processing))
            fields.append(
                {
                    "group": french(group),
                    "label": french(label),
                    "value": value,
                    "policy": processing.policy,
                }
            )
    return {"title": fill(texts("register")["title"], processing.values), "fields": fields}


def _lines(paragraphs: str | list[str], processing: Processing) -> list[str]:
    lines: list[str] = []
    for paragraph in [paragraphs] if isinstance(paragraphs, str) else paragraphs:
        if paragraph.startswith("@"):
            lines += [f"- {french(item)}" for item in processing.blocks[paragraph[1:]]]
        else:
            lines.append(fill(paragraph, processing.values))
    return lines
