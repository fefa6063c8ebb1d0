"""The published school of the pages' tests with the documents that public pages draw.

The charter is a real one, shipped with Jauge, and its table by place and time is the analyzer's.
"""

from functools import cache
from pathlib import Path
from typing import Any

from analyzer.practice import practice
from school.conditions import rule_sentences
from school.load import School, load_school
from tests.pages.published_school import Publisher, write_documents

ROOT = Path(__file__).parents[2]
CHARTERS = sorted((ROOT / "school/charters").glob("*.yaml"))


@cache
def declared(charter: Path | None = None) -> School:
    instead = {"charter.yaml": charter} if charter else {}
    return load_school(ROOT / "simulator/school", instead=instead)


def charter_payload(school: School, digest: str) -> dict[str, Any]:
    charter = school.charter
    return {
        "document": "charter",
        "digest": digest,
        "title": charter.title.as_dict(),
        "version": charter.version,
        "clauses": [{"id": clause.id, **clause.text.as_dict()} for clause in charter.clauses],
        "rules": [
            {
                "id": rule.id, "use": rule.use, "clause": rule.clause,
                "because": rule.because.as_dict(), "condition": rule_sentences(rule).as_dict(),
            }
            for rule in charter.rules
        ],
        "practice": practice(school),
    }  # fmt: skip


def notice(name: str) -> dict[str, Any]:
    text = {
        "title": "Ce qu'on mesure",
        "lead": "On compte ce qui passe, jamais qui passe.",
        "sections": [
            {"title": "Pourquoi ?", "paragraphs": ["Pour décider <du> débit."], "items": ["Un.", "Deux."]},
        ],
    }  # fmt: skip
    return {"document": name, "texts": {"fr": text, "en": {**text, "title": "What is measured"}}}


def publish(public: Path, charter: Path | None = None) -> Path:
    """Documents only: public pages open no release."""
    publisher = Publisher(public)
    write_documents(publisher)
    school = declared(charter)
    publisher.write("documents", "charter", charter_payload(school, publisher.charter_digest))
    for name in ("notice-adults", "notice-pupils"):
        publisher.write("documents", name, notice(name))
    return public
