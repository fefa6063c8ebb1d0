"""What each unit and each user is denied in the installed machine; and what upgrade and removal leave."""

import json
import re
import time
from pathlib import Path
from typing import Final

from tests.live.installed.machine import Machine

STORE: Final = "/var/lib/jauge/store"
KEYS: Final = "/var/lib/jauge/store.keys"
WEB: Final = "/var/lib/jauge/web"
UNITS: Final = {
    # unit → role that its process confines itself to, and places that belong to other parts
    "jauge-collector": ("collector", (f"{STORE}/private", f"{KEYS}/cells", WEB)),
    "jauge-seal": ("analyzer", (f"{STORE}/private", f"{KEYS}/cells", WEB)),
    "jauge-analyze": ("analyzer", (WEB,)),
    "jauge-release": ("analyzer", (WEB,)),
    "jauge-first-day": ("analyzer", (WEB,)),
    "jauge-health": ("analyzer", (WEB,)),
    "jauge-purge": ("analyzer", (WEB,)),
    "jauge-web": ("web", (f"{STORE}/flows", f"{STORE}/private", f"{STORE}/log", KEYS, "/etc/jauge/school")),
    "jauge-lists": ("fetcher", (STORE, KEYS, WEB)),
    # Last: it takes the collector's place.
    "jauge-listen": ("listener", (f"{STORE}/private", f"{KEYS}/cells", WEB)),
}  # fmt: skip
DECLARED: Final = {"$JAUGE_LISTEN": "--bind 127.0.0.1:2055 --exporter 127.0.0.1"}
"""What an administrator writes into /etc/default/jauge for units that are off without it."""
PROCESSES: Final = {"jauge-collector": {"holder", "parser"}}
LEAST: Final = 15
OFFLINE: Final = {"jauge-lists"}
"""Its work is to fetch: in a machine without a network it ends with a sentence."""
DROP_IN: Final = "run/systemd/system/{}.service.d/50-probe.conf"
USERS: Final = ("jauge-collect", "jauge-web", "jauge-lists")
RIGHTS: Final = {
    # path → what each of USERS may do there: r lists or reads, w makes a file, - neither
    STORE: ("rw", "--", "--"),
    f"{STORE}/public": ("rw", "r-", "r-"),
    f"{STORE}/private": ("rw", "--", "--"),
    f"{STORE}/log": ("rw", "--", "--"),
    f"{STORE}/link": ("rw", "--", "--"),
    f"{STORE}/flows": ("rw", "--", "--"),
    f"{STORE}/requests": ("rw", "rw", "--"),
    KEYS: ("rw", "--", "--"),
    WEB: ("--", "rw", "--"),
    "/var/lib/jauge/lists": ("r-", "r-", "rw"),
    "/var/lib/jauge-machine": ("--", "--", "--"),
    "/etc/jauge/school": ("r-", "r-", "r-"),
}
"""The same table as tests/deploy/test_rights.py holds tmpfiles to, here by trying."""
TRY: Final = """
import os, sys
for path in sys.argv[1:]:
    found = ""
    try:
        os.listdir(path); found += "r"
    except OSError:
        found += "-"
    try:
        os.close(os.open(path + "/.tried", os.O_WRONLY | os.O_CREAT | os.O_EXCL)); os.unlink(path + "/.tried"); found += "w"
    except OSError:
        found += "-"
    print(found)
"""


def probe(machine: Machine) -> None:
    """Run each unit, itself, with its command wrapped by probe.py, and read what was denied."""
    tried = denied = 0
    for unit, (role, places) in UNITS.items():
        words = _own_words(machine.root / f"usr/lib/systemd/system/{unit}.service")
        wrapped = f"/opt/jauge/venv/bin/python -I /opt/probe.py {role} {','.join(places)} {words}"
        # Through the machine: /run is a file system of its own there.
        script = f"mkdir -p /{Path(DROP_IN.format(unit)).parent} && printf '%s\\n' '[Service]' 'ExecStart=' \"$1\" > /{DROP_IN.format(unit)}"
        machine.call("sh", "-c", script, "sh", f"ExecStart={wrapped}")
        machine.call("systemctl", "daemon-reload")
        since = machine.call("date", "+%Y-%m-%d %H:%M:%S").strip()
        machine.call("systemctl", "restart", unit, check=False)
        wanted = PROCESSES.get(unit, {"service"})
        said = _probes(machine, unit, since, wanted)
        unlike = machine.call("systemctl", "show", unit, "-p", "DropInPaths,ActiveState,Result")
        for process in sorted(wanted):
            found = said.get(process, {})
            let = {name: outcome for name, outcome in found.items() if outcome != "denied"}
            tried, denied = tried + len(found), denied + len(found) - len(let)
            name = unit if process == "service" else f"{unit}, {process}"
            machine.must(f"{name}: probes from inside", holds=len(found) >= LEAST and not let,
                         value=f"{len(found) - len(let)} of {len(found)} denied" + (f"; {let}" if let else ""))  # fmt: skip
        machine.must(f"{unit}: does its work under the same sandbox", holds=unit in OFFLINE or "Result=success" in unlike,
                     value=re.sub(r"\s+", " ", unlike.strip()))  # fmt: skip
        machine.call("rm", "-f", f"/{DROP_IN.format(unit)}")
    machine.call("systemctl", "daemon-reload")
    machine.must("probes denied, all units", holds=tried == denied, value=f"{denied} of {tried}")
    machine.call("systemctl", "restart", "jauge-collector", "jauge-web")


def _own_words(file: Path) -> str:
    """Return what a unit's own command says after `jauge` or after its role."""
    command = re.search(r"(?m)^ExecStart=\S+ (.*)$", file.read_text("utf-8"))
    if command is None:
        raise SystemExit(f"{file.name}: no ExecStart")
    words = re.sub(r"^-I -m cli\.confined \S+ ", "", command[1])
    for variable, value in DECLARED.items():
        words = words.replace(variable, value)
    return words


def _probes(machine: Machine, unit: str, since: str, wanted: set[str]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for _ in range(40):
        said = machine.call("journalctl", "-q", "-o", "cat", "-u", unit, "--since", since)
        for line in re.findall(r"(?m)^PROBE (.*)$", said):
            one = json.loads(line)
            found[one["process"]] = one["found"]
        if wanted <= found.keys():
            break
        time.sleep(0.5)
    return found


def users(machine: Machine) -> None:
    """Try every directory as every user of Jauge."""
    wrong = []
    for number, user in enumerate(USERS):
        said = machine.call("setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups",
                            "python3.11", "-I", "-c", TRY, *RIGHTS)  # fmt: skip
        for (path, rights), found in zip(RIGHTS.items(), said.split(), strict=True):
            if found != rights[number]:
                wrong.append(f"{user} {path}: {found}, not {rights[number]}")
    machine.must("users by directory, as declared", holds=not wrong,
                 value=wrong or f"{len(USERS)} users, {len(RIGHTS)} directories")  # fmt: skip


def _goes_not_back(machine: Machine, version: str, what: str) -> None:
    """Let dpkg believe that a later version was there, and install this one."""
    status = machine.root / "var/lib/dpkg/status"
    text = status.read_text("utf-8")
    head, name, rest = text.partition("Package: jauge\n")
    status.write_text(head + name + rest.replace(f"Version: {version}", "Version: 99.0", 1))
    said = machine.call("dpkg", "--force-downgrade", "-i", "/opt/jauge.deb", check=False)
    machine.must(what, holds="Restore a backup" in said)
    status.write_text(text)


def take_away(machine: Machine, package: Path) -> None:
    """Upgrade, downgrade, remove, purge."""
    version = package.name.split("_")[1]
    machine.call("touch", f"{STORE}/mine")
    machine.call("dpkg", "-i", "/opt/jauge.deb")
    kept = (machine.root / STORE[1:] / "mine").exists()
    machine.must("an upgrade keeps configuration and data",
                 holds=kept and (machine.root / "etc/jauge/school/zones.yaml").exists())  # fmt: skip
    _goes_not_back(machine, version, "going back is refused with a sentence")
    machine.call("dpkg", "-r", "jauge")
    _goes_not_back(machine, version, "going back after a removal, too")
    machine.must("remove keeps data", holds=(machine.root / STORE[1:] / "mine").exists())
    machine.call("dpkg", "-P", "jauge")
    left = machine.call("bash", "-c", "ls -d /var/lib/jauge* /etc/jauge /opt/jauge /var/cache/jauge 2>/dev/null; "
                        "getent passwd | grep jauge", check=False).split()  # fmt: skip
    machine.must("purge leaves nothing", holds=not left, value=left or "nothing")
