"""The two notices (GDPR articles 12 to 14): for adults, and for pupils in plain words. Pure.

`<language>` → title, lead, sections, each a title, paragraphs and items. The pages and the poster of
`dashboards` draw them; a test keeps the pupils' one on one printed page in each language.
"""

from typing import Any, Final

from analyzer.papers.chances import PRESENCES_FR
from analyzer.papers.processing import TO_FILL, Processing, counted
from analyzer.papers.wording import fill, texts

LATE: Final = (
    "Mind: today this promise is not kept. What was recorded from {first} to {last} should have been "
    "erased and is not yet; the DPO sees it on a page of his own."
)
AUDIENCES: Final = ("adults", "pupils")
_ENGLISH: Final = {
    TO_FILL: "to be filled in by the school (contacts.yaml)",
    "public_interest": "task in the public interest (GDPR article 6(1)(e))",
    "legitimate_interest": "legitimate interest (GDPR article 6(1)(f))",
    None: "to be chosen by the school and confirmed by the DPO",
}
_PLAIN_ENGLISH: Final = {
    "public_interest": "a school works for everybody",
    "legitimate_interest": "the school needs it to work well, without harming you",
    None: "to be chosen by the school (contacts.yaml)",
}


def notice(processing: Processing, audience: str) -> dict[str, Any]:
    """Return one notice in both languages, French first."""
    words = texts("notices")[audience]
    return {
        lang: _in_language(words[lang], values)
        for lang, values in (("fr", processing.values), ("en", _english(processing)))
    }


def _in_language(words: Any, values: dict[str, str]) -> dict[str, Any]:
    def filled(text: str) -> str:
        return fill(text, values) if values["lang"] == "fr" else text.format_map(values)

    return {
        "title": filled(words["title"]),
        "lead": filled(words["lead"]),
        "sections": [
            {
                "title": filled(section["heading"]),
                "paragraphs": [*filter(None, map(filled, section.get("text", ())))],
                "items": [*filter(None, map(filled, section.get("items", ())))],
            }
            for section in words["sections"]
        ],
    }


def _english(processing: Processing) -> dict[str, str]:
    """Return the fillings with what is worded in French replaced; numbers take a point."""
    school, values = processing.bench.school, dict(processing.values)
    for name in ("rho", "eps_day", "eps_two", "eps_week", "eps_boarding", "price_t5", "price_t7"):
        values[name] = values[name].replace("\u202f", "").replace(",", ".")
    for name in values.keys() & {f"mean_{chance}" for chance in PRESENCES_FR}:
        values[name] = values[name].replace(" %", "%").replace(",", ".")
    late, zones = processing.erasure.late, list(school.zones)
    apart = [zone.label.en for zone in zones if not zone.measured]
    for name in ("controller", "dpo", "legal_text", "council_decision"):
        values[name] = _ENGLISH.get(values[name], values[name])
    return values | {
        "lang": "en",
        "legal_basis": _ENGLISH[school.contacts.legal_basis],
        "plain_basis": _PLAIN_ENGLISH[school.contacts.legal_basis],
        "charter_title": school.charter.title.en,
        "day": processing.as_of.isoformat(),
        "measured_zones": ", ".join(zone.label.en for zone in zones if counted(zone)),
        "unmeasured": ", ".join(apart) or "none today",
        "late_sentence": LATE.format(first=late[0], last=late[-1]) if late else "",
    }
