"""`jauge lists update` over the network: a TLS server on loopback, an authority made here."""

import hashlib
import json
import ssl
import threading
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files

import pytest

from cli.exits import Exit, Refusal
from school.lists.download import WHOLE_S, DownloadRefused, fetch
from school.lists.settings import Archive
from tests.lists.archives import archive_of
from tests.lists.examples import many
from tests.lists.test_command import jauge
from tests.support.internet import make_certificates

pytestmark = pytest.mark.enable_socket

ARCHIVE = archive_of({"games": ["jeu.net"], "malware": many("piege", 30), "press": ["journal.fr"]})
LARGE = bytes(3 << 20)


class Answers(BaseHTTPRequestHandler):
    """What the test server says at each path."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        where = getattr(self, f"say_{self.path.strip('/').replace('-', '_')}", None)
        if where is None:
            self._send(b"", 404)
        else:
            where()

    def _send(self, data, status=200, **headers):
        self.send_response(status)
        for name, value in {"Content_Length": len(data), **headers}.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()
        self.wfile.write(data)

    def say_lists(self):
        self._send(ARCHIVE, Last_Modified="Mon, 17 Aug 2026 06:00:00 GMT")

    def say_moved(self):
        self._send(b"", 302, Location="/lists")

    def say_down(self):
        port = self.server.server_port
        self._send(b"", 302, Location=f"http://localhost:{port}/lists")

    def say_file(self):
        self._send(b"", 302, Location="file:///etc/passwd")

    def say_round(self):
        self._send(b"", 302, Location="/round")

    def say_large(self):
        self._send(LARGE)

    def say_chunked(self):
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.write(b"%x\r\n%b\r\n0\r\n\r\n" % (len(LARGE), LARGE))

    def say_cut(self):
        self._send(ARCHIVE, Content_Length=len(ARCHIVE) + 100, Connection="close")
        self.close_connection = True

    def say_page(self):
        self._send(b"<html>maintenance</html>")

    def log_message(self, *_):
        pass


@contextmanager
def serving(certificates, name="localhost"):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificates.of(name))

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_):
            pass  # a client that goes away is what is tested

        def get_request(self):
            connection, address = super().get_request()
            return context.wrap_socket(connection, server_side=True), address

    with Server(("127.0.0.1", 0), Answers) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(name="certificates", scope="module")
def _certificates(tmp_path_factory):
    directory = tmp_path_factory.mktemp("tls") / "made"
    return make_certificates(directory, ["localhost", "other.example.com"], datetime.now(UTC))


@pytest.fixture(name="port")
def _port(certificates, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates.authority))
    monkeypatch.setenv("no_proxy", "*")
    with serving(certificates) as port:
        yield port


def settings_at(tmp_path, address, **more):
    """The shipped lists.yaml with another archive."""
    text = files("school.lists").joinpath("default.yaml").read_text(encoding="utf-8")
    before, _, rest = text.partition("archive:\n")
    _, _, lists = rest.partition("lists:\n")
    lines = "".join(f"  {key}: '{value}'\n" for key, value in {"address": address, **more}.items())
    path = tmp_path / "lists.yaml"
    path.write_text(f"{before}archive:\n{lines}\nlists:\n{lists}", encoding="utf-8")
    return path


def update(tmp_path, address, *arguments, **more):
    settings = settings_at(tmp_path, address, **more)
    target = tmp_path / "sites.lists"
    return jauge("update", "--lists", settings, "--target", target, *arguments)


def test_the_archive_is_fetched_checked_imported_and_its_origin_kept(tmp_path, port):
    digest = hashlib.sha256(ARCHIVE).hexdigest()
    result = update(tmp_path, f"https://localhost:{port}/lists", "--json", sha256=digest)
    assert result.exit_code == 0
    told = json.loads(result.stdout)
    assert told["archive"] == {
        "address": f"https://localhost:{port}/lists",
        "sha256": digest,
        "octets": len(ARCHIVE),
        "modified": "2026-08-17",
    }
    target = tmp_path / "sites.lists"
    status = json.loads(jauge("status", target, "--name", "www.jeu.net", "--json").stdout)
    assert (status["name"]["list"], status["archive"]) == ("games", told["archive"])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["lists.yaml", "sites.lists"]


def test_what_a_new_list_applies_to_is_said(tmp_path, port):
    assert "déjà captés gardent" in update(tmp_path, f"https://localhost:{port}/moved").stdout


REFUSED = {
    "down": ({}, "not HTTPS"),
    "file": ({}, "answers 302"),
    "round": ({}, "answers 302"),
    "large": ({"most_mib": 1}, "larger than 1 MiB"),
    "chunked": ({"most_mib": 1}, "larger than 1 MiB"),
    "cut": ({}, "cut after|connection broke"),
    "page": ({}, "not a whole tar.gz"),
    "none": ({}, "answers 404"),
    "lists": ({"sha256": "0" * 64}, "the settings want 0000"),
}


@pytest.mark.parametrize("path", REFUSED)
def test_what_is_not_the_archive_leaves_everything_as_it_was(tmp_path, port, path):
    more, sentence = REFUSED[path]
    target = tmp_path / "sites.lists"
    assert update(tmp_path, f"https://localhost:{port}/lists").exit_code == 0
    before = target.read_bytes()
    with pytest.raises(Refusal, match=sentence) as caught:
        update(tmp_path, f"https://localhost:{port}/{path}", **more)
    assert caught.value.code == Exit.DATA
    assert target.read_bytes() == before
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["lists.yaml", "sites.lists"]


def test_a_stranger_is_not_trusted(tmp_path, port, certificates, monkeypatch):
    with pytest.raises(Refusal, match="certificate is not trusted"):
        update(tmp_path, f"https://127.0.0.1:{port}/lists")  # another name than the certificate's
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "lists.yaml"))  # holds no authority
    with pytest.raises(Refusal, match="certificate is not trusted"):
        update(tmp_path, f"https://localhost:{port}/lists")
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(Refusal, match="set SSL_CERT_FILE to its authority"):
        update(tmp_path, f"https://localhost:{port}/lists")


def test_nobody_at_the_address_is_a_sentence(tmp_path, certificates):
    with serving(certificates) as port:
        pass
    with pytest.raises(Refusal, match="cannot be reached"):
        update(tmp_path, f"https://localhost:{port}/lists")


def test_a_server_that_takes_too_long_is_given_up(tmp_path, port):
    moments = iter([0.0, WHOLE_S + 1])
    archive = Archive(f"https://localhost:{port}/lists", None, 10 << 20)
    with pytest.raises(DownloadRefused, match="not whole after"):
        fetch(archive, tmp_path / "a", clock=lambda: next(moments))


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("http://localhost/lists", "only an HTTPS address"),
        ("file:///etc/passwd", "only an HTTPS address"),
        ("https://", "only an HTTPS address"),
        ("https://user:word@localhost/lists", "holds a user or a password"),
    ],
)
def test_other_addresses_are_errors_of_the_settings(tmp_path, address, sentence):
    with pytest.raises(Refusal, match=sentence) as caught:
        update(tmp_path, address)
    assert caught.value.code == Exit.CONFIGURATION
    assert "lists.yaml:" in str(caught.value)


def test_fetch_itself_takes_nothing_but_https(tmp_path):
    with pytest.raises(DownloadRefused, match="not HTTPS"):
        fetch(Archive("http://localhost/", None, 1 << 20), tmp_path / "a")


def test_an_archive_file_is_taken_in_place_of_a_folder(tmp_path):
    archive = tmp_path / "a.tar.gz"
    archive.write_bytes(ARCHIVE)
    result = jauge("update", "--from", archive, "--target", tmp_path / "s.lists", "--json")
    told = json.loads(result.stdout)["archive"]
    assert (told["address"], told["sha256"]) == (None, hashlib.sha256(ARCHIVE).hexdigest())


def test_without_an_address_a_folder_must_be_given(tmp_path):
    path = settings_at(tmp_path, "https://localhost/")
    text = path.read_text()
    path.write_text(text[: text.index("archive:")] + text[text.index("lists:\n") :])
    with pytest.raises(Refusal, match="give a folder or an archive") as caught:
        jauge("update", "--lists", path, "--target", tmp_path / "s.lists")
    assert caught.value.code == Exit.USAGE
