"""`jauge health`: how capture and store fare, sealed for `/metrics`; `jauge purge` does it every hour, too."""

import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from cli.analysis import JsonOption, SchoolOption, StoreOption, open_measured, open_school, refusals
from cli.declared import LangOption, known_language
from cli.store import bytes_a_day

if TYPE_CHECKING:
    from analyzer.health import Health

HELP = """Tell `/metrics` how capture and store fare: losses, flow table, spool, disk, lists.

Coarse figures go, sealed, into the public directory, where the web service reads them. On an installed
machine a timer does it every five minutes, and `jauge purge` every hour.

Example: jauge health --store /var/lib/jauge/store --school /etc/jauge/school
"""
LISTS: Final = Path("/var/lib/jauge/lists/sites.lists")
"""Where the package keeps the imported lists."""
LOOK_BACK_S: Final = 3_600
MOST_DROPS: Final = 0.01
"""The share from which `jauge doctor` calls drops a failure."""
_COLUMNS: Final = ("start", "offered", "kernel_drops", "flows_in_table")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("health", help=HELP)(health)


def health(
    store: StoreOption,
    school: SchoolOption,
    lists: Annotated[Path, typer.Option(help="Lists file that capture reads.")] = LISTS,
    lang: LangOption = "fr",
    *,
    as_json: JsonOption = False,
) -> None:
    """See HELP."""
    known_language(lang)
    declared = open_school(school)
    directory = open_measured(store)
    from analyzer.health import payload, publish

    with refusals(directory):
        found = gather(directory, declared, school, lists)
        publish(directory, found)
    told = payload(found)
    if as_json:
        typer.echo(json.dumps(told))
        return
    from cli.said import health as sentences

    for line in sentences(told, lang):
        typer.echo(line)


def tell(store: Path, declared: Any, school: Path) -> None:
    """As the command, beside other work: what cannot be told now is told an hour later."""
    from analyzer.health import publish
    from analyzer.store import StoreBusy, StoreDamaged
    from privacy.store.manifest import NoStore

    try:
        publish(store, gather(store, declared, school, LISTS))
    except (StoreBusy, StoreDamaged, NoStore, OSError) as refused:
        typer.echo(f"jauge: /metrics keeps what it said: {type(refused).__name__}", err=True)


def gather(store: Path, declared: Any, school: Path, lists: Path) -> "Health":
    """Look at a store.

    Raises:
        NoStore: there is none.
        OSError: it cannot be read.
    """
    from analyzer.health import Health
    from cli.diagnosis.gather_school import lists_of
    from collector.store.space import Level
    from collector.store.status import report

    now_s = time.time()
    found = report(store, now_us=int(now_s * 1e6))
    said, disk = found["collector"] or {}, found["disk"]
    drops, fullest = _last_hour(store, declared, now_s)
    read = lists_of(lists if _is_file(lists) else None, datetime.now(UTC))
    return Health(
        at=datetime.fromtimestamp(now_s, UTC),
        collector_age_s=int(now_s - said["at_us"] / 1e6) if "at_us" in said else None,
        collector_running=bool(said.get("running")),
        slices_stopped=said.get("level") == Level.LINK_ONLY,
        drops_now=drops,
        flows_max=fullest,
        flow_cap=_flow_cap(school),
        spool_files=found["spool"]["files"],
        spool_bytes=found["spool"]["bytes"],
        spool_age_s=found["spool"]["last_write_age_s"],
        seal_delay_s=_seal_delay_s(store, now_s),
        disk_free_bytes=disk["free_bytes"],
        disk_left_days=_days_left(found),
        write_faults=int(said.get("write_faults", 0)),
        gaps={reason: entry["recent"] for reason, entry in found["gaps"].items()},
        lists_age_days=read.age_days if read is not None else None,
    )


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except PermissionError:
        return False


def _flow_cap(school: Path) -> int:
    from collector.settings import CollectorSettings
    from school.load import DeclarationErrors, load_settings

    file = school / "collector.yaml"
    try:
        return load_settings(file, CollectorSettings).flow_cap
    except (OSError, DeclarationErrors):  # `jauge check` says what is wrong with it
        return CollectorSettings().flow_cap


def _last_hour(store: Path, declared: Any, now_s: float) -> tuple[bool | None, int | None]:
    """Return whether the kernel dropped much in the last sealed hour, and the most flows at once."""
    import pyarrow as pa
    import pyarrow.compute as pc

    from analyzer.store import Store
    from privacy.store.layout import LINK

    own = Store(store)
    since = datetime.fromtimestamp(now_s - LOOK_BACK_S, UTC)
    wanted = {declared.calendar.local_day(at) for at in (since, datetime.fromtimestamp(now_s, UTC))}
    days = sorted(wanted.intersection(own.days(LINK)))
    if not days:
        return None, None
    rows = pa.concat_tables([own.link_rows(day, _COLUMNS) for day in days])
    rows = rows.filter(pc.greater_equal(rows["start"], since))
    offered = pc.sum(rows["offered"]).as_py() or 0
    if not offered:
        return None, pc.max(rows["flows_in_table"]).as_py()
    dropped = pc.sum(rows["kernel_drops"]).as_py() or 0
    return dropped >= MOST_DROPS * offered, pc.max(rows["flows_in_table"]).as_py()


def _seal_delay_s(store: Path, now_s: float) -> int | None:
    from privacy.store.layout import LINK
    from privacy.store.manifest import Manifest

    ends = [segment.last_s for segment in Manifest(store).segments(LINK) if segment.last_s]
    return max(0, int(now_s - max(ends))) if ends else None


def _days_left(found: dict[str, Any]) -> int | None:
    """Return the days until slices stop, at the rate of the days that are there."""
    disk, a_day = found["disk"], bytes_a_day(found["records"])
    if not a_day:
        return None
    return int(max(0, disk["free_bytes"] - disk["stop_below_bytes"]) // a_day)
