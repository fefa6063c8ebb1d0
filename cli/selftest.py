"""`jauge selftest`: known traffic through the real collector, analysis and gate, on this machine alone.

Nothing of the installation is touched: packets cross a veth pair in a network namespace that the test
makes, and everything is written into a scratch directory. The traffic is a day of a small invented
school (`simulator/`), so what was sent is known to the octet. Each step is a process of its own, run
through the commands that a school uses.
"""

import contextlib
import json
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from cli.declared import known_language
from cli.demo_steps import Step, Steps, VethPair, live_possible
from cli.exits import Exit, Refusal

HELP = """Send known, harmless traffic through the real collector, and follow it as far as the table.

In a network namespace of its own and a scratch directory: no interface, file or setting of this
machine is touched, no other machine hears of it. Line by line, what was sent and what was counted; then
an invented school's day through analysis and gate, and what its table shows. Needs root, a minute at
most. Ends with 1 when a line does not agree.

Example: jauge selftest --json
"""
DAY: Final = date(2026, 11, 16)
AS_OF: Final = "2026-11-17"
SCALE: Final = 0.4
"""The invented school has some 250 devices: enough for its table to show something."""
PACES: Final = (60_000, 20_000)
"""Packets a second; the second where a busy machine lost some of the first."""
SETTLE_S: Final = 0.5
TABLE: Final = "T6"
NAMES: Final = {"tls_sni": "TLS", "quic_sni": "QUIC", "http_host": "HTTP"}
"""Named by their own first packets. A flow that pauses for minutes is counted as two, the second named
by an earlier answer of a name server: neither can be said before."""
USES: Final = {
    "pedagogical": "pédagogique",
    "residual_private": "privé résiduel",
    "abusive": "abusif",
    "resource_inappropriate": "inadapté à la ressource",
}
WORDS: Final = {
    "fr": {
        "what": "quoi", "sent": "envoyé", "counted": "compté", "well": "oui", "not": "NON", "agrees": "accord",
        "traffic": "Trafic connu, par l'anneau réel du collecteur", "shows": "Ce que la table montre",
        "below": "moins de {n}", "device_days": "appareils-jours",
        "end": "{ok} lignes sur {all} d'accord, en {s} s.",
    },
    "en": {
        "what": "what", "sent": "sent", "counted": "counted", "well": "yes", "not": "NO", "agrees": "agrees",
        "traffic": "Known traffic, through the collector's real ring", "shows": "What the table shows",
        "below": "fewer than {n}", "device_days": "device-days",
        "end": "{ok} of {all} lines agree, in {s} s.",
    },
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """One line: what was sent, and what was counted of it."""

    fr: str
    en: str
    sent: int
    counted: int

    @property
    def agrees(self) -> bool:
        """Say whether they are the same."""
        return self.sent == self.counted


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("selftest", help=HELP)(selftest)


def selftest(
    lang: Annotated[str, typer.Option(help="Language of the answer: fr or en.")] = "fr",
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """See HELP."""
    known_language(lang)
    began = time.monotonic()
    if live_possible() is not None:
        raise Refusal(
            "jauge selftest: it sends packets in a network namespace that it makes; run it as root, "
            "where `ip netns add` works (package iproute2)",
            Exit.PERMISSION,
        )
    with (
        tempfile.TemporaryDirectory(prefix="jauge-selftest-") as scratch,
        Steps(quiet=as_json) as steps,
    ):
        lines, table = _run(steps, Path(scratch))
    seconds = round(time.monotonic() - began, 1)
    if as_json:
        rows = [{**asdict(line), "agrees": line.agrees} for line in lines]
        well = all(line.agrees for line in lines)
        typer.echo(json.dumps({"ok": well, "lines": rows, "table": table, "seconds": seconds}))
    else:
        _draw(lines, table, seconds, lang)
    if not all(line.agrees for line in lines):
        raise typer.Exit(int(Exit.FINDINGS))


def _run(steps: Steps, scratch: Path) -> tuple[list[Line], dict[str, int | str]]:
    """Do it all; return the lines, and what the table shows by use."""
    capture, school = scratch / "day.pcap", _school()
    packets = steps.start(
        "Trafic connu (known traffic)", "simulator", "packets", str(capture), "--scale", str(SCALE)
    )
    store = scratch / "store"
    for pace in PACES:
        _acknowledge(store, school)
        planned, sent, counted = _through_the_ring(steps, store, capture, packets, pace)
        if not counted["kernel_drops"]:
            break
        if pace != PACES[-1]:
            _forget(store)
    at = ("--store", str(store), "--school", str(school), "--json")
    analyzed = steps.run("Analyse (analysis)", "cli", "analyze", *at)
    released = steps.run(
        "Publication bruitée (noisy release)", "cli", "release", *at, "--as-of", AS_OF
    )
    return [
        *compare(planned, sent, counted),
        *_follow(store, counted, analyzed, released),
    ], _table(store)


def _school() -> Path:
    from simulator.declared import SCHOOL

    return SCHOOL


def _acknowledge(store: Path, school: Path) -> None:
    """Let an invented DPO acknowledge the settings; his key is gone with this process."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from cli.records import log_of
    from privacy.acknowledgement import Decision, sign, state_of
    from privacy.keys import public_text
    from school.enforced import terms_of
    from school.load import load_school

    key, log = Ed25519PrivateKey.generate(), log_of(store)
    log.append("dpo_key_declared", {"public_key": public_text(key.public_key())})
    after = state_of(log.entries()).last
    signed = sign(Decision.ACKNOWLEDGED, terms_of(load_school(school)), key, after=after)
    log.append("dpo_decided", {"sealed": json.loads(signed)})


def _forget(store: Path) -> None:
    """Begin anew: a day of which packets were lost proves nothing."""
    from privacy.store.layout import keys_beside

    for place in (store, keys_beside(store)):
        shutil.rmtree(place, ignore_errors=True)


def _through_the_ring(
    steps: Steps, store: Path, capture: Path, packets: Step, pace: int
) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Send through a veth pair, the collector at its other end; return plan, sent and counted."""
    with VethPair() as pair:
        collector = steps.start(
            "Collecteur, anneau réel (collector, live ring)",
            "cli",
            "capture",
            *("--interface", pair.inside, "--store", str(store), "--school", str(_school())),
            *("--timestamps", "trailer", "--json"),
            prefix=pair.prefix,
        )
        planned = packets.result()
        pair.wait_for_listener(collector)
        total = ("--total", str(planned["packets"]), "--pace", str(pace))
        sender = ("send", str(capture), pair.outside, *total)
        sent = steps.run("Envoi (sending)", "simulator", *sender, prefix=pair.prefix)
        time.sleep(SETTLE_S)
        collector.stop()
        return planned, sent, collector.result()


def compare(planned: dict[str, Any], sent: dict[str, Any], counted: dict[str, Any]) -> list[Line]:
    """Return the lines of the collector: what was planned and sent, and what it says it counted. Pure."""
    lost = counted["kernel_drops"] + counted["shed"]
    whole = counted["packets_parsed"] + sum(counted["rejected"].values()) + lost
    return [
        Line("paquets envoyés, offerts à la capture", "packets sent, offered to the capture",
             sent["packets"], counted["packets_offered"]),
        Line("paquets offerts = lus + rejetés + perdus + délestés", "packets offered = parsed + rejected + dropped + shed",
             counted["packets_offered"], whole),
        Line("paquets perdus ou délestés", "packets dropped or shed", 0, lost),
        Line("paquets rejetés", "packets rejected", 0, sum(counted["rejected"].values())),
        Line("octets IP", "IP octets", planned["ip_bytes"], counted["ip_bytes"]),
        *(
            Line(f"flux nommés par {word}", f"flows named by {word}",
                 planned["names"].get(source, 0), counted["names"].get(source, 0))
            for source, word in NAMES.items()
        ),
    ]  # fmt: skip


def read_back(store: Path, day: date) -> tuple[int, int]:
    """Decrypt a day; return the slices that are there and the octets of its link rows.

    What the manifest says of them is not asked: a file that cannot be opened counts for nothing.
    """
    import pyarrow as pa

    from privacy.store.keys import FileKeyring, KeyMissing
    from privacy.store.layout import FLOWS, LINK, keys_beside
    from privacy.store.reader import Reader

    reader = Reader(store, FileKeyring(keys_beside(store)))

    def total(record: str, columns: tuple[str, ...], count: Callable[[Any], int]) -> int:
        found = 0
        for segment in reader.segments(record, day):
            with contextlib.suppress(KeyMissing, OSError, pa.ArrowException):
                found += sum(count(batch) for batch in reader.batches([segment], columns))
        return found

    octets = ("up_bytes", "down_bytes")
    return (
        total(FLOWS, octets, len),
        total(LINK, octets, lambda batch: sum(sum(batch[name].to_pylist()) for name in octets)),
    )


def _follow(
    store: Path, counted: dict[str, Any], analyzed: dict[str, Any], released: dict[str, Any]
) -> list[Line]:
    """Return the lines from the store to the published table."""
    stored, octets = read_back(store, DAY)
    names = {(one["table"], one["period"]) for one in released["released"]}
    return [
        Line("tranches écrites, relues du magasin", "slices written, read back from the store",
             counted["slices"], stored),
        Line("octets de la ligne, relus du magasin", "octets of the line, read back from the store",
             counted["ip_bytes"], octets),
        Line("jours à analyser, analysés", "days to analyse, analysed",
             1, sum(day == DAY.isoformat() for day in analyzed["analyzed"])),
        Line("charge de la ligne du jour, publiée", "load of the line of the day, published",
             1, int(("link", DAY.isoformat()) in names)),
        Line("table des usages du jour, publiée et scellée", "table of uses of the day, published and sealed",
             1, int((TABLE, DAY.isoformat()) in names and bool(_table(store)))),
    ]  # fmt: skip


def _table(store: Path) -> dict[str, int | str]:
    """Return what the published table shows by use: a noisy number, or the threshold it is below."""
    from privacy.published import Published
    from privacy.release import Shown

    public = Published(store / "public")
    try:
        cells = public.release(TABLE, DAY.isoformat()).cells
    except FileNotFoundError:
        return {}
    return {
        cell.get("use"): cell.display.value if isinstance(cell.display, Shown) else f"< {cell.display.below}"
        for cell in cells
    }  # fmt: skip


def _draw(lines: list[Line], table: dict[str, int | str], seconds: float, lang: str) -> None:
    from rich.console import Console
    from rich.table import Table

    words, console = WORDS[lang], Console(highlight=False)
    drawn = Table(title=words["traffic"], title_justify="left")
    drawn.add_column(words["what"])
    for name in ("sent", "counted"):
        drawn.add_column(words[name], justify="right")
    drawn.add_column(words["agrees"])
    for line in lines:
        mark = f"[green]{words['well']}[/]" if line.agrees else f"[bold red]{words['not']}[/]"
        drawn.add_row(getattr(line, lang), _number(line.sent), _number(line.counted), mark)
    console.print(drawn)
    shown = Table(title=f"{words['shows']} ({words['device_days']})", title_justify="left")
    shown.add_column(words["what"])
    shown.add_column("", justify="right")
    for use, value in table.items():
        text = _number(value) if isinstance(value, int) else words["below"].format(n=value[2:])
        shown.add_row(USES.get(use, use) if lang == "fr" else use.replace("_", " "), text)
    console.print(shown)
    well = sum(line.agrees for line in lines)
    console.print(words["end"].format(ok=well, all=len(lines), s=seconds))


def _number(value: int) -> str:
    return f"{value:,}".replace(",", "\u202f")
