"""What the DPO's decisions in the log amount to, and what the log is told of a changed policy."""

import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from privacy.acknowledgement import Decision, Standing, declared_key, read, sign, standing
from privacy.keys import NoKey, private_key, private_text, public_key, public_text
from privacy.log.changes import catalogue_change, policy_change
from privacy.log.entries import Entry
from privacy.sealed import SealBroken, seal
from privacy.settings import PrivacySettings
from privacy.terms import Terms


def settings(**changed):
    return Terms(settings=PrivacySettings.model_validate(changed))


KEY = Ed25519PrivateKey.generate()
LOOSE, TIGHT = settings(), settings(retention_days=7)


class Log:
    def __init__(self):
        self.entries = []

    def add(self, kind, **facts):
        self.entries.append(Entry(len(self.entries), "2026-09-01T08:00:00Z", kind, facts))
        return self

    def declared(self, key=KEY):
        return self.add("dpo_key_declared", public_key=public_text(key.public_key()))

    def decided(self, decision, of=LOOSE, key=KEY, after=None):
        number = len(self.entries) - 1 if after is None else after
        return self.add("dpo_decided", sealed=json.loads(sign(decision, of, key, after=number)))

    def acknowledged(self, of=LOOSE, **more):
        return self.decided(Decision.ACKNOWLEDGED, of, **more)


OTHER = Ed25519PrivateKey.generate()
STANDINGS = [
    ("nothing", Log(), Standing.NO_KEY),
    ("a decision before any key", Log().acknowledged(), Standing.NO_KEY),
    ("a key", Log().declared(), Standing.NOT_DECIDED),
    ("acknowledged", Log().declared().acknowledged(), Standing.IN_FORCE),
    ("acknowledged, tighter ones", Log().declared().acknowledged(TIGHT), Standing.LOOSER),
    ("an old file again", Log().declared().acknowledged(after=-1), Standing.NOT_DECIDED),
    ("another's signature", Log().declared().acknowledged(key=OTHER), Standing.NOT_DECIDED),
    (
        "withdrawn",
        Log().declared().acknowledged().decided(Decision.WITHDRAWN, after=0),
        Standing.WITHDRAWN,
    ),
    (
        "stopped",
        Log().declared().acknowledged().add("capture_stopped_by_dpo", settings="a" * 64),
        Standing.STOPPED,
    ),
    (
        "stopped, and acknowledged again",
        Log().declared().acknowledged().add("capture_stopped_by_dpo").acknowledged(),
        Standing.IN_FORCE,
    ),
    ("a new key", Log().declared().acknowledged().declared(OTHER), Standing.NOT_DECIDED),
]


@pytest.mark.parametrize(
    ("log", "expected"), [case[1:] for case in STANDINGS], ids=[case[0] for case in STANDINGS]
)
def test_what_the_log_says_of_the_settings(log, expected):
    assert standing(log.entries, LOOSE) is expected


def test_without_a_key_nothing_is_covered_stopped_or_not():
    from privacy.acknowledgement import State

    assert State().covered(LOOSE) is State().standing(LOOSE) is Standing.NO_KEY
    assert declared_key(Log().declared().entries) == public_text(KEY.public_key())
    assert declared_key([]) is None


def test_a_signed_decision_says_what_was_signed():
    signed = read(sign(Decision.ACKNOWLEDGED, LOOSE, KEY, after=3), KEY.public_key())
    assert (signed.decision, signed.terms, signed.after) == (Decision.ACKNOWLEDGED, LOOSE, 3)
    assert signed.settings == LOOSE.digest()


@pytest.mark.parametrize(
    "wrong",
    [
        {"document": "charter"},
        {"decision": "perhaps"},
        {"terms": {"settings": {"total_rho": 9}}},
        {"settings": "0" * 64},
        {"after": "0"},
        {"after": True},
    ],
)
def test_what_is_no_decision_is_refused(wrong):
    payload = json.loads(sign(Decision.ACKNOWLEDGED, LOOSE, KEY))["payload"]
    with pytest.raises(SealBroken):
        read(seal(payload | wrong, KEY), KEY.public_key())


@pytest.mark.parametrize("text", [b"", b"AAAA", b"\xff", b"A" * 43])
def test_what_is_no_key_is_refused(text):
    with pytest.raises(NoKey, match="public"):
        public_key(text)
    with pytest.raises(NoKey, match="private"):
        private_key(text)


def test_a_key_survives_its_text():
    assert private_key(private_text(KEY)).private_bytes_raw() == KEY.private_bytes_raw()


# What the log is told of a changed policy.


def test_a_policy_is_told_to_the_log_once_and_how_it_is_covered():
    log = Log().declared()
    first = policy_change(log.entries, "1" * 64, LOOSE)
    assert (first["old"], first["new"], first["change"]) == (None, "1" * 64, "not_decided")
    assert first["signer"] is None
    log.add("policy_changed", **first)
    assert policy_change(log.entries, "1" * 64, LOOSE) is None
    log.acknowledged(after=0)
    second = policy_change(log.entries, "1" * 64, LOOSE)
    assert (second["old"], second["change"]) == ("1" * 64, "signed")
    assert len(second["signer"]) == 16
    assert policy_change(log.entries, "2" * 64, TIGHT)["change"] == "tightened"


def test_a_catalogue_is_told_to_the_log_once():
    log = Log()
    facts = catalogue_change(log.entries, "1" * 64, "2" * 64)
    assert facts == {"catalogue": "1" * 64, "lists": "2" * 64}
    log.add("catalogue_updated", **facts)
    assert catalogue_change(log.entries, "1" * 64, "2" * 64) is None
    assert catalogue_change(log.entries, "1" * 64, "3" * 64) is not None
