"""Until the DPO has said so, the collector writes link rows and nothing else."""

from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from collector.custody import HOUSE_S, Custody, CustodySetup
from collector.notebook import PENDING_MAX
from collector.objections import Objections
from privacy.acknowledgement import Decision, Standing, standing
from privacy.clock import ClockGuard, Reading
from privacy.log.file import LogRefused
from privacy.records import LINK_SCHEMA, SLICE_SCHEMA
from privacy.requests import remove_request, request_stop
from privacy.settings import PrivacySettings
from privacy.store.layout import keys_beside
from privacy.terms import Terms
from tests.support.acknowledged import acknowledge, log_of

DAY = date(2026, 11, 16)
TERMS = Terms()
TIGHTER = Terms(settings=PrivacySettings(retention_days=5))


class Inner:
    def __init__(self) -> None:
        self.records: list[str] = []

    def slices(self, table, day):
        self.records.append("slices")

    def links(self, table, day):
        self.records.append("links")

    def open(self): ...
    def flush(self): ...
    def close(self): ...
    def trouble(self):
        return []


class Bench:
    def __init__(self, root: Path, terms: Terms = TERMS) -> None:
        self.store, self.inner = root / "store", Inner()
        self.now, self.said = 0.0, []
        self.jump = 0.0
        setup = CustodySetup(
            store=self.store, keys=keys_beside(self.store), timezone=ZoneInfo("Europe/Paris"),
            source="test", config="0" * 16, terms=terms, policy="e" * 64, log=log_of(self.store),
            objections=Objections(),
            guard=lambda record: ClockGuard(self.store, self._clocks, record),
            say=self.said.append, now_s=self.clock, monotonic=lambda: self.now,
        )  # fmt: skip
        self.store.mkdir(exist_ok=True)
        self.custody = Custody(self.inner, setup)
        self.custody.open()

    START = 1_794_830_000.0  # 16 November, noon in Paris

    def clock(self) -> float:
        return self.START + self.now + self.jump

    def _clocks(self) -> Reading:
        return Reading(self.clock(), 1_000 + self.now, "boot")

    def feed(self) -> None:
        row = {field.name: None for field in SLICE_SCHEMA}
        table = pa.Table.from_pylist(
            [row], pa.schema([f.with_nullable(True) for f in SLICE_SCHEMA])
        )
        self.custody.slices(table, DAY)
        self.custody.links(LINK_SCHEMA.empty_table(), DAY)

    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.custody.flush()

    def kinds(self) -> list[str]:
        return [entry.kind for entry in log_of(self.store).verify().entries]


def test_without_an_acknowledgement_only_link_rows_pass_and_a_sentence_says_why(tmp_path):
    bench = Bench(tmp_path)
    bench.feed()
    assert bench.inner.records == ["links"]
    assert len(bench.said) == 1
    assert "no DPO has been declared" in bench.said[0]
    assert "`jauge privacy status` says what to do" in bench.said[0]
    assert bench.custody.notes() == ["1 slices were not written: no acknowledgement in force"]


def test_an_acknowledgement_counts_without_a_restart_and_so_does_its_end(tmp_path):
    bench = Bench(tmp_path)
    bench.feed()
    key = acknowledge(bench.store)
    bench.wait(HOUSE_S + 1)
    bench.feed()
    acknowledge(bench.store, key=key, decision=Decision.WITHDRAWN)
    bench.wait(HOUSE_S + 1)
    bench.feed()
    assert bench.inner.records == ["links", "slices", "links", "links"]
    assert [k for k in bench.kinds() if "acknowledgement" in k] == [
        "acknowledgement_in_force", "acknowledgement_missing"]  # fmt: skip


def test_each_run_begins_and_ends_in_the_log(tmp_path):
    acknowledge(tmp_path / "store")
    bench = Bench(tmp_path)
    bench.feed()
    bench.custody.close()
    assert bench.kinds()[-3:] == ["collector_started", "policy_changed", "collector_stopped"]
    assert log_of(bench.store).entries()[-1].facts == {
        "source": "test", "slices": 1, "not_recorded": 0}  # fmt: skip


@pytest.mark.parametrize(
    ("terms", "signer", "then", "expected"),
    [
        (TERMS, "dpo", None, Standing.IN_FORCE),
        (TIGHTER, "dpo", None, Standing.LOOSER),
        (TERMS, "somebody", None, Standing.NOT_DECIDED),
        (TERMS, "dpo", "another DPO", Standing.NOT_DECIDED),
        (TERMS, "dpo", "withdrawn", Standing.WITHDRAWN),
    ],
)
def test_only_the_declared_dpo_on_these_settings_counts(terms, signer, then, expected, tmp_path):
    import json

    from privacy.acknowledgement import sign
    from privacy.keys import public_text

    log = log_of(tmp_path / "store")
    keys = {name: Ed25519PrivateKey.generate() for name in ("dpo", "somebody", "another DPO")}
    log.append("dpo_key_declared", {"public_key": public_text(keys["dpo"].public_key())})
    sealed = json.loads(sign(Decision.ACKNOWLEDGED, terms, keys[signer], after=1))
    log.append("dpo_decided", {"sealed": sealed})
    if then == "another DPO":
        log.append("dpo_key_declared", {"public_key": public_text(keys[then].public_key())})
    elif then == "withdrawn":
        sealed = json.loads(sign(Decision.WITHDRAWN, terms, keys["dpo"]))
        log.append("dpo_decided", {"sealed": sealed})
    assert standing(log.entries(), TERMS) is expected


def test_a_sealed_decision_that_was_altered_does_not_count(tmp_path):
    import json

    from privacy.acknowledgement import sign
    from privacy.keys import public_text

    log, key = log_of(tmp_path / "store"), Ed25519PrivateKey.generate()
    log.append("dpo_key_declared", {"public_key": public_text(key.public_key())})
    sealed = json.loads(sign(Decision.ACKNOWLEDGED, TIGHTER, key, after=1))
    sealed["payload"] |= {"terms": TERMS.model_dump(mode="json"), "settings": TERMS.digest()}
    log.append("dpo_decided", {"sealed": sealed})
    assert standing(log.entries(), TERMS) is Standing.NOT_DECIDED


def test_the_key_of_the_day_ends_ten_minutes_after_midnight_though_nothing_comes(tmp_path):
    bench = Bench(tmp_path)
    bench.custody.key_of_day(DAY)
    for _ in range(130):
        bench.wait(400)
    assert [k for k in bench.kinds() if "key" in k] == [
        "pseudonym_key_made", "pseudonym_key_destroyed"]  # fmt: skip


def test_a_clock_that_jumps_destroys_no_key_until_it_comes_back(tmp_path):
    bench = Bench(tmp_path)
    key = bytes(bench.custody.key_of_day(DAY))
    bench.wait(HOUSE_S + 1)
    bench.jump = 2 * 86_400
    for _ in range(5):
        bench.wait(HOUSE_S + 1)
    assert bytes(bench.custody.key_of_day(DAY)) == key
    bench.jump = 0
    bench.wait(HOUSE_S + 1)
    assert bytes(bench.custody.key_of_day(DAY)) == key
    assert [k for k in bench.kinds() if "clock" in k] == ["clock_jumped", "clock_agreed"]
    bench.custody.key_of_day.close()


@pytest.mark.parametrize("jump", [86_400, -86_400, 3_650 * 86_400])
def test_a_collector_that_starts_under_a_false_clock_keys_devices_as_before(jump, tmp_path):
    """Else one device would be two on that day, and the key be taken for a recorded day's."""
    bench = Bench(tmp_path)
    key = bytes(bench.custody.key_of_day(DAY))
    bench.custody.close()
    again = Bench(tmp_path)
    again.now, again.jump = 60.0, jump
    assert bytes(again.custody.key_of_day(DAY)) == key
    again.custody.key_of_day.close()
    assert again.kinds().count("pseudonym_key_made") == 1
    assert "pseudonym_key_destroyed" not in again.kinds()
    assert "clock_jumped" in again.kinds()


def test_a_log_that_takes_nothing_stops_nothing_and_is_caught_up(tmp_path, monkeypatch):
    bench = Bench(tmp_path)
    log = bench.custody._setup.log
    append = type(log).append

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(type(log), "append", full)
    for number in range(PENDING_MAX + 50):
        bench.custody._notebook.add("unknown_files_deleted", {"files": number})
    bench.feed()
    assert sum("audit log takes no entry" in sentence for sentence in bench.said) == 1
    assert len(bench.custody._notebook._waiting) == PENDING_MAX
    monkeypatch.setattr(type(log), "append", append)
    bench.wait(HOUSE_S + 1)
    assert "collector_started" in bench.kinds()


def test_a_damaged_log_is_refused_before_anything_is_measured(tmp_path):
    acknowledge(tmp_path / "store")
    path = tmp_path / "store" / "log" / "audit.jsonl"
    path.write_bytes(path.read_bytes().replace(b"dpo_decided", b"dpo_decidef"))
    with pytest.raises(LogRefused, match="restore it from a backup"):
        Bench(tmp_path)


def test_a_request_to_stop_ends_the_writing_with_the_next_slices(tmp_path):
    acknowledge(tmp_path / "store")
    bench = Bench(tmp_path)
    bench.feed()
    (bench.store / "requests").mkdir()
    request_stop(bench.store)
    request_stop(bench.store)
    bench.feed()
    assert bench.inner.records == ["slices", "links", "links"]
    assert "the DPO stopped the capture: only the load of the link" in bench.said[-1]
    assert bench.kinds().count("capture_stopped_by_dpo") == 1
    remove_request(bench.store)
    bench.wait(HOUSE_S + 1)
    bench.feed()
    assert bench.inner.records == ["slices", "links", "links", "links"]


def test_a_stopped_capture_goes_on_after_a_new_signature_only(tmp_path):
    key = acknowledge(tmp_path / "store")
    log = log_of(tmp_path / "store")
    old = next(e.facts for e in log.entries() if e.kind == "dpo_decided")
    bench = Bench(tmp_path)
    (bench.store / "requests").mkdir()
    request_stop(bench.store)
    bench.feed()
    remove_request(bench.store)
    log.append("dpo_decided", old)
    bench.wait(HOUSE_S + 1)
    bench.feed()
    assert bench.inner.records == ["links", "links"]
    acknowledge(bench.store, key=key)
    bench.wait(HOUSE_S + 1)
    bench.feed()
    assert bench.inner.records == ["links", "links", "slices", "links"]


def test_a_collector_that_starts_after_the_request_never_begins(tmp_path):
    acknowledge(tmp_path / "store")
    (tmp_path / "store/requests").mkdir()
    request_stop(tmp_path / "store")
    bench = Bench(tmp_path)
    bench.feed()
    bench.custody.close()
    assert bench.inner.records == ["links"]
    assert "capture_stopped_by_dpo" in bench.kinds()


def test_a_stop_that_the_log_cannot_take_stops_all_the_same_and_is_logged_once(
    tmp_path, monkeypatch
):
    acknowledge(tmp_path / "store")
    bench = Bench(tmp_path)
    bench.feed()
    (bench.store / "requests").mkdir()
    request_stop(bench.store)
    with monkeypatch.context() as damaged:

        def full(*_):
            raise OSError(28, "No space left on device")

        damaged.setattr("privacy.log.file.AuditLog.append", full)
        bench.feed()
        bench.feed()
    assert bench.inner.records == ["slices", "links", "links", "links"]
    bench.wait(HOUSE_S + 1)
    assert bench.kinds().count("capture_stopped_by_dpo") == 1


def test_tighter_terms_are_in_force_without_a_signature_and_the_log_says_so(tmp_path):
    acknowledge(tmp_path / "store")
    bench = Bench(tmp_path, TIGHTER)
    bench.feed()
    assert bench.inner.records == ["slices", "links"]
    changes = [e.facts for e in log_of(bench.store).entries() if e.kind == "policy_changed"]
    assert [(c["old"], c["new"], c["change"]) for c in changes] == [(None, "e" * 64, "tightened")]
