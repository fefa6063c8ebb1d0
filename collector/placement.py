"""The school's zones as the loop's arrays: prefixes longest first, VLANs, who counts devices."""

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network
from typing import Any

import numpy as np

from collector.meter import layout as lay
from school.zones import Zones

Network = IPv4Network | IPv6Network
_LOW64 = 2**64 - 1
VLANS = 4_096
IPV6 = 6


def _signed(value: int) -> int:
    return value - 2**64 if value >= 2**63 else value


def _prefix(network: Network, zone: int) -> tuple[int, ...]:
    address, mask = int(network.network_address), int(network.netmask)
    high = (_signed(address >> 64), _signed(mask >> 64)) if network.version == IPV6 else (0, 0)
    return (
        high[0],
        _signed(address & _LOW64),
        high[1],
        _signed(mask & _LOW64),
        network.version,
        zone,
    )


@dataclass(frozen=True, slots=True)
class Placement:
    """What the loop needs of the declared zones."""

    names: tuple[str, ...]
    prefixes: Any
    vlan_zone: Any
    counts: tuple[bool, ...]
    declared: bool
    measured: tuple[bool, ...] = ()
    """By zone; empty: all are."""

    def load(self, tables: Any) -> None:
        """Write the zones into a meter's memory."""
        word = tables["word"]
        word[lay.W_SCHOOL] = int(self.declared)
        word[lay.W_PREFIXES] = len(self.prefixes)
        tables["prefixes"][: len(self.prefixes)] = self.prefixes
        tables["vlan_zone"][:] = self.vlan_zone
        tables["zone_counts"][: len(self.counts)] = self.counts


UNDECLARED = Placement(
    names=(),
    prefixes=np.zeros(0, lay.PREFIX),
    vlan_zone=np.full(VLANS, -1, np.int16),
    counts=(),
    declared=False,
)
"""No school: nothing is local, the client's end counts as the school's side."""


def place_zones(zones: Zones) -> Placement:
    """Compile the declared zones.

    Raises:
        ValueError: more subnets or zones than the loop holds.
    """
    subnets: list[tuple[Network, int]] = [
        (network, number) for number, zone in enumerate(zones.zones) for network in zone.subnets
    ]
    known = {network for network, _ in subnets}
    subnets += [(network, -1) for network in zones.inside if network not in known]
    if len(subnets) > lay.PREFIX_CAP or len(zones.zones) > lay.ZONE_CAP:
        raise ValueError(f"at most {lay.PREFIX_CAP} subnets and {lay.ZONE_CAP} zones")
    subnets.sort(key=lambda item: -item[0].prefixlen)
    prefixes = np.array([_prefix(*item) for item in subnets], lay.PREFIX)
    vlan_zone = np.full(VLANS, -1, np.int16)
    for number, zone in enumerate(zones.zones):
        for vlan in _vlans(zone.vlans):
            vlan_zone[vlan] = number
    return Placement(
        names=tuple(zone.name for zone in zones.zones),
        prefixes=prefixes,
        vlan_zone=vlan_zone,
        counts=tuple(zone.counts_devices for zone in zones.zones),
        declared=True,
        measured=tuple(zone.measured for zone in zones.zones),
    )


def _vlans(vlans: Iterable[int]) -> list[int]:
    return [vlan for vlan in vlans if 0 < vlan < VLANS]
