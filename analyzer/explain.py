"""What the charter says of a site, as sentences in French or English. Pure.

Explains a service, never traffic: nothing measured is read. The verdicts are the real ones, from
`analyzer.classify` on every zone kind of the school, period and state of the line; contexts with
the same answer are told together.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from analyzer.classify import Verdict, classify
from analyzer.facts import Facts
from school.catalogue import Catalogue
from school.charter import Charter
from school.labels import label, listed
from school.load import School
from school.words import UNMATCHED, Category, LinkState, Period, Strength, Use, ZoneKind

STATES: Final = tuple(state.value for state in LinkState)
HEAVY_OCTETS: Final = 10**12
"""A slice larger than any `megabytes_at_least`, to tell what changes with size."""
Pattern = tuple[Verdict, ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """One answer for a group of contexts."""

    zone_kinds: tuple[str, ...]
    periods: tuple[str, ...]
    link_states: tuple[str, ...]
    heavy: bool
    """True where the answer holds for large transfers only."""
    use: str
    rule: str
    clause: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything that the charter says of one site."""

    site: str | None
    service: str | None
    category: str
    charter_digest: str
    summary: str
    statements: tuple[Statement, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return JSON values."""
        return {
            "site": self.site,
            "service": self.service,
            "category": self.category,
            "charter_digest": self.charter_digest,
            "summary": self.summary,
            "statements": [
                {
                    "zone_kinds": list(item.zone_kinds),
                    "periods": list(item.periods),
                    "link_states": list(item.link_states),
                    "heavy": item.heavy,
                    "use": item.use,
                    "rule": item.rule,
                    "clause": item.clause,
                    "sentence": item.sentence,
                }
                for item in self.statements
            ],
        }


def explain_host(host: str, *, school: School, catalogue: Catalogue, lang: str) -> Explanation:
    """Explain a name: it is reduced first, and the full name appears nowhere in the answer."""
    site = catalogue.site_of(host)
    entry = catalogue.entry(site) if site else None
    category = entry.category if entry else Category.UNKNOWN.value
    strength = Strength.STRONG if site else Strength.NONE
    kinds = _kinds(school)
    statements = tuple(_statements(school.charter, kinds, category, strength.value, lang))
    return Explanation(
        site=site,
        service=entry.service if entry else None,
        category=category,
        charter_digest=school.charter_digest,
        summary=_summary(site, entry.service if entry else None, category, lang),
        statements=statements,
    )


def _kinds(school: School) -> tuple[str, ...]:
    declared = {zone.kind for zone in school.zones}
    return tuple(kind.value for kind in ZoneKind if kind.value in declared and kind != UNMATCHED)


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


def _pattern(charter: Charter, facts: Mapping[str, str], octets: int) -> Pattern:
    """Return the verdicts for calm, busy and saturated."""
    return tuple(
        classify(Facts(**facts, link_state=state, octets=octets), charter) for state in STATES
    )


def _groups(
    charter: Charter, kinds: tuple[str, ...], category: str, evidence: str, octets: int
) -> dict[tuple[tuple[str, ...], Pattern], list[str]]:
    """Group: (zone kinds with one behaviour over all periods, verdicts by state) → periods."""
    by_zone: dict[tuple[Pattern, ...], list[str]] = {}
    for kind in kinds:
        patterns = tuple(
            _pattern(
                charter,
                {
                    "zone_kind": kind,
                    "period": period.value,
                    "category": category,
                    "evidence": evidence,
                },
                octets,
            )
            for period in Period
        )
        by_zone.setdefault(patterns, []).append(kind)
    groups: dict[tuple[tuple[str, ...], Pattern], list[str]] = {}
    for patterns, zone_kinds in by_zone.items():
        for period, pattern in zip(Period, patterns, strict=True):
            groups.setdefault((tuple(zone_kinds), pattern), []).append(period.value)
    return groups


def _statements(
    charter: Charter, kinds: tuple[str, ...], category: str, evidence: str, lang: str
) -> Iterator[Statement]:
    usual = list(_flat(_groups(charter, kinds, category, evidence, 0)))
    large = list(_flat(_groups(charter, kinds, category, evidence, HEAVY_OCTETS)))
    for zones, periods, states, verdict in usual:
        yield _statement(charter, (zones, periods, states), verdict, lang=lang, heavy=False)
    for place in large:
        if place not in usual and not _told(place, usual):
            yield _statement(charter, place[:3], place[3], lang=lang, heavy=True)


Places = tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]
Told = tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...], Verdict]


def _told(place: Told, usual: list[Told]) -> bool:
    """Say whether the usual statements already give this answer for all of these contexts."""
    contexts = {(z, p, s) for z in place[0] for p in place[1] for s in place[2]}
    same = {
        (z, p, s)
        for zones, periods, states, verdict in usual
        if verdict == place[3]
        for z in zones
        for p in periods
        for s in states
    }
    return contexts <= same


def _flat(groups: Mapping[tuple[tuple[str, ...], Pattern], list[str]]) -> Iterator[Told]:
    for (zones, pattern), periods in groups.items():
        by_verdict: dict[Verdict, list[str]] = {}
        for state, verdict in zip(STATES, pattern, strict=True):
            by_verdict.setdefault(verdict, []).append(state)
        for verdict, states in by_verdict.items():
            yield zones, tuple(periods), tuple(states), verdict


def _statement(
    charter: Charter, places: Places, verdict: Verdict, *, lang: str, heavy: bool
) -> Statement:
    zones, periods, states = places
    because = charter.rule(verdict.rule).because.in_language(lang)
    where = _where(places, lang=lang, heavy=heavy)
    use = label(Use, verdict.use, lang)
    if lang == "en":
        text = f"{where}: {use}, because {because} (rule {verdict.rule}, clause {verdict.clause})."
    else:
        link = _because_fr(because)
        text = f"{where} : {use}, {link} (règle {verdict.rule}, article {verdict.clause})."
    return Statement(
        zone_kinds=zones,
        periods=periods,
        link_states=states,
        heavy=heavy,
        use=verdict.use,
        rule=verdict.rule,
        clause=verdict.clause,
        sentence=text,
    )


def _because_fr(because: str) -> str:
    vowel = because[:1].lower() in "aàâeéèêiîoôuûyh"
    return f"parce qu'{because}" if vowel else f"parce que {because}"


def _where(places: Places, *, lang: str, heavy: bool) -> str:
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
    if heavy:
        parts.append("for large transfers" if english else "pour de gros volumes")
    text = ", ".join(parts)
    return text[:1].upper() + text[1:]
