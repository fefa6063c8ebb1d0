"""Fetches the archive of lists over HTTPS, within limits. Does I/O: one address, one file written.

Rules: HTTPS and nothing else, redirections included; the certificate is checked; no more octets
than the settings allow, whatever the server announces; a time for the whole; what arrives is hashed
while it is written, and refused when the settings name another digest. Nothing is read of it here.

The authorities are those of the system; `SSL_CERT_FILE` names others (a proxy of the school that
opens TLS), and `HTTPS_PROXY` a proxy, as for any program.
"""

import hashlib
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from pathlib import Path
from typing import IO, Any, Final
from urllib.parse import urlsplit

from school.lists.settings import Archive

BLOCK_OCTETS: Final = 1 << 20
STILL_S: Final = 30.0
"""A server that says nothing for so long is given up."""
WHOLE_S: Final = 900.0
"""Thirty megabytes over a line of half a megabit a second take eight minutes."""
MOST_REDIRECTIONS: Final = 3


class DownloadRefused(Exception):
    """Nothing was fetched; one sentence without the address."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """What arrived."""

    octets: int
    sha256: str
    modified: str | None
    """ISO day on which the server says that it was last changed."""


class _HttpsOnly(urllib.request.HTTPRedirectHandler):
    """Follows few redirections, and only to HTTPS."""

    max_redirections = MOST_REDIRECTIONS

    def redirect_request(
        self, req: Any, fp: IO[bytes], code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        if urlsplit(newurl).scheme != "https":
            fp.close()
            raise DownloadRefused("the server sends on to an address that is not HTTPS")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _opener(context: ssl.SSLContext) -> urllib.request.OpenerDirector:
    """Return an opener that knows HTTPS only: no file, FTP, data or plain HTTP address."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPSHandler(context=context),
        urllib.request.HTTPDefaultErrorHandler(),
        _HttpsOnly(),
        urllib.request.HTTPErrorProcessor(),
    ):
        opener.add_handler(handler)
    return opener


def fetch(
    archive: Archive, target: Path, *, clock: Callable[[], float] = time.monotonic
) -> Fetched:
    """Download an archive into a new file.

    Args:
        archive: address and limits.
        target: a path where nothing stands.
        clock: seconds, for the limit on the whole.

    Raises:
        DownloadRefused: not reached, not trusted, too large, too slow, cut, or another digest.
        OSError: the file cannot be written.
    """
    if urlsplit(archive.address).scheme != "https":
        raise DownloadRefused("the address is not HTTPS")
    # The address is HTTPS and the opener knows nothing else.
    request = urllib.request.Request(  # noqa: S310 - https only, refused above and at every redirect
        archive.address, headers={"User-Agent": "jauge", "Accept-Encoding": "identity"}
    )
    until = clock() + WHOLE_S
    with _answer(request) as answer, target.open("xb") as stream:
        digest, octets = _copy(answer, stream, archive.most_octets, lambda: clock() > until)
        announced = answer.headers.get("Content-Length", "")
        modified = answer.headers.get("Last-Modified", "")
    if announced.isascii() and announced.isdigit() and int(announced) != octets:
        raise DownloadRefused(f"cut after {octets} of {announced} octets; try again")
    if archive.sha256 is not None and digest != archive.sha256:
        raise DownloadRefused(
            f"its SHA-256 is {digest}, the settings want {archive.sha256}; nothing is imported"
        )
    return Fetched(octets, digest, _day(modified))


def _answer(request: urllib.request.Request) -> Any:
    try:
        return _opener(ssl.create_default_context()).open(request, timeout=STILL_S)
    except urllib.error.HTTPError as error:
        error.close()
        raise DownloadRefused(f"the server answers {error.code}") from None
    except urllib.error.URLError as error:
        raise DownloadRefused(_reason(error.reason)) from None
    except (OSError, HTTPException) as error:
        raise DownloadRefused(_reason(error)) from None


def _reason(error: object) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return (
            f"the server's certificate is not trusted ({error.verify_message}); where a proxy "
            "opens TLS, set SSL_CERT_FILE to its authority"
        )
    if isinstance(error, TimeoutError):
        return "the server does not answer"
    said = getattr(error, "strerror", None) or type(error).__name__
    return f"the server cannot be reached ({said})"


def _copy(
    answer: Any, stream: IO[bytes], most: int, is_late: Callable[[], bool]
) -> tuple[str, int]:
    digest, octets = hashlib.sha256(), 0
    while block := _block(answer):
        octets += len(block)
        if octets > most:
            raise DownloadRefused(f"larger than {most >> 20} MiB (`most_mib` in lists.yaml)")
        if is_late():
            raise DownloadRefused(f"not whole after {WHOLE_S:.0f} s")
        digest.update(block)
        stream.write(block)
    return digest.hexdigest(), octets


def _block(answer: Any) -> bytes:
    try:
        block: bytes = answer.read1(BLOCK_OCTETS)
    except (OSError, HTTPException) as error:
        raise DownloadRefused(f"the connection broke ({type(error).__name__})") from None
    return block


def _day(text: str) -> str | None:
    try:
        return parsedate_to_datetime(text).date().isoformat()
    except (TypeError, ValueError):
        return None
