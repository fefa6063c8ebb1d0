"""An older package over what a newer one left: refused by its `preinst`, called as dpkg calls it."""

import re
import sqlite3
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from privacy.store import layout
from privacy.store.manifest import FORMAT, Manifest
from tests.support.needs import need

DEB = Path(__file__).resolve().parents[2] / "deploy" / "deb"
VERSION = "0.1.0"
FILL = r"(?ms)^store=\$\(\$here .*?^fill\(\) \{.*?\}$"
"""What fills it in deploy/deb/build.sh."""
SENTENCE = f"going back to {VERSION} would not read\nthem. Restore a backup made with {VERSION}"
CONTROL = (
    "Package: jauge\nVersion: {}\nArchitecture: all\nMaintainer: x <x@localhost>\nDescription: x\n"
)


@cache
def script() -> str:
    """Return the `preinst` of the package, filled by the lines of deploy/deb/build.sh."""
    found = re.search(FILL, (DEB / "build.sh").read_text("utf-8"))
    assert found is not None
    known = f"here={sys.executable} version={VERSION} python=python3 size=1\n"
    done = subprocess.run(
        ["bash", "-euc", f"{known}{found[0]}\nfill deploy/deb/preinst.in"], cwd=DEB.parents[1],
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    return done.stdout


def preinst(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run it over a system of its own."""
    return subprocess.run(
        ["sh", "-c", script(), "preinst", *arguments], capture_output=True, text=True, check=False,
        timeout=30, env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DPKG_ROOT": str(root)},
    )  # fmt: skip


def stored(root: Path, form: int) -> None:
    """Make a store's manifest, of this form."""
    store = root / "var" / "lib" / "jauge" / "store"
    store.mkdir(parents=True)
    Manifest(store).make()
    with sqlite3.connect(store / layout.MANIFEST) as db:
        db.execute(f"PRAGMA user_version={form}")
    db.close()


def test_the_build_fills_every_place_of_the_script():
    assert re.findall(r"@\w+@", script()) == []
    assert f'-gt "{FORMAT}"' in script()


@pytest.mark.parametrize("action", ["upgrade", "install"])
def test_an_older_package_is_refused_over_a_newer_one_installed_or_removed(tmp_path, action):
    need("dpkg", "dpkg")
    done = preinst(tmp_path, action, "0.2.0", VERSION)
    assert (done.returncode, SENTENCE in done.stderr) == (1, True), done.stderr
    assert "or keep 0.2.0." in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("install",),
        ("install", "", VERSION),
        ("install", VERSION, VERSION),
        ("install", "0.0.9", VERSION),
        ("upgrade", "0.0.9", VERSION),
        ("upgrade", "0.1.0~rc1", VERSION),
        ("abort-upgrade", "0.2.0"),
    ],
    ids=" ".join,
)
def test_the_same_a_newer_or_a_first_one_is_not(tmp_path, arguments):
    need("dpkg", "dpkg")
    stored(tmp_path, FORMAT)
    done = preinst(tmp_path, *arguments)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("arguments", [("install",), ("upgrade", "0.0.9", VERSION)], ids=" ".join)
def test_a_store_of_a_newer_form_is_refused_whatever_dpkg_remembers(tmp_path, arguments):
    need("dpkg", "dpkg")
    stored(tmp_path, FORMAT + 256)
    done = preinst(tmp_path, *arguments)
    assert (done.returncode, SENTENCE in done.stderr) == (1, True), done.stderr
    assert f"the store is of form {FORMAT + 256}, not {FORMAT}" in done.stderr


def built(work: Path, version: str, *, before: str = "") -> Path:
    """Build a package `jauge` of one configuration file and a `preinst`."""
    tree = work / version
    for name, text, mode in (
        ("DEBIAN/control", CONTROL.format(version), 0o644),
        ("DEBIAN/conffiles", "/etc/default/jauge\n", 0o644),
        ("DEBIAN/preinst", before or "#!/bin/sh\n", 0o755),
        ("etc/default/jauge", "JAUGE_CAPTURE=\n", 0o644),
    ):
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(text, "utf-8")
        (tree / name).chmod(mode)
        (tree / name).parent.chmod(0o755)
    package = work / f"{version}.deb"
    subprocess.run(["dpkg-deb", "-b", tree, package], check=True, capture_output=True, timeout=30)
    return package


def test_dpkg_itself_asks_the_script_after_a_removal_that_left_configuration(tmp_path):
    need("dpkg-deb", "dpkg")
    admin = tmp_path / "root" / "var" / "lib" / "dpkg"
    for directory in ("info", "updates", "triggers"):
        (admin / directory).mkdir(parents=True)
    for file in ("status", "available"):
        (admin / file).touch()
    newer, older = built(tmp_path, "0.2.0"), built(tmp_path, VERSION, before=script())

    def dpkg(*words: object) -> subprocess.CompletedProcess[str]:
        options = ["--force-not-root", "--force-script-chrootless", "--force-downgrade"]
        return subprocess.run(
            ["dpkg", f"--root={tmp_path / 'root'}", f"--log={tmp_path / 'log'}", *options, *map(str, words)],
            capture_output=True, text=True, check=False, timeout=60,
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C"},
        )  # fmt: skip

    assert dpkg("-i", newer).returncode == 0
    refused = dpkg("-i", older)
    assert (refused.returncode != 0, SENTENCE in refused.stderr) == (True, True), refused.stderr
    assert dpkg("-r", "jauge").returncode == 0
    refused = dpkg("-i", older)
    assert (refused.returncode != 0, SENTENCE in refused.stderr) == (True, True), refused.stderr
    assert dpkg("-P", "jauge").returncode == 0
    accepted = dpkg("-i", older)
    assert accepted.returncode == 0, accepted.stderr
