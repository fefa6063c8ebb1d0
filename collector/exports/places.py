"""Where an exported flow belongs: inside end, zone, device. The twin of collector/meter/place.py.

Pure. MAC addresses are usually not exported: the inside address is then the device. Where they are,
the rules are the meter's: a MAC with more than four addresses of one IP version is a router's.
"""

from dataclasses import dataclass

from collector.meter.layout import DEVICE_ADDRESSES, DEVICE_CAP
from collector.placement import Placement

OUTSIDE, ZONELESS = -2, -1
UNMATCHED = "unmatched"
_LOW64 = 2**64 - 1
_SERVICE_PORTS = 1_024


def _whole(high: int, low: int) -> int:
    return (int(high) & _LOW64) << 64 | (int(low) & _LOW64)


class Places:
    """The declared zones, for whole-number addresses."""

    def __init__(self, placement: Placement) -> None:
        self.declared = placement.declared
        self.names = placement.names
        self._counts = placement.counts
        self._measured = placement.measured
        self._vlan_zone = placement.vlan_zone
        self._prefixes: dict[int, list[tuple[int, int, int]]] = {4: [], 6: []}
        for prefix in placement.prefixes:
            self._prefixes[int(prefix["version"])].append(
                (
                    _whole(prefix["net_hi"], prefix["net_lo"]),
                    _whole(prefix["mask_hi"], prefix["mask_lo"]),
                    int(prefix["zone"]),
                )
            )

    def zone_of(self, version: int, address: int) -> int:
        """Return the zone's number, ZONELESS inside without a zone, or OUTSIDE."""
        for net, mask, zone in self._prefixes[version]:
            if address & mask == net:
                return zone
        return OUTSIDE

    def zone_of_vlan(self, vlan: int) -> int:
        """Return the zone's number, or ZONELESS."""
        return int(self._vlan_zone[vlan]) if vlan else ZONELESS

    def counts_devices(self, zone: int) -> bool:
        """Tell whether slices of a zone carry a device."""
        return zone < 0 or self._counts[zone]

    def is_measured(self, zone: int) -> bool:
        """Tell whether slices of a zone may be recorded."""
        return not (0 <= zone < len(self._measured)) or self._measured[zone]

    def name_of(self, zone: int) -> str:
        """Return the zone's name."""
        return self.names[zone] if zone >= 0 else UNMATCHED


def never_routed(version: int, address: int) -> bool:
    """Multicast, broadcast, loopback and link-local addresses never cross the Internet line."""
    if version == 4:
        return (
            address >> 28 == 0xE
            or address in (0, 0xFFFFFFFF)
            or address >> 16 == 0xA9FE
            or address >> 24 == 127
        )
    return address >> 120 == 0xFF or address >> 118 == 0x3FA or address <= 1


@dataclass(frozen=True, slots=True)
class Placed:
    """What the two ends of a flow mean."""

    source_is_school: bool
    """`up` is what the source sends."""
    zone: int
    local: bool
    """Did not cross the Internet line."""
    has_device: bool


def place(places: Places, *, version: int, ends: tuple[int, int], client: int, vlan: int) -> Placed:
    """Place a flow.

    Args:
        places: the declared zones.
        version: of IP.
        ends: both addresses.
        client: index of the end that asked.
        vlan: its VLAN, 0 for none.
    """
    zones = [places.zone_of(version, end) for end in ends]
    inside = [zone > OUTSIDE for zone in zones]
    school = client if inside[0] == inside[1] else inside.index(True)
    by_vlan = places.zone_of_vlan(vlan)
    zone = zones[school] if zones[school] >= 0 else by_vlan
    local = places.declared and (all(inside) or any(never_routed(version, end) for end in ends))
    placeable = not places.declared or any(inside) or by_vlan >= 0
    return Placed(
        source_is_school=school == 0,
        zone=zone,
        local=local,
        has_device=placeable and not local and places.counts_devices(zone),
    )


def client_of(ports: tuple[int, int], starts: tuple[int | None, int | None]) -> int:
    """Return which end asked: the one with the port that is no service's, else who began."""
    low = [port < _SERVICE_PORTS for port in ports]
    if low[0] != low[1]:
        return 1 if low[0] else 0
    first, second = starts
    if first is not None and second is not None and first != second:
        return 0 if first < second else 1
    return 0 if ports[0] >= ports[1] else 1


class Identities:
    """Addresses that stand for devices: the MAC behind an address where it was exported."""

    def __init__(self) -> None:
        self._mac_of: dict[tuple[int, int], int] = {}
        self._addresses: dict[int, tuple[set[int], set[int]]] = {}
        self.refused = 0

    def learn(self, version: int, address: int, mac: int) -> None:
        """Remember which MAC an inside address was seen with."""
        if not mac:
            return
        known = self._addresses.get(mac)
        if known is None:
            if len(self._addresses) >= DEVICE_CAP:
                self.refused += 1
                return
            known = self._addresses[mac] = (set(), set())
        family = known[version == 6]
        if len(family) <= DEVICE_ADDRESSES:
            family.add(address)
            self._mac_of[version, address] = mac

    def mac_of(self, version: int, address: int) -> int:
        """Return the MAC address behind an address, 0 if it was not exported."""
        return self._mac_of.get((version, address), 0)

    def of(self, version: int, address: int) -> bytes:
        """Return the octets that are keyed into the pseudonym: 6 of a MAC, 16 of an address."""
        mac = self._mac_of.get((version, address))
        if mac is not None and all(len(s) <= DEVICE_ADDRESSES for s in self._addresses[mac]):
            return mac.to_bytes(6, "big")
        return address.to_bytes(16, "big")

    def forget(self) -> None:
        """Forget everything (a new day)."""
        self._mac_of.clear()
        self._addresses.clear()
