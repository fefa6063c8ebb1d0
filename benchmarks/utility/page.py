"""docs/utility.md: what is shown at each size, and which table feeds which view. Pure."""

from collections.abc import Mapping

from benchmarks.utility.drawn import Figures
from benchmarks.utility.exact import Cells
from privacy.gate.tables import Key
from privacy.release import Quality

Measured = Mapping[int, tuple[Cells, Mapping[str, Figures]]]

VIEWS = {
    "En bref `/`": ("T1", "T3", "T6", "link"),
    "Débit `/debit`": ("link",),
    "Quand ça sature `/saturation`": ("T7", "link"),
    "Services adoptés `/services`": ("T3",),
    "Usages `/usages`": ("T1", "T2", "T4", "T5-bis"),
    "Avant / après `/avant-apres`": ("T1", "T3", "link"),
    "Parc et salles `/parc`": ("T1", "T2", "T7"),
    "Confiance et confidentialité `/confiance`": ("documents",),
}
"""The eight views of a committee and the tables that they are drawn from. `link` is the load of the
whole line, without noise; `documents` are settings, ledger and verdicts, without any measured cell."""
SEEN_OFTEN = 0.9
"""A cell counts as seen by a school when at least nine in ten drawings show it."""
SMALL = 300


SHARES = (
    "## Why the shares stay as they are",
    "",
    "Noise falls with the square root of a share: to halve that of one table, the others would have to",
    "give up three times its share. T1, T2, T3 and T5-bis show nine tenths of the activity from 600 devices",
    "on, and most of it at 300; none can give up a third without losing cells at 300. T4 is the weak one:",
    "at 300 devices its largest cell is 32 GB a week, under the threshold of 57 GB, and twice its share",
    "would bring that to 41 GB only. What T4 lacks is a smaller *cap*: noise is proportional to it, and 300 MB a",
    "device-day would show what a school of 300 does. But a smaller cap cuts heavy device-days, and how many",
    "there are is not known from simulated ones, nor may it be chosen from a school's own data. A school may",
    "declare a smaller cap (`privacy.yaml`); the default stays until there are figures from real schools.",
    "",
)


def text(measured: Measured, *, times: int, date: str, machine: str) -> str:
    """Return the page."""
    return "\n".join(
        [
            *_head(measured, times, date, machine),
            *_targets(measured),
            *_tables(measured),
            *SHARES,
            *_views(measured),
            *_seen(measured),
        ]
    )


def _head(measured: Measured, times: int, date: str, machine: str) -> list[str]:
    sizes = ", ".join(f"{size:,}" for size in measured)
    return [
        "# What a committee sees, by size of school",
        "",
        f"Measured {date} ({machine}) by `python -m benchmarks.utility --write docs/utility.md`: simulated",
        f"schools of {sizes} devices, the school days of 7–30 September 2026, three whole weeks. Slices",
        "are written by the simulator, classified under the charter of `simulator/school`, bounded and",
        f"counted by the analyzer; those exact cells then went {times} times through the real gate, each",
        "time with a ledger of its own. Persons and line are scaled with the devices; zones of fewer than",
        "20 declared persons are merged by declaration (`benchmarks/utility/schools.py`).",
        "",
        "*Simulated people are more alike than real ones: read the sizes of the errors, not the uses.*",
        "Errors of the noise alone; what the caps cut is not in them.",
        "",
    ]


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.0f} %"


def _targets(measured: Measured) -> list[str]:
    lines = ["## The two that were promised", ""]
    if 600 in measured:
        t1 = measured[600][1]["T1"]
        shown, error = t1.share_shown(), t1.error(Quality.RELIABLE)
        lines += [
            "| at 600 devices | target | measured |",
            "|---|---|---|",
            f"| activity that stands in shown cells of T1 | ≥ 90 % | {100 * shown:.1f} % |",
            f"| median error of reliable cells of T1 | ≤ 5 % | {100 * (error or 0):.1f} % |",
            "",
        ]
    return lines


def _tables(measured: Measured) -> list[str]:
    lines = [
        "## Table by table",
        "",
        "Cells of one release: shown as reliable + as indicative, of all; withheld are the others. Then",
        "the share of the exact activity that stands in shown cells, and the median error of each kind.",
        "",
        "| table | " + " | ".join(f"{size:,} devices" for size in measured) + " |",
        "|---|" + "---|" * len(measured),
    ]
    names = list(dict.fromkeys(name for _, figures in measured.values() for name in figures))
    for name in names:
        row = [_cell(figures.get(name)) for _, figures in measured.values()]
        lines.append(f"| {name} | " + " | ".join(row) + " |")
    return [*lines, ""]


def _cell(figures: Figures | None) -> str:
    if figures is None:
        return "not released"
    reliable, indicative = (figures.per_release(quality) for quality in Quality)
    errors = " / ".join(_percent(figures.error(quality)) for quality in Quality)
    return (
        f"{reliable:.1f} + {indicative:.1f} of {figures.cells}; "
        f"{_percent(figures.share_shown())}; {errors}"
    )


def _views(measured: Measured) -> list[str]:
    lines = [
        "## Views and tables",
        "",
        "No view without a table. `link` is the load of the whole line and has no noise.",
        "",
        "| view | drawn from | cells that a school of 300 devices sees (nine drawings in ten) |",
        "|---|---|---|",
    ]
    small = measured.get(SMALL)
    for view, tables in VIEWS.items():
        seen = ", ".join(_count(small[1] if small else {}, table) for table in tables)
        lines.append(f"| {view} | {', '.join(tables)} | {seen} |")
    lines.append("| rehearsal (`jauge rehearse`) | rehearsal, T6 | ")
    lines[-1] += _count(small[1] if small else {}, "rehearsal") + " |"
    return [*lines, ""]


def _count(figures: Mapping[str, Figures], table: str) -> str:
    if table in {"link", "documents"}:
        return f"{table}: all"
    if table not in figures:
        return f"{table}: not released"
    found = figures[table]
    seen = sum(found.seen(key) >= SEEN_OFTEN for key in found.by_cell)
    return f"{table}: {seen} of {found.cells}"


def _name(key: Key) -> str:
    return " · ".join(value for _, value in sorted(key, reverse=True))


def _seen(measured: Measured) -> list[str]:
    if SMALL not in measured:
        return []
    lines = [f"## Which cells a school of {SMALL} sees", ""]
    for table, figures in measured[SMALL][1].items():
        often = [_name(key) for key in figures.by_cell if figures.seen(key) >= SEEN_OFTEN]
        never = [_name(key) for key in figures.by_cell if figures.seen(key) <= 1 - SEEN_OFTEN]
        between = len(figures.by_cell) - len(often) - len(never)
        lines.append(f"- **{table}** sees {', '.join(often) or 'nothing'}.")
        if between:
            lines.append(f"  Sometimes shown: {between}. Almost never: {len(never)}.")
    return [*lines, ""]
