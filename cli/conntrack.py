"""`jauge capture --source conntrack`: the connections of a NAT gateway in, flow slices out."""

import json
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from cli.declared import Declared, declared_for_collector
from cli.exits import Exit, Refusal
from cli.progress import counter_line
from cli.sink import open_watched, refuse_trouble

if TYPE_CHECKING:
    from collector.conntrack.gateway import Gateway


def capture_conntrack(
    store: Path,
    school: Path | None,
    *,
    line: str,
    logs: Any,
    stopping: list[int],
    as_json: bool,
) -> None:
    """Follow the kernel's connections until a stop signal, then close the counts.

    Raises:
        Refusal: no school, accounting is off, no permission, or the store cannot be written.
    """
    if school is None:
        raise Refusal(
            "--source conntrack needs --school DIR: zones.yaml says which addresses are inside",
            Exit.USAGE,
        )
    from collector.conntrack.kernel import CannotTrack, Kernel, findings, read_switch, run_gateway

    wrong = findings(read_switch)
    if wrong:
        raise Refusal("; ".join(wrong), Exit.CONFIGURATION)
    declared = declared_for_collector(school)
    sink = open_watched(store, declared, source="conntrack", line=line, point="conntrack")
    gateway = _gateway(sink, declared, line, logs)
    kernel = Kernel()
    try:
        kernel.open()
        typer.echo("jauge: following the connections of this gateway", err=True)
        with counter_line("Connexions de la passerelle") as show:
            report = run_gateway(
                kernel,
                gateway,
                sink,
                stopped=lambda: bool(stopping),
                before_reading=logs.poll if logs is not None else lambda _: None,
                tick=_ticker(show),
            )
    except CannotTrack as error:
        advice = "run as root, or give the program CAP_NET_ADMIN"
        code = Exit.PERMISSION if error.permission else Exit.USAGE
        raise Refusal(f"--source conntrack: {error}; {advice}", code) from None
    except OSError as error:
        raise Refusal(f"{store}: {error.strerror}", Exit.DATA) from None
    if logs is not None:
        report["logs"] = logs.report()
        report["notes"] += logs.notes()
    report["notes"] += sink.notes()
    _print(report, as_json=as_json)
    refuse_trouble(sink)


def _gateway(sink: Any, declared: Declared, line: str, logs: Any) -> "Gateway":
    from cli.listen import minimiser_of
    from collector.conntrack.gateway import Gateway, GatewaySetup

    setup = GatewaySetup(
        minimiser=minimiser_of(sink, declared, logs),
        random_id=lambda: secrets.randbits(63),
        line=line,
        config_digest=declared.config,
    )
    return Gateway(setup, sink)


def _ticker(show: Any) -> Any:
    if show is None:
        return lambda _: None

    def tick(gateway: "Gateway") -> None:
        show(f"{len(gateway.table):,} connexions, {gateway.kernel_drops:,} événements perdus")

    return tick


def _print(report: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(report))
        return
    typer.echo(
        f"{report['messages_offered']:,} messages offered = {report['messages_parsed']:,} parsed"
        f" + {sum(report['rejected'].values()):,} rejected + {report['kernel_drops']:,} kernel drops"
        f" + {report['shed']:,} shed; {report['readings']:,} readings of the table"
    )
    for part in ("rejected", "connections_unused"):
        for reason, count in sorted(report[part].items()):
            typer.echo(f"  {part.replace('_', ' ')}, {reason}: {count:,}")
    typer.echo(
        f"{report['ip_bytes']:,} IP octets, {report['flows']:,} flows, "
        f"{report['slices']:,} slices in {report['seconds']:.2f} s"
    )
    for note in report["notes"]:
        typer.echo(f"note: {note}")
