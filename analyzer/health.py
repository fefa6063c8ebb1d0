"""How capture and store fare, for `/metrics`: `public/health.json`, sealed like every published file. I/O.

The web process opens neither slices nor the store's own files; what an administrator's alerts need of
them reaches it here. Made anew every hour or oftener, so it must not become a clock of somebody's
evening: only ages, counts of faults, and sizes in steps so coarse that no device moves them alone
(`STEPS`). It stands outside `documents/`: it belongs to no policy, and no page shows it.
"""

import math
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from analyzer.keys import seal_key
from analyzer.store import PUBLIC_FILE, Store, write_whole
from privacy.published import HEALTH
from privacy.sealed import seal

GIB: Final = 1 << 30
MIB: Final = 1 << 20
TABLE_STEP: Final = 10
"""The flow table's occupancy is told in tenths, rounded up: 26,000 flows of 262,144."""
STEPS: Final = {"table_tenths": TABLE_STEP, "spool_mib": MIB, "disk_free_gib": GIB}


@dataclass(frozen=True, slots=True)
class Health:
    """What was found, in full; `payload` says what of it is told. None: nobody could look."""

    at: datetime
    """When it was looked at, aware."""
    collector_age_s: int | None = None
    """Since the collector's last sign of life; it gives one every few seconds."""
    collector_running: bool = False
    """It has not said that it ended."""
    slices_stopped: bool = False
    """The disk is nearly full: only link counters are written."""
    drops_now: bool | None = None
    """In the last hour the kernel dropped a packet of a hundred, or more."""
    flows_max: int | None = None
    """Most flows in the table at once, in the last hour."""
    flow_cap: int = 0
    spool_files: int = 0
    spool_bytes: int = 0
    spool_age_s: int = 0
    """Since the spool that waits longest was written to."""
    seal_delay_s: int | None = None
    """Since the end of the newest sealed link row: what happened later is only in spools."""
    disk_free_bytes: int = 0
    disk_left_days: int | None = None
    """Until slices stop, at the present rate."""
    write_faults: int = 0
    gaps: dict[str, int] = field(default_factory=dict)
    """Times in the last week that something could not be kept, by reason."""
    lists_age_days: int | None = None


def payload(found: Health) -> dict[str, Any]:
    """Return what is told: pure, and coarse."""
    return {
        "document": HEALTH,
        "at": found.at.replace(second=0, microsecond=0).isoformat(),
        "collector_age_s": found.collector_age_s,
        "collector_running": found.collector_running,
        "slices_stopped": found.slices_stopped,
        "drops_now": found.drops_now,
        "table_tenths": _tenths(found.flows_max, found.flow_cap),
        "spool_files": found.spool_files,
        "spool_mib": math.ceil(found.spool_bytes / MIB),
        "spool_age_s": found.spool_age_s,
        "seal_delay_s": found.seal_delay_s,
        "disk_free_gib": found.disk_free_bytes // GIB,
        "disk_left_days": found.disk_left_days,
        "write_faults": found.write_faults,
        "gaps": dict(sorted(found.gaps.items())),
        "lists_age_days": found.lists_age_days,
    }


def _tenths(flows: int | None, cap: int) -> int | None:
    if flows is None or cap <= 0:
        return None
    return min(TABLE_STEP, math.ceil(flows * TABLE_STEP / cap))


def publish(root: Path, found: Health) -> None:
    """Seal and write it.

    Raises:
        StoreBusy: an analysis or release is at work; what was told before stays.
        StoreDamaged: the key of the seal cannot be used.
    """
    store = Store(root)
    with store.locked():
        key = seal_key(store)
        write_whole(store.public / f"{HEALTH}.json", seal(payload(found), key), PUBLIC_FILE)
