"""Cards that enrol and cards that do not; addresses to which nothing goes; a hub that may be anybody's."""

import json
import socket
import ssl
import threading
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from hub.card import Card, CardRefused, Count, load_card, seal_card
from hub.holdings import Holdings, HubUnusable
from hub.outbox import Outbox, OutboxUnusable, write_ticket
from hub.sending import HubRefuses, Sender
from hub.wire import LARGEST, Wire, WireBroken, WireRefused
from privacy.published import Published
from tests.hub.many_schools import TODAY, MadeSchool, new_hub, take

SCHOOL, OTHER = MadeSchool(1), MadeSchool(2)


def sealed(card: Card, school: MadeSchool = SCHOOL) -> bytes:
    return seal_card(card, school.push_key)


def test_a_card_is_read_back_as_it_was_made():
    card = load_card(SCHOOL.sealed_card())
    assert (card.uai, card.workstations, card.named) == (
        SCHOOL.uai,
        SCHOOL.card.workstations,
        False,
    )


def test_workstations_hold_from_their_day_on_and_the_first_before():
    card = replace(
        SCHOOL.card, workstations=(Count(date(2026, 9, 1), 300), Count(date(2027, 1, 4), 420))
    )
    asked = (date(2025, 1, 1), date(2026, 9, 1), date(2027, 1, 3), date(2027, 1, 4))
    assert [card.workstations_on(day) for day in asked] == [300, 300, 300, 420]


@pytest.mark.parametrize(
    "changed",
    [
        {"uai": "../../x"}, {"uai": "0000001b"}, {"name": ""}, {"name": "a\nb"}, {"name": "x" * 121},
        {"school_kind": "prison"}, {"named": 1}, {"workstations": ()},
        {"workstations": (Count(date(2026, 9, 1), 9),)}, {"workstations": (Count(date(2026, 9, 1), True),)},
        {"workstations": (Count(date(2026, 9, 2), 99), Count(date(2026, 9, 1), 99))},
        {"seal_key": SCHOOL.push_key.public_key()},
    ],
)  # fmt: skip
def test_a_card_that_says_what_cannot_be_is_refused(changed):
    with pytest.raises(CardRefused):
        load_card(sealed(replace(SCHOOL.card, **changed)))


@pytest.mark.parametrize(
    "data",
    [b"", b"{}", b"[]", b'{"payload": {"push_key": 7}}', b"x" * 20_000, SCHOOL.sealed_card()[:-3],
     SCHOOL.sealed_card().replace(b'"named":false', b'"named":true')],
)  # fmt: skip
def test_what_is_no_card_or_an_altered_one_is_refused(data):
    with pytest.raises(CardRefused):
        load_card(data)


def test_a_card_sealed_by_another_key_than_it_names_is_refused():
    with pytest.raises(CardRefused, match="own key"):
        load_card(sealed(SCHOOL.card, OTHER))


def test_one_key_enrols_one_school(tmp_path):
    hub = new_hub(tmp_path / "hub", [SCHOOL])
    thief = replace(OTHER.card, seal_key=SCHOOL.seal_key.public_key())
    with pytest.raises(CardRefused, match="another school"):
        hub.enrol(sealed(thief, OTHER))
    with pytest.raises(CardRefused, match="other keys"):
        hub.enrol(sealed(replace(OTHER.card, uai=SCHOOL.uai), OTHER))
    assert hub.schools() == [SCHOOL.uai]


def test_a_new_card_of_the_same_keys_is_taken_and_the_old_one_stays_on_the_disk(tmp_path):
    hub = new_hub(tmp_path / "hub", [SCHOOL])
    take(hub, SCHOOL, [0])
    hub.enrol(sealed(replace(SCHOOL.card, named=True)))
    assert hub.card(SCHOOL.uai).named
    assert len(list((hub.directory / "schools" / SCHOOL.uai / "cards").iterdir())) == 2
    assert len(hub.held(SCHOOL.uai)) == 2


def test_a_school_that_left_is_gone_and_its_old_card_enrols_nobody(tmp_path):
    hub = new_hub(tmp_path / "hub", [SCHOOL, OTHER])
    take(hub, SCHOOL, [0])
    hub.remove(SCHOOL.uai)
    text = b"".join(p.read_bytes() for p in hub.directory.rglob("*") if p.is_file())
    assert SCHOOL.uai.encode() not in text
    assert hub.schools() == [OTHER.uai]
    with pytest.raises(CardRefused, match="withdrawn"):
        hub.enrol(SCHOOL.sealed_card())


def test_an_erasure_that_a_power_cut_broke_off_is_ended_at_the_next_start(tmp_path, monkeypatch):
    hub = new_hub(tmp_path / "hub", [SCHOOL])
    take(hub, SCHOOL, [0])
    with monkeypatch.context() as patched:
        patched.setattr("hub.holdings.shutil.rmtree", lambda *_, **__: None)
        hub.remove(SCHOOL.uai)
    assert hub.schools() == []
    assert list((hub.directory / "schools").iterdir()) != []
    Holdings(hub.directory)
    assert list((hub.directory / "schools").iterdir()) == []


def test_a_hub_whose_key_others_can_read_does_not_start(tmp_path):
    hub = new_hub(tmp_path / "hub")
    (hub.directory / "hub.key").chmod(0o644)
    with pytest.raises(HubUnusable, match="chmod 600"):
        Holdings(hub.directory)
    with pytest.raises(HubUnusable, match="hub init"):
        Holdings(tmp_path / "nowhere")


@pytest.mark.parametrize(
    "url",
    ["http://hub.example.org", "http://192.0.2.1:80", "ftp://127.0.0.1", "127.0.0.1", "", "https://",
     "https://a:b@hub.example.org", "http://127.0.0.1.example.org", "https://hub.example.org:port"],
)  # fmt: skip
def test_nothing_goes_in_clear_or_to_what_is_no_address(url):
    with pytest.raises(WireRefused):
        Wire(url, "token")


@pytest.mark.parametrize(
    "url",
    ["https://hub.example.org/jauge", "http://127.0.0.1:1", "http://[::1]:1", "http://localhost:1"],
)
def test_tls_and_this_machine_are_fine(url):
    Wire(url, "token").close()


@contextmanager
def answering(*answers: bytes, tls: ssl.SSLContext | None = None, heard: list | None = None):
    """A server that says what it is told, whatever is asked."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(20)

        def serve() -> None:
            for answer in answers:
                plain, _ = listener.accept()
                try:
                    connection = tls.wrap_socket(plain, server_side=True) if tls else plain
                except OSError:
                    plain.close()
                    continue
                with connection:
                    asked = connection.recv(65536)
                    if heard is not None:
                        heard.append(asked)
                    connection.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        scheme = "https" if tls else "http"
        yield f"{scheme}://127.0.0.1:{listener.getsockname()[1]}"
        thread.join(20)


def http(body: bytes, status: str = "200 OK", more: str = "") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{more}\r\n".encode() + body


@pytest.mark.enable_socket
def test_an_answer_that_is_cut_too_large_or_no_http_is_a_sentence():
    cut = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"
    large = b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * (LARGEST + 1)
    for answer, word in (
        (cut, "cut|reached"),
        (b"SMTP ready\r\n", "reached"),
        (large, "more than"),
    ):
        broken = pytest.raises(WireBroken, match=word)
        with answering(answer) as url, closing(Wire(url, "t")) as wire, broken as caught:
            wire.ask("GET", "/api/v1/hub/state")
        assert "127.0.0.1" not in str(caught.value)


def certificate(directory) -> tuple:
    """Return (certificate, key) of this machine, signed by nobody but itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "hub")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    files = directory / "hub.crt", directory / "hub.pem"
    files[0].write_bytes(made.public_bytes(Encoding.PEM))
    files[1].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return files


@pytest.mark.enable_socket
def test_a_certificate_that_nobody_trusts_gets_no_token(tmp_path):
    crt, key = certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(crt, key)
    with answering(http(b"{}"), tls=context) as url, closing(Wire(url, "t", crt)) as wire:
        assert wire.ask("GET", "/x") == (200, b"{}")
    heard: list[bytes] = []
    broken = pytest.raises(WireBroken, match="not trusted")
    with (
        answering(http(b"{}"), tls=context, heard=heard) as url,
        closing(Wire(url, "secret")) as wire,
        broken,
    ):
        wire.ask("GET", "/x")
    assert heard == []


@pytest.mark.enable_socket
def test_a_redirection_is_not_followed():
    answer = http(b"", "302 Found", "Location: http://192.0.2.1/\r\n")
    with answering(answer) as url, closing(Wire(url, "t")) as wire:
        assert wire.ask("GET", "/api/v1/hub/state")[0] == 302


def sender(tmp_path, url: str, hub: Holdings) -> Sender:
    public = SCHOOL.publish(tmp_path / "school/public", [0])
    box = Outbox(tmp_path / "school/hub")
    box.key()
    ticket = {"name": "x", "hub_key": hub.key_text, "uai": SCHOOL.uai, "url": url, "token": "t"}
    box.keep_ticket(write_ticket(ticket))
    return Sender(Published(public), box, Wire(url, "t"), today=TODAY)


STATE = {"uai": SCHOOL.uai, "position": 0, "previous": "0" * 64, "held": []}
LIES = {
    "another hub": (json.dumps(STATE | {"hub": "f" * 16}), "another hub"),
    "another school": (json.dumps(STATE | {"hub": "@", "uai": OTHER.uai}), "another hub"),
    "no state": ('{"hub": "@"}', "another hub|does not say"),
    "no place": (json.dumps(STATE | {"hub": "@", "position": "x"}), "does not say"),
    "no JSON": ("<html>", "not answer in JSON"),
    "a list": ("[]", "not answer in JSON"),
}


@pytest.mark.enable_socket
@pytest.mark.parametrize("lie", LIES)
def test_a_hub_that_is_not_the_tickets_gets_nothing(tmp_path, lie):
    """One question is asked; the server of this test would hang up on a second."""
    hub = new_hub(tmp_path / "hub", [SCHOOL])
    text, word = LIES[lie]
    with answering(http(text.replace("@", hub.key_name).encode())) as url:
        sending = sender(tmp_path, url, hub)
        with closing(sending._wire), pytest.raises(HubRefuses, match=word):
            sending.push()
    assert not list((tmp_path / "school/hub/receipts").iterdir())


@pytest.mark.enable_socket
def test_a_receipt_that_the_hub_did_not_sign_is_no_receipt(tmp_path):
    hub = new_hub(tmp_path / "hub", [SCHOOL])
    state = http(json.dumps(STATE | {"hub": hub.key_name}).encode(), more="Connection: close\r\n")
    with answering(state, http(b'{"payload": {}, "seal": {}}', "201 Created")) as url:
        sending = sender(tmp_path, url, hub)
        with closing(sending._wire), pytest.raises(HubRefuses, match="signed nothing"):
            sending.push()
    assert not list((tmp_path / "school/hub/receipts").iterdir())


def test_a_ticket_of_another_hub_does_not_cover_the_receipts_of_the_first(tmp_path):
    hub, second = new_hub(tmp_path / "hub", [SCHOOL]), new_hub(tmp_path / "second")
    box = Outbox(tmp_path / "box")
    box.key()
    ticket = {"name": "x", "uai": SCHOOL.uai, "url": "https://h.example", "token": "t"}
    box.keep_ticket(write_ticket(ticket | {"hub_key": hub.key_text}))
    (tmp_path / "box/receipts/000000.json").write_bytes(b"x")
    with pytest.raises(OutboxUnusable, match="another hub"):
        box.keep_ticket(write_ticket(ticket | {"hub_key": second.key_text}))
    with pytest.raises(OutboxUnusable, match="not a receipt"):
        box.receipts(box.ticket())
