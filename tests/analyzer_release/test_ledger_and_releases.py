"""The last line of the ledger, whose hash no later line carries, is vouched for by its sealed release."""

import base64
from dataclasses import asdict, replace
from datetime import date

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from analyzer.exact import Bench
from analyzer.plan import check_published
from analyzer.store import Store
from privacy.gate.ledger import Charge
from privacy.gate.refused import LedgerDamaged
from privacy.release import Method, Release, dump_release
from privacy.sealed import seal
from school.load import load_school
from tests.support.processes import ROOT

CHARGE = Charge(
    "T6",
    "2026-09-07",
    "2026-09-07",
    "2026-09-08",
    0.00243,
    28.7,
    4,
    "1" * 64,
    "2" * 64,
)


@pytest.fixture
def bench(tmp_path):
    key = Ed25519PrivateKey.generate()
    method = Method("discrete_gaussian", "device_day", CHARGE.rho, CHARGE.sigma, CHARGE.cap)
    release = Release(
        "T6", CHARGE.period, date(2026, 9, 7), date(2026, 9, 8), method, (), "simulated",
        CHARGE.charter_digest, CHARGE.privacy_digest, "3" * 64,
    )  # fmt: skip
    directory = tmp_path / "public" / "releases" / "T6"
    directory.mkdir(parents=True)
    (directory / f"{CHARGE.period}.json").write_bytes(seal(dump_release(release), key))
    public = base64.b64encode(key.public_key().public_bytes_raw())
    (tmp_path / "public" / "seal.pub").write_bytes(public)
    school = load_school(ROOT / "simulator" / "school")
    return Bench(Store(tmp_path), school, school.catalogue())


def test_a_charge_that_is_its_releases_is_believed(bench):
    check_published(bench, (CHARGE,))


@pytest.mark.parametrize(
    ("field", "value"),
    [("rho", 0.001), ("sigma", 99.0), ("cap", 3), ("ends", "2026-09-09"), ("starts", "2026-09-06"),
     ("privacy_digest", "9" * 64), ("charter_digest", "9" * 64)],
)  # fmt: skip
def test_a_last_charge_that_was_altered_refuses_everything(bench, field, value):
    assert field in asdict(CHARGE)
    with pytest.raises(LedgerDamaged):
        check_published(bench, (replace(CHARGE, **{field: value}),))


def test_a_last_charge_whose_release_was_lost_is_believed(bench):
    lost = replace(CHARGE, period="2026-09-08", starts="2026-09-08", ends="2026-09-09")
    check_published(bench, (CHARGE, lost))
