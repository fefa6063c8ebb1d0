"""What nDPI found in its own captures, and what the collector finds: names and flows, counted."""

import ipaddress
import json
from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from collector.sources.files import NotACapture
from privacy.records import SiteSource
from school.catalogue import load_catalogue
from tests.captures.foreign import CAPTURES, EXPECTED
from tests.oracles.captures import records
from tests.oracles.slow_meter import SlowMeter
from tests.support.metering import Metered, meter_file

SOURCES = {
    "HTTP Host": (SiteSource.HTTP_HOST, SiteSource.PROXY_CONNECT),
    "TLS SNI": (SiteSource.TLS_SNI, SiteSource.PROXY_CONNECT),
    "QUIC SNI": (SiteSource.QUIC_SNI,),
}
"""nDPI's words for where a name comes from, and ours for the same evidence."""
NDPI_CUTS_AT = 79
NOT_FOUND = {
    "fuzz-2006-09-29-28586.pcap": "a format string, no host name (RFC 1123 section 2.1)",
    "false_positives.pcapng": "inside GTP-U, a mobile core's tunnel, which is not followed",
}
"""Captures with one expected name that is not found, each with the reason."""


@cache
def everything() -> dict[str, Metered | NotACapture]:
    """Meter each capture; a file that is none stands as its refusal."""
    found: dict[str, Metered | NotACapture] = {}
    for path in sorted(CAPTURES.iterdir()):
        try:
            found[path.name] = meter_file(path)
        except NotACapture as refusal:
            found[path.name] = refusal
    return found


def metered() -> dict[str, Metered]:
    """The captures that could be read."""
    return {name: got for name, got in everything().items() if isinstance(got, Metered)}


# --- names -----------------------------------------------------------------------------------------


@cache
def is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True


@cache
def expected_names() -> dict[str, dict[str, Counter]]:
    """Return {source: {capture: names}}; address literals are no host names."""
    found: dict[str, dict[str, Counter]] = {source: defaultdict(Counter) for source in SOURCES}
    for line in EXPECTED.read_text().splitlines():
        entry = json.loads(line)
        name = (entry["hostname"] or "").lower().split(":")[0].rstrip(".")
        if entry["hostname_source"] in found and name and not is_address(name):
            found[entry["hostname_source"]][entry["pcap"]][name] += 1
    return found


def names_of(got: Metered, sources: tuple[SiteSource, ...] = ()) -> Counter:
    """One name a flow, of the given evidence or of any, as far as nDPI shows them."""
    rows = got.slices.select(["flow", "site", "site_source"]).to_pylist()
    wanted = [row for row in rows if row["site"] and (not sources or row["site_source"] in sources)]
    return Counter({row["flow"]: row["site"][:NDPI_CUTS_AT] for row in wanted}.values())


@dataclass(frozen=True, slots=True)
class Found:
    """Expected names of one source: how many, how many found whole, how many as their site."""

    wanted: int
    whole: int
    as_site: int


def found_of(source: str) -> Found:
    site_of = load_catalogue().site_of
    wanted = whole = as_site = 0
    for capture, names in expected_names()[source].items():
        have = names_of(metered()[capture]) if capture in metered() else Counter()
        wanted += names.total()
        whole += (names & have).total()
        as_site += (_reduced(names, site_of) & _reduced(have, site_of)).total()
    return Found(wanted, whole, as_site)


def _reduced(names: Counter, site_of) -> Counter:
    sites: Counter = Counter()
    for name, count in names.items():
        sites[site_of(name) or name] += count
    return sites


def not_found() -> dict[tuple[str, str], int]:
    """Return {(capture, name): flows} of what nDPI expects and the collector has not."""
    missing: Counter = Counter()
    for captures in expected_names().values():
        for capture, names in captures.items():
            have = names_of(metered()[capture]) if capture in metered() else Counter()
            for name, count in (names - have).items():
                missing[capture, name] += count
    return dict(missing)


def missed_by_ndpi() -> dict[tuple[str, str], int]:
    """Return {(capture, name): flows} of HTTP, TLS and QUIC names that only the collector has."""
    of_wire = tuple({source for sources in SOURCES.values() for source in sources})
    more: Counter = Counter()
    for capture, got in metered().items():
        known: Counter = Counter()
        for captures in expected_names().values():
            known += captures.get(capture, Counter())
        for name, count in (names_of(got, of_wire) - known).items():
            more[capture, name] += count
    return dict(more)


# --- flows -----------------------------------------------------------------------------------------

_COUNTS = ("up_packets", "down_packets", "up_bytes", "down_bytes")


@dataclass(frozen=True, slots=True)
class FlowsOf:
    """Flows of one capture as the slow twin has them, and those that differ."""

    flows: int
    equal: int
    differing: Counter


def _as_flows(slices) -> Counter:
    """Slices (objects or rows as dictionaries) by flow → how many flows are like that."""
    flows: Counter = Counter()
    for parts in slices:
        first = parts[0]
        counts = tuple(sum(part[name] for part in parts) for name in _COUNTS)
        flows[first["ip_version"], first["transport"], first["server_port"], *counts] += 1
    return flows


def flows_of(path: Path) -> FlowsOf:
    """Compare packets and octets of each flow, in each direction, with the slow twin's."""
    slow = SlowMeter()
    for record in records(path):
        slow.offer(record)
    twin: Counter = Counter()
    for parts, count in slow.finish().items():
        keys = ("ip_version", "transport", "server_port", *_COUNTS)
        (flow,) = _as_flows([[{key: getattr(part, key) for key in keys} for part in parts]])
        twin[flow] += count
    by_flow = defaultdict(list)
    for row in metered()[path.name].slices.to_pylist():
        by_flow[row["flow"]].append(row)
    mine = _as_flows(by_flow.values())
    return FlowsOf(twin.total(), (mine & twin).total(), (mine - twin) + (twin - mine))


def all_flows() -> dict[str, FlowsOf]:
    """Compare every capture that can be read."""
    return {name: flows_of(CAPTURES / name) for name in metered()}
