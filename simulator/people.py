"""The simulated devices: which zone, which kind of person, and how likely each activity is.

Pure: the seed is an argument. A device's row never changes; who is there and what is done is drawn
day by day in `simulator.day`.
"""

import ipaddress
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator import planted
from simulator.declared import zone_subnets
from simulator.services import ACTIVITIES, BY_NAME

DEVICES: Final = {
    "salles": 300,
    "cdi": 45,
    "bureaux": 45,
    "vie-scolaire": 20,
    "internat": 80,
    "wifi": 110,
    "serveurs": 6,
    "invites": 12,
}
"""Devices per zone; those of `serveurs` are not counted as devices in the records."""

PRESENT: Final = {
    "salles": 0.84,
    "cdi": 0.85,
    "bureaux": 0.97,
    "vie-scolaire": 0.95,
    "internat": 0.93,
    "wifi": 0.82,
    "serveurs": 1.0,
    "invites": 0.4,
}
"""Share of a zone's devices that are switched on during a school day."""

DUAL_STACK_SHARE: Final = 0.4
"""Share of the devices that have an IPv6 address."""

_WORK = {"upkeep": 4, "unlisted": 5, "unnamed": 8}
_PRIVATE = {"social": 3, "messaging": 3, "shopping": 2, "press": 2, "webmail": 2, "video": 2}

MIX: Final[dict[tuple[str, str], dict[str, float]]] = {
    ("salles", "lesson"): _WORK
    | {"assessment": 8, "resource": 12, "textbook": 12, "tool": 10, "collaborative": 6}
    | {"ent": 14, "video": 3.2, "social": 0.5, "messaging": 0.6, "games": 0.3, "press": 0.3},
    ("cdi", "lesson"): _WORK
    | {"resource": 22, "orientation": 8, "ent": 6, "press": 1.5, "video": 3.0, "games": 0.5},
    ("bureaux", "lesson"): _WORK
    | {"administration": 25, "school_life": 15, "ent": 6, "webmail": 0.12, "shopping": 0.08},
    ("vie-scolaire", "lesson"): _WORK
    | {"school_life": 30, "administration": 8, "ent": 6, "webmail": 0.5, "press": 0.4},
    ("wifi", "lesson"): _WORK
    | {
        "school_life": 8,
        "ent": 8,
        "resource": 8,
        "messaging": 3,
        "social": 2,
        "video": 1.2,
        "circumvention": 0.15,
    },
    ("wifi", "break"): _WORK | _PRIVATE | {"school_life": 5, "music": 1, "circumvention": 0.2},
    ("salles", "break"): {"upkeep": 6, "ent": 1, "unnamed": 2},
    ("cdi", "break"): _WORK | {"resource": 12, "press": 3, "social": 1, "messaging": 1},
    ("internat", "evening"): _WORK
    | {"video": 15, "social": 12, "messaging": 8, "music": 4, "games": 5, "ent": 6, "resource": 3}
    | {"circumvention": 0.5, "peer_to_peer": 0.4},
    ("invites", "lesson"): _WORK | {"webmail": 6, "press": 3, "administration": 4},
    ("serveurs", "lesson"): {"upkeep": 10, "update": 0.03, "unnamed": 4},
}
"""Weights of the activities per zone and period; a missing pair falls back as `mix_of` says."""

USED: Final[dict[str, dict[str, float]]] = {
    "salles": {"lesson": 0.62, "break": 0.08, "meal": 0.05},
    "cdi": {"lesson": 0.62, "break": 0.5, "meal": 0.6},
    "bureaux": {"lesson": 0.9, "break": 0.7, "meal": 0.35},
    "vie-scolaire": {"lesson": 0.9, "break": 0.9, "meal": 0.6},
    "internat": {"evening": 0.97, "meal": 0.03},
    "wifi": {"lesson": 0.6, "break": 0.8, "meal": 0.85},
    "serveurs": {"lesson": 0.9, "break": 0.9, "meal": 0.9, "evening": 0.9},
    "invites": {"lesson": 0.5, "break": 0.4, "meal": 0.2},
}
"""Share of the present devices that somebody uses in a slot of this period."""


@dataclass(frozen=True, slots=True)
class Roster:
    """The devices, one array element each."""

    zone: NDArray[np.int64]
    """Number of the zone in `DEVICES`."""
    mac: NDArray[np.uint8]
    """Six octets, locally administered."""
    ipv4: NDArray[np.uint32]
    ipv6: NDArray[np.uint8]
    """Sixteen octets."""
    dual_stack: NDArray[np.bool_]
    radio: NDArray[np.bool_]
    """Belongs to somebody who listens to the radio at work."""
    ent_only: NDArray[np.float64]
    """Share of this device's days on which lessons use the learning platform and nothing else."""
    scale: float = 1.0
    """How large the school is beside the declared one: its line is larger in the same measure."""

    def __len__(self) -> int:
        """Return the number of devices."""
        return len(self.zone)


ZONES: Final = tuple(DEVICES)


def make_roster(seed: int, scale: float = 1.0) -> Roster:
    """Return the devices of the school; the same seed gives the same devices.

    Args:
        seed: of the drawing.
        scale: how many devices every zone has, beside `DEVICES`: 2.43 is a school of 1,500.
    """
    rng = np.random.default_rng([seed, 1])
    sizes = [max(round(DEVICES[name] * scale), 1) for name in ZONES]
    zone = np.repeat(np.arange(len(ZONES)), sizes)
    count = len(zone)
    mac = rng.integers(0, 256, (count, 6), dtype=np.uint8)
    mac[:, 0] = 0x02  # locally administered, unicast: no manufacturer's
    subnets = zone_subnets()
    ipv4 = np.zeros(count, np.uint32)
    ipv6 = np.zeros((count, 16), np.uint8)
    for number, name in enumerate(ZONES):
        members = np.flatnonzero(zone == number)
        four, six = (ipaddress.ip_network(text) for text in subnets[name])
        ipv4[members] = int(four.network_address) + 10 + np.arange(len(members))
        ipv6[members, :8] = np.frombuffer(six.network_address.packed[:8], np.uint8)
        ipv6[members, 8:] = rng.integers(0, 256, (len(members), 8), dtype=np.uint8)
    radio = np.zeros(count, bool)
    offices = np.flatnonzero(zone == ZONES.index(planted.RADIO_ZONE))
    radio[offices[: round(planted.RADIO_LISTENERS * scale)]] = True
    ent_only = np.where(zone == ZONES.index(planted.DIP_ZONE), planted.DIP_ONLY, 0.0)
    dual_stack = rng.random(count) < DUAL_STACK_SHARE
    return Roster(zone, mac, ipv4, ipv6, dual_stack, radio, ent_only, scale)


def mix_of(zone: str, period: str) -> NDArray[np.float64]:
    """Return the cumulative probabilities of the activities in a zone and period."""
    order = ((zone, period), (zone, "break") if period == "meal" else (zone, "lesson"))
    weights = next(MIX[key] for key in (*order, (zone, "lesson"), (zone, "evening")) if key in MIX)
    full = np.zeros(len(ACTIVITIES))
    for name, weight in weights.items():
        full[BY_NAME[name]] = weight
    return np.cumsum(full) / full.sum()
