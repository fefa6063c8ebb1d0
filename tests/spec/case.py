"""One case of the specification: a sentence in both languages, what is seen, and a small table.

A table has one situation a line: moment, place, line, use, rule, then `key=value` for what the
line alone has (`VOLUMES`, or a column of the slice). `-` for the line means calm.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from analyzer.facts import Facts
from tests.spec.situations import EXAM_DAY, MEGABYTE, situation

MOMENTS: Final = {
    "lesson": ("2026-09-07 08:30", "lundi 8 h 30, en cours", "Monday 8:30, in a lesson"),
    "break": ("2026-09-07 09:10", "lundi 9 h 10, pause", "Monday 9:10, break"),
    "meal": ("2026-09-07 12:30", "lundi 12 h 30, repas", "Monday 12:30, meal"),
    "evening": ("2026-09-07 19:00", "lundi 19 h, soirée", "Monday 19:00, evening"),
    "night": ("2026-09-07 23:00", "lundi 23 h, nuit", "Monday 23:00, night"),
    "holiday": ("2026-10-20 10:00", "vacances d'automne, 10 h", "autumn holidays, 10:00"),
    "exam": (f"{EXAM_DAY} 08:30", "jour d'examen, 8 h 30", "exam day, 8:30"),
}
VOLUMES: Final = {
    "mb": ("octets", MEGABYTE, "{} Mo dans la minute", "{} MB in the minute"),
    "flow_mb": ("flow_octets", MEGABYTE, "{} Mo par la connexion", "{} MB over the connection"),
    "day_mb": (
        *("device_day_octets", MEGABYTE, "{} Mo de l'appareil ce jour"),
        "{} MB of the device that day",
    ),
    "minutes": ("rule_minutes", 1, "{}ᵉ minute du jour", "minute {} of the day"),
    "used_mb": ("rule_octets", MEGABYTE, "{} Mo tolérés ce jour", "{} MB tolerated that day"),
}
"""Key of a table → fact, its unit, and how it is written."""
DIRECTIONS: Final = {
    "up": ("link_up", "montant : ligne {}", "up: {}"),
    "down": ("link_down", "descendant : ligne {}", "down: {}"),
}


@dataclass(frozen=True, slots=True)
class Seen:
    """What the collector has of the flow: names (each must give the same verdicts), columns."""

    fr: str
    en: str
    hosts: tuple[str | None, ...] = (None,)
    columns: dict[str, Any] = field(default_factory=dict)


def name(*hosts: str) -> Seen:
    """The client itself asked for the name, in clear."""
    shown = ", ".join(f"`{host}`" for host in hosts)
    return Seen(f"nom demandé en clair : {shown}", f"name asked for in clear: {shown}", hosts)


def doubtful(*hosts: str, **columns: Any) -> Seen:
    """A name from a DNS answer, or the outer name of an encrypted hello."""
    shown = ", ".join(f"`{host}`" for host in hosts)
    if columns.get("ech"):
        fr, en = (
            "nom extérieur d'un échange chiffré (ECH)",
            "outer name of an encrypted hello (ECH)",
        )
    else:
        fr, en = "nom tiré d'une réponse DNS", "name from a DNS answer"
    return Seen(f"{fr} : {shown}", f"{en}: {shown}", hosts, columns)


def listed(category: str, host: str = "www.unknown-site.fr") -> Seen:
    """A name in the imported list, whatever the catalogue says of it."""
    fr = f"`{host}`, que la liste importée range dans `{category}`"
    en = f"`{host}`, which the imported list puts under `{category}`"
    return Seen(fr, en, (host,), {"list_category": category})


def protocol(app: str, **columns: Any) -> Seen:
    """No name, but a signature on the wire."""
    return Seen(
        *(f"sans nom, protocole `{app}`", f"no name, protocol `{app}`", (None,)),
        {"app": app, **columns},
    )


def nameless(fr: str, en: str, **columns: Any) -> Seen:
    """Nothing says what it is."""
    return Seen(fr, en, (None,), columns)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table."""

    moment: str
    place: str
    link: str
    use: str
    rule: str
    more: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A sentence and its table."""

    id: str
    fr: str
    en: str
    seen: Seen
    table: str
    charter: str = "lycee"

    def rows(self) -> list[Row]:
        """Read the table."""
        found = []
        for line in self.table.strip().splitlines():
            moment, place, link, use, rule, *more = line.split()
            calm = "calm" if link == "-" else link
            found.append(Row(moment, place, calm, use, rule, dict(m.split("=") for m in more)))
        return found

    def facts(self) -> Iterator[tuple[Row, Facts]]:
        """Return the facts of each line of the table, for each name."""
        for row in self.rows():
            given = {
                **{
                    VOLUMES[k][0]: int(v) * VOLUMES[k][1]
                    for k, v in row.more.items()
                    if k in VOLUMES
                },
                **{DIRECTIONS[k][0]: v for k, v in row.more.items() if k in DIRECTIONS},
            }
            more = {**self.seen.columns, "charter": self.charter, "facts": given}
            for host in self.seen.hosts:
                yield row, situation(host, MOMENTS[row.moment][0], row.place, row.link, **more)
