import base64
import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from privacy import canonical, gate
from privacy.published import Published
from privacy.release import dump_release, load_release
from privacy.sealed import SealBroken, key_id, open_sealed, seal
from tests.privacy.examples import DAY, OCCASION, SETTINGS, T6, crowd, ledger_in

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
PAYLOAD = {"document": "charter", "version": 1, "clauses": [{"id": "C1", "fr": "Écouter"}]}


def test_a_sealed_payload_opens_with_the_public_key():
    assert open_sealed(seal(PAYLOAD, KEY), KEY.public_key()) == PAYLOAD


def test_every_flipped_bit_of_a_sealed_file_is_noticed():
    data = seal(PAYLOAD, KEY)
    opened = []
    for position in range(len(data) - 1):
        for bit in range(8):
            altered = bytearray(data)
            altered[position] ^= 1 << bit
            try:
                opened.append((position, open_sealed(bytes(altered), KEY.public_key())))
            except SealBroken:
                continue
    # The only changes that open are those that leave the JSON value as it was.
    assert all(payload == PAYLOAD for _, payload in opened)
    assert len(opened) < 8


def test_every_cut_of_a_sealed_file_is_noticed():
    data = seal(PAYLOAD, KEY)
    for length in range(len(data) - 1):
        with pytest.raises(SealBroken):
            open_sealed(data[:length], KEY.public_key())


def test_a_seal_of_another_key_is_refused():
    with pytest.raises(SealBroken, match="another key"):
        open_sealed(seal(PAYLOAD, OTHER), KEY.public_key())


def resealed(change):
    document = json.loads(seal(PAYLOAD, KEY))
    change(document)
    return json.dumps(document).encode()


def test_a_signature_by_another_key_under_our_name_is_refused():
    def steal(document):
        document["seal"]["key"] = key_id(KEY.public_key())

    document = json.loads(seal(PAYLOAD, OTHER))
    steal(document)
    with pytest.raises(SealBroken, match="altered"):
        open_sealed(json.dumps(document).encode(), KEY.public_key())


def test_a_wrong_digest_is_refused_even_under_a_good_signature():
    data = resealed(lambda document: document["seal"].update(sha256="0" * 64))
    with pytest.raises(SealBroken, match="digest"):
        open_sealed(data, KEY.public_key())


@pytest.mark.parametrize(
    "data",
    [b"", b"null", b"[]", b"{}", b'{"payload":1,"seal":{}}', b'{"payload":1,"seal":1}', b"[" * 10**5],
    ids=["empty", "null", "list", "object", "no signature", "seal is a number", "too deep"],
)  # fmt: skip
def test_what_is_no_sealed_file_is_refused(data):
    with pytest.raises(SealBroken, match="not a sealed file"):
        open_sealed(data, KEY.public_key())


def test_a_sealed_list_is_refused():
    with pytest.raises(SealBroken, match="not a sealed file"):
        open_sealed(seal([1], KEY), KEY.public_key())


@pytest.mark.parametrize(
    ("value", "error"),
    [
        (float("nan"), ValueError),
        (float("inf"), ValueError),
        (1e16, ValueError),
        (1e-7, ValueError),
        ({1: 2}, TypeError),
        ({"a": [b"x"]}, TypeError),
        ({"a": {1}}, TypeError),
        (bytearray(b"x"), TypeError),
    ],
)
def test_a_value_without_one_plain_form_cannot_be_sealed(value, error):
    with pytest.raises(error):
        canonical.dump(value)


def test_canonical_form_sorts_keys_and_keeps_letters():
    assert canonical.dump({"b": [1, 0.5, None, True], "a": "é"}) == (
        '{"a":"é","b":[1,0.5,null,true]}'.encode()
    )
    assert canonical.digest({"a": 1, "b": 2}) == canonical.digest({"b": 2, "a": 1})


# What the web process may read.


@pytest.fixture
def public(tmp_path):
    directory = tmp_path / "public"
    (directory / "releases" / "T6").mkdir(parents=True)
    (directory / "documents").mkdir()
    raw = KEY.public_key().public_bytes_raw()
    (directory / "seal.pub").write_bytes(base64.b64encode(raw))
    (directory / "documents" / "charter.json").write_bytes(seal(PAYLOAD, KEY))
    release = gate.release(
        [crowd(200, T6)], T6, DAY, settings=SETTINGS, ledger=ledger_in(tmp_path), occasion=OCCASION
    )
    stored = seal(dump_release(release), KEY)
    (directory / "releases" / "T6" / "2026-09-07.json").write_bytes(stored)
    (tmp_path / "secret.json").write_bytes(seal(PAYLOAD | {"document": "secret"}, KEY))
    return directory


def test_published_releases_and_documents_are_read(public):
    published = Published(public)
    assert published.ready()
    assert published.periods("T6") == ["2026-09-07"]
    assert published.periods("T1") == []
    assert published.release("T6", "2026-09-07").table == "T6"
    assert published.document("charter") == PAYLOAD


def test_a_file_that_is_replaced_or_signed_anew_is_seen_without_being_opened(public):
    published = Published(public)
    assert published.directory == public
    assert published.documents() == ["charter"]
    release, document = ("releases", "T6", "2026-09-07"), ("documents", "charter")
    before = {names: published.stamp(*names) for names in (release, document)}
    path = public / "documents" / "charter.json"
    path.write_bytes(path.read_bytes() + b"\n")
    assert published.stamp(*document) != before[document]
    assert published.stamp(*release) == before[release]
    key = public / "seal.pub"
    key.write_bytes(key.read_bytes() + b"\n")
    assert published.stamp(*release) != before[release]
    with pytest.raises(FileNotFoundError):
        published.stamp("documents", "register")


def test_an_empty_directory_is_not_ready(tmp_path):
    assert not Published(tmp_path).ready()


@pytest.mark.parametrize(
    "name",
    ["../secret", "../../secret", "..", ".", "", "/etc/passwd", "charter.json", "a/b", "charter\0",
     "charter\n", "%2e%2e", "x" * 33, "é"],
)  # fmt: skip
def test_a_name_that_could_leave_the_directory_is_no_file(public, name):
    published = Published(public)
    for read in (
        lambda: published.document(name),
        lambda: published.release("T6", name),
        lambda: published.release(name, "2026-09-07"),
        lambda: published.periods(name),
    ):
        with pytest.raises(FileNotFoundError):
            read()


def test_a_release_filed_under_another_day_is_refused(public):
    directory = public / "releases" / "T6"
    (directory / "2026-09-07.json").rename(directory / "2026-09-08.json")
    with pytest.raises(SealBroken, match="another name"):
        Published(public).release("T6", "2026-09-08")


def test_a_document_filed_under_another_name_is_refused(public):
    (public / "documents" / "charter.json").rename(public / "documents" / "privacy.json")
    with pytest.raises(SealBroken, match="another name"):
        Published(public).document("privacy")


@pytest.mark.parametrize("content", [b"", b"AAAA", b"!!", b"\xff"])
def test_a_damaged_public_key_opens_nothing(public, content):
    (public / "seal.pub").write_bytes(content)
    with pytest.raises(SealBroken, match="public key"):
        Published(public).document("charter")


@pytest.mark.parametrize("change", [{"format": 1}, {"kind": "link_load"}], ids=["format", "kind"])
def test_a_release_of_another_format_is_not_read(public, change):
    payload = Published(public).payload("T6", "2026-09-07") | change
    with pytest.raises(ValueError, match="not a release"):
        load_release(payload)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0000486, b"0.0000486"),
        (-1e-6, b"-0.000001"),
        ({"b": [1e-5, "é", None], "a": 0.0}, '{"a":0.0,"b":[0.00001,"é",null]}'.encode()),
        ([{"a": 2e-5}, 0.1], b'[{"a":0.00002},0.1]'),
    ],
)
def test_a_small_number_has_its_plain_decimal_form(value, text):
    assert canonical.dump(value) == text
    assert json.loads(text) == value


def test_what_follows_a_small_number_is_checked_too():
    with pytest.raises(TypeError):
        canonical.dump([1e-5, {1: 2}])


def test_a_release_of_the_format_before_is_read_without_a_policy(public):
    payload = Published(public).payload("T6", "2026-09-07") | {"format": 2}
    del payload["policy_digest"]
    assert load_release(payload).policy_digest is None
    for form in (True, "3", 4):
        with pytest.raises(ValueError, match="not a release"):
            load_release(payload | {"format": form})
