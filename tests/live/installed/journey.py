"""What an administrator and a committee do on the first day, step by step, in the booted root."""

import json
import re
import shutil
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from tests.live.installed.machine import Machine

HERE: Final = Path(__file__).resolve().parent
PAGE: Final = "/opt/first-chart.html"
PROPOSAL, ANSWER = "/tmp/proposal.json", "/tmp/answer.json"  # noqa: S108 - in the booted root, alone there
TEN_MINUTES: Final = 600
MARGIN: Final = 0.01
"""Between the chart and nftables: octets of Ethernet and of the pages themselves, which the line has and IP
that was forwarded has not, and a minute that began while it was seen."""
PUPILS_PER_S, OFFICE_PER_S = 6.0, 2.0
PASSWORD: Final = "trois chaises vertes au grenier"  # noqa: S105 - of invented people
NOT_HERE: Final = {
    "lists": ("skipped", "no list was asked for: nothing is downloaded in this run"),
    "named": ("skipped", "slices begin with the signature, seconds before: too few to say"),
}
"""Doctor's checks that are rightly not `ok` in this setting, and why."""
CLOCK: Final = ("failed", "the host's own clock follows no time server: the check is right")


def install(machine: Machine, package: Path) -> None:
    """Put the gateway's network up, install the package offline, answer init's questions."""
    shutil.copy(package, machine.root / "opt" / "jauge.deb")
    for name in ("gateway.sh", "traffic.py", "probe.py", "reader.py"):
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
    calendar = machine.root / "etc/jauge/school/calendar.yaml"
    calendar.write_text(in_session(calendar.read_text("utf-8"), datetime.now(ZoneInfo("Europe/Paris"))), "utf-8")  # fmt: skip
    machine.call("jauge", "check", "/etc/jauge/school")
    machine.must("init's files, with a timetable that holds this hour, are accepted", holds=True)


def in_session(calendar: str, now: datetime) -> str:
    """Return a calendar in which the school is at work now: one lesson around this moment, today.

    The run takes place at any hour of any day; nothing is published of hours without a timetable.
    """
    starts = now - timedelta(minutes=now.minute % 5 + 10)
    ends = starts + timedelta(hours=2)
    if starts.date() != now.date():
        starts = now.replace(hour=0, minute=0)
    clock = f"{ends:%H:%M}" if ends.date() == now.date() else "24:00"
    slot = (f'  - {{name: Essai, period: lesson, days: [mon, tue, wed, thu, fri, sat, sun], from: "{starts:%H:%M}", '
            f'to: "{clock}", persons: 468}}\n')  # fmt: skip
    head, _, rest = calendar.partition("slots:\n")
    rest = re.sub(r"(?m)^  - .*\n", "", rest).replace("open: []", f"open: [{now:%Y-%m-%d}]")
    return f"{head}slots:\n{slot}{rest}"


def capture(machine: Machine) -> None:
    """Steady traffic from every place, the kernel's own count of it, then the collector: a school is at work."""
    traffic = ("python3.11", "/opt/traffic.py")
    start = ("systemd-run", "--quiet", "-p", "StandardOutput=truncate:/opt/{}.txt")
    inside = ("ip", "netns", "exec")
    jobs = {
        "pages": (*inside, "internet", *traffic, "serve"),
        "truth": (*traffic, "count", "3600"),
        "pupils": (*inside, "eleves", *traffic, "fetch", "3600", str(PUPILS_PER_S),
                   *(f"10.10.0.{host}" for host in range(2, 7))),
        "office": (*inside, "bureau", *traffic, "fetch", "3600", str(OFFICE_PER_S), "10.30.0.2"),
    }  # fmt: skip
    for name, command in jobs.items():
        machine.call(*(word.format(name) for word in start), f"--unit={name}", *command)
        time.sleep(0.5)
    machine.call("systemctl", "restart", "jauge-collector")
    state = machine.call("systemctl", "show", "jauge-collector", "-p", "ActiveState")
    machine.must("collector ready (Type=notify)", holds="ActiveState=active" in state)


def enter(machine: Machine) -> None:
    """Put Caddy before the pages as the guide says; make the first account, invite the committee."""
    machine.call("cp", "/usr/share/doc/jauge/Caddyfile", "/etc/caddy/Caddyfile")
    machine.call("systemctl", "restart", "caddy")
    said = machine.call("journalctl", "-q", "-o", "cat", "-u", "jauge-web")
    code = re.search(r"one-time code, 24 h\): (\S+)", said)
    machine.must("the journal shows the one-time code", holds=code is not None)
    machine.call("sh", "-c", "for n in $(seq 50); do test -e /var/lib/caddy/.local/share/caddy/pki/authorities"
                 "/local/root.crt && exit 0; sleep 0.2; done; exit 1")  # fmt: skip
    made = _reader(machine, "setup", "admin", PASSWORD, code[1] if code else "")
    machine.must("without a login the pages are closed", holds=made["without_login"] in {303, 401},
                 value=made["without_login"])  # fmt: skip
    machine.must("the code makes the first account, through Caddy over TLS",
                 holds=made["status"] == 303 and made["session"], value=made["place"])  # fmt: skip
    said = machine.call("jauge", "accounts", "add", "intendance", "--role", "committee", "--accounts",
                        "/var/lib/jauge/web/accounts.sqlite", "--json")  # fmt: skip
    invited = _reader(machine, "invited", "intendance", PASSWORD, _code(said))
    machine.must("the committee's account is opened by its invitation",
                 holds=invited["status"] == 303 and invited["session"], value=invited["place"])  # fmt: skip


def _code(said: str) -> str:
    found: dict[str, Any] = json.loads(said)
    return str(found["code"])


def _reader(machine: Machine, *words: str) -> dict[str, Any]:
    said = machine.call("ip", "netns", "exec", "bureau", "python3.11", "/opt/reader.py", *words,
                        check=False, timeout_s=TEN_MINUTES + 60)  # fmt: skip
    try:
        found: dict[str, Any] = json.loads(said.splitlines()[-1])
    except (ValueError, IndexError):
        raise SystemExit(f"reader.py {words[0]}: {said[-2000:]}") from None
    return found


def first_chart(machine: Machine) -> None:
    """Wait for the committee's first chart as a person does, and compare it with what was sent."""
    left = max(10.0, TEN_MINUTES - machine.spent())
    seen = _reader(machine, "look", "intendance", PASSWORD, "/", str(left), PAGE)
    spent = round(machine.spent())
    machine.must("the committee's page answers", holds=seen["status"] == 200, value=seen["status"])
    machine.must("SVG charts on it, with columns", holds=seen["charts"] >= 2 and seen["bars"] >= 2,
                 value=f"{seen['charts']} charts, {seen['bars']} columns")  # fmt: skip
    machine.must("from bare Debian to the first real chart, seconds", holds=spent <= TEN_MINUTES, value=spent)  # fmt: skip
    line = _reader(machine, "look", "admin", PASSWORD, "/debit", "30", PAGE)
    machine.must("the administrator sees the same line", holds=line["figures"] == seen["figures"],
                 value=f"{line['charts']} charts")  # fmt: skip
    agree(machine, seen["figures"], seen["at_s"])


def agree(machine: Machine, figures: dict[str, list[list[str]]], at_s: float) -> None:
    """Compare the last measured five minutes of each direction with nftables' own count of them."""
    truth = {int(a): (int(b), int(c)) for a, b, c in _lines(machine.root / "opt/truth.txt")}
    for number, side in enumerate(("up", "down")):
        rows = [row for row in figures.get(f"first-{side}", []) if len(row) == 3]
        if not rows:
            machine.must(f"figures of the line, {side}", holds=False, value="none")
            continue
        hours, rate, minutes = rows[-1]
        ends = _moment(re.split("[–-]", hours)[-1], at_s)
        begins = ends - 60 * int(float(minutes))
        known = sorted(second for second in truth if begins <= second <= ends)
        span = known[-1] - known[0]
        octets = truth[known[-1]][number] - truth[known[0]][number]
        sent = octets * 8 / span / 1e6
        off = float(rate) / sent - 1
        machine.must(
            f"the table says what was sent, {side}", holds=abs(off) <= MARGIN and span >= 50,
            value=f"{float(rate):.3f} Mbit/s shown, {sent:.3f} by nftables ({off:+.2%}), {minutes} of 5 minutes",
        )  # fmt: skip
    last = truth[max(truth)]
    machine.must("MB through the NAT until then", holds=sum(last) > 0, value=round(sum(last) / 1e6))


def _lines(file: Path) -> Iterator[list[str]]:
    for line in file.read_text("ascii").splitlines():
        if len(line.split()) == 3:
            yield line.split()


def _moment(clock: str, at_s: float) -> int:
    """Return the latest moment before `at_s` at which clocks in Paris showed this (`1 h 05`, `01:05`)."""
    numbers = [int(number) for number in re.findall(r"\d+", clock)] + [0]
    now = datetime.fromtimestamp(at_s, ZoneInfo("Europe/Paris"))
    then = now.replace(hour=numbers[0] % 24, minute=numbers[1], second=0, microsecond=0)
    return int((then if then <= now else then - timedelta(days=1)).timestamp())


def sign(machine: Machine) -> None:
    """The DPO signs; only then is anything about devices written."""
    store, school = ("--store", "/var/lib/jauge/store"), ("--school", "/etc/jauge/school")
    before = _rows(machine, "flows")
    machine.must("slices before the DPO has signed", holds=before == 0, value=before)
    key = machine.call("jauge", "privacy", "make-key", "/opt/dpo.key").strip()
    machine.call("jauge-admin", "privacy", "declare-dpo", key, *store)
    machine.call("jauge-admin", "privacy", "propose", PROPOSAL, *store, *school)
    machine.call(
        "jauge",
        "privacy",
        "approve",
        PROPOSAL,
        ANSWER,
        "--key",
        "/opt/dpo.key",
    )
    machine.call("chmod", "644", ANSWER)
    machine.call("jauge-admin", "privacy", "record", ANSWER, *store, *school)
    time.sleep(60 + 45)  # a slice is a minute's; the collector looks at the log every ten seconds
    machine.call("systemctl", "restart", "jauge-collector")  # seals what it has
    after = _rows(machine, "flows")
    machine.must("slices once he has signed", holds=after > 0, value=after)


def _rows(machine: Machine, record: str) -> int:
    said = machine.call(
        "jauge", "store", "status", "--store", "/var/lib/jauge/store", "--json", check=False
    )
    return int(json.loads(said.splitlines()[0])["records"][record]["rows"])


def doctor(machine: Machine, *, clock_follows: bool) -> None:
    """Every check of `jauge doctor` is ok, or is in NOT_HERE with its reason."""
    said = machine.call("jauge", "doctor", "--json", "--seconds", "5", check=False)
    checks = json.loads(said[: said.rindex("}") + 1])["checks"]
    expected = NOT_HERE | ({} if clock_follows else {"clock": CLOCK})
    ok = 0
    for one in checks:
        status, reason = expected.get(one["check"], ("ok", ""))
        ok += one["status"] == "ok"
        if one["status"] == "ok":
            continue
        machine.must(f"doctor: {one['check']}", holds=one["status"] == status,
                     value=f"{one['status']}: {reason if one['status'] == status else one['says']['en']}")  # fmt: skip
    machine.must("doctor's checks that are ok", holds=ok >= len(checks) - len(expected),
                 value=f"{ok} of {len(checks)}")  # fmt: skip


def nightly(machine: Machine) -> None:
    """The night's and the hour's units end well."""
    for unit in ("seal", "analyze", "release", "purge", "first-day"):
        machine.call("systemctl", "start", f"jauge-{unit}", check=False)
        result = machine.call(
            "systemctl", "show", f"jauge-{unit}", "-p", "Result", "--value"
        ).strip()
        machine.must(f"jauge-{unit} ends well", holds=result == "success", value=result)
