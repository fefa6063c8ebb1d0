"""`jauge listen`: flow exports of routers and probes in, flow slices out."""

import json
import secrets
import signal
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.declared import Declared, declared_for_collector
from cli.exits import Exit, Refusal
from cli.logs import DnsLogs, Lists, ProxyAddresses, ProxyLogs, logs_or_refusal
from cli.progress import counter_line
from cli.sink import open_watched, refuse_trouble
from collector.memory import settle

if TYPE_CHECKING:
    from collector.exports.listener import Listener
    from collector.exports.tables import Minimiser

PORT_MAX = 65_535
EXPORTERS_MAX = 64
"""More routers than any school has; each may hold a few MiB of templates."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("listen")(listen)


def listen(
    bind: Annotated[str, typer.Option(help="Address and port, 192.0.2.1:2055 or [::1]:2055.")],
    exporter: Annotated[list[str], typer.Option(help="Address that may export; repeat it.")],
    store: Annotated[Path, typer.Option(help="Store to write into.")],
    school: Annotated[Path | None, typer.Option(help="Directory of the declared files.")] = None,
    line: Annotated[str, typer.Option(help="The declared line that is measured.")] = "internet",
    *,
    dns_log: DnsLogs = None,
    proxy_log: ProxyLogs = None,
    proxy_address: ProxyAddresses = None,
    lists: Lists = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Receive NetFlow v5 and v9, IPFIX and sFlow v5 until SIGINT or SIGTERM.

    UDP proves nothing about its sender: give the exporters a network of their own, or WireGuard.

    Example: jauge listen --bind 192.0.2.1:2055 --exporter 192.0.2.254 --store /var/lib/jauge
    """
    address, port = _bind_address(bind)
    exporters = _exporters(exporter)
    settle()
    from collector.exports.receiver import CannotListen, open_socket, run_listen

    stopping = _stop_signals()
    logs = logs_or_refusal(dns_log, proxy_log, proxy_address, lists, school)
    declared = declared_for_collector(school)
    sink = open_watched(store, declared, source="listen", line=line, point="listen")
    listener = _listener(sink, exporters, declared, line, logs)
    try:
        receiver = open_socket(address, port)
    except CannotListen as error:
        code = Exit.PERMISSION if "ermission" in str(error) else Exit.USAGE
        raise Refusal(f"--bind {bind}: {error}", code) from None
    typer.echo(f"jauge: listening on {bind} for {len(exporters)} exporters", err=True)
    try:
        with counter_line(f"Écoute sur {bind}") as show:
            report = run_listen(
                receiver,
                listener,
                sink,
                stopped=lambda: bool(stopping),
                tick=_ticker(show),
                before_tick=logs.poll if logs is not None else lambda _: None,
            )
    except OSError as error:
        raise Refusal(f"{store}: {error.strerror}", Exit.DATA) from None
    if logs is not None:
        report["logs"] = logs.report()
        report["notes"] += logs.notes()
    report["notes"] += sink.notes()
    _print(report, as_json=as_json)
    refuse_trouble(sink)


def _bind_address(bind: str) -> tuple[str, int]:
    host, _, port = bind.rpartition(":")
    try:
        address = str(ip_address(host.strip("[]")))
        number = int(port)
    except ValueError:
        number, address = -1, ""
    if not 0 <= number <= PORT_MAX:
        raise Refusal(
            f"--bind {bind}: write an address and a port, as 192.0.2.1:2055 or [::1]:2055",
            Exit.USAGE,
        )
    return address, number


def _exporters(values: list[str]) -> tuple[str, ...]:
    found: list[str] = []
    for value in values:
        try:
            address = str(ip_address(value))
        except ValueError:
            raise Refusal(f"--exporter {value}: write one address, no name", Exit.USAGE) from None
        if address not in found:
            found.append(address)
    if len(found) > EXPORTERS_MAX:
        raise Refusal(f"--exporter: at most {EXPORTERS_MAX}", Exit.USAGE)
    return tuple(found)


def _stop_signals() -> list[int]:
    """Collect SIGINT and SIGTERM in a list: the loop looks at it and closes everything itself."""
    seen: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda received, _: seen.append(received))
    return seen


def _listener(
    sink: Any, exporters: tuple[str, ...], declared: Declared, line: str, logs: Any
) -> "Listener":
    from collector.exports.listener import Listener, ListenSetup

    minimiser = minimiser_of(sink, declared, logs)
    setup = ListenSetup(
        exporters=exporters,
        minimiser=minimiser,
        random_id=lambda: secrets.randbits(63),
        line=line,
        config_digest=declared.config,
    )
    return Listener(setup, sink)


def minimiser_of(sink: Any, declared: Declared, logs: Any) -> "Minimiser":
    """Return what turns flows into stored rows, with the keys and objections of an open store."""
    from collector.exports.places import Identities, Places
    from collector.exports.tables import Minimiser

    return Minimiser(
        places=Places(declared.placement),
        identities=Identities(),
        site_of=declared.catalogue.site_of,
        key_of_day=sink.key_of_day,
        timezone=declared.timezone,
        objections=sink.objections,
        logged=logs.names if logs is not None else None,
    )


def _ticker(show: Any) -> Any:
    if show is None:
        return None

    def tick(listener: "Listener") -> None:
        show(f"{listener.datagrams:,} datagrammes, {listener.forged:,} refusés (expéditeur)")

    return tick


def _print(report: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(report))
        return
    typer.echo(
        f"{report['datagrams_offered']:,} datagrams offered = {report['datagrams_parsed']:,} parsed"
        f" + {report['datagrams_duplicate']:,} duplicate + {sum(report['rejected'].values()):,}"
        f" rejected + {report['kernel_drops']:,} kernel drops + {report['shed']:,} shed"
    )
    for reason, count in sorted(report["rejected"].items()):
        typer.echo(f"  rejected, {reason}: {count:,}")
    for entry in report["exporters"]:
        numbers = entry["numbers"]
        typer.echo(
            f"exporter {entry['exporter']}: {entry['records_metered']:,} records metered; "
            f"{numbers['offered']:,} sent = {numbers['parsed']:,} parsed + {numbers['lost']:,} lost; "
            f"{entry['restarts']:,} restarts"
        )
    typer.echo(
        f"{report['ip_bytes']:,} IP octets, {report['flows']:,} flows, "
        f"{report['slices']:,} slices in {report['seconds']:.2f} s"
    )
    for note in report["notes"]:
        typer.echo(f"note: {note}")
