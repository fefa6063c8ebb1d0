"""The text format of Prometheus (0.0.4): families with HELP and TYPE, base units, one line a sample.

Pure. Every family of `/metrics` is declared in `FAMILIES`; what has no value now is left out whole.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

Labels = tuple[tuple[str, str], ...]
Samples = Mapping[Labels, float]
ONE: Final[Labels] = ()


@dataclass(frozen=True, slots=True)
class Family:
    """One metric: its name ends in its unit, and in `_total` where it only grows."""

    name: str
    kind: str
    """`counter` or `gauge`."""
    help: str


def _counter(name: str, text: str) -> Family:
    return Family(f"jauge_{name}", "counter", text)


def _gauge(name: str, text: str) -> Family:
    return Family(f"jauge_{name}", "gauge", text)


FAMILIES: Final = (
    _counter("http_responses_total", "Answers of the web service, by class of status."),
    _counter("http_response_start_seconds_total", "Time until answers began, summed up."),
    _counter("account_events_total", "Logins, failed and paused ones, one-time links used."),
    _gauge("releases", "Stored releases, by table."),
    _gauge("last_update_age_seconds", "Since the day of the last analysis or release."),
    _gauge(
        "capture_acknowledged", "1 while the DPO's acknowledgement of the settings is in force."
    ),
    _gauge("capture_day_age_seconds", "Since the last school day that is over and was captured."),
    _gauge("capture_coverage_ratio", "Packets metered of those offered, on that school day."),
    _gauge("capture_drops_ratio", "Packets that the kernel dropped of those offered, on that day."),
    _gauge("capture_shed_ratio", "Packets shed on purpose of those offered, on that day."),
    _gauge("capture_rejected_ratio", "Packets rejected of those offered, on that day, by reason."),
    _gauge("health_age_seconds", "Since what follows was last looked at."),
    _gauge("collector_last_sign_seconds", "Age of the collector's last sign of life, then."),
    _gauge("collector_running", "1 unless the collector has said that it ended."),
    _gauge(
        "capture_drops_now", "1 if the kernel dropped 1 % of the packets or more in the last hour."
    ),
    _gauge("table_occupancy_ratio", "Flow table, fullest moment of the last hour, in tenths."),
    _gauge("spool_files", "Spools: acknowledged and not sealed yet."),
    _gauge("spool_bytes", "Their size, in whole MiB."),
    _gauge("spool_last_write_age_seconds", "Since the spool that waits longest was written to."),
    _gauge("seal_delay_seconds", "Since the newest link row in a sealed file."),
    _gauge("store_slices_stopped", "1 while the disk is too full for slices."),
    _gauge("store_free_bytes", "Room left on the store's disk, in whole GiB."),
    _gauge("store_left_seconds", "Until slices stop for want of room, at the present rate."),
    _gauge("store_write_faults", "Faults of the disk since the collector started."),
    _gauge("store_gaps", "Times in the last week that rows could not be kept, by reason."),
    _gauge("lists_age_seconds", "Age of the imported lists, in whole days."),
)
_KNOWN: Final = {family.name: family for family in FAMILIES}


def expose(values: Mapping[str, Samples]) -> str:
    """Return everything as text, in the order of `FAMILIES`.

    Args:
        values: name of a family → its samples.

    Raises:
        KeyError: a name that no family has.
    """
    for name in values:
        _KNOWN[name]
    lines = []
    for family in FAMILIES:
        if samples := values.get(family.name):
            lines.append(f"# HELP {family.name} {family.help}")
            lines.append(f"# TYPE {family.name} {family.kind}")
            lines += [f"{family.name}{_labels(at)} {_number(v)}" for at, v in samples.items()]
    return "\n".join(lines) + "\n"


def _labels(labels: Labels) -> str:
    """Names and values are our own words: nothing in them has to be escaped."""
    inner = ",".join(f'{name}="{value}"' for name, value in labels)
    return f"{{{inner}}}" if inner else ""


def _number(value: float) -> str:
    return f"{value:.6f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(int(value))
