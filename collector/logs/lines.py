"""What a line of a log can say, and the small readers that the formats share. Pure."""

import re
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import ip_address

LINE_MAX = 8_192
"""Octets of one line: squid cuts URLs at 8 KiB by itself; the parts that are read stand before."""
_NAME_MAX = 253
_HOST = re.compile(rb"[A-Za-z0-9_.-]{1,253}")


class Unread(StrEnum):
    """Why a line could not be used. Each is counted on its own."""

    LONG = "long"  # more than LINE_MAX octets
    CUT = "cut"  # the file was cut in the middle of it
    FORMAT = "format"  # none of the formats that are known
    ADDRESS = "address"  # an address that makes no sense
    NAME = "name"  # no host name where one should be
    NO_SERIAL = "no_serial"  # dnsmasq without log-queries=extra: nobody knows whose answer it is
    NO_QUESTION = "no_question"  # an answer whose question was not seen


@dataclass(frozen=True, slots=True)
class Rejected:
    """The line makes no sense."""

    reason: Unread


@dataclass(frozen=True, slots=True)
class Passed:
    """A line about something else."""


PASSED = Passed()

Address = tuple[int, int]
"""IP version and whole number."""


@dataclass(frozen=True, slots=True)
class Question:
    """A machine asks for a name."""

    client: Address
    name: str
    serial: int = 0
    """Joins the lines of one question (dnsmasq); 0 where there is none."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An address answers a question."""

    client: Address
    address: Address
    serial: int


@dataclass(frozen=True, slots=True)
class Record:
    """A resolver holds a record, whoever asked."""

    name: str
    ttl_s: int
    address: Address | None
    alias_of: str | None
    """CNAME target."""


@dataclass(frozen=True, slots=True)
class Request:
    """A proxy has served a request; times in milliseconds since 1970 by its clock."""

    client: Address
    name: str
    start_ms: int
    end_ms: int
    peer: Address | None
    """The server that the proxy itself talked to; None where the log does not say."""


Line = Question | Answer | Record | Request | Passed | Rejected


def pull_address(text: bytes) -> Address | None:
    """Return an address, or None."""
    try:
        address = ip_address(text.decode("ascii").partition("%")[0])
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)
    address = mapped or address
    return address.version, int(address)


def pull_name(text: bytes) -> str | None:
    """Return a host name in small letters without its final dot, or None (an address is none)."""
    text = text.removesuffix(b".")
    if _HOST.fullmatch(text) is None or b"." not in text or text.replace(b".", b"").isdigit():
        return None
    return text.decode("ascii").lower()


def host_of_url(url: bytes) -> bytes:
    """Return the host of an absolute URL or of a CONNECT authority; nothing else of it is kept."""
    _, scheme, rest = url.partition(b"://")
    authority = re.split(rb"[/?#]", rest if scheme else url, maxsplit=1)[0]
    host = authority.rpartition(b"@")[2]
    return host if host.startswith(b"[") else host.partition(b":")[0]
