"""Proposal, approval, record, stop and resume, as people type them; the store holds a public key only."""

import json

import pytest
from typer.testing import CliRunner

from cli.exits import Exit, Refusal
from cli.main import app
from privacy.requests import request_stop, stop_requested
from tests.analyzer_release.examples import declare

LOOSER = "profile: standard\nretention_days: 10\n"
TIGHTER = "profile: renforcé\nretention_days: 5\n"


def run(*arguments, code=0):
    result = CliRunner().invoke(app, ["privacy", *map(str, arguments)])
    if isinstance(result.exception, Refusal):
        assert int(result.exception.code) == code, result.exception.message
        return result.exception.message
    assert result.exit_code == code, result.output
    return result.output


class Desk:
    """A school's box and the DPO's machine."""

    def __init__(self, root):
        self.root, self.store, self.school = root, root / "store", root / "school"
        self.key = root / "dpo.key"
        declare(self.school)
        public = run("make-key", self.key).strip()
        run("declare-dpo", public, "--store", self.store)
        self.at = ("--store", self.store, "--school", self.school)

    def signed(self, name="answer", *more):
        proposal, answer = self.root / f"{name}.proposal", self.root / name
        said = run("propose", proposal, *self.at)
        run("approve", proposal, answer, "--key", self.key, *more)
        return said, answer

    def standing(self, code=0):
        return json.loads(run("status", *self.at, "--json", code=code))["standing"]


@pytest.fixture(name="desk")
def _desk(tmp_path):
    desk = Desk(tmp_path)
    assert desk.standing(Exit.FINDINGS) == "not_decided"
    said, answer = desk.signed()
    assert "everything is new" in said
    assert "epsilon of a device present 20 days of a month, in T5-bis alone: 7.6" in said
    run("record", answer, *desk.at)
    assert desk.standing() == "in_force"
    return desk


def test_a_looser_setting_waits_for_a_signature_and_each_difference_is_shown(desk):
    declare(desk.school, privacy=LOOSER)
    assert desk.standing(Exit.FINDINGS) == "looser"
    said, answer = desk.signed("second")
    assert "looser   retention_days: 8 -> 10" in said
    assert "to be signed" in said
    run("record", answer, *desk.at)
    assert desk.standing() == "in_force"
    declare(desk.school, privacy="profile: standard\n")
    assert desk.standing() == "in_force"


def test_a_tighter_setting_needs_none(desk):
    declare(desk.school, privacy=TIGHTER)
    assert desk.standing() == "in_force"
    said = json.loads(run("propose", desk.root / "p", *desk.at, "--json"))
    assert not said["signature_needed"]
    assert {each["direction"] for each in said["differences"]} == {"tighter"}
    shown = run("approve", desk.root / "p", "--show", "--key", desk.key)
    assert "tighter  profile: standard -> renforce" in shown
    assert "noise of T1: sigma 101.4 (before: 20.3)" in shown
    effects = json.loads(run("approve", desk.root / "p", "--show", "--key", desk.key, "--json"))
    assert effects["effects"]["epsilon"]["school_week"] == pytest.approx(1.0, abs=0.005)


def test_a_stop_ends_with_a_new_signature_and_not_with_an_old_one(desk):
    (desk.store / "requests").mkdir()
    request_stop(desk.store)
    assert desk.standing(Exit.FINDINGS) == "stopped"
    from tests.support.acknowledged import log_of

    log_of(desk.store).append("capture_stopped_by_dpo", {"settings": "0" * 64})
    old = desk.root / "answer"
    assert "signed before the latest entry" in run("resume", old, *desk.at, code=Exit.DATA)
    assert stop_requested(desk.store)
    _, answer = desk.signed("again")
    run("resume", answer, *desk.at)
    assert not stop_requested(desk.store)
    assert desk.standing() == "in_force"


def test_an_old_signature_does_not_undo_a_withdrawal(desk):
    _, answer = desk.signed("withdrawal", "--withdraw")
    run("record", answer, *desk.at)
    assert desk.standing(Exit.FINDINGS) == "withdrawn"
    run("record", desk.root / "answer", *desk.at, code=Exit.DATA)
    assert desk.standing(Exit.FINDINGS) == "withdrawn"


def test_a_proposal_cannot_name_a_before_that_this_key_did_not_sign(desk, tmp_path):
    proposal, other = tmp_path / "p", tmp_path / "other.key"
    declare(desk.school, privacy=LOOSER)
    run("propose", proposal, *desk.at)
    run("make-key", other)
    shown = run("approve", proposal, "--show", "--key", other)
    assert "was not signed by this key" in shown
    assert "everything is new" in shown


@pytest.mark.parametrize(
    "change", [{"digest": "0" * 64}, {"after": "1"}, {"terms": {}, "digest": ""}, {"document": "x"}]
)
def test_an_altered_proposal_is_not_signed(desk, tmp_path, change):
    proposal = tmp_path / "p"
    run("propose", proposal, *desk.at)
    proposal.write_text(json.dumps(json.loads(proposal.read_text()) | change))
    run("approve", proposal, tmp_path / "a", "--key", desk.key, code=Exit.DATA)
    assert not (tmp_path / "a").exists()


def test_what_was_signed_for_other_settings_is_not_recorded(desk):
    _, answer = desk.signed("for these")
    declare(desk.school, privacy=LOOSER)
    assert "looser in some respect" in run("record", answer, *desk.at, code=Exit.DATA)


def test_signing_needs_a_key_and_a_place(desk):
    run("propose", desk.root / "p", *desk.at)
    assert "--show" in run("approve", desk.root / "p", code=Exit.USAGE)
