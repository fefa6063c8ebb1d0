"""The audit log says what was done, and nobody can change it unseen."""

import base64
import hashlib
import json
import multiprocessing
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from privacy.log import file as log_file
from privacy.log import merkle
from privacy.log.entries import KINDS, Entry, EntryRefused
from privacy.log.file import AuditLog, LogRefused
from privacy.log.merkle import Tree, inclusion_proof, leaf_hash, root_of_inclusion
from privacy.log.record import LogDamaged, verify, write_line
from tests.support.needs import need_root

NOW_US = 1_794_816_000_000_000


def log_of(root: Path) -> AuditLog:
    return AuditLog(root / "store", root / "store.keys", lambda: NOW_US)


def filled(root: Path, entries: int = 5) -> AuditLog:
    log = log_of(root)
    for number in range(entries):
        log.append("unknown_files_deleted", {"files": number})
    return log


def public_of(log: AuditLog) -> Ed25519PublicKey:
    raw = base64.b64decode((log.path.parent / "log.pub").read_bytes())
    return Ed25519PublicKey.from_public_bytes(raw)


# --- the tree (vectors of RFC 9162's reference implementation)

LEAVES = [bytes.fromhex(text) for text in
          ("", "00", "10", "2021", "3031", "40414243", "5051525354555657",
           "606162636465666768696a6b6c6d6e6f")]  # fmt: skip
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


@pytest.mark.parametrize("size", range(1, 9))
def test_the_root_is_that_of_certificate_transparency(size):
    assert merkle.root([merkle.leaf_hash(leaf) for leaf in LEAVES[:size]]).hex() == ROOTS[size - 1]


def test_the_empty_tree_has_the_hash_of_nothing():
    assert merkle.root([]) == hashlib.sha256(b"").digest()


@given(st.integers(1, 70), st.data())
def test_a_proof_leads_to_the_root_and_a_changed_one_does_not(size, data):
    leaves = [merkle.leaf_hash(bytes([n])) for n in range(size)]
    index = data.draw(st.integers(0, size - 1))
    proof = merkle.inclusion_proof(leaves, index)
    found = merkle.root_of_inclusion(leaves[index], index, size, proof)
    assert found == merkle.root(leaves)
    other = merkle.leaf_hash(b"another entry")
    assert merkle.root_of_inclusion(other, index, size, proof) != merkle.root(leaves)
    assert merkle.root_of_inclusion(leaves[index], index, size, [*proof, other]) is None


# --- the log


def test_what_was_appended_is_read_back_and_verified(tmp_path):
    log = filled(tmp_path)
    kinds = [entry.kind for entry in log.entries()]
    assert kinds == ["log_begun", *["unknown_files_deleted"] * 5]
    verified = log.verify()
    assert verified.size == 6
    assert verified.root == merkle.root(verified.leaves)
    assert [entry.at for entry in verified.entries] == ["2026-11-16T08:00:00Z"] * 6


def test_another_process_goes_on_where_the_first_one_stopped(tmp_path):
    filled(tmp_path, 2)
    filled(tmp_path, 3)
    assert log_of(tmp_path).verify().size == 6


def _changes(lines: list[bytes]) -> dict[str, list[bytes]]:
    other = json.loads(lines[2])
    other["entry"]["facts"]["files"] = 9
    altered = json.dumps(other, sort_keys=True, separators=(",", ":")).encode()
    return {
        "an entry changed": [*lines[:2], altered, *lines[3:]],
        "an entry taken out": lines[:2] + lines[3:],
        "an entry doubled": [*lines[:3], lines[2], *lines[3:]],
        "two entries swapped": [lines[0], lines[2], lines[1], *lines[3:]],
        "the first one taken out": lines[1:],
        "spaces": [*lines[:2], lines[2].replace(b":", b": ", 1), *lines[3:]],
        "an entry more": [*lines, lines[-1]],
        "no json": [*lines[:3], b"]", *lines[4:]],
        "an empty line": [*lines[:3], b"", *lines[3:]],
    }


@pytest.mark.parametrize("change", list(_changes([b'{"entry":{"facts":{}}}'] * 6)))
def test_any_change_of_a_line_is_found(change, tmp_path):
    log = filled(tmp_path)
    lines = log.path.read_bytes().split(b"\n")[:-1]
    log.path.write_bytes(b"".join(line + b"\n" for line in _changes(lines)[change]))
    for use in (log_of(tmp_path).entries, log_of(tmp_path).verify,
                lambda: log_of(tmp_path).append("unknown_files_deleted", {"files": 1})):  # fmt: skip
        with pytest.raises(LogRefused, match=r"audit\.jsonl: line \d+\b.*restore it from a backup"):
            use()


def test_a_log_written_anew_with_another_key_is_found(tmp_path):
    log = filled(tmp_path)
    data, public = log.path.read_bytes(), public_of(log)
    other = filled(tmp_path / "other")
    with pytest.raises(LogDamaged, match="not signed by the key of this log"):
        verify(other.path.read_bytes(), public)
    assert verify(data, public).size == 6


def test_a_signature_taken_from_another_line_is_found(tmp_path):
    log = filled(tmp_path)
    lines = [json.loads(line) for line in log.path.read_bytes().splitlines()]
    lines[2]["signature"] = lines[3]["signature"]
    text = b"".join(
        json.dumps(line, sort_keys=True, separators=(",", ":")).encode() + b"\n" for line in lines
    )
    with pytest.raises(LogDamaged, match="line 3 is not signed"):
        verify(text, public_of(log))


@pytest.mark.parametrize("cut", [1, 40, 200])
def test_an_append_that_was_cut_short_is_repaired_and_said(cut, tmp_path):
    log = filled(tmp_path, 2)
    whole = log.path.read_bytes()
    filled(tmp_path, 1)
    torn = log.path.read_bytes()[:-cut]
    log.path.write_bytes(torn)
    assert log_of(tmp_path).verify().size == 3, "readers leave the rest out"
    log_of(tmp_path).append("unknown_files_deleted", {"files": 7})
    verified = log_of(tmp_path).verify()
    assert [entry.kind for entry in verified.entries][3:] == [
        "log_repaired",
        "unknown_files_deleted",
    ]
    assert verified.entries[3].facts == {"octets": len(torn) - len(whole)}


@given(at=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_no_flipped_bit_passes(at, bit, tmp_path_factory):
    log = _shared(tmp_path_factory)
    data, public = bytearray(log.path.read_bytes()), public_of(log)
    data[at % len(data)] ^= 1 << bit
    try:
        found = verify(bytes(data), public)
    except LogDamaged:
        return
    assert found.complete_octets < len(data), "only the end of the last line may look cut short"


@pytest.mark.parametrize("bit", range(4))
def test_no_bit_behind_a_signature_s_last_octet_passes(bit, tmp_path):
    """Base64 of 64 octets has four bits too many; a lenient decoder ignores them."""
    log = filled(tmp_path, 3)
    data = log.path.read_bytes()
    at = data.index(b'=="}', len(data) // 2) - 1
    alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    other = alphabet[alphabet.index(data[at]) ^ 1 << bit]
    with pytest.raises(LogDamaged):
        verify(data[:at] + bytes([other]) + data[at + 1 :], public_of(log))


_LOGS: list[AuditLog] = []


def _shared(tmp_path_factory) -> AuditLog:
    if not _LOGS:
        _LOGS.append(filled(tmp_path_factory.mktemp("log"), 3))
    return _LOGS[0]


def _append_many(root: Path) -> None:
    filled(root, 20)


def test_two_writers_at_once_make_one_log(tmp_path):
    context = multiprocessing.get_context("fork")
    writers = [context.Process(target=_append_many, args=(tmp_path,)) for _ in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    assert log_of(tmp_path).verify().size == 61


def test_an_append_that_fails_leaves_the_log_as_it_was(tmp_path, monkeypatch):
    log = filled(tmp_path, 2)
    before = log.path.read_bytes()

    def fail(_file: int) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patched:
        patched.setattr(log_file.os, "fsync", fail)
        with pytest.raises(OSError, match="Input/output"):
            log.append("unknown_files_deleted", {"files": 7})
    assert log.path.read_bytes() == before
    log.append("unknown_files_deleted", {"files": 8})
    assert log.verify().entries[-1].facts == {"files": 8}


@pytest.mark.parametrize(
    ("kind", "facts"),
    [
        ("nothing_known", {}),
        ("unknown_files_deleted", {}),
        ("unknown_files_deleted", {"files": -1}),
        ("unknown_files_deleted", {"files": True}),
        ("unknown_files_deleted", {"files": 1, "address": "192.0.2.1"}),
        ("day_files_deleted", {"day": "16/11/2026", "files": 1}),
        ("pseudonym_key_destroyed", {"day": "2026-11-16", "epoch": "02:d7:e3:9b:51:c6"}),
        ("clock_jumped", {"seconds": "a while"}),
        ("clock_jumped", {"seconds": True}),
        ("dpo_decided", {"sealed": {"payload": {}}}),
        ("dpo_decided", {"sealed": "text"}),
        ("login", {"role": "pupil", "account": "a" * 16}),
        ("catalogue_updated", {"catalogue": "short", "lists": "a" * 64}),
    ],
)
def test_an_entry_holds_nothing_but_its_facts(kind, facts, tmp_path):
    log = log_of(tmp_path)
    with pytest.raises(EntryRefused):
        log.append(kind, facts)
    assert not log.path.exists()


def test_every_kind_of_entry_is_explained(tmp_path):
    text = (Path(__file__).parents[2] / "docs" / "audit-log.md").read_text("utf-8")
    rows = re.findall(r"^\| `(\w+)` \| (.*?) \|", text, re.MULTILINE)
    explained = {kind: set(re.findall(r"`(\w+)`", facts)) for kind, facts in rows}
    assert explained == {kind: set(facts) for kind, facts in KINDS.items()}


# --- the key


def test_a_log_whose_key_is_gone_refuses_to_go_on(tmp_path):
    log = filled(tmp_path)
    (tmp_path / "store.keys" / "log.key").unlink()
    with pytest.raises(LogRefused, match="key of the audit log is missing; restore it"):
        log.append("unknown_files_deleted", {"files": 1})
    assert log_of(tmp_path).verify().size == 6


def test_the_key_of_another_log_is_refused(tmp_path):
    log = filled(tmp_path)
    other = Ed25519PrivateKey.generate().private_bytes_raw()
    (tmp_path / "store.keys" / "log.key").write_bytes(base64.b64encode(other))
    with pytest.raises(LogRefused, match="not the key of this log"):
        log.append("unknown_files_deleted", {"files": 1})


@pytest.mark.parametrize("opened", ["store.keys", "store.keys/log.key"])
def test_a_key_that_others_may_read_signs_nothing(opened, tmp_path):
    log = filled(tmp_path)
    place = tmp_path / opened
    place.chmod(place.stat().st_mode | 0o044)
    with pytest.raises(LogRefused, match="open to other users"):
        log.append("unknown_files_deleted", {"files": 1})


def test_the_key_lies_outside_the_store_in_a_directory_of_its_own(tmp_path):
    filled(tmp_path)
    assert not list((tmp_path / "store").rglob("*.key"))
    keys = tmp_path / "store.keys"
    assert (keys.stat().st_mode & 0o777, (keys / "log.key").stat().st_mode & 0o777) == (
        0o700,
        0o600,
    )


def test_the_web_process_cannot_read_the_key():
    """As another user than the store's, which is what the unit of the web process is."""
    need_root()
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        place.chmod(0o755)
        filled(place)
        (place / "open").write_text("control")
        (place / "open").chmod(0o644)
        code = (
            "import os, sys\n"
            "os.setgid(65534); os.setuid(65534)\n"
            "for path in sys.argv[1:]:\n"
            "    try: open(path).read()\n"
            "    except PermissionError: continue\n"
            "    sys.exit(9)\n"
        )
        secret = [place / "store.keys" / "log.key", place / "store" / "log" / "audit.jsonl"]
        for paths, expected in ((secret, 0), ([place / "open"], 9)):
            done = subprocess.run([sys.executable, "-I", "-c", code, *paths], check=False)
            assert done.returncode == expected


# --- what is not there, or not what it should be


def test_a_log_that_never_began_has_no_entries_and_is_whole(tmp_path):
    log = log_of(tmp_path)
    assert not log.begun()
    assert log.entries() == ()
    filled(tmp_path)
    assert log.begun()
    log.path.write_bytes(b"")
    assert log.verify().size == 0
    log.path.unlink()
    assert log.verify().size == 0


def test_a_log_that_became_shorter_is_read_anew(tmp_path):
    log = filled(tmp_path)
    assert len(log.entries()) == 6
    lines = log.path.read_bytes().splitlines(keepends=True)
    log.path.write_bytes(b"".join(lines[:3]))
    assert [entry.number for entry in log.entries()] == [0, 1, 2]


@pytest.mark.parametrize(
    ("content", "said"), [(None, "missing; restore it"), (b"AAAA", "damaged; restore it")]
)
def test_without_its_public_key_nothing_of_a_log_is_believed(content, said, tmp_path):
    public = filled(tmp_path).path.parent / "log.pub"
    public.unlink()
    if content is not None:
        public.write_bytes(content)
    with pytest.raises(LogRefused, match=said):
        log_of(tmp_path).verify()


def test_a_damaged_key_signs_nothing(tmp_path):
    log = filled(tmp_path)
    (tmp_path / "store.keys" / "log.key").write_bytes(b"AAAA")
    with pytest.raises(LogRefused, match="damaged; restore it"):
        log.append("unknown_files_deleted", {"files": 1})


def test_a_log_must_begin_with_its_key(tmp_path):
    key = Ed25519PrivateKey.generate()
    first = Entry(0, "2026-09-01T08:00:00Z", "unknown_files_deleted", {"files": 1})
    with pytest.raises(LogDamaged, match="does not begin a log"):
        verify(write_line(first, Tree(), key), key.public_key())


def test_there_is_no_proof_of_an_entry_that_is_not_there():
    leaves = [leaf_hash(leaf) for leaf in LEAVES]
    with pytest.raises(IndexError):
        inclusion_proof(leaves, len(leaves))
    assert root_of_inclusion(leaves[0], 8, 8, []) is None
    assert root_of_inclusion(leaves[0], -1, 8, []) is None
    assert root_of_inclusion(leaves[0], 0, 1, [leaves[1]]) is None, "longer than its tree"
