"""Where executors find the day files of many schools: `BASE/school=<UAI>/day=YYYY-MM-DD/…`. I/O.

Without a declared base, under the store's own path, which every executor must then see. With one (any
fsspec path), a day's committed files are copied there as they are, encrypted, before the day is asked;
what was replaced or erased since is removed. Keys are never copied: a day whose key is destroyed is
erased wherever a copy of it lies.
"""

from datetime import date
from pathlib import Path
from typing import Any

from analyzer.engines.refused import EngineRefused
from analyzer.engines.slices import StoredSlices


def addresses(slices: StoredSlices, base: str | None) -> list[str]:
    """Return where each of a day's files can be opened; they are brought there first.

    Raises:
        EngineRefused: they cannot be brought.
    """
    files = [slices.reader.root / segment.path for segment in slices.segments]
    if base is None:
        return [f"file://{path.resolve()}" for path in files]
    day = slices.segments[0].day
    directory = f"{base}/school={slices.school}/day={day.isoformat()}"
    try:
        return _brought(files, directory)
    except (OSError, ImportError, ValueError) as error:
        raise EngineRefused(
            f"{base}: day {day} cannot be brought to where executors read ({type(error).__name__}); "
            "see `slices` in engine.yaml, and that fsspec's package for it is installed"
        ) from None


def _brought(files: list[Path], directory: str) -> list[str]:
    import fsspec

    system, place = fsspec.core.url_to_fs(directory)
    system.makedirs(place, exist_ok=True)
    there = {Path(entry["name"]).name: entry["size"] for entry in system.ls(place, detail=True)}
    for path in files:
        if there.get(path.name) != path.stat().st_size:
            partial = f"{place}/{path.name}.partial"
            system.put_file(str(path), partial)
            system.mv(partial, f"{place}/{path.name}")
    for name in there.keys() - {path.name for path in files}:
        system.rm_file(f"{place}/{name}")
    return [f"{directory}/{path.name}" for path in files]


def cleared(base: str, school: str, kept: set[date]) -> list[str]:
    """Remove the days of a school that are not kept any more; return their names.

    Raises:
        EngineRefused: the base cannot be reached.
    """
    import fsspec

    try:
        system, place = fsspec.core.url_to_fs(f"{base}/school={school}")
        found: list[Any] = system.ls(place, detail=False) if system.exists(place) else []
        names = {f"day={day.isoformat()}" for day in kept}
        gone = [path for path in found if Path(path).name not in names]
        for path in gone:
            system.rm(path, recursive=True)
    except (OSError, ImportError, ValueError) as error:
        raise EngineRefused(f"{base}: cannot be reached ({type(error).__name__})") from None
    return [Path(path).name for path in gone]
