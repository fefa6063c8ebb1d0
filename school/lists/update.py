"""A whole import: a folder of lists, the settings and the file before, to a new file and a report.

Reads the folder (through `folder`), writes nothing. The same folder, settings, file before and
time give the same octets.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import numpy as np

from school.catalogue import Catalogue
from school.lists import guards
from school.lists.build import Listed, Table, merge
from school.lists.findings import Finding, ListResult, Report
from school.lists.folder import Folder, FolderRefused, Source, blocks, survey
from school.lists.guards import MALWARE, Names
from school.lists.layout import Parts, Row, pack
from school.lists.lines import LineReader, NotAList, Tally, Words, chunks_of, distinct
from school.lists.reader import ListsFile
from school.lists.settings import DO_NOT_USE, OWN, RANKS, ListsSettings, Taken
from school.lists.suffixes import EVERY_LIST, public_suffixes, reviewed

MOST_CONFLICTS_TOLD: Final = 40
NOTHING: Final[Words] = np.zeros(0, np.uint64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """What an import starts from."""

    folder: Path
    settings: ListsSettings
    catalogue: Catalogue
    previous: ListsFile | None
    made: datetime
    accepted: frozenset[str] = frozenset()
    """Lists whose guards a person overrules."""
    archive: Mapping[str, Any] | None = None
    """What the folder was unpacked from: address, digest, size, day. None: a folder was given."""


@dataclass(slots=True)
class _One:
    """A list on its way."""

    taken: Taken
    marks: Words = field(default_factory=lambda: NOTHING)
    tally: Tally = field(default_factory=Tally)
    over_broad: int = 0
    record: Mapping[str, Any] | None = None
    """What the file will say of it: names, lines, digest, date."""
    held: bool = False


def run(job: Import) -> tuple[bytes, Report]:
    """Import a folder.

    Returns:
        The octets of the new file, and the report.

    Raises:
        FolderRefused: the folder is none of lists.
        ListsRefused: more names than a file holds.
    """
    return _Run(job).run()


class _Run:
    """One import; the order of the steps is the order of the methods."""

    def __init__(self, job: Import) -> None:
        self._job = job
        self._findings: list[Finding] = []
        suffixes = public_suffixes()
        self._suffixes = Names(suffixes.names)
        self._reader = LineReader(endings=suffixes.endings, is_suffix=suffixes.holds)
        self._catalogue = Names(job.catalogue.suffixes())
        self._reviewed = dict(reviewed())
        for name, lists in job.settings.never.items():
            self._reviewed[name] = self._reviewed.get(name, frozenset()) | lists
        self._before = _records(job.previous)

    def run(self) -> tuple[bytes, Report]:
        folder = survey(self._job.folder)
        self._tell_left(folder)
        ones = [self._read(taken, folder) for taken in self._job.settings.taken]
        malware = next((one.marks for one in ones if one.taken.name == MALWARE), NOTHING)
        for one in ones:
            self._guard(one, malware)
            self._clean(one)
        listed, ones = self._in_order(ones)
        table = merge(listed)
        self._tell_conflicts(listed, table)
        octets = pack(
            Parts(
                description=self._description(listed, ones),
                index=table.index,
                fingerprints=table.fingerprints,
                values=table.values,
            )
        )
        return octets, self._report(listed, ones, table, len(octets))

    def _tell_left(self, folder: Folder) -> None:
        settings = self._job.settings
        names = {one.name for one in settings.taken}
        for name in sorted({*folder.sources, *folder.empty, *folder.refused, *folder.aliases}):
            if name in DO_NOT_USE:
                self._tell("refused", name)
            elif name in settings.left:
                self._tell("left", name, reason=settings.left[name])
            elif name in folder.aliases or name in settings.aliases:
                other = folder.aliases.get(name) or settings.aliases[name]
                self._tell("alias", name, other=other)
            elif name not in names:
                self._tell("not_declared", name)

    def _tell(self, kind: str, name: str, **facts: Any) -> None:
        self._findings.append(Finding(kind, name, facts))

    def _read(self, taken: Taken, folder: Folder) -> _One:
        one = _One(taken)
        source = folder.sources.get(taken.name)
        if source is None:
            self._missing(one, folder)
            return one
        digest = hashlib.sha256()
        try:
            for chunk in chunks_of(blocks(source, digest)):
                self._reader.add(chunk, one.tally)
        except (FolderRefused, NotAList) as error:
            self._unreadable(one, str(error))
            return one
        one.marks = one.tally.fingerprints()
        one.record = _record(one, source, digest.hexdigest())
        return one

    def _missing(self, one: _One, folder: Folder) -> None:
        name = one.taken.name
        before = self._count_before(name)
        if name in folder.refused:
            self._unreadable(one, folder.refused[name])
        elif before and name not in self._job.accepted:
            self._hold(one, Finding("vanished", name, {"before": before}))
        else:
            self._tell("absent", name)

    def _unreadable(self, one: _One, reason: str) -> None:
        self._hold(one, Finding("unreadable", one.taken.name, {"reason": reason}))

    def _count_before(self, name: str) -> int | None:
        record = self._before.get(name)
        return None if record is None else int(record["names"])

    def _guard(self, one: _One, malware: Words) -> None:
        """Hold a polluted list back, unless a person accepted it."""
        name = one.taken.name
        if one.held or one.record is None:
            return
        found = guards.size_jump(name, self._count_before(name), len(one.marks))
        if found is None and one.taken.rank != MALWARE:
            found = guards.malware_overlap(name, one.marks, malware)
        if found is None:
            return
        if name in self._job.accepted:
            self._tell("accepted", name, reason=found.kind)
        else:
            self._hold(one, found)

    def _hold(self, one: _One, found: Finding) -> None:
        """Take what the file before knows of a list, in place of its lines."""
        name = one.taken.name
        one.held, one.record = True, self._before.get(name)
        one.marks = NOTHING if one.record is None else _marks_of(self._job.previous, name)
        held = "out" if one.record is None else "kept"
        self._findings.append(Finding(found.kind, name, {**found.facts, "held": held}))

    def _clean(self, one: _One) -> None:
        """Take over-broad names out, tell which the catalogue overrules."""
        name = one.taken.name
        broad = self._suffixes.held_by(one.marks)
        wrong = Names(guards.forbidden(name, self._reviewed, EVERY_LIST)).held_by(one.marks)
        names = sorted({*broad, *wrong})
        one.over_broad = len(names) + (0 if one.held else one.tally.over_broad)
        if one.over_broad:
            self._tell("over_broad", name, count=one.over_broad, names=names)
        one.marks = guards.without(one.marks, names)
        held = self._catalogue.held_by(one.marks)
        lost = guards.overruled(one.taken.category, held, self._job.catalogue)
        if lost:
            self._tell("catalogue", name, count=len(lost), names=lost)

    def _in_order(self, ones: list[_One]) -> tuple[list[Listed], list[_One]]:
        """Put the school's own names at their rank."""
        own = [
            _One(Taken(OWN, category, OWN), marks=distinct(Names(names).marks))
            for category, names in self._job.settings.own.items()
        ]
        ordered = sorted((*ones, *own), key=lambda one: RANKS.index(one.taken.rank))
        ordered = [one for one in ordered if len(one.marks) or one.record is not None]
        rows = [Row(one.taken.name, one.taken.category, one.taken.rank) for one in ordered]
        listed = [Listed(row, one.marks) for row, one in zip(rows, ordered, strict=True)]
        return listed, ordered

    def _tell_conflicts(self, listed: list[Listed], table: Table) -> None:
        pairs = sorted(table.conflicts.items(), key=lambda pair: (-pair[1], pair[0]))
        for (winner, loser), count in pairs[:MOST_CONFLICTS_TOLD]:
            strong, weak = listed[winner].row, listed[loser].row
            reason = f"{strong.rank} > {weak.rank}" if strong.rank != weak.rank else "lists.yaml"
            self._tell("conflict", strong.list, other=weak.list, count=count, reason=reason)

    def _description(self, listed: list[Listed], ones: list[_One]) -> Mapping[str, Any]:
        return {
            "table": [
                {"list": one.row.list, "category": one.row.category, "rank": one.row.rank}
                for one in listed
            ],
            "origin": dict(self._job.settings.origin),
            "made": self._job.made.isoformat(timespec="seconds"),
            "settings": self._job.settings.digest,
            **({} if self._job.archive is None else {"archive": dict(self._job.archive)}),
            "lists": {
                one.taken.name: {**one.record, "held": one.held}
                for one in ones
                if one.record is not None
            },
        }

    def _report(self, listed: list[Listed], ones: list[_One], table: Table, octets: int) -> Report:
        results = tuple(
            ListResult(
                name=one.taken.name,
                category=one.taken.category,
                rank=one.taken.rank,
                lines=one.tally.lines,
                names=len(part.fingerprints),
                kept=kept,
                addresses=one.tally.addresses,
                invalid=one.tally.invalid,
                over_broad=one.over_broad,
                held=one.held,
            )
            for part, one, kept in zip(listed, ones, table.kept, strict=True)
        )
        findings = sorted(self._findings, key=lambda finding: not finding.serious)
        return Report(
            lists=results, findings=tuple(findings), names=len(table.values), octets=octets
        )


def _record(one: _One, source: Source, digest: str) -> Mapping[str, Any]:
    return {
        "names": len(one.marks),
        "lines": one.tally.lines,
        "sha256": digest,
        "date": source.date,
    }


def _records(previous: ListsFile | None) -> Mapping[str, Mapping[str, Any]]:
    """Return what the file before says of its lists; nothing where it makes no sense."""
    lists = previous.description.get("lists") if previous is not None else None
    if not isinstance(lists, dict):
        return {}
    return {
        name: record
        for name, record in lists.items()
        if isinstance(record, dict) and isinstance(record.get("names"), int)
    }


def _marks_of(previous: ListsFile | None, name: str) -> Words:
    """Return the fingerprints that the file before answers with a list."""
    if previous is None:
        return NOTHING
    numbers = [i for i, row in enumerate(previous.sections.rows) if row.list == name]
    _, marks, values = previous.buffers
    chosen = np.isin(np.frombuffer(values, np.uint8), numbers)
    return np.frombuffer(marks, np.uint64)[chosen].copy()
