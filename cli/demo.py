"""`jauge demo`: an invented school from packets to pages, on this machine alone.

Every step is a process of its own, run through the same commands that a school uses. When it is
root, the packet day crosses a veth pair in a network namespace and the live ring; otherwise the
collector reads it from a capture file. The last step replaces this process by `jauge serve`, so
that nothing of the simulator is ever in the process that serves.
"""

import json
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import FrameType
from typing import Annotated, Any, Final, NoReturn

import typer

from cli.demo_steps import Steps, VethPair, live_possible, sources_digest
from cli.exits import Exit, Refusal

STAMP: Final = "demo.json"
MARK: Final = "jauge"
MADE_BY: Final = "demonstration"
WRITES: Final = (
    *(
        "flows",
        "link",
        "private",
        "public",
        ".tmp",
        ".trash",
        ".lines",
        "spool",
        "log",
        "clock.json",
    ),
    "web",
    *("manifest.sqlite", "manifest.sqlite-wal", "manifest.sqlite-shm", "status.json", "ballast"),
)
"""What a demonstration writes into its store; the days' keys lie beside it."""
MOST_LOST: Final = 0.001
"""Share of packets that the live ring may lose before the day is read from the file instead."""
DAY: Final = date(2026, 11, 16)
AS_OF: Final = "2026-11-17"
CAPTURE_SETTLE_S: Final = 0.3
"""Wait between the last packet sent and the signal: the ring hands over a block in 100 ms or so."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("demo")(demo)


@dataclass(frozen=True, slots=True)
class _Options:
    store: Path
    live: bool
    as_json: bool


def demo(
    store: Annotated[
        Path, typer.Option(help="Where the demonstration lives; kept for next time.")
    ] = Path("demo-store"),
    port: Annotated[
        int, typer.Option(min=1, max=65535, help="Port of the pages; the next free one if busy.")
    ] = 8000,
    *,
    serve: Annotated[bool, typer.Option(help="Serve the pages at the end.")] = True,
    live: Annotated[
        bool, typer.Option(help="Use the live ring when possible; --no-live reads a file.")
    ] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show a simulated school: eight weeks, a day of real packets, analysis, pages.

    Example: jauge demo --store demo-store --port 8000
    """
    options = _Options(store, live, as_json)
    began = time.monotonic()
    wanted = {"version": sources_digest()}
    summary = _kept(store, wanted)
    if summary is None:
        with _terminated_as_interrupted():
            summary = _build(options)
        summary["seconds"] = round(time.monotonic() - began, 1)
        _write_stamp(store, {**wanted, "complete": True, "summary": summary})
        reused = False
    else:
        reused = True
    if as_json:
        typer.echo(json.dumps({**summary, "store": str(store), "reused": reused}))
    else:
        _tell(summary, reused=reused)
    if serve:
        _become_server(store, port, as_json=as_json)


def _read_stamp(store: Path) -> dict[str, Any] | None:
    """Return the stamp that a demonstration left here; None for anybody else's file."""
    try:
        stamp = json.loads((store / STAMP).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return stamp if isinstance(stamp, dict) and stamp.get(MARK) == MADE_BY else None


def _write_stamp(store: Path, stamp: dict[str, Any]) -> None:
    unfinished = store / (STAMP + ".tmp")
    unfinished.write_text(json.dumps({MARK: MADE_BY, **stamp}), encoding="utf-8")
    unfinished.replace(store / STAMP)


def _kept(store: Path, wanted: dict[str, str]) -> dict[str, Any] | None:
    """Return the summary of a complete demonstration of this version, or make room for a new one.

    Raises:
        Refusal: the directory holds something that no demonstration wrote.
    """
    stamp = _read_stamp(store)
    if stamp is not None and stamp.get("complete") and stamp.get("version") == wanted["version"]:
        summary: dict[str, Any] = stamp["summary"]
        return summary
    try:
        if stamp is not None:
            _remove_parts(store)
        elif store.exists() and any(store.iterdir()):
            raise Refusal(
                f"{store}: not empty and not a demonstration; choose another with --store",
                Exit.USAGE,
            )
        store.mkdir(parents=True, exist_ok=True)
        _write_stamp(store, {**wanted, "complete": False})
    except OSError as error:
        raise Refusal(
            f"{store}: {error.strerror}; choose another with --store", Exit.PERMISSION
        ) from error
    return None


def _remove_parts(store: Path) -> None:
    """Remove what a demonstration writes, and nothing else that may lie there."""
    from privacy.store.layout import keys_beside

    for part in (*(store / name for name in WRITES), keys_beside(store)):
        if part.is_dir():
            shutil.rmtree(part, ignore_errors=True)
        else:
            part.unlink(missing_ok=True)
    (store / STAMP).unlink(missing_ok=True)


@contextmanager
def _terminated_as_interrupted() -> Iterator[None]:
    """Turn SIGTERM into an exception, so that every `finally` runs."""

    def stop(_signal: int, _frame: FrameType | None) -> NoReturn:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _build(options: _Options) -> dict[str, Any]:
    """Write, capture, analyse and release; return what happened."""
    store = options.store.resolve()
    with (
        tempfile.TemporaryDirectory(prefix="jauge-demo-") as scratch,
        Steps(quiet=options.as_json) as steps,
    ):
        capture = Path(scratch) / "day.pcap"
        weeks = steps.start(
            "Huit semaines simulées (eight weeks)", "simulator", "weeks", str(store)
        )
        packets = steps.start(
            "Une journée de paquets (a day of packets)", "simulator", "packets", str(capture)
        )
        written = weeks.result()
        school = ["--school", str(_school())]
        analyze = ["analyze", "--store", str(store), *school, "--json"]
        # The weeks are analysed while the day is metered; the collector goes first.
        early = steps.start(
            "Analyse des huit semaines (analysis)", "cli", *analyze, prefix=("nice", "-n", "10")
        )
        _acknowledge(steps, store, Path(scratch))
        planned = packets.result()
        reason = live_possible() if options.live else "--no-live"
        if reason is None:
            how, captured = "live", _through_the_ring(steps, store, capture, planned["packets"])
            lost = captured.get("kernel_drops", 0) + captured.get("shed", 0)
            if lost > MOST_LOST * captured.get("packets_offered", 0):
                reason = f"the ring lost {lost:,} packets on this busy machine"
                _forget_day(store)
                how, captured = "file", _from_the_file(steps, store, capture)
        else:
            how, captured = "file", _from_the_file(steps, store, capture)
        early.result()
        steps.run("Analyse de la journée (analysis)", "cli", *analyze)
        # As on the demonstration's day; what is released comes from the exact cells, as in a school.
        purge = ["purge", "--store", str(store), *school, "--as-of", AS_OF, "--json"]
        purged = steps.run("Effacement des jours échus (erasure)", "cli", *purge)
        release = ["release", "--store", str(store), *school, "--as-of", AS_OF, "--json"]
        released = steps.run("Publication bruitée (noisy releases)", "cli", *release)
    return {
        "slices": written["slices"],
        "planned": planned,
        "how": how,
        "why_not_live": reason,
        "capture": captured,
        "erased_days": len(purged["purged"]),
        "released": released,
    }


def _forget_day(store: Path) -> None:
    """Let the day that was metered be no part of the store."""
    from privacy.store.commit import Committer
    from privacy.store.keys import FileKeyring
    from privacy.store.layout import FLOWS, LINK, keys_beside

    committer = Committer(store, FileKeyring(keys_beside(store)), lambda: time.time_ns() // 1_000)
    for record in (FLOWS, LINK):
        committer.forget(record, DAY)


def _acknowledge(steps: Steps, store: Path, scratch: Path) -> None:
    """Let the invented DPO acknowledge the settings; his key lives as long as the scratch directory."""
    key, proposal, answer = (str(scratch / name) for name in ("dpo.key", "proposal", "answer"))
    title = "Accord du DPO inventé (the DPO's acknowledgement)"
    at_school = ("--store", str(store))
    school = ("--school", str(_school()))
    public = steps.run(title, "cli", "privacy", "make-key", key, "--json")["public_key"]
    for arguments in (
        ("declare-dpo", public, *at_school),
        ("propose", proposal, *at_school, *school),
        ("approve", proposal, answer, "--key", key),
        ("record", answer, *at_school, *school),
    ):
        steps.run(title, "cli", "privacy", *arguments, "--json")


def _school() -> Path:
    from simulator.declared import SCHOOL

    return SCHOOL


def _through_the_ring(steps: Steps, store: Path, capture: Path, packets: int) -> dict[str, Any]:
    """Send the day through a veth pair; the collector listens at the other end."""
    with VethPair() as pair:
        collector = steps.start(
            "Collecteur, anneau réel (collector, live ring)",
            "cli",
            "capture",
            *("--interface", pair.inside, "--store", str(store), "--school", str(_school())),
            *("--timestamps", "trailer", "--json"),
            prefix=pair.prefix,
        )
        pair.wait_for_listener(collector)
        sender = ["send", str(capture), pair.outside, "--total", str(packets)]
        steps.run("Envoi des paquets (sending)", "simulator", *sender, prefix=pair.prefix)
        time.sleep(CAPTURE_SETTLE_S)
        collector.stop()
        return collector.result()


def _from_the_file(steps: Steps, store: Path, capture: Path) -> dict[str, Any]:
    """Let the collector read the day from the capture file."""
    return steps.run(
        "Collecteur, fichier (collector, capture file)",
        "cli",
        *("replay", str(capture), "--store", str(store), "--school", str(_school()), "--json"),
    )


def _tell(summary: dict[str, Any], *, reused: bool) -> None:
    """Say in two sentences what stands behind the pages."""
    capture = summary["capture"]
    lost = capture.get("kernel_drops", 0) + capture.get("shed", 0)
    where = {"live": "l'anneau réel du collecteur", "file": "un fichier lu par le collecteur"}
    slices, packets, lost = (
        f"{number:,}".replace(",", "\u202f")
        for number in (summary["slices"], capture.get("packets_offered", 0), lost)
    )
    typer.echo(
        f"Lycée de démonstration (inventé) : {slices} tranches simulées ; {packets} paquets "
        f"du 16 novembre par {where[summary['how']]}, {lost} perdus.",
        err=True,
    )
    typer.echo(
        f"{summary['erased_days']} jours échus effacés, chacun avec sa preuve au journal.", err=True
    )
    if summary["why_not_live"]:
        typer.echo(f"Pas par l'anneau (not live): {summary['why_not_live']}.", err=True)
    if reused:
        typer.echo("Déjà prête : rien n'a été refait (kept from last time).", err=True)
    else:
        typer.echo(f"Prêt en {summary['seconds']} s (ready).", err=True)


def _become_server(store: Path, port: int, *, as_json: bool) -> NoReturn:
    """Replace this process by `jauge serve`, which knows only the public directory."""
    command = [sys.executable, "-m", "cli", "serve", "--public", str(store.resolve() / "public")]
    command += ["--demo", "--port", str(port), *(["--json"] if as_json else [])]
    sys.stdout.flush()
    sys.stderr.flush()
    os.execve(command[0], command, Steps.environment())  # noqa: S606 - our own interpreter, no shell
