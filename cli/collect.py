"""`jauge replay` and `jauge capture`: packets in, flow slices out."""

import json
import secrets
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.conntrack import capture_conntrack
from cli.declared import Declared, declared_for_collector, school_or_refusal
from cli.exits import Exit, Refusal
from cli.hardening import HOLDER, PARSER, call_this, confine, leave_no_core, stay_in_memory
from cli.logs import DnsLogs, Lists, ProxyAddresses, ProxyLogs, logs_or_refusal
from cli.progress import counter_line, octets_bar
from cli.sink import keys_of_files, open_directory, open_file, open_watched, refuse_trouble
from collector.memory import settle

if TYPE_CHECKING:
    from collector.accounting import Totals
    from collector.engine import Meter
    from collector.run import Store
    from collector.settings import CollectorSettings
    from collector.sources.ring import Ring


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("replay")(replay)
    app.command("capture")(capture)


def replay(
    files: Annotated[list[Path], typer.Argument(help="Capture files, pcap or pcapng.")],
    store: Annotated[Path | None, typer.Option(help="Store to write into.")] = None,
    out: Annotated[Path | None, typer.Option(help="One Parquet file of plain slices.")] = None,
    school: Annotated[Path | None, typer.Option(help="Directory of the declared files.")] = None,
    timestamps: Annotated[
        str, typer.Option(help="`packet`, or `trailer` of a tap aggregator.")
    ] = "packet",
    *,
    lists: Lists = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Meter capture files.

    Example: jauge replay monday.pcap --out slices.parquet --json
    """
    if (store is None) == (out is None):
        raise Refusal("say either --store DIR or --out FLOWS.parquet", Exit.USAGE)
    from collector.accounting import memory_sentence
    from collector.run import run_replay
    from collector.sources.files import NotACapture

    _must_be_files(files)
    category_of = category_of_lists(lists)
    sink = open_file(out) if out is not None else open_directory(Path(store or ""))
    declared = declared_for_collector(school)
    meter = _meter(
        sink,
        declared,
        key_of_day=keys_of_files(declared.timezone),
        source="file",
        timestamps=timestamps,
        settings=_settings(school),
        category_of=category_of,
    )
    _say(memory_sentence(meter.flow_cap))
    try:
        with octets_bar("Lecture") as progress:
            result = run_replay(files, meter, sink, progress)
    except NotACapture as error:
        if out is not None:
            sink.discard()
        raise Refusal(
            f"{files[0]}: {error}; give a file written by tcpdump or Wireshark", Exit.DATA
        ) from None
    except OSError as error:
        kept = ""
        if out is not None:
            sink.discard()
            kept = "; what stood there before is kept"
        where = error.filename or out or store
        raise Refusal(f"{where}: {error.strerror}{kept}", Exit.DATA) from None
    _report(result.totals, as_json=as_json)
    faults = [
        f"{path}: {fault.message} at octet {fault.offset}; what came before is kept"
        for path, fault in result.faults
    ]
    refuse_trouble(sink, *faults)


def capture(
    store: Annotated[Path, typer.Option(help="Store to write into.")],
    interface: Annotated[
        str | None, typer.Option(help="Interface to capture on; else collector.yaml says it.")
    ] = None,
    school: Annotated[Path | None, typer.Option(help="Directory of the declared files.")] = None,
    side: Annotated[
        str | None, typer.Option(help="Where the interface looks: lan, wan or mirror.")
    ] = None,
    line: Annotated[str | None, typer.Option(help="The declared line that is measured.")] = None,
    timestamps: Annotated[
        str, typer.Option(help="`packet`, or `trailer` of a tap aggregator.")
    ] = "packet",
    *,
    source: Annotated[
        str, typer.Option(help="`ring` (packets), or `conntrack` on the gateway itself.")
    ] = "ring",
    dns_log: DnsLogs = None,
    proxy_log: ProxyLogs = None,
    proxy_address: ProxyAddresses = None,
    lists: Lists = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Capture on an interface until SIGINT or SIGTERM, then close the counts.

    Example: jauge capture --interface eth1 --store /var/lib/jauge --school /etc/jauge --side lan

    On a gateway that translates addresses, --source conntrack reads the kernel's own connections
    instead of packets; logs of the name server or of a proxy then bring the names.
    """
    settle()
    if _is_conntrack(source, dns_log, proxy_log):
        settings = _settings(school, interface=interface, side=side, line=line)
        if settings.interface == "any":
            _interface_to_use(settings.interface)
        capture_conntrack(
            store,
            school,
            line=settings.line,
            logs=logs_or_refusal(dns_log, proxy_log, proxy_address, lists, school),
            stopping=_stop_signals(),
            as_json=as_json,
        )
        return
    if interface is not None:
        _interface_to_use(interface)
    stopping = _stop_signals()
    leave_no_core()
    ring = _split(timestamps)  # from here on we are the parser: no socket, no capability
    settings = _settings(school, interface=interface, side=side, line=line)
    interface = _interface_to_use(settings.interface)
    from collector.accounting import memory_sentence
    from collector.compile import compile_loop
    from collector.run import LiveFacts, run_capture
    from collector.sources.ring import InterfaceCounters

    category_of = category_of_lists(lists)
    facts = LiveFacts(ring, InterfaceCounters(settings.side))
    declared = declared_for_collector(school)
    sink = open_watched(
        store, declared, source=f"capture {interface}", line=settings.line, point=settings.side
    )
    meter = _meter(
        sink,
        declared,
        key_of_day=sink.key_of_day,
        objections=sink.objections,
        source=interface,
        timestamps=timestamps,
        link_facts=facts,
        settings=settings,
        category_of=category_of,
    )
    compile_loop()  # it loads from the cache at its first call: a second or two of packets
    _say(memory_sentence(meter.flow_cap))
    _open_ring(ring, interface)  # last, so that all is ready when the first packet comes
    facts.begin()
    try:
        with counter_line(f"Capture sur {interface}") as show:
            result = run_capture(
                ring,
                meter,
                sink,
                stopped=lambda: bool(stopping),
                follow_wall=timestamps == "packet",
                tick=_ticker(show),
            )
    except OSError as error:
        raise Refusal(f"{store}: {error.strerror}", Exit.DATA) from None
    result.notes.extend(sink.notes())
    _report(result, as_json=as_json)
    refuse_trouble(sink)
    if ring.orphaned:
        raise Refusal(
            "the process that holds the packet socket ended first; what was captured is stored: "
            "start the capture again",
            Exit.INTERNAL,
            told=True,
        )


def _split(timestamps: str) -> "Ring":
    """Become the holder of the socket and the parser; returns in the parser only."""
    from collector.sources.packet_socket import SNAP_BYTES, WHOLE_FRAME
    from collector.sources.split import Parted, split

    call_this("jauge-holder")
    try:
        mapping, channel = split(
            snap_bytes=SNAP_BYTES if timestamps == "packet" else WHOLE_FRAME,
            confine_holder=lambda: confine(HOLDER, "the holder of the packet socket"),
            confine_parser=_become_parser,
        )
    except Parted as parted:
        if parted.code >= 0:
            raise SystemExit(parted.code) from None
        raise Refusal(
            f"the process that parses was ended by signal {-parted.code}; what it had written is "
            "whole, the rest is lost: start the capture again",
            Exit.INTERNAL,
        ) from None
    except PermissionError:
        raise Refusal(
            "no permission to capture: run as root, or give the program CAP_NET_RAW",
            Exit.PERMISSION,
        ) from None
    except OSError as error:
        raise Refusal(
            f"the kernel gives no packet ring: {error.strerror}; it takes TPACKET_V3 (Linux 3.2), "
            "64 MiB of memory and a netlink socket",
            Exit.PERMISSION,
        ) from None
    from collector.sources.ring import Ring

    return Ring(mapping, channel)


def _become_parser() -> None:
    call_this("jauge-parser")
    from collector import cache

    if cache.has_cache() and not cache.is_warm():  # a confined process starts no compiler
        _say_compiling()
        cache.fill()
    stay_in_memory()
    confine(PARSER, "the process that parses packets")


def _is_conntrack(source: str, dns_log: list[Path] | None, proxy_log: list[Path] | None) -> bool:
    """Tell which source is meant; refuse what would do nothing."""
    if source not in {"ring", "conntrack"}:
        raise Refusal(f"--source {source}: say ring or conntrack", Exit.USAGE)
    if source == "ring" and (dns_log or proxy_log):
        raise Refusal(
            "--dns-log and --proxy-log name the flows of --source conntrack and of `jauge listen`; "
            "a capture finds the names in the packets",
            Exit.USAGE,
        )
    return source == "conntrack"


def _must_be_files(paths: list[Path]) -> None:
    for path in paths:
        if path.is_dir():
            raise Refusal(f"{path}: this is a directory; name its capture files", Exit.DATA)
        if not path.is_file():
            raise Refusal(f"{path}: there is no such file", Exit.DATA)


def _settings(school: Path | None, **options: str | None) -> "CollectorSettings":
    """Return collector.yaml of the school, overridden by what the command line says."""
    from pydantic import ValidationError

    from collector.settings import CollectorSettings

    settings = CollectorSettings()
    if school is not None:
        from school.load import load_settings

        school_or_refusal(school)
        settings = load_settings(school / "collector.yaml", CollectorSettings)
    given = {name: value for name, value in options.items() if value is not None}
    try:
        return CollectorSettings.model_validate({**settings.model_dump(), **given})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise Refusal(f"--{first['loc'][0]}: {first['msg']}", Exit.USAGE) from None


def _interface_to_use(interface: str | None) -> str:
    if interface is None:
        raise Refusal(
            "no interface: say --interface IF, or `interface:` in collector.yaml", Exit.USAGE
        )
    if interface == "any":
        raise Refusal(
            "interface `any` would count a connection once on each side of the gateway; "
            "name the inside interface",
            Exit.USAGE,
        )
    return interface


def _open_ring(ring: "Ring", interface: str) -> None:
    from collector.sources.ring import CannotCapture

    try:
        ring.open(interface)
    except CannotCapture as error:
        if not error.absent:
            raise Refusal(str(error), Exit.INTERNAL if ring.orphaned else Exit.DATA) from None
        names = ", ".join(sorted(path.name for path in Path("/sys/class/net").iterdir()))
        raise Refusal(f"{error}; this machine has: {names}", Exit.USAGE) from None


def _ticker(show: Any) -> Any:
    """Show the counters when somebody watches, and say once that the flow table is full."""
    from collector.meter import layout as lay

    said = False

    def tick(meter: "Meter", ring: Any) -> None:
        nonlocal said
        count = meter.tables["count"]
        if not said and count[lay.C_FORCED]:
            _say(
                f"the flow table is full ({meter.flow_cap:,} flows): unanswered flows are closed "
                "early, totals stay exact, link rows say `degraded`"
            )
            said = True
        if show is not None:
            show(
                f"{int(count[lay.C_OFFERED]):,} paquets, {int(meter.word[lay.W_FLOWS]):,} flux, "
                f"{ring.dropped:,} perdus"
            )

    return tick


def _stop_signals() -> list[int]:
    """Collect SIGINT and SIGTERM in a list: the loop looks at it and closes everything itself."""
    seen: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda received, _: seen.append(received))
    return seen


def _meter(
    sink: "Store",
    declared: Declared,
    *,
    key_of_day: Any,
    source: str,
    timestamps: str,
    settings: "CollectorSettings",
    link_facts: Any = None,
    category_of: Any = None,
    objections: Any = None,
) -> "Meter":
    if timestamps not in {"packet", "trailer"}:
        raise Refusal(f"--timestamps {timestamps}: say packet or trailer", Exit.USAGE)
    _compile_when_cold()
    from collector.engine import Meter, MeterSetup
    from collector.reduce import make_reducer
    from school.words import Category

    catalogue = declared.catalogue

    def is_resolver(site: str) -> bool:
        return catalogue.category_of(site) == Category.DOH_RESOLVER

    setup = MeterSetup(
        placement=declared.placement,
        reduce=make_reducer(catalogue.site_of, category_of, is_resolver),
        key_of_day=key_of_day,
        timezone=declared.timezone,
        seeds=(secrets.randbits(63), secrets.randbits(63)),
        trailer=timestamps == "trailer",
        source=source,
        flow_cap=settings.flow_cap,
        line=settings.line,
        config_digest=declared.config,
        objections=objections,
    )
    return Meter(setup, sink, link_facts)


def _compile_when_cold() -> None:
    """Compile before anything waits for the loop, and say why it takes a while."""
    from collector import cache

    if not cache.is_warm():
        _say_compiling()
        from collector.compile import compile_loop

        compile_loop()


def _say_compiling() -> None:
    _say("compiling the packet loop for this processor (once)")


def _say(sentence: str) -> None:
    """Tell a person what is going on; stdout is for the result."""
    print(f"jauge: {sentence}", file=sys.stderr)  # noqa: T201 - stderr speaks to a person


def category_of_lists(lists: Path | None) -> Any:
    """Map a lists file; it stays mapped as long as the process looks names up."""
    if lists is None:
        return None
    from school.lists.layout import ListsRefused
    from school.lists.reader import ListsFile

    try:
        return ListsFile.open(lists).category_of
    except ListsRefused as error:
        raise Refusal(f"{lists}: {error}; make it with `jauge lists update`", Exit.DATA) from None


def _report(totals: "Totals", *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(totals.as_dict()))
        return
    typer.echo(
        f"{totals.packets_offered:,} packets offered = {totals.packets_parsed:,} parsed + "
        f"{sum(totals.rejected.values()):,} rejected + {totals.kernel_drops:,} kernel drops + "
        f"{totals.shed:,} shed"
    )
    for reason, count in sorted(totals.rejected.items()):
        typer.echo(f"  rejected, {reason}: {count:,}")
    named = ", ".join(f"{source} {count:,}" for source, count in sorted(totals.names.items()))
    typer.echo(
        f"{totals.ip_bytes:,} IP octets, {totals.flows:,} flows, {totals.slices:,} slices "
        f"in {totals.seconds:.2f} s; names: {named or 'none'}"
    )
    for note in totals.notes:
        typer.echo(f"note: {note}")
