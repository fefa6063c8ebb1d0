"""From a bare Debian 12 to measured traffic: installs dist/jauge_*.deb without a network in a booted root.

    python -m tests.live.installed.run [--root DIR] [--keep]

Not part of `make test`: it takes minutes, root, debootstrap and systemd-container. `make deb` first. Each step
prints its time; the last line is one JSON object, and the exit code is 1 if a step did not show what it must.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[2]
PACKAGES = (
    "systemd,systemd-sysv,dbus,python3.11,python3-minimal,iproute2,procps,nftables,ca-certificates"
)
MIRROR = "http://deb.debian.org/debian"
UNITS = {
    # unit → role that the probe takes, and a path that belongs to another part
    "jauge-collector": ("parser", "/var/lib/jauge/store/private"),
    "jauge-analyze": ("analyzer", "/var/lib/jauge/web"),
    "jauge-release": ("analyzer", "/var/lib/jauge/web"),
    "jauge-purge": ("analyzer", "/var/lib/jauge/web"),
    "jauge-seal": ("analyzer", "/var/lib/jauge/web"),
    "jauge-web": ("web", "/var/lib/jauge/store/flows"),
    "jauge-lists": ("fetcher", "/var/lib/jauge/store"),
}
TEN_MINUTES = 600
ROOT = Path("/var/tmp/jauge-live/root")  # noqa: S108 - made once, root's own


@dataclass
class Machine:
    """A booted root: commands run in it through its first process."""

    leader: int
    root: Path
    started: float = field(default_factory=time.monotonic)
    shown: dict[str, object] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)

    def call(self, *command: str, check: bool = True, timeout_s: float = 300) -> str:
        """Run a command inside; returns what it printed."""
        inside = ["nsenter", "-t", str(self.leader), "-m", "-u", "-i", "-n", "-p", "-C", "-r", "-w"]
        done = subprocess.run(
            [*inside, "--", *command], capture_output=True, text=True, timeout=timeout_s, check=False,
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "HOME": "/"},
        )  # fmt: skip
        if check and done.returncode:
            raise SystemExit(f"{' '.join(command)}: {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout + done.stderr

    def must(self, what: str, *, holds: bool, value: object = True) -> None:
        """Note a result, and whether it is what it must be."""
        self.shown[what] = value
        if not holds:
            self.failed.append(what)
        mark = "ok  " if holds else "FAIL"
        print(f"{mark} {time.monotonic() - self.started:6.1f} s  {what}: {value}", flush=True)


def bare_root(place: Path) -> Path:
    """Return a minimal Debian 12, made once."""
    if not (place / "etc" / "os-release").exists():
        include = f"--include={PACKAGES}"
        command = ["debootstrap", "--variant=minbase", include, "bookworm", str(place), MIRROR]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return place


@contextmanager
def booted(bare: Path, *, keep: bool) -> Iterator[Machine]:
    """Boot a copy of a root, without any network but its own."""
    work = Path(tempfile.mkdtemp(prefix="jauge-live-", dir=bare.parent))
    root = work / "root"
    subprocess.run(["cp", "-a", str(bare), str(root)], check=True)
    command = ["systemd-nspawn", "-q", "-D", str(root), "--boot", "--private-network", "--register=no",
               "--keep-unit", "--console=pipe", f"--machine=jauge-{os.getpid()}"]  # fmt: skip
    with (
        (work / "boot.log").open("wb") as log,
        subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log) as process,
    ):
        try:
            yield Machine(_leader(process.pid), root)
        finally:
            process.terminate()
            process.wait(timeout=60)
            if not keep:
                shutil.rmtree(work, ignore_errors=True)


def _leader(nspawn: int) -> int:
    for _ in range(200):
        listed = Path(f"/proc/{nspawn}/task/{nspawn}/children").read_text("ascii").split()
        if listed and "systemd" in Path(f"/proc/{listed[0]}/comm").read_text("ascii"):
            time.sleep(2)
            return int(listed[0])
        time.sleep(0.1)
    raise SystemExit("the root did not boot")


def install(machine: Machine, package: Path) -> None:
    shutil.copy(package, machine.root / "opt" / "jauge.deb")
    for name in ("gateway.sh", "traffic.py", "probe.py"):
        shutil.copy(HERE / name, machine.root / "opt" / name)
    machine.call("bash", "/opt/gateway.sh")
    machine.started = time.monotonic()
    said = machine.call("dpkg", "-i", "/opt/jauge.deb")
    machine.must("installed offline", holds="jauge init" in said)
    machine.call(
        "jauge", "init", "--name", "Lycée d'essai", "--kind", "lycee", "--holidays", "C", "--interface", "lan0",
        "--rate", "300/100", "--place", "salles 10.10.0.0/20 420", "--place", "bureaux 10.30.0.0/24 48",
        "--uai", "0000000A",
    )  # fmt: skip
    machine.call("jauge", "check", "/etc/jauge/school")
    machine.must("init writes files that check accepts", holds=True)


def measure(machine: Machine) -> None:
    """Start the collector, send traffic, find it in the store and the pages answering."""
    machine.call("systemctl", "restart", "jauge-collector", timeout_s=200)
    state = machine.call(
        "systemctl", "show", "jauge-collector", "-p", "ActiveState", "-p", "NotifyAccess"
    )
    machine.must("collector ready (Type=notify)", holds="ActiveState=active" in state)
    machine.call("systemd-run", "--unit=pages", "ip", "netns", "exec", "internet",
                 "python3.11", "/opt/traffic.py", "serve")  # fmt: skip
    time.sleep(1)
    pupils = [f"10.10.0.{host}" for host in range(2, 7)]
    machine.call("systemd-run", "--unit=pupils", "ip", "netns", "exec", "eleves",
                 "python3.11", "/opt/traffic.py", "fetch", "40", *pupils)  # fmt: skip
    fetched = int(machine.call("ip", "netns", "exec", "bureau", "python3.11", "/opt/traffic.py", "fetch",
                               "15", "10.30.0.2").split()[-1])  # fmt: skip
    machine.must(
        "octets fetched through the gateway by the office", holds=fetched > 0, value=fetched
    )
    said = machine.call("jauge", "doctor", "--json", "--seconds", "5", check=False)
    verdicts = {
        one["check"]: one["status"] for one in json.loads(said[: said.rindex("}") + 1])["checks"]
    }
    for check in ("files", "interface", "inside-nat", "both-ways", "several-machines", "drops", "fresh",
                  "readable", "closed", "running", "hardened", "silent", "discreet"):  # fmt: skip
        machine.must(f"doctor: {check}", holds=verdicts[check] == "ok", value=verdicts[check])
    time.sleep(6)
    store = json.loads(machine.call("jauge", "store", "status", "--store", "/var/lib/jauge/store", "--json",
                                    check=False).splitlines()[0])  # fmt: skip
    spooled = store["spool"]["bytes"] + store["records"]["link"]["rows"]
    machine.must("link rows on disk", holds=spooled > 0, value=spooled)
    for unit in ("seal", "analyze", "release", "purge"):
        machine.call("systemctl", "start", f"jauge-{unit}", check=False)
        result = machine.call(
            "systemctl", "show", f"jauge-{unit}", "-p", "Result", "--value"
        ).strip()
        machine.must(f"jauge-{unit} ends well", holds=result == "success", value=result)
    page = machine.call("python3.11", "-c", FETCH_PAGE)
    machine.must("the pages answer on loopback", holds=page.strip().isdigit(), value=page.strip())
    spent = time.monotonic() - machine.started
    machine.must(
        "from bare Debian in less than ten minutes", holds=spent < TEN_MINUTES, value=round(spent)
    )


FETCH_PAGE = (
    "import http.client as h; c = h.HTTPConnection('127.0.0.1', 8000, 10); c.request('GET', '/'); "
    "print(c.getresponse().status)"
)


def probe(machine: Machine) -> None:
    """Try what must be denied from inside a copy of each unit."""
    for unit, (role, other) in UNITS.items():
        text = (machine.root / "usr/lib/systemd/system" / f"{unit}.service").read_text("utf-8")
        command = f"ExecStart=/opt/jauge/venv/bin/python -I /opt/probe.py {role} {other}"
        text = re.sub(r"(?m)^ExecStart=.*", command, text)
        text = re.sub(r"(?m)^Type=.*", "Type=oneshot", text)
        text = re.sub(
            r"(?m)^(Restart|RestartSec|WatchdogSec|NotifyAccess|ConditionPath).*\n", "", text
        )
        name = f"probe-{unit}.service"
        (machine.root / "etc/systemd/system" / name).write_text(text, "utf-8")
        machine.call("systemctl", "daemon-reload")
        machine.call("systemctl", "start", name, check=False)
        said = machine.call("journalctl", "-q", "-o", "cat", "-u", name)
        found = re.search(r"(?m)^PROBE (.*)$", said)
        if found is None:
            machine.must(f"{unit}: probes", holds=False, value=said[-600:])
            continue
        results = json.loads(found[1])["found"]
        let = [attempt for attempt, outcome in results.items() if outcome != "denied"]
        value = f"{len(results) - len(let)} of {len(results)} denied" + (f"; {let}" if let else "")
        machine.must(f"{unit}: probes", holds=not let, value=value)


def take_away(machine: Machine, package: Path) -> None:
    """Upgrade, downgrade, remove, purge."""
    version = package.name.split("_")[1]
    machine.call("touch", "/var/lib/jauge/store/mine")
    machine.call("dpkg", "-i", "/opt/jauge.deb")
    kept = (machine.root / "var/lib/jauge/store/mine").exists()
    machine.must("an upgrade keeps configuration and data",
                 holds=kept and (machine.root / "etc/jauge/school/zones.yaml").exists())  # fmt: skip
    status = machine.root / "var/lib/dpkg/status"
    text = status.read_text("utf-8")
    head, _, rest = text.partition("Package: jauge\n")
    status.write_text(
        head + "Package: jauge\n" + rest.replace(f"Version: {version}", "Version: 99.0", 1)
    )
    said = machine.call("dpkg", "--force-downgrade", "-i", "/opt/jauge.deb", check=False)
    machine.must("going back is refused with a sentence", holds="Restore a backup" in said)
    status.write_text(text)
    machine.call("dpkg", "-r", "jauge")
    machine.must("remove keeps data", holds=(machine.root / "var/lib/jauge/store/mine").exists())
    machine.call("dpkg", "-P", "jauge")
    left = machine.call("bash", "-c", "ls -d /var/lib/jauge* /etc/jauge /opt/jauge /var/cache/jauge 2>/dev/null; "
                        "getent passwd | grep jauge", check=False).split()  # fmt: skip
    machine.must("purge leaves nothing", holds=not left, value=left or "nothing")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path, default=ROOT, help="bare Debian 12")
    parser.add_argument("--keep", action="store_true", help="keep the root that was used")
    options = parser.parse_args()
    packages = sorted((REPOSITORY / "dist").glob("jauge_*.deb"))
    if not packages or os.geteuid() != 0:
        print("needs root, and dist/jauge_*.deb: make deb", file=sys.stderr)
        return 2
    with booted(bare_root(options.root), keep=options.keep) as machine:
        install(machine, packages[-1])
        measure(machine)
        probe(machine)
        take_away(machine, packages[-1])
    print(json.dumps({"failed": machine.failed, "shown": machine.shown}, ensure_ascii=False))
    return 1 if machine.failed else 0


if __name__ == "__main__":
    sys.exit(main())
