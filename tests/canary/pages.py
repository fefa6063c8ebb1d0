"""Every page, asked for as an invented machine would: its answers are kept where the scanner looks."""

import subprocess
import urllib.error
import urllib.request

from dashboards.frame import PAGES
from simulator import canaries as invented
from tests.canary.workshop import Workshop
from tests.support.processes import end, wait_until

ADDRESSES = (*PAGES.values(), "/api/v1/releases", "/livez", "/readyz", "/nowhere")
PORT = "18231"


class _Stay(urllib.request.HTTPRedirectHandler):
    """The one-time link answers with a cookie and a redirection: the cookie is what we are after."""

    def redirect_request(self, *_arguments: object) -> None:
        return None


def _log_in(link: str) -> str:
    """Open the one-time link; return the session's cookie."""
    try:
        urllib.request.build_opener(_Stay).open(link, timeout=10).close()
    except urllib.error.HTTPError as answer:
        with answer:
            return answer.headers["Set-Cookie"].split(";")[0]
    raise AssertionError("the link led nowhere")


def _fetch(address: str, path: str, session: str) -> bytes:
    """Ask as the invented machine would: its user agent, its address, its cookie."""
    request = urllib.request.Request(  # noqa: S310 - our own server's address
        address.rstrip("/") + path,
        headers={
            "Accept": "text/html, application/json",
            "User-Agent": invented.AGENT,
            "X-Forwarded-For": str(invented.V4),
            "Forwarded": f'for="[{invented.V6}]"',
            "Cookie": f"{invented.COOKIE}; {session}",
            "Referer": f"https://{invented.HOST}/",
        },
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - our own server, on loopback
            return answer.read()
    except urllib.error.HTTPError as refusal:
        return refusal.read()


def serve_and_read(workshop: Workshop) -> int:
    """Serve, read every page, keep the answers where the scanner looks; returns their octets."""
    said = workshop.written / "said" / "serve"
    command = workshop.command(
        "serve", "--public", workshop.store / "public", "--port", PORT, "--demo"
    )
    with said.open("wb") as out:
        process = subprocess.Popen(
            command,
            stdout=out,
            stderr=subprocess.STDOUT,
            cwd=workshop.written / "cwd",
            env=workshop.environment(),
            start_new_session=True,
        )
        try:
            wait_until(lambda: b"Chaque lien" in said.read_bytes(), "the server", 30)
            address = said.read_text().split("Jauge is at ")[1].split()[0]
            session = _log_in(said.read_text().split("(committee): ")[1].split()[0])
            answers = [_fetch(address, path, session) for path in ADDRESSES]
        finally:
            end(process)
    (workshop.written / "said" / "pages").write_bytes(b"".join(answers))
    return sum(map(len, answers))
