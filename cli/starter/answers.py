"""The seven answers from which a school's files are written, and how each is read. Pure.

1. the school's name · 2. its national number · 3. its kind (which charter) · 4. its holidays ·
5. the interface · 6. the subscribed rate of the line · 7. its places: kind, networks, persons.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Final

from cli.starter.network import Interface, candidates, vlans_of
from privacy.settings import LEAST_PERSONS
from school.days_off import DECLARED, METROPOLE, TERRITORIES, ZONES
from school.lines import parse_rate
from school.problems import did_you_mean
from school.words import ZoneKind

Network = IPv4Network | IPv6Network
KINDS: Final = ("lycee", "college", "ecole")
"""Kinds of schools that have a shipped charter."""
_KIND_WORDS: Final = {"lycée": "lycee", "collège": "college", "école": "ecole"}
PLACES: Final = {
    ZoneKind.CLASSROOM: "salles",
    ZoneKind.LIBRARY: "cdi",
    ZoneKind.OFFICE: "bureaux",
    ZoneKind.STUDENT_LIFE: "vie-scolaire",
    ZoneKind.BOARDING: "internat",
    ZoneKind.WIFI: "wifi",
    ZoneKind.SERVER: "serveurs",
    ZoneKind.GUEST: "invites",
}
"""Kind of place → the name of its zone, which is also taken as the kind's French word."""
_VLAN: Final = re.compile(r"vlan:?(\d{1,4})")
_MOST_VLAN: Final = 4094
_PARTS: Final = 3
_UAI: Final = re.compile(r"[0-9]{7}[A-Z]")
_UAI_LETTERS: Final = "ABCDEFGHJKLMNPRSTUVWXYZ"
"""By the digits modulo 23: I, O and Q look like digits."""
_INTERFACE: Final = re.compile(r"[A-Za-z0-9_.:-]{1,15}")
"""As collector.yaml takes it."""


class BadAnswer(ValueError):
    """An answer that cannot be used: what is wrong and how to write it."""


@dataclass(frozen=True, slots=True)
class Place:
    """One place of the school."""

    kind: ZoneKind
    subnets: tuple[Network, ...]
    vlans: tuple[int, ...]
    persons: int


@dataclass(frozen=True, slots=True)
class Holidays:
    """When there is no school."""

    zone: str
    territory: str
    declared: tuple[tuple[date, date], ...] = ()
    """First and last day of each, where no zone is known."""


@dataclass(frozen=True, slots=True)
class Answers:
    """Everything that was answered."""

    name: str
    kind: str
    holidays: Holidays
    interface: str
    side: str
    down: str
    up: str
    places: tuple[Place, ...]
    uai: str | None = None


def parse_name(text: str) -> str:
    """Read the school's name.

    Raises:
        BadAnswer: there is none.
    """
    if not text.strip():
        raise BadAnswer("an answer is needed")
    return text.strip()


def parse_uai(text: str) -> str | None:
    """Read a national number, `0750655E`; None where nothing is written: it may be added later.

    Raises:
        BadAnswer: another form, or a letter that does not belong to its digits.
    """
    number = "".join(text.split()).upper()
    if not number:
        return None
    if not _UAI.fullmatch(number):
        raise BadAnswer(f"`{text.strip()}`: write seven digits and a letter, such as 0750655E")
    if number[-1] != uai_letter(number[:-1]):
        raise BadAnswer(
            f"`{number}`: its letter does not belong to its digits; one of the eight is mistyped"
        )
    return number


def uai_letter(digits: str) -> str:
    """Return the check letter of a UAI's seven digits."""
    return _UAI_LETTERS[int(digits) % len(_UAI_LETTERS)]


def parse_interface(text: str, found: Iterable[Interface], side: str | None) -> dict[str, str]:
    """Return the interface and where it looks; a VLAN's carrier is inside when one of its VLANs is.

    Args:
        text: its name.
        found: the machine's; none where the files are for another machine.
        side: where it looks, if that was said.

    Raises:
        BadAnswer: this machine does not have it, or nothing can be called so.
    """
    name, listed = text.strip(), tuple(found)
    own = next((one for one in listed if one.name == name), None)
    if own is None and (side is None or listed):
        names = ", ".join(one.name for one in listed) or "none"
        raise BadAnswer(f"`{name}`: not on this machine, which has: {names}")
    if not _INTERFACE.fullmatch(name):
        raise BadAnswer(f"`{name}`: no name of an interface, such as eth1")
    if side is None and own is not None:
        carries = any(one.networks for one in vlans_of(listed, name))
        side = "lan" if own.side == "mirror" and carries else own.side
    return {"interface": name, "side": str(side)}


def parse_kind(text: str) -> str:
    """Read a kind of school.

    Raises:
        BadAnswer: it has no charter here.
    """
    kind = _KIND_WORDS.get(text.strip().lower(), text.strip().lower())
    if kind not in KINDS:
        raise BadAnswer(f"`{text}`: write lycee, college or ecole")
    return kind


def parse_holidays(text: str) -> Holidays:
    """Read `A`, `B`, `C`, or a territory and its holidays: `corse 2026-10-17..2026-11-01 …`.

    Raises:
        BadAnswer: neither, or a territory without its rector's decree.
    """
    word, *spans = text.replace(",", " ").split() or [""]
    if word.upper() in ZONES and not spans:
        return Holidays(word.upper(), METROPOLE)
    key = word.lower().replace("é", "e").replace("-", "_").removeprefix("la_")
    if key not in TERRITORIES or TERRITORIES[key].has_zone:
        known = [name for name, one in TERRITORIES.items() if not one.has_zone]
        raise BadAnswer(f"`{text}`: write A, B or C, or a territory ({', '.join(known)})")
    if not spans:
        raise BadAnswer(
            f"`{text}`: its holidays are not known here; copy the rector's decree behind the name, "
            f"first..last day: {word} 2026-10-17..2026-11-01 2026-12-19..2027-01-03"
        )
    return Holidays(DECLARED, key, tuple(_span(span) for span in spans))


def _span(text: str) -> tuple[date, date]:
    first, _, last = text.partition("..")
    try:
        span = date.fromisoformat(first), date.fromisoformat(last)
    except ValueError:
        raise BadAnswer(f"`{text}`: write 2026-10-17..2026-11-01") from None
    if span[1] < span[0]:
        raise BadAnswer(f"`{text}` ends before it starts")
    return span


def parse_line(text: str) -> tuple[str, str]:
    """Read `300/100` (Mbit/s down, up) or `1 Gbit/s / 200 Mbit/s` into two rates.

    Raises:
        BadAnswer: another form.
    """
    halves = re.split(r"\s*/\s*(?!s\b)", text.strip())
    rates = [f"{half} Mbit/s" if re.fullmatch(r"[\d.,]+", half) else half for half in halves]
    try:
        if len(rates) != 2:  # noqa: PLR2004 - down and up
            raise ValueError
        for rate in rates:
            parse_rate(rate)
    except ValueError as error:
        why = f" ({error})" if str(error) else ""
        raise BadAnswer(f"`{text}`: write down/up in Mbit/s, such as 300/100{why}") from None
    return rates[0], rates[1]


def parse_place(text: str) -> Place:
    """Read `salles 10.10.0.0/20,vlan:10 420`: kind, networks, persons.

    Raises:
        BadAnswer: another form; says which part.
    """
    parts = text.split()
    if len(parts) != _PARTS:
        raise BadAnswer(f"`{text}`: write KIND NETWORKS PERSONS, such as `salles 10.10.0.0/20 420`")
    if not parts[2].isdecimal():
        raise BadAnswer(f"`{text}`: `{parts[2]}` is not a number of persons")
    subnets, vlans = [], []
    for item in parts[1].split(","):
        vlan = _VLAN.fullmatch(item)
        if vlan and 0 < int(vlan[1]) <= _MOST_VLAN:
            vlans.append(int(vlan[1]))
            continue
        try:
            subnets.append(ip_network(item))
        except ValueError:
            message = f"`{text}`: `{item}` is neither a subnet (10.10.0.0/20) nor a VLAN (vlan:10)"
            raise BadAnswer(message) from None
    return Place(_place_kind(parts[0]), tuple(subnets), tuple(vlans), int(parts[2]))


def _place_kind(word: str) -> ZoneKind:
    words = {kind.value: kind for kind in PLACES} | {name: kind for kind, name in PLACES.items()}
    if word not in words:
        names = list(PLACES.values())
        hint = did_you_mean(word, names) or f"one of {', '.join(names)}"
        raise BadAnswer(f"`{word}` is no kind of place; {hint}")
    return words[word]


def parse_places(text: str) -> tuple[Place, ...]:
    """Read places apart by semicolons.

    Raises:
        BadAnswer: none, or one is wrong.
    """
    places = tuple(parse_place(item) for item in text.split(";") if item.strip())
    if not places:
        raise BadAnswer("name at least one place, such as `salles 10.10.0.0/20 420`")
    return places


def proposed_interface(found: Sequence[Interface]) -> str | None:
    """Return the interface to propose: the only one that is up and not the uplink, else none."""
    likely = [one.name for one in candidates(found) if one.up and not one.uplink]
    return likely[0] if len(likely) == 1 else None


def proposed_networks(found: Iterable[Interface], name: str) -> tuple[str, ...]:
    """Return what stands behind an interface, one text per place: `vlan:10,10.10.0.0/20`.

    The persons are for somebody who knows them: no figure is proposed.
    """
    listed = tuple(found)
    behind = [
        ",".join([f"vlan:{one.vlan}", *map(str, one.networks)]) for one in vlans_of(listed, name)
    ]
    own = next((one for one in listed if one.name == name), None)
    if own is not None and own.networks and not own.uplink:
        behind.insert(0, ",".join(map(str, own.networks)))
    return tuple(behind)


ANY_SCHOOL: Final = Answers(
    name="École",
    kind="lycee",
    holidays=Holidays("A", METROPOLE),
    interface="eth0",
    side="mirror",
    down="100 Mbit/s",
    up="100 Mbit/s",
    places=(Place(ZoneKind.CLASSROOM, (), (1,), LEAST_PERSONS),),
)
"""Stands in for what is not answered yet, where an answer is tried."""
