"""What belongs to one policy; what the log is told when another one is in force; the request to stop."""

import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from privacy import canonical
from privacy.acknowledgement import Decision, sign
from privacy.keys import public_text
from privacy.log.changes import catalogue_change, policy_change
from privacy.log.entries import Entry, EntryRefused, check_entry
from privacy.policy import PARTS, PolicyMismatch, check_documents, policy_digest
from privacy.requests import remove_request, request_stop, stop_file, stop_requested
from privacy.sealed import key_id
from privacy.settings import PrivacySettings
from privacy.terms import Terms

SETTINGS = {"profile": "standard"}
BLANK = dict.fromkeys(PARTS, "0" * 64)
GIVEN = BLANK | {"verdicts": "a" * 64, "privacy": canonical.digest(SETTINGS)}
POLICY = policy_digest(GIVEN)


def documents(**changed):
    found = {
        "charter": {"digest": "a" * 64, "policy": POLICY},
        "privacy": {
            "digest": canonical.digest(SETTINGS),
            "settings": SETTINGS,
            "policy_parts": GIVEN,
            "policy": POLICY,
        },
        "status": {"policy": POLICY},
    }
    return {name: payload | changed.get(name, {}) for name, payload in found.items()}


def test_documents_of_one_policy_agree():
    assert check_documents(documents()) == POLICY


@pytest.mark.parametrize(
    ("name", "change", "says"),
    [
        ("status", {"policy": "0" * 64}, "status: made under another policy"),
        ("charter", {"digest": "b" * 64}, "charter: not that of the policy"),
        ("privacy", {"settings": {}}, "privacy: its settings"),
        ("privacy", {"digest": "b" * 64}, "privacy: its settings"),
        ("privacy", {"policy_parts": None}, "privacy: no parts"),
        ("privacy", {"policy_parts": {}}, "privacy: no parts"),
        ("privacy", {"policy_parts": GIVEN | {"terms": 1}}, "privacy: no parts"),
    ],
)
def test_documents_that_do_not_are_named(name, change, says):
    with pytest.raises(PolicyMismatch, match=says):
        check_documents(documents(**{name: change}))


# --- what the log is told

DPO = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
TERMS = Terms()
TIGHT = Terms(settings=PrivacySettings(retention_days=5))
LOOSE = Terms(settings=PrivacySettings(retention_days=9))
SIGNED = [
    ("dpo_key_declared", {"public_key": public_text(DPO.public_key())}),
    ("dpo_decided", {"sealed": json.loads(sign(Decision.ACKNOWLEDGED, TERMS, DPO, after=0))}),
]


def log(*happened):
    entries = [
        Entry(number, "2026-11-16T08:00:00Z", kind, facts)
        for number, (kind, facts) in enumerate(happened)
    ]
    for entry in entries:
        check_entry(entry)
    return entries


@pytest.mark.parametrize(
    ("happened", "terms", "change"),
    [
        ([], TERMS, "no_key"),
        (SIGNED[:1], TERMS, "not_decided"),
        (SIGNED, TERMS, "signed"),
        (SIGNED, TIGHT, "tightened"),
        (SIGNED, LOOSE, "looser"),
    ],
)
def test_a_change_of_policy_says_whether_somebody_signed(happened, terms, change):
    facts = policy_change(log(*happened), "e" * 64, terms)
    signer = key_id(DPO.public_key()) if len(happened) == 2 else None
    assert facts == {
        "old": None, "new": "e" * 64, "terms": terms.digest(), "change": change, "signer": signer,
    }  # fmt: skip
    told = log(*happened, ("policy_changed", facts))
    assert policy_change(told, "e" * 64, terms) is None
    assert policy_change(told, "f" * 64, terms)["old"] == "e" * 64


def test_a_new_catalogue_is_told_once():
    facts = catalogue_change([], "c" * 64, "d" * 64)
    told = log(("catalogue_updated", facts))
    assert catalogue_change(told, "c" * 64, "d" * 64) is None
    assert catalogue_change(told, "c" * 64, "0" * 64) == {"catalogue": "c" * 64, "lists": "0" * 64}


RELEASE = {
    "table": "T1", "period": "2026-W37", "rho": 0.006, "delta": 2.236068, "sigma": 20.3,
    "policy": None, "code": "a" * 64, "output": "b" * 64,
}  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "facts", "wrong"),
    [
        ("login", {"role": "dpo", "account": "0" * 16}, {"account": "head@school.example"}),
        ("login", {"role": "admin", "account": "0" * 16}, {"role": "pupil"}),
        ("release_made", RELEASE, {"rho": True}),
        ("release_made", RELEASE, {"sigma": -1.0}),
        ("release_made", RELEASE, {"policy": "none"}),
        ("late_slices", {"day": "2026-09-07", "slices": 3}, {"slices": -1}),
    ],
)
def test_an_entry_takes_nothing_else(kind, facts, wrong):
    check_entry(Entry(0, "2026-11-16T08:00:00Z", kind, facts))
    with pytest.raises(EntryRefused):
        check_entry(Entry(0, "2026-11-16T08:00:00Z", kind, facts | wrong))


# --- the request to stop


def test_the_presence_of_the_file_is_the_request(tmp_path):
    assert not stop_requested(tmp_path)
    with pytest.raises(FileNotFoundError):
        request_stop(tmp_path)
    (tmp_path / "requests").mkdir()
    request_stop(tmp_path)
    request_stop(tmp_path)
    assert stop_requested(tmp_path)
    assert stop_file(tmp_path).read_bytes() == b""
    remove_request(tmp_path)
    remove_request(tmp_path)
    assert not stop_requested(tmp_path)


@pytest.mark.parametrize("what", ["a directory", "a link to nothing"])
def test_whatever_bears_the_name_is_a_request(tmp_path, what):
    (tmp_path / "requests").mkdir()
    if what == "a directory":
        stop_file(tmp_path).mkdir()
    else:
        stop_file(tmp_path).symlink_to(tmp_path / "nowhere")
    assert stop_requested(tmp_path)


def test_a_place_that_cannot_be_looked_at_counts_as_a_request(tmp_path, monkeypatch):
    def denied(_path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("privacy.requests.os.lstat", denied)
    assert stop_requested(tmp_path)


def test_a_file_in_the_place_of_the_directory_is_no_request(tmp_path):
    (tmp_path / "requests").write_bytes(b"")
    assert not stop_requested(tmp_path)
