"""Who may do what where: users by directory (tmpfiles), units by directory (sandbox and user together).

The second table says of processes what the import contracts say of code (docs/adr/0010). The installed
run tries both (tests/live/installed/rights.py).
"""

import re
from pathlib import Path, PurePosixPath

import pytest

from tests.deploy.test_units import DEPLOY, UNITS, Unit, declared_users
from tests.live.installed.rights import RIGHTS, USERS
from tests.live.installed.rights import UNITS as PROBED

STORE, KEYS = "/var/lib/jauge/store", "/var/lib/jauge/store.keys"
PLACES = {
    "flows": f"{STORE}/flows", "link": f"{STORE}/link", "spool": f"{STORE}/spool", "log": f"{STORE}/log",
    "private": f"{STORE}/private", "public": f"{STORE}/public", "requests": f"{STORE}/requests",
    "keys": KEYS, "cells": f"{KEYS}/cells", "web": "/var/lib/jauge/web", "lists": "/var/lib/jauge/lists",
    "machine": "/var/lib/jauge-machine",
}  # fmt: skip
TABLE = """
                   flows link spool log private public requests keys cells web lists machine
    collector      w     w    w     w   -       r      w        w    -     -   r     -
    listen         w     w    w     w   -       r      w        w    -     -   r     -
    seal           w     w    w     r   -       r      w        w    -     -   r     -
    analyze        r     r    r     w   w       w      w        w    w     -   r     -
    release        r     r    r     w   w       w      w        w    w     -   r     -
    first-day      r     r    r     w   w       w      w        w    w     -   r     -
    health         r     r    r     w   w       w      w        w    w     -   r     -
    purge          w     w    w     w   w       w      w        w    w     -   r     -
    web            -     -    -     -   -       r      w        -    -     w   -     -
    lists          -     -    -     -   -       -      -        -    -     -   w     -
"""
"""w reads and writes, r reads, - neither."""


def directories() -> dict[str, tuple[int, str, str]]:
    """Path → mode, owner, group, as tmpfiles makes them."""
    text = (DEPLOY / "systemd" / "jauge.tmpfiles").read_text("utf-8")
    rows = [row.split() for row in text.splitlines() if row.startswith("d ")]
    return {row[1]: (int(row[2], 8), row[3], row[4]) for row in rows}


def bits(path: str, user: str) -> int:
    """Return rwx of one directory for a user; what the store's owner makes later is his alone."""
    known = directories()
    mode, owner, group = known.get(path, (0o700, "jauge-collect", "jauge-collect"))
    if not path.startswith("/var/lib/jauge"):
        return 0o5
    shift = 6 if owner == user else 3 if group == user else 0
    return mode >> shift & 0o7


def by_files(path: str, user: str) -> str:
    """Return `w`, `r` or `-`: what the modes let a user do."""
    above = [
        str(each)
        for each in PurePosixPath(path).parents
        if str(each) not in {"/", "/var", "/var/lib"}
    ]
    if any(not bits(each, user) & 0o1 for each in above):
        return "-"
    found = bits(path, user)
    return "w" if found & 0o3 == 0o3 else "r" if found & 0o5 == 0o5 else "-"


def by_sandbox(unit: Unit, path: str) -> str:
    """Return `w`, `r` or `-`: what the unit's name space lets it do; the longest rule decides."""
    rules: dict[str, str] = {"/": "r"}  # ProtectSystem=strict
    for key, right in (
        ("TemporaryFileSystem", "-"), ("ReadWritePaths", "w"), ("ReadOnlyPaths", "r"),
        ("InaccessiblePaths", "-"), ("BindReadOnlyPaths", "r"), ("BindPaths", "w"),
    ):  # fmt: skip
        rules |= {word.lstrip("-").partition(":")[0]: right for word in unit.words(key)}
    fitting = [rule for rule in rules if PurePosixPath(path).is_relative_to(rule)]
    return rules[max(fitting, key=len)]


def expected() -> dict[str, dict[str, str]]:
    head, *rows = [line.split() for line in TABLE.strip().splitlines()]
    return {row[0]: dict(zip(head, row[1:], strict=True)) for row in rows}


@pytest.mark.parametrize("path", UNITS, ids=[path.stem for path in UNITS])
def test_each_unit_reaches_what_its_line_of_the_table_says(path: Path):
    unit = Unit(path)
    assert unit.one("ProtectSystem") == "strict"
    user = unit.one("User")
    found = {
        name: min(by_files(place, user), by_sandbox(unit, place), key="-rw".index)
        for name, place in PLACES.items()
    }
    assert found == expected()[path.stem.removeprefix("jauge-")]


def test_users_reach_the_directories_that_the_installed_run_tries():
    assert set(USERS) == declared_users()
    shown = {"w": "rw", "r": "r-", "-": "--"}
    for path in RIGHTS.keys() & directories().keys():
        found = tuple(shown[by_files(path, user)] for user in USERS)
        assert found == RIGHTS[path], path


def test_every_directory_and_every_unit_is_in_the_tables():
    assert directories().keys() - {"/var/lib/jauge", f"{KEYS}/cells"} <= RIGHTS.keys()
    assert set(PROBED) == {path.stem for path in UNITS}


def test_the_collector_cannot_forge_what_is_published_and_the_analyzer_cannot_forge_what_was_captured():
    table = expected()
    assert {table["collector"][place] for place in ("private", "cells")} == {"-"}
    assert table["collector"]["public"] == "r"
    for unit in ("analyze", "release", "first-day"):
        assert {table[unit][place] for place in ("flows", "link", "spool")} == {"r"}


def test_places_that_are_closed_to_a_unit_exist_before_its_name_space_is_made():
    """A rule with `-` for a directory that is not there yet is ignored by systemd, for good."""
    for path in UNITS:
        closed = {word.lstrip("-") for word in Unit(path).words("InaccessiblePaths")}
        assert closed <= directories().keys(), path.name


def test_an_update_makes_the_directories_again_before_the_units_start():
    text = (DEPLOY / "deb" / "postinst").read_text("utf-8")
    assert re.search(r"systemd-tmpfiles --create .*\n(.*\n)*.*try-restart", text)
