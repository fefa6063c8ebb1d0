"""The web process, run as its own user, can open no flow file, key, exact cell, log or spool: by trying.

The store is made by the real pipeline: committed slices, an analysis, releases. `jauge serve` runs over
its public directory as a user of its own; then that user tries every file beside it.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from privacy.store.layout import keys_beside
from school.load import load_school
from tests.analyzer_release.conftest import IBIS_ON_DUCKDB_2, Place
from tests.analyzer_release.examples import (
    MONDAY,
    NEXT_MONDAY,
    declare,
    link_minutes,
    slice_row,
    write_part,
)
from tests.support.acknowledged import acknowledge
from tests.support.processes import ROOT, end

pytestmark = [
    pytest.mark.live,
    pytest.mark.slow,
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to become the web user"),
    pytest.mark.filterwarnings(IBIS_ON_DUCKDB_2),
]

WEB_USER = 61_234
"""An identity that nobody on this machine has."""
TRY = """
import json, os, sys
opened = []
for path in json.load(sys.stdin):
    for how in (os.O_RDONLY, os.O_WRONLY, os.O_RDWR):
        try:
            os.close(os.open(path, how))
            opened.append([path, how])
        except OSError:
            pass
    try:
        os.rename(path, path + ".moved")
        opened.append([path, "renamed"])
    except OSError:
        pass
json.dump(opened, sys.stdout)
"""


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    """A week of slices, analysed on its fourth day so that exact cells are waiting; releases of the days before."""
    # Not pytest's directory, which is closed to others: nothing but the store's own modes may protect.
    base = Path(tempfile.mkdtemp(prefix="jauge-web-user-"))
    base.chmod(0o755)
    try:
        root, declared = base / "store", declare(base / "school")
        root.mkdir(mode=0o755)
        found = Place(root, declared, load_school(declared), acknowledge(root, declared))
        for offset in range(4):
            day = MONDAY + timedelta(days=offset)
            rows = [slice_row(day, "09:05", device, "atrium-sud.fr") for device in range(200)]
            write_part(root, "flows", day, rows, origin="simulated")
            write_part(root, "link", day, link_minutes(day, "08:00", 10, 4.0), origin="simulated")
        middle = NEXT_MONDAY - timedelta(days=3)
        found.analyze(middle)
        found.release(middle)
        yield found
    finally:
        shutil.rmtree(base, ignore_errors=True)


def as_web_user(code: str, said: object) -> list:
    done = subprocess.run(
        [sys.executable, "-c", code], input=json.dumps(said), capture_output=True, text=True,
        check=True, user=WEB_USER, group=WEB_USER, extra_groups=[], cwd="/",
    )  # fmt: skip
    return json.loads(done.stdout)


def files(directory: Path) -> list[str]:
    return [str(path) for path in directory.rglob("*") if path.is_file()]


def test_the_web_user_opens_what_is_public_and_nothing_else(place: Place):
    public = files(place.root / "public")
    closed = [path for path in files(place.root) if path not in public]
    keys = files(keys_beside(place.root))
    for part, wanted in (("flows", closed), ("private/cells", closed), ("manifest.sqlite", closed)):
        assert [path for path in wanted if f"/store/{part}" in path], part
    assert keys
    assert len(public) > 5
    assert as_web_user(TRY, closed + keys) == []
    opened = as_web_user(TRY, public)
    assert sorted(opened) == sorted([path, os.O_RDONLY] for path in public)


def test_the_service_runs_as_that_user_and_serves(place: Place):
    web = place.root.parent / "web"
    web.mkdir(mode=0o700)
    os.chown(web, WEB_USER, WEB_USER)
    command = [sys.executable, "-m", "cli", "serve", "--public", str(place.root / "public")]
    command += ["--accounts", str(web / "accounts.sqlite"), "--port", "18750", "--json", "--demo"]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, cwd=ROOT, user=WEB_USER, group=WEB_USER,
        extra_groups=[], env={**os.environ, "HOME": "/", "PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip
    try:
        said = json.loads(process.stdout.readline())
        with httpx.Client(follow_redirects=False) as client:
            assert client.get(said["links"]["committee"]).status_code == 303
            answer = client.get(f"{said['address']}api/v1/releases/T6")
            assert answer.status_code == 200
            assert answer.json()["releases"]
        status = Path(f"/proc/{process.pid}/status").read_text()
        assert f"Uid:\t{WEB_USER}\t{WEB_USER}\t{WEB_USER}\t{WEB_USER}" in status
        assert "CapEff:\t0000000000000000" in status
        held = [str(link.readlink()) for link in Path(f"/proc/{process.pid}/fd").iterdir()]
        store = [path for path in held if path.startswith(str(place.root) + "/")]
        assert [path for path in store if not path.startswith(str(place.root / "public"))] == []
    finally:
        end(process)
        process.stdout.close()
    assert (web / "accounts.sqlite").stat().st_mode & 0o777 == 0o600
