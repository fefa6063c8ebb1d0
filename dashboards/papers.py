"""Generated documents as HTML: a file that stands alone, or a page of the site. Pure.

`sheets` brings every kind to one shape (title, lead, sections of text, items and a table), so that
one template draws them all. DPIA answers are HTML already, escaped where they were made and sealed.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from markupsafe import Markup

from dashboards.frame import environment

Payload = Mapping[str, Any]

DPIA_HEADINGS: Final = {
    111: "Traitement étudié", 112: "Responsabilités", 113: "Référentiels applicables",
    121: "Données traitées", 122: "Cycle de vie", 123: "Supports", 211: "Finalités",
    212: "Fondement", 213: "Minimisation", 214: "Exactitude", 215: "Durées de conservation",
    221: "Information", 222: "Consentement", 223: "Accès et portabilité",
    224: "Rectification et effacement", 225: "Limitation et opposition", 226: "Sous-traitants",
    227: "Transferts hors de l'Union européenne",
}  # fmt: skip
DPIA_RISKS: Final = {
    32: "Accès illégitime", 33: "Modification non désirée", 34: "Disparition",
}  # fmt: skip
DPIA_PARTS: Final = (
    "impacts", "menaces", "sources", "mesures", "gravité", "vraisemblance",
)  # fmt: skip
DPIA_LEFT_TO_PEOPLE: Final = {
    "À remplir : avis du DPD (article 35, paragraphe 2)":
        "Nom, date : ……………………  Avis : favorable / réservé / défavorable. Motifs : ……………………………………",
    "À remplir : avis des personnes concernées ou de leurs représentants (article 35, paragraphe 9)":
        "Qui a été consulté, comment, quand (élèves, parents, personnels) : ………………………  Ce qui en est "
        "retenu, ou pourquoi la consultation n’était pas appropriée : ……………………",
    "À remplir : plan d’action":
        "Mesure : ……………………  Responsable : ……………………  Échéance : ……………………  Risque visé : ……………………",
    "À remplir : validation par le responsable de traitement":
        "Nom, fonction, date : ……………………  Décision : validé / à revoir. Si un risque élevé demeure : "
        "consultation préalable de la CNIL (article 36).",
}  # fmt: skip
"""What people decide: blank lines on the printed page; the file for CNIL's tool leaves these fields empty."""
GAUGES: Final = ("", "négligeable", "limitée", "importante", "maximale")


def sheets(payload: Payload) -> list[dict[str, Any]]:
    """Return the sheets of a sealed document, each with its language."""
    name = payload["document"]
    common = {"policy": payload["policy"], "as_of": payload["as_of"], "name": name}
    if name.startswith("notice-"):
        return [
            {**common, "lang": lang, **_notice(payload["texts"][lang])} for lang in ("fr", "en")
        ]
    made = {"register": _register, "dpia": _dpia, "breach": dict}[name](payload["content"])
    return [{**common, "lang": "fr", "lead": "", **made}]


def standalone(payloads: Iterable[Payload]) -> str:
    """Return one HTML file with its style inside, a sheet a page when it is printed."""
    every = [sheet for payload in payloads for sheet in sheets(payload)]
    return environment().get_template("paper_file.html").render(sheets=every)


def _section(heading: str, **parts: Any) -> dict[str, Any]:
    return {"heading": heading, "text": [], "items": [], **parts}


def _notice(words: Payload) -> dict[str, Any]:
    sections = [
        _section(section["title"], text=section["paragraphs"], items=section["items"])
        for section in words["sections"]
    ]
    return {"title": words["title"], "lead": words["lead"], "sections": sections}


def _register(content: Payload) -> dict[str, Any]:
    groups: dict[str, list[list[str]]] = {}
    for field in content["fields"]:
        groups.setdefault(field["group"], []).append([field["label"], field["value"]])
    return {
        "title": content["title"],
        "sections": [
            _section(
                group,
                table={
                    "caption": f"{group} : champs",
                    "columns": ["Champ", "Valeur"],
                    "rows": rows,
                    "empty": "",
                },
            )
            for group, rows in groups.items()
        ],
    }


def _dpia(content: Payload) -> dict[str, Any]:
    answers = {answer["reference_to"]: answer["data"] for answer in content["answers"]}
    sections = [
        _section(f"{number}. {heading}", html=Markup(answers[number]["text"]))  # noqa: S704 - escaped by analyzer.papers, then sealed
        for number, heading in DPIA_HEADINGS.items()
    ]
    sections += [
        _section(f"Mesure : {measure['title']}", html=Markup(measure["content"]))  # noqa: S704 - the same
        for measure in content["measures"]
    ]
    for risk, heading in DPIA_RISKS.items():
        for place, part in enumerate(DPIA_PARTS, 1):
            sections.append(_risk(f"{heading} : {part}", answers[risk * 10 + place]))
    sections += [_section(heading, text=[line]) for heading, line in DPIA_LEFT_TO_PEOPLE.items()]
    return {"title": content["pia"]["name"], "sections": sections}


def _risk(heading: str, data: Payload) -> dict[str, Any]:
    if data["list"]:
        return _section(heading, items=data["list"])
    return _section(f"{heading} {GAUGES[data['gauge']]}", html=Markup(data["text"]))  # noqa: S704 - the same
