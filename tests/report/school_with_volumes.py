"""The published school of the pages' tests, with volumes (T4) and what filled the line (T7)."""

from datetime import date, timedelta
from pathlib import Path

from privacy.release import Cell, Measure, Method, Release, display, dump_release
from tests.pages.published_school import LAST, Publisher, days, publish

WEEK_MB = {
    "pedagogical": 310_000, "residual_private": 260_000, "abusive": 900,
    "resource_inappropriate": 41_000, "technical": 95_000, "undetermined": 128_000,
}  # fmt: skip
FILL_MB = {
    "education": 160_000, "conferencing": 9_000, "video": 110_000, "audio": 30_000, "games": 1_000,
    "social": 12_000, "files": 2_000, "updates": 70_000, "web": 8_000, "undetermined": 40_000,
}  # fmt: skip
SIGMA = {"T4": 14_344.4, "T7": 4_303.3}
MONTH = (date(2026, 9, 1), date(2026, 10, 1))


def volumes(
    publisher: Publisher, table: str, span: tuple[str, date, date], exact: dict[str, int]
) -> None:
    period, starts, ends = span
    sigma, key = SIGMA[table], "use" if table == "T4" else "group"
    cells = []
    for name, megabytes in exact.items():
        noisy = round(megabytes + publisher.random.gauss(0, sigma))
        shown = display(noisy, sigma=sigma, floor=0)
        cells.append(Cell(key=((key, name),), noisy=noisy, display=shown))
    method = Method("discrete_gaussian", "device_day", 0.0024, sigma, 1000, Measure.MEGABYTES)
    release = Release(
        table=table, period=period, starts=starts, ends=ends, method=method, cells=tuple(cells),
        origin="simulated", charter_digest=publisher.charter_digest,
        privacy_digest=publisher.privacy_digest,
    )  # fmt: skip
    publisher.write(f"releases/{table}", period, dump_release(release))


def publish_all(public: Path) -> Path:
    publish(public)
    publisher = Publisher(public, seed=11)
    for monday in days(date(2026, 9, 7), LAST):
        if monday.weekday() == 0:
            period = "{}-W{:02d}".format(*monday.isocalendar()[:2])
            volumes(publisher, "T4", (period, monday, monday + timedelta(days=7)), WEEK_MB)
    volumes(publisher, "T7", ("2026-09", *MONTH), FILL_MB)
    return public
