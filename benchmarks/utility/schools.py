"""The declared school in another size: its files, rewritten. Does I/O."""

import re
import shutil
from pathlib import Path

from simulator.people import DEVICES

DECLARED = Path(__file__).parents[2] / "simulator" / "school"
ALL = sum(DEVICES.values())
"""Devices of the declared school."""

MERGED = {
    100: {"bureaux": "cdi", "vie-scolaire": "cdi", "internat": "wifi", "invites": "wifi"},
    300: {"vie-scolaire": "bureaux", "invites": "wifi"},
}
"""What a school of each size has to merge, because fewer than 20 persons are declared. Larger
schools merge as the declared one does."""


def scale_of(devices: int) -> float:
    """Return the size of a school beside the declared one."""
    return devices / ALL


def declare(directory: Path, devices: int) -> Path:
    """Write the files of a school of some size; its persons and its line are scaled alike."""
    shutil.copytree(DECLARED, directory)
    scale = scale_of(devices)
    for name in ("zones.yaml", "calendar.yaml"):
        path = directory / name
        text = re.sub(
            r"persons: (\d+)",
            lambda found: f"persons: {round(int(found[1]) * scale)}",
            path.read_text("utf-8"),
        )
        path.write_text(text, "utf-8")
    lines = directory / "lines.yaml"
    text = re.sub(
        r"(\d+) Mbit/s",
        lambda found: f"{round(int(found[1]) * 1000 * scale)} kbit/s",
        lines.read_text("utf-8"),
    )
    lines.write_text(text, "utf-8")
    _merge(directory / "zones.yaml", MERGED.get(devices, {}))
    return directory


def _merge(path: Path, merged: dict[str, str]) -> None:
    zone, lines = "", []
    for line in path.read_text("utf-8").splitlines():
        found = re.match(r"  - name: (\S+)", line)
        zone = found[1] if found else zone
        if zone in merged and line.lstrip().startswith("published_in:"):
            line = f"    published_in: {merged[zone]}"  # noqa: PLW2901 - the line as it is written
        lines.append(line)
    path.write_text("\n".join(lines) + "\n", "utf-8")
