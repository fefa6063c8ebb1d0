"""Where memory could reach a disk, made on purpose: a core pattern, a swap file, a syslog socket.

Each trap is set for the length of a block and taken away; each has a control in `leaky.py` that is caught.
All need root.
"""

import os
import resource
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

CORE_PATTERN = Path("/proc/sys/kernel/core_pattern")
_PAGE = 4_096
_CAP_SYS_RESOURCE = 24
_LOCKED_KIB = 16 << 10
"""More than the page of keys."""
SYSLOGS = (Path("/dev/log"), Path("/run/systemd/journal/socket"))
MEMORY_CONTROLLER = Path("/sys/fs/cgroup/memory")


def _run(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@contextmanager
def cores_into(directory: Path) -> Iterator[None]:
    """Let the kernel write every core file into a directory."""
    before = CORE_PATTERN.read_text("ascii")
    CORE_PATTERN.write_text(f"{directory}/core.%e.%p\n", "ascii")
    try:
        yield
    finally:
        CORE_PATTERN.write_text(before, "ascii")


@contextmanager
def swap_of(image: Path, mib: int) -> Iterator[Path]:
    """Swap onto a file, by a loop device; yields the device.

    Raises:
        subprocess.CalledProcessError: this machine or container does not allow it.
    """
    with image.open("wb") as file:
        file.truncate(mib << 20)
    image.chmod(0o600)
    _run("mkswap", str(image))
    device = _run("losetup", "--find", "--show", str(image))
    try:
        _run("swapon", device)
        try:
            yield Path(device)
        finally:
            _run("swapoff", device)
    finally:
        _run("losetup", "--detach", device)


def used_pages(image: Path) -> bytes:
    """Return every page of a swap file that holds anything: searching zeros takes minutes."""
    octets = image.read_bytes()
    pages = (octets[at : at + _PAGE] for at in range(0, len(octets), _PAGE))
    return b"".join(page for page in pages if page.count(0) != len(page))


@contextmanager
def group_of_memory(name: str, *, swappiness: int) -> Iterator[Path]:
    """A control group that counts memory (cgroup v1); yields its directory.

    Memory belongs to the group in which it was first touched: start a process in it (`within`).

    Args:
        name: short.
        swappiness: 100: swap as soon as possible; 0: never, as MemorySwapMax=0 of a unit says it.

    Raises:
        OSError: this machine or container has no such controller.
    """
    group = MEMORY_CONTROLLER / f"jauge-{name}-{os.getpid()}"
    group.mkdir()
    try:
        (group / "memory.swappiness").write_text(str(swappiness))
        yield group
    finally:
        (group / "memory.limit_in_bytes").write_text("-1")
        for pid in (group / "cgroup.procs").read_text().split():
            with suppress(OSError):
                enter(group.parent, int(pid))
        with suppress(OSError):
            group.rmdir()


def can_lock_memory() -> bool:
    """Say whether a process started by us may lock all of its memory, and later take more."""
    hard = resource.getrlimit(resource.RLIMIT_MEMLOCK)[1]
    status = Path("/proc/self/status").read_text("ascii", "replace")
    effective = int(status.partition("CapEff:")[2].split()[0], 16)
    return hard == resource.RLIM_INFINITY or bool(effective >> _CAP_SYS_RESOURCE & 1)


def locks_memory(pid: int) -> bool:
    """Say whether a process keeps its memory out of swap by itself (mlockall)."""
    lines = Path(f"/proc/{pid}/status").read_text("ascii", "replace").splitlines()
    return any(int(line.split()[1]) > _LOCKED_KIB for line in lines if line.startswith("VmLck:"))


def enter(group: Path, pid: int) -> None:
    """Put a process into a control group."""
    (group / "cgroup.procs").write_text(str(pid))


def within(group: Path, command: list[str]) -> list[str]:
    """Return the command that runs another one in a control group (same process id)."""
    return ["sh", "-c", f'echo $$ > {group}/cgroup.procs && exec "$@"', "sh", *command]


def squeeze(group: Path, by_mib: int) -> None:
    """Lower the limit to what is in use less so many MiB: the kernel has to swap something out."""
    used = int((group / "memory.usage_in_bytes").read_text())
    with suppress(OSError):  # EBUSY when it could not swap out that much; it has tried
        (group / "memory.limit_in_bytes").write_text(str(used - (by_mib << 20)))


@contextmanager
def syslog_into(path: Path) -> Iterator[list[Path]]:
    """Record what is sent to syslog and to the journal, where nobody listens yet; yields where."""
    taken = [place for place in SYSLOGS if not place.exists()]
    sockets = []
    path.touch()
    for place in taken:
        place.parent.mkdir(parents=True, exist_ok=True)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        listener.bind(str(place))
        sockets.append(listener)
        threading.Thread(target=_record, args=(listener, path), daemon=True).start()
    try:
        yield taken
    finally:
        for place, listener in zip(taken, sockets, strict=True):
            place.unlink()
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()


def _record(listener: socket.socket, path: Path) -> None:
    with suppress(OSError), path.open("ab", buffering=0) as file:
        while said := listener.recv(1 << 16):
            file.write(said + b"\n")


def octets_in_memory(pid: int, wanted: bytes) -> int:
    """Count some octets in everything that a process has mapped; 0 for what cannot be read."""
    found = 0
    with (
        Path(f"/proc/{pid}/maps").open(encoding="ascii") as maps,
        Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory,
    ):
        for line in maps:
            span, flags = line.split()[:2]
            low, high = (int(end, 16) for end in span.split("-"))
            if flags[0] == "r":
                with suppress(OSError, ValueError, OverflowError):
                    memory.seek(low)
                    found += memory.read(high - low).count(wanted)
    return found


def swapped_kib(pid: int) -> int:
    """Return what the kernel has put of a process into swap, KiB (proc(5), smaps)."""
    lines = Path(f"/proc/{pid}/smaps").read_text("ascii", "replace").splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Swap:"))


def dumped_rings(pid: int) -> list[str]:
    """Return the flags of mapped packet rings that a core file would hold (no `dd` in VmFlags)."""
    found, inside = [], False
    for line in Path(f"/proc/{pid}/smaps").read_text("ascii", "replace").splitlines():
        if "-" in line.split(" ")[0]:
            inside = "socket:" in line
        elif inside and line.startswith("VmFlags:"):
            flags = line.split()[1:]
            found += [] if "dd" in flags else [" ".join(flags)]
    return found


def has_ring(pid: int) -> bool:
    """Say whether a packet ring is mapped."""
    return "socket:" in Path(f"/proc/{pid}/maps").read_text("ascii", "replace")
