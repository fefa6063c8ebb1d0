import hashlib

import pytest

from privacy.pseudonym import device_pseudonym

KEY = bytes(range(32))
MAC = bytes.fromhex("020000000001")


def test_pseudonym_is_eight_bytes_of_keyed_blake2b_as_a_signed_number():
    digest = hashlib.blake2b(MAC, digest_size=8, key=KEY, person=b"dev/v1").digest()
    assert device_pseudonym(KEY, MAC).to_bytes(8, "big", signed=True) == digest


def test_pseudonym_fits_the_column():
    values = [device_pseudonym(KEY, bytes([2, 0, 0, 0, 0, n])) for n in range(64)]
    assert len(set(values)) == 64
    assert all(-(2**63) <= value < 2**63 for value in values)
    assert min(values) < 0 < max(values)


def test_another_key_gives_another_pseudonym():
    assert device_pseudonym(KEY, MAC) != device_pseudonym(KEY[::-1], MAC)


@pytest.mark.parametrize("address", [bytes(4), bytes(6), bytes(16)])
def test_mac_and_ip_addresses_have_pseudonyms(address):
    assert isinstance(device_pseudonym(KEY, address), int)


@pytest.mark.parametrize("address", [b"", bytes(5), bytes(8)])
def test_what_is_no_address_is_refused(address):
    with pytest.raises(ValueError, match="octets"):
        device_pseudonym(KEY, address)


@pytest.mark.parametrize("key", [b"", bytes(31), bytes(33)])
def test_a_short_key_is_refused_because_it_could_be_searched(key):
    with pytest.raises(ValueError, match="32 bytes"):
        device_pseudonym(key, MAC)
