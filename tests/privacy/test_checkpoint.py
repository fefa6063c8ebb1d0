"""Checkpoints: what a signature on every line cannot show, somebody outside can."""

import base64
import json
import time

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from typer.testing import CliRunner

from cli.exits import Exit, Refusal
from cli.main import app
from privacy.keys import private_text, public_text
from privacy.log import merkle
from privacy.log.checkpoint import (
    CheckpointRefused,
    Inconsistent,
    check_consistency,
    cosign,
    read_checkpoint,
    verifier_key,
    witnessed_at,
    write_checkpoint,
)
from privacy.log.record import lines_of, verify
from privacy.log.tampering import NEEDS_CHECKPOINT, TAMPERINGS, sample_log, tamper
from tests.privacy.test_log import LEAVES, ROOTS
from tests.support.acknowledged import log_of

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
HASHES = [merkle.leaf_hash(leaf) for leaf in LEAVES]
NOTE = write_checkpoint(HASHES, KEY)

PROOFS = {  # of RFC 9162's reference implementation
    (1, 1): [],
    (1, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (6, 8): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 5): [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}


@pytest.mark.parametrize(("sizes", "proof"), PROOFS.items())
def test_a_consistency_proof_is_that_of_the_reference_implementation(sizes, proof):
    first, second = sizes
    assert [node.hex() for node in merkle.consistency_proof(HASHES[:second], first)] == proof


def test_every_size_is_proven_and_every_false_proof_refused():
    roots = [merkle.EMPTY_ROOT, *(bytes.fromhex(each) for each in ROOTS)]
    for second in range(9):
        for first in range(second + 1):
            proof = merkle.consistency_proof(HASHES[:second], first)
            known = (first, second, roots[first], roots[second])
            assert merkle.consistent(*known, proof)
            assert not merkle.consistent(*known, [*proof, bytes(32)])
            if proof:
                assert not merkle.consistent(*known, proof[:-1])
                assert not merkle.consistent(*known, [bytes(32), *proof[1:]])
            assert not merkle.consistent(first, second, bytes(32), roots[second], proof)
            if second:
                assert not merkle.consistent(second + 1, second, roots[first], roots[second], proof)
    for size in (-1, 9):
        with pytest.raises(IndexError):
            merkle.consistency_proof(HASHES, size)


def test_a_checkpoint_is_a_signed_note():
    text = NOTE.decode()
    origin, size, root, blank, signature = text.split("\n")[:-1]
    assert (size, blank) == ("8", "")
    assert base64.b64decode(root).hex() == ROOTS[7]
    mark, name, content = signature.split(" ")
    assert (mark, name) == ("—", origin)
    assert origin.startswith("jauge/")
    raw = base64.b64decode(content)
    KEY.public_key().verify(raw[4:], f"{origin}\n{size}\n{root}\n".encode())
    key_name, key_hash, key = verifier_key(KEY.public_key()).split("+", 2)
    assert (key_name, key_hash) == (origin, raw[:4].hex())
    assert base64.b64decode(key) == b"\x01" + KEY.public_key().public_bytes_raw()


def test_every_flipped_bit_of_a_checkpoint_is_noticed():
    for position in range(len(NOTE)):
        for bit in range(8):
            altered = bytearray(NOTE)
            altered[position] ^= 1 << bit
            with pytest.raises(CheckpointRefused):
                read_checkpoint(bytes(altered), KEY.public_key())


@pytest.mark.parametrize(
    "note",
    [
        b"",
        b"\n",
        NOTE[:-1],
        NOTE.replace(b"\n8\n", b"\n08\n"),
        NOTE.replace(b"\n8\n", b"\n-8\n"),
        NOTE.replace("—".encode(), b"-"),
        NOTE * 40,
        b"jauge/x\n1\nAAAA\n\n",
    ],
)
def test_what_is_no_checkpoint_is_refused(note):
    with pytest.raises(CheckpointRefused):
        read_checkpoint(note, KEY.public_key())


def test_a_checkpoint_of_another_log_is_refused():
    with pytest.raises(CheckpointRefused, match="another key"):
        read_checkpoint(NOTE, OTHER.public_key())
    origin = NOTE.split(b"\n")[0]
    unsigned = NOTE.partition(b"\n\n")[0] + b"\n\n"
    forged = unsigned + "— ".encode() + origin + b" " + base64.b64encode(bytes(68)) + b"\n"
    for note in (unsigned, forged):
        with pytest.raises(CheckpointRefused, match="not signed"):
            read_checkpoint(note, KEY.public_key())


def test_a_witness_signs_with_the_time_and_the_note_stays_readable():
    note = cosign(NOTE, KEY.public_key(), OTHER, 1_794_816_000)
    assert read_checkpoint(note, KEY.public_key()).size == 8
    assert witnessed_at(note, OTHER.public_key()) == 1_794_816_000
    assert witnessed_at(NOTE, OTHER.public_key()) is None
    lines = note.splitlines()
    content = bytearray(base64.b64decode(lines[-1].split(b" ")[2]))
    content[11] ^= 1
    lines[-1] = b" ".join([*lines[-1].split(b" ")[:2], base64.b64encode(bytes(content))])
    assert witnessed_at(b"\n".join(lines) + b"\n", OTHER.public_key()) is None


@pytest.mark.parametrize("size", range(9))
def test_a_log_continues_from_each_of_its_own_checkpoints(size):
    kept = read_checkpoint(write_checkpoint(HASHES[:size], KEY), KEY.public_key())
    check_consistency(HASHES, kept)


def test_a_cut_tail_and_another_history_are_told_apart():
    kept = read_checkpoint(NOTE, KEY.public_key())
    with pytest.raises(Inconsistent, match="end was cut"):
        check_consistency(HASHES[:7], kept)
    with pytest.raises(Inconsistent, match="written anew"):
        check_consistency([*HASHES[:3], bytes(32), *HASHES[4:]], kept)


def test_one_hundred_and_five_tamperings_are_all_found_and_without_a_checkpoint_not():
    tried = tamper(seed=1, count=105, entries=8)
    assert [each.kind for each in tried] == list(TAMPERINGS)
    assert all(each.found == each.tried >= 14 for each in tried)
    blind = {t.kind: t for t in tamper(seed=1, count=105, entries=8, with_checkpoint=False)}
    assert {kind for kind, each in blind.items() if each.found == 0} == set(NEEDS_CHECKPOINT)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [20261127])
def test_a_thousand_tamperings_are_all_found(seed):
    tried = tamper(seed=seed, count=1_000, entries=12)
    assert sum(each.tried for each in tried) == 1_000
    assert all(each.found == each.tried for each in tried)


def test_what_an_intruder_with_the_key_leaves_is_a_sound_log():
    import random

    lines = lines_of(sample_log(KEY, 8))
    for kind in NEEDS_CHECKPOINT:
        data = b"".join(TAMPERINGS[kind](lines, KEY, random.Random(3)))  # noqa: S311 - which line is hit
        assert verify(data, KEY.public_key()).size >= 2


# --- the commands


def run(*arguments, code=0):
    result = CliRunner().invoke(app, [str(each) for each in ("audit", *arguments)])
    if isinstance(result.exception, Refusal):
        assert int(result.exception.code) == code
        return result.exception.message
    assert result.exit_code == code, result.output
    return result.output


@pytest.fixture(name="store")
def _store(tmp_path):
    store = tmp_path / "store"
    log = log_of(store)
    for number in range(5):
        log.append("clock_confirmed", {"seconds": number})
    return store


def test_the_log_is_checked_against_a_checkpoint_by_the_command(store, tmp_path):
    note, path = tmp_path / "note.txt", store / "log" / "audit.jsonl"
    assert "6 entries" in run("checkpoint", note, "--store", store)
    before = path.read_bytes()
    log_of(store).append("clock_confirmed", {"seconds": 9})
    said = run("verify", "--checkpoint", note, "--store", store)
    assert "the first 6 are those of the checkpoint" in said
    assert "1 came since" in said
    path.write_bytes(b"".join(lines_of(before)[:-2]))
    assert run("verify", "--store", store).startswith("4 entries, each signed")
    found = json.loads(
        run("verify", "--checkpoint", note, "--store", store, "--json", code=Exit.FINDINGS)
    )
    assert not found["ok"]
    assert "end was cut off" in found["reason"]
    assert "tell the DPO" in run(
        "verify", "--checkpoint", note, "--store", store, code=Exit.FINDINGS
    )


def test_the_dpo_signs_a_checkpoint_as_its_witness(store, tmp_path):
    note, key = tmp_path / "note.txt", tmp_path / "dpo.key"
    key.write_bytes(private_text(OTHER))
    run("checkpoint", note, "--store", store)
    log_key = (store / "log/log.pub").read_text()
    verified = ("verify", "--checkpoint", note, "--store", store)
    witness = ("--witness", public_text(OTHER.public_key()))
    assert "not signed by this witness" in run(*verified, *witness, code=Exit.DATA)
    assert "signed by dpo/" in run("cosign", note, "--key", key, "--log", log_key)
    seen = json.loads(run(*verified, *witness, "--json"))["witnessed"]
    assert abs(seen - time.time()) < 100


def test_a_checkpoint_is_printed_with_its_code(store):
    text = run("checkpoint", "--store", store, "--qr")
    assert text.startswith("jauge/")
    assert "▄" in text
    facts = json.loads(run("checkpoint", "--store", store, "--json"))
    assert facts["entries"] == 6
    assert facts["note"].startswith(facts["key"].split("+")[0])


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["verify", "--witness", "x"], Exit.USAGE, "--witness needs --checkpoint"),
        (["verify", "--checkpoint", "{tmp}/none"], Exit.DATA, "No such file"),
        (["verify", "--checkpoint", "{store}/log/log.pub"], Exit.DATA, "not a checkpoint"),
        (["checkpoint", "{tmp}/none/file"], Exit.DATA, "No such file"),
    ],
)
def test_what_a_person_can_get_wrong_is_a_sentence(store, tmp_path, arguments, code, says):
    given = [each.format(tmp=tmp_path, store=store) for each in arguments]
    assert says in run(*given, "--store", store, code=code)


def test_the_tamperings_are_printed_by_a_command():
    told = json.loads(run("tampering", "--count", 14, "--entries", 6, "--json"))
    assert told["found"] == told["tried"] == 14
    text = run("tampering", "--count", 14, "--entries", 6, "--no-checkpoint", code=Exit.FINDINGS)
    assert "8 of 14 tamperings found" in text
