"""Small lists with invented names, and the naive twin: a dict of suffixes."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from school.catalogue import load_catalogue
from school.lists.build import Listed, merge
from school.lists.fingerprint import fingerprint
from school.lists.layout import Parts, Row, pack
from school.lists.lines import LineReader, Tally, chunks_of
from school.lists.reader import ListsFile
from school.lists.settings import load_settings
from school.lists.update import Import, run

MADE = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)


def octets_of(lists: Mapping[str, list[str]]) -> bytes:
    """A file of some lists, strongest first; the category is the name of the list."""
    listed = []
    for name, lines in lists.items():
        tally = Tally()
        for chunk in chunks_of(["\n".join(lines).encode()]):
            LineReader().add(chunk, tally)
        listed.append(Listed(Row(name, name, "private"), tally.fingerprints()))
    table = merge(listed)
    rows = [{"list": name, "category": name, "rank": "private"} for name in lists]
    return pack(
        Parts(
            description={"table": rows, "lists": {}},
            index=table.index,
            fingerprints=table.fingerprints,
            values=table.values,
        )
    )


def file_of(lists: Mapping[str, list[str]]) -> ListsFile:
    return ListsFile(octets_of(lists))


def naive(lists: Mapping[str, list[str]], name: str) -> str | None:
    """The slow twin: every suffix of two labels or more, longest first, in a dict."""
    known: dict[str, str] = {}
    for list_name, lines in lists.items():
        for line in lines:
            known.setdefault(line, list_name)
    labels = name.split(".")
    for at in range(len(labels) - 1):
        suffix = ".".join(labels[at:])
        if suffix in known:
            return known[suffix]
    return None


def folder_of(root: Path, lists: Mapping[str, list[str]]) -> Path:
    for name, lines in lists.items():
        directory = root / name
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "domains").write_text("\n".join(lines) + "\n")
    return root


def imported(root: Path, *, previous=None, accepted=(), settings=None):
    """Run an import; returns (file, report)."""
    job = Import(
        folder=root,
        settings=settings or load_settings(),
        catalogue=load_catalogue(),
        previous=previous,
        made=MADE,
        accepted=frozenset(accepted),
    )
    data, report = run(job)
    return ListsFile(data), report


def told(report, kind: str) -> list[str]:
    """The lists of which the report tells one kind of finding."""
    return [finding.list for finding in report.findings if finding.kind == kind]


def many(word: str, count: int, end: str = "example.com") -> list[str]:
    return [f"{word}{i}.{end}" for i in range(count)]


__all__ = ["fingerprint"]
