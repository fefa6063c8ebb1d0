"""A day's key travels wrapped, and opens for its own school, day and secret only."""

import os

import pytest

from privacy.store.lent import SecretRefused, shared_secret, unwrap, wrap

KEY = bytes(range(32))


def secret(octet: int = 1) -> bytearray:
    return bytearray([octet]) * 32


def test_a_lent_key_opens_for_its_school_and_day_and_both_copies_are_overwritten():
    key, own = bytearray(KEY), secret()
    wrapped = wrap(key, own, school="0750001A", day="2026-09-07")
    assert KEY not in wrapped
    assert not any(key)
    assert not any(own)
    assert unwrap(wrapped, secret(), school="0750001A", day="2026-09-07") == KEY


@pytest.mark.parametrize(
    ("octet", "school", "day"),
    [(2, "0750001A", "2026-09-07"), (1, "0750002B", "2026-09-07"), (1, "0750001A", "2026-09-08")],
)
def test_it_opens_for_nobody_else(octet, school, day):
    wrapped = wrap(bytearray(KEY), secret(), school="0750001A", day="2026-09-07")
    with pytest.raises(SecretRefused, match="different secrets"):
        unwrap(wrapped, secret(octet), school=school, day=day)


def test_a_secret_that_others_may_read_or_of_another_length_is_refused(tmp_path):
    path = tmp_path / "secret"
    with pytest.raises(SecretRefused, match="No such file"):
        shared_secret(path)
    path.write_bytes(os.urandom(32))
    path.chmod(0o640)
    with pytest.raises(SecretRefused, match="chmod 600"):
        shared_secret(path)
    path.chmod(0o600)
    assert len(shared_secret(path)) == 32
    path.write_bytes(os.urandom(33))
    with pytest.raises(SecretRefused, match="not 32 octets"):
        shared_secret(path)
