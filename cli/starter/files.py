"""The declared files of a school, written from its answers, with what each line is for. Pure.

A test loads what comes out with `school.load`: a file that `jauge check` refuses is never offered.
"""

from datetime import date
from importlib.resources import files
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Final

from cli.starter.answers import PLACES, Answers, Network, Place
from cli.starter.timetables import EVENING, FOLLOWED, OF_KIND, Row
from privacy.settings import LEAST_PERSONS, PrivacySettings
from school.days_off import TERRITORIES
from school.words import ZoneKind

NAMES: Final = (
    "collector.yaml", "zones.yaml", "lines.yaml", "calendar.yaml",
    "charter.yaml", "privacy.yaml", "services.yaml",
)  # fmt: skip
LABELS: Final = {
    ZoneKind.CLASSROOM: ("Salles de cours", "Classrooms"),
    ZoneKind.LIBRARY: ("CDI", "Library"),
    ZoneKind.OFFICE: ("Bureaux", "Offices"),
    ZoneKind.STUDENT_LIFE: ("Vie scolaire", "Student life"),
    ZoneKind.BOARDING: ("Internat", "Boarding"),
    ZoneKind.WIFI: ("Wi-Fi", "Wi-Fi"),
    ZoneKind.SERVER: ("Serveurs", "Servers"),
    ZoneKind.GUEST: ("Invités", "Guests"),
}
_PRIVATE: Final = tuple(
    ip_network(text) for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")
)
"""RFC 1918 and RFC 4193: what a school hands out, whatever its plan becomes."""
_TABLES: Final = ("T1", "T2", "T3", "T4", "T5-bis", "T6", "T7", "rehearsal")


def render(answers: Answers, today: date) -> dict[str, str]:
    """Return file name → text, in the order of NAMES.

    Args:
        answers: what was answered.
        today: the line's capacity is declared from here on.
    """
    texts = (
        _collector(answers), _zones(answers), _lines(answers, today), _calendar(answers),
        _charter(answers), _privacy(), _services(answers),
    )  # fmt: skip
    return dict(zip(NAMES, texts, strict=True))


def _collector(answers: Answers) -> str:
    return f"""\
# Où le collecteur écoute. · Where the collector listens.
# Toujours du côté intérieur de la traduction d'adresses (NAT) : dehors, tout le monde a la même adresse.
# Always inside the address translation: outside of it everybody has the same address.
interface: {answers.interface}
# lan : carte intérieure de la passerelle ; mirror : port miroir d'un commutateur ; wan : côté Internet.
side: {answers.side}
# La ligne de lines.yaml qui est mesurée. · The line of lines.yaml that is measured.
line: internet
"""


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _zones(answers: Answers) -> str:
    subnets = [net for place in answers.places for net in place.subnets]
    inside = [*_PRIVATE, *(net for net in subnets if not any(_holds(o, net) for o in _PRIVATE))]
    uai = f", uai: {_quoted(answers.uai)}" if answers.uai else ""
    head = f"""\
# Les lieux de l'établissement, jamais les personnes. · The places of the school, never persons.
# Un appareil compte dans la zone de son VLAN, sinon de son adresse. `persons` : combien de personnes y
# travaillent ; sous {LEAST_PERSONS}, une zone est publiée avec une plus grande (`published_in`).
# Ajouter public_url: "https://…" pour l'affiche. · Add it for the poster.
school: {{name: {_quoted(answers.name)}{uai}}}
# Les adresses de l'établissement. · The school's addresses.
inside: [{", ".join(_yaml(net) for net in inside)}]
zones:
"""
    return head + "".join(_zone(*row) for row in _named(answers.places))


def _yaml(net: Network) -> str:
    return f'"{net}"' if net.version == 6 else str(net)  # noqa: PLR2004 - IP version 6 has colons


def _holds(outer: Network, net: Network) -> bool:
    if isinstance(outer, IPv4Network) and isinstance(net, IPv4Network):
        return net.subnet_of(outer)
    if isinstance(outer, IPv6Network) and isinstance(net, IPv6Network):
        return net.subnet_of(outer)
    return False


def _named(places: tuple[Place, ...]) -> list[tuple[str, Place, str | None, bool]]:
    """Give each place its name, the zone it is published in, and whether its devices are counted."""
    seen: dict[ZoneKind, int] = {}
    named = []
    for place in places:
        seen[place.kind] = seen.get(place.kind, 0) + 1
        number = f"-{seen[place.kind]}" if seen[place.kind] > 1 else ""
        named.append((PLACES[place.kind] + number, place))
    counted = [item for item in named if item[1].kind != ZoneKind.SERVER]
    largest = max(counted, key=lambda item: item[1].persons, default=None)
    together = sum(place.persons for _, place in counted)
    if largest is None or together < LEAST_PERSONS:
        return [(name, place, None, False) for name, place in named]
    alone = largest[1].persons >= LEAST_PERSONS
    rows = []
    for name, place in named:
        small = place.persons < LEAST_PERSONS or not alone
        merged = largest[0] if small and name != largest[0] else None
        is_server = place.kind == ZoneKind.SERVER
        rows.append((name, place, None if is_server else merged, not is_server))
    return rows


def _zone(name: str, place: Place, published_in: str | None, counts: bool) -> str:  # noqa: FBT001 - a row
    french, english = LABELS[place.kind]
    suffix = name.removeprefix(PLACES[place.kind]).replace("-", " ")
    merged = f"  # moins de {LEAST_PERSONS} personnes" if published_in else ""
    return f"""\
  - name: {name}
    label: {{fr: "{french}{suffix}", en: "{english}{suffix}"}}
    kind: {place.kind.value}
    subnets: [{", ".join(_yaml(net) for net in place.subnets)}]
    vlans: [{", ".join(map(str, place.vlans))}]
    persons: {place.persons}
    counts_devices: {str(counts).lower()}
    published_in: {published_in or "null"}{merged}
"""


def _lines(answers: Answers, today: date) -> str:
    return f"""\
# La ligne Internet et ce qu'elle peut porter, selon le contrat, en bits par seconde.
# The Internet line and what it can carry, by contract, in bits per second.
# Nouveau contrat : ajouter une ligne datée, garder l'ancienne. · A new contract: add a dated row.
lines:
  - name: internet
    label: {{fr: "Ligne Internet", en: "Internet line"}}
    capacity:
      - {{from: {today.isoformat()}, down: {answers.down}, up: {answers.up}}}
"""


def _calendar(answers: Answers) -> str:
    territory = TERRITORIES[answers.holidays.territory]
    boarders = sum(p.persons for p in answers.places if p.kind == ZoneKind.BOARDING)
    by_day = sum(
        p.persons
        for p in answers.places
        if p.kind not in {ZoneKind.BOARDING, ZoneKind.SERVER, ZoneKind.GUEST}
    )
    rows = [_slot(row, by_day) for row in OF_KIND[answers.kind]]
    if boarders:
        rows.append(_slot(EVENING, boarders))
    declared = "".join(
        f'  - {{name: "Vacances {number}", from: {first}, to: {last}}}\n'
        for number, (first, last) in enumerate(answers.holidays.declared, 1)
    )
    if declared:
        decree = "# L'arrêté du recteur, à compléter. · The rector's decree, to be completed.\n"
        declared = f"{decree}holidays:\n{declared}"
    return f"""\
# L'emploi du temps, en heure locale : à corriger, ce sont les horaires usuels.
# The timetable, local time: to be corrected, these are the usual hours.
# persons : combien de personnes l'emploi du temps met dans l'établissement à ce moment ; un créneau de
# moins de {LEAST_PERSONS} n'est pas publié. · A slot of fewer is not published.
timezone: {territory.timezones[0]}
holiday_zone: {answers.holidays.zone}
territory: {answers.holidays.territory}
{declared}slots:
{"".join(rows)}# Jours fermés en plus, jours ouverts malgré un congé, jours d'examen. · Closed, open, exam days.
closed: []
open: []
exams: []
"""


def _slot(row: Row, persons: int) -> str:
    name, period, days, starts, ends = row
    return (
        f"  - {{name: {name}, period: {period}, days: [{days}], "
        f'from: "{starts}", to: "{ends}", persons: {persons}}}\n'
    )


def _charter(answers: Answers) -> str:
    shipped = files("school").joinpath("charters", f"{answers.kind}.yaml").read_text("utf-8")
    return (
        "# Un point de départ pour le comité numérique : docs/charter.md explique chaque mot.\n"
        + shipped
    )


def _privacy() -> str:
    standard = PrivacySettings()
    tables = "\n".join(
        f"  {name}: {{share: {standard.table(name).share:.2f}, cap: {standard.table(name).cap}}}"  # type: ignore[arg-type]
        for name in _TABLES
    )
    display = standard.display
    return f"""\
# Ce que le délégué à la protection des données (DPD) confirme ; rien sur les appareils avant sa signature.
# What the data protection officer acknowledges; nothing about devices before the signature.
# Plus strict est permis, moins strict est refusé. · Stricter is allowed, looser is refused.
profile: {standard.profile}
# Budget d'une journée-appareil, toutes tables ensemble. · Budget of one device-day, all tables.
total_rho: {standard.total_rho}
# Jours de conservation des tranches. · Days for which slices are kept.
retention_days: {standard.retention_days}
tables:
{tables}
floor_persons: {standard.floor_persons}
display: {{sigmas: {display.sigmas:g}, reliable_sigmas: {display.reliable_sigmas:g}, floor_devices_per_day: {display.floor_devices_per_day}}}
"""


def _services(answers: Answers) -> str:
    followed = "".join(f"  - {name}\n" for name in FOLLOWED[answers.kind])
    return f"""\
# Les services de l'établissement. · The school's own services. Guide : docs/listes.md
# own : ce que l'établissement ajoute au catalogue. · What the school adds to the catalogue:
# own:
#   - {{service: "Mon ENT", suffixes: [ent.example.fr], category: ent, because: "l'ENT de l'académie"}}
# follow : les services dont le comité suit l'adoption, 40 au plus. · Services to follow, 40 at most.
follow:
{followed}"""
