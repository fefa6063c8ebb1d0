"""Network namespaces for tests: a school's network, its gateway, and a wire between them.

    school  eth0 ──────────── lan0  gateway (and the invented Internet, on its loopback)

No route leads out of them. Whatever happens, the processes in a namespace are ended by their ids
and the namespace is removed; the wire goes with it.
"""

import os
import secrets
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

OFFLOADS = ("rx", "tx", "sg", "tso", "gso", "gro")
SCHOOL_V4, GATEWAY_V4 = "10.10.0.2", "10.10.0.1"
SCHOOL_V6, GATEWAY_V6 = "fd7c:6a75:6765:10::2", "fd7c:6a75:6765:10::1"
SCHOOL_IF, GATEWAY_IF = "eth0", "lan0"
COMMAND_S = 60.0
_ETC = Path("/etc/netns")


def call(*command: str, timeout_s: float = COMMAND_S) -> str:
    """Run a command that must succeed; returns what it printed."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=timeout_s, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.returncode}: {done.stderr[-2000:]}")
    return done.stdout


@dataclass(frozen=True, slots=True)
class Namespace:
    """One network namespace."""

    name: str

    def within(self, *command: str) -> list[str]:
        """Return the command that runs another one here (same process id: ip executes it)."""
        return ["ip", "netns", "exec", self.name, *command]

    def call(self, *command: str, timeout_s: float = COMMAND_S) -> str:
        """Run a command here; it must succeed."""
        return call(*self.within(*command), timeout_s=timeout_s)

    def add_address(self, interface: str, address: str) -> None:
        """Give an interface one more address, at once usable."""
        nodad = ("nodad",) if ":" in address else ()
        self.call("ip", "address", "add", address, "dev", interface, *nodad)


@dataclass(frozen=True, slots=True)
class Wire:
    """The two namespaces and what joins them."""

    school: Namespace
    gateway: Namespace


@contextmanager
def namespace(label: str) -> Iterator[Namespace]:
    """A network namespace with loopback up, gone after the block."""
    here = Namespace(f"jauge-{secrets.token_hex(3)}-{label}")
    call("ip", "netns", "add", here.name)
    try:
        here.call("ip", "link", "set", "lo", "up")
        yield here
    finally:
        with suppress(RuntimeError):
            for pid in call("ip", "netns", "pids", here.name).split():
                with suppress(ProcessLookupError):
                    os.kill(int(pid), signal.SIGKILL)
        with suppress(RuntimeError):
            call("ip", "netns", "del", here.name)
        shutil.rmtree(_ETC / here.name, ignore_errors=True)


def set_offloads(where: Namespace, interface: str, *, on: bool) -> None:
    """Switch checksum and segmentation offloads; asserted, because the tests stand on it."""
    state = "on" if on else "off"
    where.call("ethtool", "-K", interface, *(word for name in OFFLOADS for word in (name, state)))
    shown = where.call("ethtool", "-k", interface)
    assert f"tcp-segmentation-offload: {state}" in shown, shown
    assert f"generic-segmentation-offload: {state}" in shown, shown


@contextmanager
def wire(*, offloads: bool, ipv6: bool = True) -> Iterator[Wire]:
    """A school and its gateway, joined by a veth pair of the usual MTU (1,500)."""
    with namespace("school") as school, namespace("gateway") as gateway:
        both = Wire(school, gateway)
        ends = ((school, SCHOOL_IF), (gateway, GATEWAY_IF))
        if not ipv6:  # no neighbour discovery either: a wire without a sound of its own
            for where, _ in ends:
                for name in ("all", "default"):
                    switch = f"/proc/sys/net/ipv6/conf/{name}/disable_ipv6"
                    where.call("sh", "-c", f"echo 1 > {switch}")
        call(
            *("ip", "link", "add", SCHOOL_IF, "netns", school.name, "type", "veth"),
            *("peer", "name", GATEWAY_IF, "netns", gateway.name),
        )
        for where, interface in ends:
            set_offloads(where, interface, on=offloads)
            where.call("ip", "link", "set", interface, "up")
        if ipv6:
            _address(both)
        yield both


def _address(both: Wire) -> None:
    both.school.add_address(SCHOOL_IF, f"{SCHOOL_V4}/20")
    both.gateway.add_address(GATEWAY_IF, f"{GATEWAY_V4}/20")
    both.school.add_address(SCHOOL_IF, f"{SCHOOL_V6}/64")
    both.gateway.add_address(GATEWAY_IF, f"{GATEWAY_V6}/64")
    both.school.call("ip", "route", "add", "default", "via", GATEWAY_V4)
    both.school.call("ip", "-6", "route", "add", "default", "via", GATEWAY_V6)


def use_resolver(where: Namespace, address: str) -> None:
    """Let programs in a namespace ask this name server (ip-netns(8): /etc/netns/NAME)."""
    directory = _ETC / where.name
    directory.mkdir(parents=True)
    (directory / "resolv.conf").write_text(f"nameserver {address}\noptions timeout:2\n")
    (directory / "hosts").write_text("127.0.0.1 localhost\n::1 localhost\n")
