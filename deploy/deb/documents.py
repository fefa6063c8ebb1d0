"""What the package ships under /usr/share/doc/jauge: `python documents.py ROOT DIRECTORY`. I/O.

README.md and the administrator's guide, every guide, record of a decision and picture that their links reach, all in
one directory (`docs/` is its top), the changelog, and the licences as Debian's policy wants them. The same tree gives
the same bytes. A relative link that nothing in the directory answers ends the build.
"""  # noqa: INP001 - a script beside the one that runs it

import gzip
import re
import sys
from pathlib import Path
from typing import Final
from urllib.parse import unquote

FIRST: Final = ("README.md", "docs/admin.md")
LINK: Final = re.compile(r"\]\(([^)\s]+)\)")
FENCED: Final = re.compile(r"(?ms)^```.*?^```$|`[^`\n]*`")
"""Code, where a bracket is no link."""
VENDOR: Final = "dashboards/static/vendor/LICENSE-plotly"
COPYRIGHT: Final = """\
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: jauge
Comment:
 The Python packages beside Jauge under /opt/jauge/venv are their authors', each under a licence of its own: its text
 lies in the package's .dist-info directory, its name in sbom.cdx.json.

Files: *
Copyright: the authors of Jauge
License: EUPL-1.2

Files: */dashboards/static/vendor/*
Copyright: {plotly}
License: Expat

License: EUPL-1.2
{eupl}

License: Expat
{expat}
"""


def links(text: str) -> list[str]:
    """Return the relative links of a Markdown text, without their places inside a page."""
    found = [unquote(link.partition("#")[0]) for link in LINK.findall(FENCED.sub("", text))]
    return [link for link in found if link and "://" not in link and not link.startswith("mailto:")]


def reached(root: Path) -> list[Path]:
    """Return the files that the first ones reach; of a directory, its Markdown files.

    Raises:
        SystemExit: a link leads nowhere.
    """
    waiting, found = [root / name for name in FIRST], []
    while waiting:
        file = waiting.pop()
        if file.is_dir():
            waiting += sorted(file.glob("*.md"))
        elif not file.is_file():
            raise SystemExit(f"{file.relative_to(root)}: a link leads there, and there is nothing")
        elif file not in found:
            found.append(file)
            if file.suffix == ".md":
                waiting += [
                    (file.parent / link).resolve() for link in links(file.read_text("utf-8"))
                ]
    return sorted(file for file in found if file.name != "LICENSE")


def dead(directory: Path) -> list[str]:
    """Return the relative links of shipped documents that no shipped file answers."""
    return [
        f"{file.relative_to(directory)}: {link}"
        for file in sorted(directory.rglob("*.md"))
        for link in links(file.read_text("utf-8"))
        if not (file.parent / link).exists()
    ]


def _paragraph(text: str) -> str:
    return "\n".join(f" {line.rstrip() or '.'}" for line in text.strip().splitlines())


def licences(root: Path) -> str:
    """Return the package's `copyright`."""
    holder, _, terms = (root / VENDOR).read_text("utf-8").partition("\n\nPermission")
    holder = " ".join(re.findall(r"(?m)^Copyright \(c\) (.*)$", holder))
    eupl = (root / "LICENSE").read_text("utf-8")
    return COPYRIGHT.format(
        plotly=holder, eupl=_paragraph(eupl), expat=_paragraph(f"Permission{terms}")
    )


def ship(root: Path, directory: Path) -> None:
    """Write everything into the directory.

    Raises:
        SystemExit: a link leads nowhere.
    """
    for file in reached(root):
        name = (
            file.relative_to(root / "docs")
            if file.is_relative_to(root / "docs")
            else Path(file.name)
        )
        place = directory / name
        place.parent.mkdir(parents=True, exist_ok=True)
        data = file.read_bytes()
        if file.parent == root:
            data = data.replace(b"](docs/", b"](").replace(b"](LICENSE)", b"](copyright)")
        place.write_bytes(data)
    changes = (root / "CHANGELOG.md").read_bytes()
    (directory / "changelog.gz").write_bytes(gzip.compress(changes, 9, mtime=0))
    (directory / "copyright").write_text(licences(root), "utf-8")
    if lost := dead(directory):
        raise SystemExit("links that nothing answers: " + "; ".join(lost))


if __name__ == "__main__":
    ship(Path(sys.argv[1]).resolve(), Path(sys.argv[2]))
