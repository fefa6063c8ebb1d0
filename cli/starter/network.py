"""What interfaces and VLANs a machine has, and which of them can be measured.

`read` runs iproute2's `ip`, with fixed arguments; `interfaces` is pure. No MAC address is kept: the
school's own networks and names are all that is needed.
"""

import json
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_interface
from typing import Any, Final

Network = IPv4Network | IPv6Network
_PATHS: Final = "/usr/sbin:/sbin:/usr/bin:/bin"
"""`ip` lies outside an ordinary user's PATH."""
_COMMANDS: Final = (
    ("-json", "-details", "address", "show"),
    ("-json", "route", "show", "default"),
    ("-json", "-6", "route", "show", "default"),
)


class NoNetworkFacts(Exception):
    """The machine could not be asked: what is missing and what to do."""


@dataclass(frozen=True, slots=True)
class Interface:
    """A network interface, as far as measuring needs to know it."""

    name: str
    up: bool
    networks: tuple[Network, ...]
    """Networks of its own addresses, link-local ones left out."""
    vlan: int | None = None
    parent: str | None = None
    """Of a VLAN interface: the interface that carries it."""
    uplink: bool = False
    """A default route leaves through it: the Internet is there, the school is not."""

    @property
    def side(self) -> str:
        """Return where a collector on it would look: `wan`, `lan`, or `mirror` (no address at all)."""
        if self.uplink:
            return "wan"
        return "lan" if self.networks else "mirror"


def read() -> tuple[Interface, ...]:
    """Ask the machine.

    Raises:
        NoNetworkFacts: `ip` is not there or says something else.
    """
    program = shutil.which("ip", path=_PATHS)
    if program is None:
        raise NoNetworkFacts("the program `ip` is missing: apt-get install iproute2")
    said = []
    for arguments in _COMMANDS:
        done = subprocess.run(  # noqa: S603 - fixed arguments, an absolute path
            [program, *arguments], capture_output=True, text=True, timeout=20, check=False
        )
        said.append(done.stdout)
    try:
        return interfaces(*(json.loads(text or "[]") for text in said))
    except (ValueError, KeyError, TypeError):
        raise NoNetworkFacts("`ip -json` gave no list of interfaces: update iproute2") from None


def interfaces(addresses: Iterable[Any], *routes: Iterable[Any]) -> tuple[Interface, ...]:
    """Return the interfaces that can be measured, in the machine's order.

    Args:
        addresses: what `ip -json -details address` prints.
        routes: what `ip -json route show default` prints, for both versions of IP.

    Raises:
        KeyError: an entry has no name.
        ValueError: an address is none.
    """
    leaving = {route.get("dev") for listing in routes for route in listing}
    return tuple(
        _interface(entry, leaving)
        for entry in addresses
        if entry.get("link_type") != "loopback" and not _is_helper(entry)
    )


def _is_helper(entry: dict[str, Any]) -> bool:
    """Say whether it carries nothing of a school: the kernel's `ifb` and `dummy` interfaces."""
    return str(entry.get("linkinfo", {}).get("info_kind")) in {"ifb", "dummy"}


def _interface(entry: dict[str, Any], leaving: set[Any]) -> Interface:
    info = entry.get("linkinfo", {})
    vlan = info.get("info_data", {}).get("id") if info.get("info_kind") == "vlan" else None
    return Interface(
        name=str(entry["ifname"]),
        up="UP" in entry.get("flags", ()),
        networks=tuple(_networks(entry.get("addr_info", ()))),
        vlan=int(vlan) if vlan is not None else None,
        parent=entry.get("link") if vlan is not None else None,
        uplink=entry["ifname"] in leaving,
    )


def _networks(listed: Iterable[Any]) -> Iterable[Network]:
    for item in listed:
        if item.get("scope") == "global" and item.get("local"):
            yield ip_interface(f"{item['local']}/{item['prefixlen']}").network


def candidates(found: Iterable[Interface]) -> tuple[Interface, ...]:
    """Return the interfaces that a collector may listen on, the most likely first.

    A VLAN's own interface is left out where its carrier is there: the carrier sees all of them.
    """
    listed = tuple(found)
    names = {interface.name for interface in listed}
    usable = [one for one in listed if one.vlan is None or one.parent not in names]
    return tuple(sorted(usable, key=lambda one: (one.uplink, not one.up)))


def vlans_of(found: Iterable[Interface], name: str) -> tuple[Interface, ...]:
    """Return the VLAN interfaces that an interface carries."""
    return tuple(one for one in found if one.parent == name)
