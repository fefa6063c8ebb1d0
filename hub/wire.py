"""One connection of a school to its hub: TLS, or loopback; bounded in octets and time. Does I/O.

What comes back is another's: no redirection is followed, no more than `LARGEST` is read, nothing is
waited for longer than `WHOLE_S`. What goes out beside the request is a length and the token: no name of
a program, no cookie. A sentence about a failure holds no address.
"""

import http.client
import ipaddress
import ssl
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

STILL_S: Final = 20.0
"""Seconds without an octet."""
WHOLE_S: Final = 60.0
"""Seconds for one answer."""
LARGEST: Final = 4 << 20
"""Octets of an answer: ten years of receipts are a megabyte."""


class WireRefused(Exception):
    """The address is none to which a release may go; one sentence."""


class WireBroken(Exception):
    """Not reached, not trusted, cut, too large or too slow; one sentence without the address."""


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class Wire:
    """Asks one hub. Nothing is opened before the first request.

    Args:
        url: address of the hub, HTTPS unless it is this machine.
        token: of the school.
        authorities: file of certificates to trust instead of the system's.
        clock: seconds, for the limit on an answer.

    Raises:
        WireRefused: the address is not HTTPS and not loopback, or no address.
    """

    def __init__(
        self,
        url: str,
        token: str,
        authorities: Path | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        try:
            parts = urlsplit(url)
            self._host, self._port = parts.hostname or "", parts.port
        except ValueError:
            raise WireRefused("the hub's address is none") from None
        self._tls = parts.scheme == "https"
        if not self._host or parts.scheme not in {"http", "https"} or parts.username:
            raise WireRefused("the hub's address is none; it looks like https://hub.example.org")
        if not self._tls and not _is_loopback(self._host):
            raise WireRefused("the hub's address is not HTTPS: nothing is sent in clear")
        self._prefix, self._token, self._clock = parts.path.rstrip("/"), token, clock
        self._authorities = authorities
        self._connection: http.client.HTTPConnection | None = None

    def _open(self) -> http.client.HTTPConnection:
        if not self._tls:
            return http.client.HTTPConnection(self._host, self._port, timeout=STILL_S)
        context = ssl.create_default_context(cafile=self._authorities)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        return http.client.HTTPSConnection(self._host, self._port, timeout=STILL_S, context=context)

    def ask(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> tuple[int, bytes]:
        """Return (status, body) of one answer.

        Raises:
            WireBroken: there is none.
        """
        try:
            return self._ask(method, path, body, headers or {})
        except WireBroken:
            self.close()
            raise
        except ssl.SSLCertVerificationError:
            self.close()
            raise WireBroken("the hub's certificate is not trusted") from None
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise WireBroken(f"the hub cannot be reached ({type(error).__name__})") from None

    def _ask(
        self, method: str, path: str, body: bytes, headers: Mapping[str, str]
    ) -> tuple[int, bytes]:
        until = self._clock() + WHOLE_S
        connection = self._connection = self._connection or self._open()
        sent = {"Authorization": f"Bearer {self._token}", "Accept": "application/json"}
        sent |= {"Content-Length": str(len(body)), **headers}
        connection.request(method, self._prefix + path, body or None, sent)
        data = bytearray()
        # Closed in any case: `read1` does not do it at the last octet, and the connection would wait.
        with connection.getresponse() as answer:
            while block := answer.read1(64 << 10):
                data += block
                if len(data) > LARGEST:
                    raise WireBroken("the hub answers more than it may")
                if self._clock() > until:
                    raise WireBroken("the hub is too slow")
            if answer.length:  # announced, and not all of it came
                raise WireBroken("the hub's answer is cut")
        if answer.will_close:
            self.close()
        return answer.status, bytes(data)

    def close(self) -> None:
        """Let go of the connection; the next request opens another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
