"""Keys that are gone, foreign, or made by two at once; places that others can reach."""

import os
import stat
from datetime import date, timedelta
from pathlib import Path

import pytest

from privacy.store import keyfiles, machine
from privacy.store.files import NewFile, who_may_replace, write_small
from privacy.store.keyfiles import KeyFiles
from privacy.store.keys import CellKeyring, FileKeyring, KeyMissing, derive
from privacy.store.machine import MachineKeyRefused, secret_directory, wrapping_key
from privacy.store.wipe import wipe

DAY = date(2026, 11, 16)


def test_a_writer_forgets_what_another_process_destroyed(tmp_path):
    mine, other = FileKeyring(tmp_path / "keys"), FileKeyring(tmp_path / "keys")
    mine.key_of(DAY, make=True)
    other.destroy(DAY)
    mine.tend()
    with pytest.raises(KeyMissing, match="destroyed"):
        mine.key_of(DAY)


def test_a_keyring_that_lets_go_reads_its_keys_again(tmp_path):
    keys = FileKeyring(tmp_path / "keys")
    first = keys.key_of(DAY, make=True)
    keys.let_go()
    assert keys.key_of(DAY) == first
    keys.forget(DAY)
    keys.forget(DAY)
    assert keys.key_of(DAY) == first


def test_other_files_among_the_keys_are_no_days(tmp_path):
    keys = FileKeyring(tmp_path / "keys")
    keys.key_of(DAY, make=True)
    (tmp_path / "keys" / "2026-99-99").write_bytes(b"")
    assert keys.days() == [DAY]
    keys.destroy(DAY)
    assert (keys.days(), keys.erased()) == ([], [DAY])


def test_of_two_who_make_a_key_at_once_both_get_the_first_one_s(tmp_path, monkeypatch):
    first = FileKeyring(tmp_path / "keys")
    real = os.link

    def late(source, target):
        monkeypatch.setattr(os, "link", real)
        first.key_of(DAY, make=True)
        real(source, target)

    monkeypatch.setattr(os, "link", late)
    assert FileKeyring(tmp_path / "keys").key_of(DAY, make=True) == first.key_of(DAY)
    assert [path.name for path in (tmp_path / "keys").iterdir()] == [DAY.isoformat()]


def test_a_key_of_another_machine_is_refused(tmp_path):
    KeyFiles(tmp_path, lambda make=False: b"1" * 32, b"form").key_of("a", make=True)
    with pytest.raises(KeyMissing, match="not a key of this machine"):
        KeyFiles(tmp_path, lambda make=False: b"2" * 32, b"form").key_of("a", make=False)


def test_keys_of_cells_that_never_were_are_destroyed_without_an_error(tmp_path):
    CellKeyring(tmp_path / "keys").destroy("T1", "2026-W37")
    assert not (tmp_path / "keys").exists()


def test_keys_of_cells_are_destroyed_with_what_a_killed_writer_left(tmp_path):
    keys = CellKeyring(tmp_path / "keys")
    keys.key_of("T1", "2026-W37", make=True)
    keys.key_of("T1", "2026-W38", make=True)
    (keys.directory / "T1-2026-W37.1234.tmp").write_bytes(b"left")
    keys.destroy("T1", "2026-W37")
    assert [path.name for path in keys.directory.iterdir()] == ["T1-2026-W38"]
    with pytest.raises(KeyMissing):
        keys.key_of("T1", "2026-W37")


def test_more_keys_than_are_remembered_stay_readable(tmp_path, monkeypatch):
    monkeypatch.setattr(keyfiles, "KNOWN_MAX", 2)
    keys = KeyFiles(tmp_path, lambda make=False: b"1" * 32, b"form")
    made = {name: keys.key_of(name, make=True) for name in "abcd"}
    assert {name: keys.key_of(name, make=False) for name in "abcd"} == made


# The machine's secret.


@pytest.fixture
def secret(tmp_path, monkeypatch):
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    monkeypatch.setenv(machine.SETTING, str(tmp_path / "machine"))
    return tmp_path / "machine" / machine.FILE


def test_the_secret_is_drawn_by_a_writer_once(secret):
    with pytest.raises(MachineKeyRefused, match="missing; restore it"):
        wrapping_key()
    first = wrapping_key(make=True)
    assert wrapping_key() == wrapping_key(make=True) == first
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600


def test_a_secret_that_others_read_or_that_is_cut_is_refused(secret):
    wrapping_key(make=True)
    secret.chmod(0o644)
    with pytest.raises(MachineKeyRefused, match="chmod 600"):
        wrapping_key()
    secret.chmod(0o600)
    secret.write_bytes(b"short")
    with pytest.raises(MachineKeyRefused, match="damaged"):
        wrapping_key()


def test_a_credential_of_the_service_comes_first_and_must_be_long(secret, tmp_path, monkeypatch):
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    from_file = wrapping_key(make=True)
    (tmp_path / machine.CREDENTIAL).write_bytes(b"c" * 64)
    assert wrapping_key() != from_file
    (tmp_path / machine.CREDENTIAL).write_bytes(b"c")
    with pytest.raises(MachineKeyRefused, match="at least"):
        wrapping_key()


def test_a_container_without_a_machine_id_has_a_key_of_its_own(secret, monkeypatch, tmp_path):
    named = wrapping_key(make=True)
    monkeypatch.setattr(machine, "MACHINE_ID", tmp_path / "none")
    unnamed = wrapping_key()
    assert len(unnamed) == 32
    if tmp_path != machine.MACHINE_ID and named != unnamed:
        assert wrapping_key() == unnamed


def test_of_two_who_draw_the_secret_at_once_the_first_one_s_stays(secret, monkeypatch):
    real = os.link

    def late(source, target):
        monkeypatch.setattr(os, "link", real)
        wrapping_key(make=True)
        real(source, target)

    monkeypatch.setattr(os, "link", late)
    assert wrapping_key(make=True) == wrapping_key()
    assert [path.name for path in secret.parent.iterdir()] == [machine.FILE]


@pytest.mark.parametrize(
    ("environment", "root", "place"),
    [
        ({machine.SETTING: "/a"}, True, "/a"),
        ({}, True, str(machine.ROOTS)),
        ({"XDG_STATE_HOME": "/b"}, False, "/b/jauge-machine"),
    ],
)
def test_where_the_secret_lies(environment, root, place):
    assert str(secret_directory(environment, root=root)) == place


def test_without_a_state_directory_the_secret_lies_at_home(monkeypatch):
    monkeypatch.setenv("HOME", "/home/somebody")
    assert str(secret_directory({}, root=False)) == "/home/somebody/.local/state/jauge-machine"


# Files and directories.


def test_a_place_that_is_still_to_be_made_is_judged_by_what_stands_above(tmp_path):
    assert who_may_replace(tmp_path / "not" / "yet") is None
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    assert "chmod o-w" in who_may_replace(tmp_path / "open" / "not" / "yet")


def test_a_file_that_cannot_be_written_leaves_the_old_one(tmp_path, monkeypatch):
    write_small(tmp_path / "a", b"old")

    def fails(_handle):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises(OSError, match="Input/output"):
        write_small(tmp_path / "a", b"new")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("a", b"old")]


def test_a_new_file_can_be_written_and_nothing_else(tmp_path):
    file = NewFile(tmp_path / "a")
    assert (file.readable(), file.writable(), file.seekable()) == (False, True, False)
    assert file.write(b"abc") == file.tell() == 3
    file.flush()
    file.close()
    assert not file.closed
    assert file.finish() == 3
    file.abandon()
    assert (tmp_path / "a").read_bytes() == b"abc"


def test_a_secret_is_overwritten_in_place_and_what_is_shared_is_left_alone():
    secret, held = bytearray(b"secret"), bytes(bytearray(b"secret octets"))
    wipe(secret)
    wipe(held)
    assert (secret, held) == (bytearray(6), bytes(13))
    shared = b"a"
    wipe(shared)
    wipe(b"")
    assert shared == bytes([97])


def test_a_derived_key_depends_on_its_purpose_and_a_copy_that_was_made_for_it_is_overwritten():
    kept, copied = bytes(range(32)), bytearray(range(32))
    derived = derive(kept, "slices")
    assert derive(copied, "slices") == derived != derive(kept, "cells")
    assert copied == bytes(32)
    assert kept == bytes(range(32))


def test_asking_whether_a_day_is_erased_makes_no_path_that_the_interpreter_would_keep(tmp_path, monkeypatch):  # fmt: skip
    ring = FileKeyring(tmp_path / "keys")
    ring.destroy(DAY)
    with monkeypatch.context() as patched:
        for way in ("__truediv__", "joinpath", "__new__"):
            patched.setattr(Path, way, None)
        assert ring.destroyed(DAY)
        assert not ring.destroyed(DAY + timedelta(days=1))
