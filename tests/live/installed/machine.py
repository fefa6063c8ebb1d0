"""A bare Debian 12, booted by systemd-nspawn without any network but its own; results with their times."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

PACKAGES = (
    "systemd,systemd-sysv,dbus,python3.11,python3-minimal,iproute2,procps,nftables,ca-certificates"
)
BESIDE = "caddy"
"""From Debian too: what the guide puts before the pages."""
MIRROR = "http://deb.debian.org/debian"
NSPAWN = (
    "--boot", "--private-network", "--register=no", "--keep-unit", "--console=pipe",
    # As on a machine of its own: memory is locked, and units' packets are counted and filtered (BPF).
    "--capability=CAP_IPC_LOCK,CAP_BPF,CAP_PERFMON", "--system-call-filter=@memlock bpf",
)  # fmt: skip
BOOT_S = 20.0
PATH = "/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass
class Machine:
    """A booted root: commands run in it through its first process."""

    leader: int
    root: Path
    started: float = field(default_factory=time.monotonic)
    shown: dict[str, object] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    """Step → seconds since the start when it was done."""
    failed: list[str] = field(default_factory=list)
    quiet: bool = False

    def call(self, *command: str, check: bool = True, timeout_s: float = 900) -> str:
        """Run a command inside; returns what it printed, errors last."""
        inside = ["nsenter", "-t", str(self.leader), "-m", "-u", "-i", "-n", "-p", "-C", "-r", "-w"]
        done = subprocess.run(
            [*inside, "--", *command], capture_output=True, text=True, timeout=timeout_s, check=False,
            env={"PATH": PATH, "LC_ALL": "C.UTF-8", "HOME": "/"},
        )  # fmt: skip
        if check and done.returncode:
            raise SystemExit(f"{' '.join(command)}: {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout + done.stderr

    def spent(self) -> float:
        """Return the seconds since the start."""
        return time.monotonic() - self.started

    def must(self, what: str, *, holds: bool, value: object = True) -> None:
        """Note a result, and whether it is what it must be."""
        self.shown[what] = value
        self.seconds[what] = round(self.spent(), 1)
        if not holds:
            self.failed.append(what)
        if not self.quiet:
            print(
                f"{'ok  ' if holds else 'FAIL'} {self.spent():6.1f} s  {what}: {value}", flush=True
            )


def bare_root(place: Path) -> Path:
    """Return a minimal Debian 12 with Debian's own caddy, made once."""
    if not (place / "etc" / "os-release").exists():
        include = f"--include={PACKAGES}"
        command = ["debootstrap", "--variant=minbase", include, "bookworm", str(place), MIRROR]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    if not (place / "usr/bin/caddy").exists():
        install = f"apt-get update -qq && apt-get install -qq --no-install-recommends {BESIDE}"
        no_start = place / "usr/sbin/policy-rc.d"
        no_start.write_text("#!/bin/sh\nexit 101\n", "ascii")
        no_start.chmod(0o755)
        shutil.copy("/etc/resolv.conf", place / "etc/resolv.conf")
        subprocess.run(["chroot", str(place), "sh", "-c", install], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
        no_start.unlink()
        (place / "etc/resolv.conf").write_text("", "ascii")
    # debootstrap writes none, Debian's installer does.
    (place / "etc/hosts").write_text("127.0.0.1 localhost\n::1 localhost\n", "ascii")
    return place


@contextmanager
def booted(bare: Path, *, keep: bool) -> Iterator[Machine]:
    """Boot a copy of a root, without any network but its own."""
    work = Path(tempfile.mkdtemp(prefix="jauge-live-", dir=bare.parent))
    root = work / "root"
    subprocess.run(["cp", "-a", str(bare), str(root)], check=True)
    (root / "etc/machine-id").write_text("", "ascii")
    for unit in ("systemd-networkd.service", "systemd-networkd-wait-online.service"):
        (root / "etc/systemd/system" / unit).symlink_to("/dev/null")  # gateway.sh is the network
    command = ["systemd-nspawn", "-q", "-D", str(root), *NSPAWN, f"--machine=jauge-{os.getpid()}"]
    with (
        (work / "boot.log").open("wb") as log,
        subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log) as process,
    ):
        try:
            machine = Machine(_leader(process), root)
            for _ in range(int(BOOT_S)):
                if "bus" not in machine.call("systemctl", "is-system-running", check=False):
                    break
                time.sleep(1)
            yield machine
        finally:
            process.terminate()
            try:
                process.wait(timeout=60)
            except subprocess.TimeoutExpired:
                process.kill()
            if not keep:
                shutil.rmtree(work, ignore_errors=True)


def _leader(nspawn: subprocess.Popen[bytes]) -> int:
    """Return the process that is the root's first, once it is systemd."""
    children = Path(f"/proc/{nspawn.pid}/task/{nspawn.pid}/children")
    for _ in range(int(BOOT_S * 10)):
        if nspawn.poll() is not None:
            break
        listed = children.read_text("ascii").split()
        if listed and _name_of(listed[0]) == "systemd":
            time.sleep(2)
            return int(listed[0])
        time.sleep(0.1)
    raise SystemExit("the root did not boot: see boot.log beside it (--keep)")


def _name_of(process: str) -> str:
    try:
        return Path(f"/proc/{process}/comm").read_text("ascii").strip()
    except OSError:
        return ""
