"""What the charter says of a site, as sentences in French or English. Pure.

Explains a service, never traffic: nothing measured is read, and no clock, so that the same files
give the same answer; it carries the digests of what it rests on. The verdicts are the real ones,
from `analyzer.classify` on every zone kind of the school, period and state of the line, on an
ordinary day, outside named slots, of a first small slice; contexts with the same answer are told
together, and `analyzer.changes` says what would give another one.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from analyzer.changes import Change, changes
from analyzer.classify import Verdict, classify
from analyzer.facts import Facts, Observed, category_of, facts_of
from privacy.records import SiteSource
from school.catalogue import Catalogue, catalogue_digest
from school.charter import Charter
from school.labels import label, listed
from school.lists import CATEGORY_OF_LIST
from school.load import School
from school.words import UNMATCHED, Category, LinkState, Period, Use, ZoneKind

STATES: Final = tuple(state.value for state in LinkState)
Pattern = tuple[Verdict, ...]


@dataclass(frozen=True, slots=True)
class ListLine:
    """What an imported list says of the name."""

    category: str
    """The word that would be stored with a slice."""
    list: str
    date: str
    """Date of the list, as the importer wrote it."""


@dataclass(frozen=True, slots=True)
class Lists:
    """The imported lists that were asked, and the line that holds the name."""

    digest: str
    line: ListLine | None


@dataclass(frozen=True, slots=True)
class Statement:
    """One answer for a group of contexts."""

    zone_kinds: tuple[str, ...]
    periods: tuple[str, ...]
    link_states: tuple[str, ...]
    use: str
    rule: str
    clause: str
    sentence: str
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything that the charter says of one site."""

    site: str | None
    service: str | None
    category: str
    evidence: str
    """Strength of a name that the device asked for in clear."""
    summary: str
    evidence_sentence: str
    statements: tuple[Statement, ...]
    clauses: Mapping[str, str]
    """Text of every clause that the statements name."""
    lists: Lists | None
    digests: Mapping[str, str]
    """charter, catalogue and lists: what the answer depends on, and on nothing else."""

    def as_dict(self) -> dict[str, Any]:
        """Return JSON values."""
        line = self.lists.line if self.lists else None
        return {
            "site": self.site,
            "service": self.service,
            "category": self.category,
            "evidence": self.evidence,
            "summary": self.summary,
            "evidence_sentence": self.evidence_sentence,
            "list": {"list": line.list, "category": line.category, "date": line.date}
            if line
            else None,
            "digests": dict(self.digests),
            "clauses": dict(self.clauses),
            "statements": [
                {
                    "zone_kinds": list(item.zone_kinds),
                    "periods": list(item.periods),
                    "link_states": list(item.link_states),
                    "use": item.use,
                    "rule": item.rule,
                    "clause": item.clause,
                    "sentence": item.sentence,
                    "changes": [change.as_dict() for change in item.changes],
                }
                for item in self.statements
            ],
        }


def explain_host(
    host: str, *, school: School, catalogue: Catalogue, lang: str, lists: Lists | None = None
) -> Explanation:
    """Explain a name: it is reduced first, and the full name appears nowhere in the answer.

    Args:
        host: a full host name.
        school: what the school declares.
        catalogue: what names are.
        lang: `fr` or `en`.
        lists: what the imported lists say of the full name; None without lists.
    """
    site = catalogue.site_of(host)
    entry = catalogue.entry(site) if site else None
    seen = _seen(site, lists)
    category, strength = category_of(seen, entry.category if entry else None)
    statements = tuple(_statements(school, seen, entry.category if entry else None, lang))
    used = dict.fromkeys(s.clause for item in statements for s in (item, *_verdicts(item)))
    charter = school.charter
    return Explanation(
        site=site,
        service=entry.service if entry else None,
        category=category,
        evidence=strength.value,
        summary=_summary(site, entry.service if entry else None, category, lang),
        evidence_sentence=_evidence(site, known=entry is not None, lists=lists, lang=lang),
        statements=statements,
        clauses={name: charter.clause(name).text.in_language(lang) for name in used},
        lists=lists,
        digests={
            "charter": school.charter_digest,
            "catalogue": catalogue_digest(catalogue),
            **({"lists": lists.digest} if lists else {}),
        },
    )


def _verdicts(item: Statement) -> list[Verdict]:
    return [change.verdict for change in item.changes]


def _seen(site: str | None, lists: Lists | None) -> Observed:
    """A slice whose name the device itself asked for."""
    source = SiteSource.TLS_SNI if site else SiteSource.NONE
    listed_as = lists.line.category if lists and lists.line else None
    return Observed(site=site, site_source=source.value, list_category=listed_as)


def _summary(site: str | None, service: str | None, category: str, lang: str) -> str:
    what = label(Category, category, lang)
    if lang == "en":
        if site is None:
            return "This is not the name of a site."
        if service is None:
            return f"{site} is not in the catalogue: {what}."
        return f"{site} is {service}: {what}."
    if site is None:
        return "Ce n'est pas le nom d'un site."
    if service is None:
        return f"{site} n'est pas dans le catalogue : {what}."
    return f"{site}, c'est {service} : {what}."


def _evidence(site: str | None, *, known: bool, lists: Lists | None, lang: str) -> str:
    line = lists.line if lists else None
    if line is not None and not known and line.category not in CATEGORY_OF_LIST:
        line = None  # malware, bypass…: no rule uses it, so nothing rests on it
    if line is not None and not known:
        return (
            f"Evidence: weak, it rests on the imported list {line.list} of {line.date} alone."
            if lang == "en"
            else f"Preuve : faible, elle repose sur la seule liste importée {line.list} du "
            f"{line.date}."
        )
    if site is None:
        return "Evidence: none." if lang == "en" else "Preuve : aucune."
    text = (
        "Evidence: strong where the device asked for this name in clear, weak where it comes from "
        "a DNS answer or from the outside of an encrypted hello."
        if lang == "en"
        else "Preuve : sûre si l'appareil a demandé ce nom en clair, faible s'il vient d'une réponse "
        "DNS ou de l'extérieur d'un échange chiffré."
    )
    if line is None:
        return text
    also = (
        f" The imported list {line.list} of {line.date} also holds it; the catalogue wins."
        if lang == "en"
        else f" La liste importée {line.list} du {line.date} le contient aussi ; le catalogue "
        "l'emporte."
    )
    return text + also


def _kinds(school: School) -> tuple[str, ...]:
    declared = {zone.kind for zone in school.zones}
    return tuple(kind.value for kind in ZoneKind if kind.value in declared and kind != UNMATCHED)


def _facts(seen: Observed, site_category: str | None, place: tuple[str, str, str]) -> Facts:
    kind, period, state = place
    facts = facts_of(
        seen, zone_kind=kind, period=period, link_state=state, site_category=site_category
    )
    own = {"device_day_octets": 0, "rule_minutes": 1, "rule_octets": 0}
    return replace(facts, link_up=state, link_down=state, **own)


def _groups(
    school: School, seen: Observed, site_category: str | None
) -> dict[tuple[tuple[str, ...], Pattern], list[str]]:
    """Group: (zone kinds with one behaviour over all periods, verdicts by state) → periods."""
    by_zone: dict[tuple[Pattern, ...], list[str]] = {}
    for kind in _kinds(school):
        patterns = tuple(
            tuple(
                classify(_facts(seen, site_category, (kind, period.value, state)), school.charter)
                for state in STATES
            )
            for period in Period
        )
        by_zone.setdefault(patterns, []).append(kind)
    groups: dict[tuple[tuple[str, ...], Pattern], list[str]] = {}
    for patterns, zone_kinds in by_zone.items():
        for period, pattern in zip(Period, patterns, strict=True):
            groups.setdefault((tuple(zone_kinds), pattern), []).append(period.value)
    return groups


Places = tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]


def _statements(
    school: School, seen: Observed, site_category: str | None, lang: str
) -> Iterator[Statement]:
    for (zones, pattern), periods in _groups(school, seen, site_category).items():
        by_verdict: dict[Verdict, list[str]] = {}
        for state, verdict in zip(STATES, pattern, strict=True):
            by_verdict.setdefault(verdict, []).append(state)
        for verdict, states in by_verdict.items():
            places = (zones, tuple(periods), tuple(states))
            contexts = [
                _facts(seen, site_category, (zone, period, state))
                for zone in zones
                for period in periods
                for state in states
            ]
            other = changes(
                contexts,
                verdict,
                school=school,
                lang=lang,
                named=seen.site is not None,
                by_list=site_category is None and seen.list_category in CATEGORY_OF_LIST,
            )
            yield _statement(school.charter, places, verdict, other, lang=lang)


def _statement(
    charter: Charter, places: Places, verdict: Verdict, other: tuple[Change, ...], *, lang: str
) -> Statement:
    because = charter.rule(verdict.rule).because.in_language(lang)
    where, use = _where(places, lang), label(Use, verdict.use, lang)
    if lang == "en":
        text = f"{where}: {use}, because {because} (rule {verdict.rule}, clause {verdict.clause})."
    else:
        link = _because_fr(because)
        text = f"{where} : {use}, {link} (règle {verdict.rule}, article {verdict.clause})."
    return Statement(*places, verdict.use, verdict.rule, verdict.clause, text, other)


def _because_fr(because: str) -> str:
    vowel = because[:1].lower() in "aàâeéèêiîoôuûyh"
    return f"parce qu'{because}" if vowel else f"parce que {because}"


def _where(places: Places, lang: str) -> str:
    zones, periods, states = places
    english = lang == "en"
    parts = [", ".join(label(ZoneKind, kind, lang) for kind in zones)]
    if len(periods) == len(Period):
        parts.append("at any time" if english else "à tout moment")
    else:
        parts.append(listed([label(Period, period, lang) for period in periods], lang))
    if len(states) < len(STATES):
        words = listed([label(LinkState, state, lang) for state in states], lang)
        parts.append(f"when the line is {words}" if english else f"quand la ligne est {words}")
    text = ", ".join(parts)
    return text[:1].upper() + text[1:]
