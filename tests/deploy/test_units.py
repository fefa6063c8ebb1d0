"""The systemd units: exposure, users, what each may reach; and that what they run is what Jauge has."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from cli.confined import ROLES
from cli.diagnosis.gather_machine import ALWAYS, CALLERS, INSTEAD, PATTERN, score_of
from tests.support.needs import need

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
TIMERS = sorted((DEPLOY / "systemd").glob("*.timer"))
NAMES = [unit.name for unit in UNITS]
COMMON = "# The same in every unit of Jauge"


class Unit:
    """A unit file: keys may repeat, so each has a list of values."""

    def __init__(self, path: Path) -> None:
        self.values: dict[str, list[str]] = {}
        for line in path.read_text("utf-8").splitlines():
            if "=" in line and not line.startswith("#"):
                key, _, value = line.partition("=")
                self.values.setdefault(key, []).append(value)

    def one(self, key: str) -> str:
        (value,) = self.values[key]
        return value

    def words(self, key: str) -> set[str]:
        return set(" ".join(self.values.get(key, [])).split())


def unit(name: str) -> Unit:
    return Unit(DEPLOY / "systemd" / f"jauge-{name}.service")


@pytest.mark.parametrize("path", UNITS, ids=NAMES)
def test_no_unit_is_more_exposed_than_two_on_systemds_scale(path):
    need("systemd-analyze", "systemd")
    assert score_of(path) <= 2.0


def test_the_hardening_is_the_same_text_in_every_unit():
    shared = {
        path.read_text("utf-8").partition(COMMON)[2].partition("\n\n")[0].strip() for path in UNITS
    }
    assert len(shared) == 1
    assert "NoExecPaths=/" in shared.pop()


def test_only_the_collector_has_a_capability_and_it_is_one():
    for path in UNITS:
        found = Unit(path).words("CapabilityBoundingSet"), Unit(path).words("AmbientCapabilities")
        wanted = {"CAP_NET_RAW"} if path.name == "jauge-collector.service" else set()
        assert found == (wanted, wanted), path.name


def test_the_pages_find_nothing_of_the_store_but_what_is_published():
    web = unit("web")
    assert "/var/lib:ro" in web.words("TemporaryFileSystem")
    assert web.words("BindReadOnlyPaths") == {"/var/lib/jauge/store/public"}
    assert web.words("BindPaths") == {"/var/lib/jauge/web", "/var/lib/jauge/store/requests"}
    assert web.words("IPAddressAllow") == {"localhost"}
    assert "LoadCredential" not in web.values


def test_who_fetches_lists_sees_nothing_of_the_school_and_nobody_else_calls_out():
    lists = unit("lists")
    assert {"/var/lib/jauge/store", "/var/lib/jauge/store.keys"} <= lists.words("InaccessiblePaths")
    for path in UNITS:
        if path.name not in CALLERS:
            assert Unit(path).words("IPAddressDeny") == {"any"}, path.name


@pytest.mark.parametrize("name", ["seal", "analyze", "release", "purge"])
def test_the_analyzer_has_no_network_at_all_and_no_writable_code(name):
    found = unit(name)
    assert found.one("PrivateNetwork") == "yes"
    assert found.one("MemoryDenyWriteExecute") == "yes"
    assert found.words("RestrictAddressFamilies") == {"AF_UNIX"}


def test_the_capture_loop_feeds_the_watchdog():
    collector = unit("collector")
    assert (collector.one("Type"), collector.one("WatchdogSec")) == ("notify", "30")


def test_the_listener_takes_the_collectors_place_is_off_until_enabled_and_hears_private_addresses_only():
    listen = unit("listen")
    assert listen.one("Conflicts") == "jauge-collector.service"
    postinst = (DEPLOY / "deb" / "postinst").read_text("utf-8")
    started = re.findall(r'(?m)^(?:units|timers)="([^"]*)"', postinst)
    assert INSTEAD not in " ".join(started).split()
    assert listen.words("IPAddressAllow") == {
        "localhost", "link-local", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7",
    }  # fmt: skip


def test_every_oneshot_has_its_timer_and_every_other_unit_is_started_at_boot():
    timed = {path.stem for path in TIMERS}
    for path in UNITS:
        found = Unit(path)
        assert (path.stem in timed) == (found.one("Type") == "oneshot"), path.name
        assert ("WantedBy" in found.values) == (path.name in (*ALWAYS, INSTEAD)), path.name
        assert path.match(PATTERN)


@pytest.mark.parametrize("path", UNITS, ids=NAMES)
def test_each_unit_runs_a_command_that_exists_with_options_that_it_knows(path):
    words = Unit(path).one("ExecStart").split()
    if "cli.confined" in words:
        role = words[words.index("cli.confined") + 1]
        assert role in ROLES
        words = words[words.index(role) :]
    command = words[1 : 3 if words[1] in {"store", "lists"} else 2]
    done = subprocess.run(
        [sys.executable, "-m", "cli", *command, "--help"], cwd=ROOT, capture_output=True, text=True,
        check=True, timeout=60, env={"COLUMNS": "200", "TERM": "dumb", "PATH": "/usr/bin"},
    )  # fmt: skip
    for option in [word for word in words if word.startswith("--")]:
        assert re.search(rf"{option}\b", done.stdout), option


def declared_users() -> set[str]:
    text = (DEPLOY / "systemd" / "jauge.sysusers").read_text("utf-8")
    return set(re.findall(r"(?m)^u (\S+)", text))


def test_the_users_of_units_and_directories_are_declared_and_purge_removes_them():
    users = {Unit(path).one("User") for path in UNITS}
    assert users == declared_users()
    purge = (DEPLOY / "deb" / "postrm").read_text("utf-8")
    assert all(user in purge for user in users)


@pytest.mark.parametrize(
    ("path", "mode", "owner"),
    [
        ("/var/lib/jauge/store", "0711", "jauge-collect"),
        ("/var/lib/jauge/store/public", "0755", "jauge-collect"),
        ("/var/lib/jauge/store/requests", "0770", "jauge-web"),
        ("/var/lib/jauge/store.keys", "0700", "jauge-collect"),
        ("/var/lib/jauge/web", "0700", "jauge-web"),
        ("/var/lib/jauge-machine", "0700", "root"),
    ],
)
def test_directories_are_as_closed_as_the_import_contracts(path, mode, owner):
    text = (DEPLOY / "systemd" / "jauge.tmpfiles").read_text("utf-8")
    rows = {row[1]: row[2:4] for row in map(str.split, text.splitlines()) if row and row[0] == "d"}
    assert rows[path] == [mode, owner]


def test_the_proxy_writes_no_log_of_readers():
    text = (DEPLOY / "caddy" / "Caddyfile").read_text("utf-8")
    assert not re.search(r"(?m)^\s*log\b", text)


def test_caddy_takes_the_file_as_it_is(tmp_path):
    caddy = need("caddy", "caddy")
    done = subprocess.run(
        [caddy, "validate", "--adapter", "caddyfile", "--config", DEPLOY / "caddy" / "Caddyfile"],
        capture_output=True, text=True, check=False, timeout=60,
        env={"HOME": str(tmp_path), "PATH": "/usr/bin"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


PROBE = """
import os, socket
from cli.confined import confine_as
import sys
confine_as(sys.argv[1])
PAIR = socket.socketpair()
def tried(what):
    try: what()
    except PermissionError: return "denied"
    except OSError as error: return error.errno
    return "done"
print({
    "execve": tried(lambda: os.execv("/bin/true", ["true"])),
    "mount": tried(lambda: os.chroot("/")),
    "kill": tried(lambda: os.kill(os.getppid(), 0)),
    "connect": tried(lambda: socket.socket(socket.AF_UNIX).connect("/none")),
    "socket": tried(lambda: socket.socket(socket.AF_INET).close()),
    "datagram": tried(lambda: socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b"x", "/none")),
    "answer": tried(lambda: os.write(PAIR[0].fileno(), b"x") and PAIR[0].send(b"x")),
})
"""


@pytest.mark.parametrize(
    ("role", "socket", "connect", "datagram", "answer"),
    [
        ("analyzer", "denied", "denied", "denied", "denied"),
        ("web", "done", "denied", "denied", "done"),
        ("fetcher", "done", 2, 2, "done"),
        ("listener", "done", "denied", "denied", "denied"),
    ],
)
def test_a_confined_service_starts_nothing_and_reaches_nobody(
    role, socket, connect, datagram, answer
):
    done = subprocess.run(
        [sys.executable, "-c", PROBE, role], cwd=ROOT, capture_output=True, text=True, check=True,
        timeout=60,
    )  # fmt: skip
    assert done.stdout.strip() == str({
        "execve": "denied", "mount": "denied", "kill": "denied", "connect": connect,
        "socket": socket, "datagram": datagram, "answer": answer,
    })  # fmt: skip


def test_a_lock_without_a_package_keeps_the_others_and_refuses_an_unknown_name():
    sys.path.insert(0, str(DEPLOY / "deb"))
    try:
        from locked import without
    finally:
        sys.path.pop(0)
    lock = (ROOT / "locks" / "run.lock").read_text("utf-8")
    rest = without(lock, {"scapy"})
    entry = re.search(r"(?m)^scapy==.*\n(?: .*\n)+", lock)[0]
    assert rest == lock.replace(entry, "")
    with pytest.raises(KeyError):
        without(lock, {"nobody"})
