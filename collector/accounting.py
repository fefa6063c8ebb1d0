"""What became of every packet, as one object: the `--json` of capture and replay.

offered = parsed + rejected(by reason) + kernel drops + shed. Each term is counted on its own; the
identity is checked, never used to fill in a term.
"""

from dataclasses import dataclass, field
from typing import Any

from collector.meter import layout as lay
from collector.meter.hints import APP_WORDS
from collector.store import WRITING_BYTES
from privacy.records import Reject, SiteSource

_SOURCES = {
    SiteSource.TLS_SNI: lay.SOURCE_TLS,
    SiteSource.QUIC_SNI: lay.SOURCE_QUIC,
    SiteSource.HTTP_HOST: lay.SOURCE_HTTP,
    SiteSource.PROXY_CONNECT: lay.SOURCE_CONNECT,
    SiteSource.DNS: lay.SOURCE_DNS,
}


def memory_bound(flow_cap: int) -> int:
    """Return the octets that packets can make a run take beyond what the program itself takes."""
    return lay.table_bytes(flow_cap) + WRITING_BYTES


def memory_sentence(flow_cap: int) -> str:
    """Say how many flows are held at once, and what memory that and the rows on their way take."""
    return (
        f"flow table for {flow_cap:,} flows: {lay.table_bytes(flow_cap) / 2**20:.0f} MiB; "
        f"with the rows on their way out {memory_bound(flow_cap) / 2**20:.0f} MiB at most"
    )


@dataclass(frozen=True, slots=True)
class Totals:
    """Counts of one run."""

    packets_offered: int
    packets_parsed: int
    rejected: dict[str, int]
    kernel_drops: int
    shed: int
    ip_bytes: int
    flows: int
    slices: int
    names: dict[str, int]
    seconds: float
    apps: dict[str, int] = field(default_factory=dict)
    """Flows that left a trace outside the school, by wire hint (`dot`, `doq` and `doh` among them)."""
    degraded_flows: int = 0
    flow_cap: int = lay.FLOW_CAP
    """Most flows at once."""
    table_bytes: int = 0
    """Memory of the meter when all of it is in use."""
    memory_bytes: int = 0
    """What packets can make a run take beyond the program itself: the meter, and rows on their way."""
    notes: list[str] = field(default_factory=list)

    def gap(self) -> int:
        """Return what the identity leaves over: 0, or packets that nobody accounted for."""
        accounted = self.packets_parsed + sum(self.rejected.values())
        return self.packets_offered - accounted - self.kernel_drops - self.shed

    def as_dict(self) -> dict[str, Any]:
        """Return the object that `--json` prints."""
        return {
            "packets_offered": self.packets_offered,
            "packets_parsed": self.packets_parsed,
            "rejected": self.rejected,
            "kernel_drops": self.kernel_drops,
            "shed": self.shed,
            "ip_bytes": self.ip_bytes,
            "flows": self.flows,
            "slices": self.slices,
            "names": self.names,
            "apps": self.apps,
            "seconds": round(self.seconds, 3),
            "degraded_flows": self.degraded_flows,
            "flow_cap": self.flow_cap,
            "table_bytes": self.table_bytes,
            "memory_bytes": self.memory_bytes,
            "notes": self.notes,
        }


def totals(
    tables: Any, *, offered: int | None, kernel_drops: int, seconds: float, notes: list[str]
) -> Totals:
    """Read the totals of a meter.

    Args:
        tables: the meter's memory.
        offered: what the kernel says it offered; None for files, where the reader counts.
        kernel_drops: what the kernel says it dropped.
        seconds: duration of the run.
        notes: sentences for a person.
    """
    count = tables["count"]
    flow_cap = int(tables["word"][lay.W_FLOW_CAP])
    return Totals(
        packets_offered=int(count[lay.C_OFFERED]) if offered is None else offered,
        packets_parsed=int(count[lay.C_PARSED]),
        rejected={
            reason.value: int(count[lay.C_REJECT0 + i])
            for i, reason in enumerate(Reject)
            if count[lay.C_REJECT0 + i]
        },
        kernel_drops=kernel_drops,
        shed=0,
        ip_bytes=int(count[lay.C_IP_BYTES]),
        flows=int(count[lay.C_FLOWS]),
        slices=int(count[lay.C_SLICES]),
        names={
            source.value: int(count[lay.C_NAMED0 + code])
            for source, code in _SOURCES.items()
            if count[lay.C_NAMED0 + code]
        },
        seconds=seconds,
        apps={
            word: int(flows)
            for word, flows in zip(APP_WORDS, tables["apps"], strict=False)
            if word and flows
        },
        degraded_flows=int(count[lay.C_FORCED]),
        flow_cap=flow_cap,
        table_bytes=lay.table_bytes(flow_cap),
        memory_bytes=memory_bound(flow_cap),
        notes=notes,
    )
