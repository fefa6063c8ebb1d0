"""The outside of a datagram: version, header, and the sets of NetFlow v9 and IPFIX.

Pure. A datagram is taken whole or not at all: nothing is learned from one whose lengths do not add
up. RFC 3954 sections 5 to 7, RFC 7011 section 3.
"""

import struct
from dataclasses import dataclass

from collector.exports.elements import key_of, version9_key
from collector.exports.outcome import Refused, Rejected
from collector.exports.templates import FIRST_DATA_SET, Field, Template, check_template

V9, IPFIX = 9, 10
_V9_HEADER = struct.Struct(">HHIIII")
_IPFIX_HEADER = struct.Struct(">HHIII")
_PAIR = struct.Struct(">HH")
_V9_TEMPLATES, _V9_OPTIONS, _IPFIX_TEMPLATES, _IPFIX_OPTIONS = 0, 1, 2, 3
_ENTERPRISE = 0x8000
_ENTERPRISE_NUMBER_OCTETS = 4
_OPTIONS_HEAD = struct.Struct(">HHH")


@dataclass(frozen=True, slots=True)
class Header:
    """What the header says. Times in milliseconds of the exporter's clock."""

    version: int
    exported_ms: int
    sequence: int
    domain: int
    uptime_ms: int | None
    """None in IPFIX, whose header has no such field."""


@dataclass(frozen=True, slots=True)
class TemplateSet:
    """Templates of one set; those that cannot be used stand as their reason."""

    templates: tuple[tuple[int, Template] | Rejected, ...]


@dataclass(frozen=True, slots=True)
class DataSet:
    """Records of one template, not yet read."""

    template: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Datagram:
    """A NetFlow v9 or IPFIX datagram whose lengths add up."""

    header: Header
    sets: tuple[TemplateSet | DataSet, ...]


def pull_datagram(data: bytes) -> Datagram | Rejected:
    """Read the outside of a NetFlow v9 or IPFIX datagram."""
    header = _pull_v9(data) if data[:2] == b"\0\x09" else _pull_ipfix(data)
    if isinstance(header, Rejected):
        return header
    sets = _pull_sets(data, header.version)
    return sets if isinstance(sets, Rejected) else Datagram(header, sets)


def _pull_sets(data: bytes, version: int) -> tuple[TemplateSet | DataSet, ...] | Rejected:
    at = _V9_HEADER.size if version == V9 else _IPFIX_HEADER.size
    sets: list[TemplateSet | DataSet] = []
    while len(data) - at >= _PAIR.size:
        number, length = _PAIR.unpack_from(data, at)
        if length < _PAIR.size:
            return Rejected(Refused.LENGTH)
        if at + length > len(data):
            return Rejected(Refused.TRUNCATED)
        found = _pull_set(version, number, data[at + _PAIR.size : at + length])
        if isinstance(found, Rejected):
            return found
        if found is not None:
            sets.append(found)
        at += length
    # Padding stands inside a set and is counted in its length (RFC 3954 section 5.3, RFC 7011
    # section 3.3.1): what is left after the last set is a cut.
    if at < len(data):
        return Rejected(Refused.TRUNCATED)
    return tuple(sets)


def _pull_v9(data: bytes) -> Header | Rejected:
    if len(data) < _V9_HEADER.size:
        return Rejected(Refused.TRUNCATED)
    version, _, uptime_ms, seconds, sequence, domain = _V9_HEADER.unpack_from(data)
    return Header(version, seconds * 1_000, sequence, domain, uptime_ms)


def _pull_ipfix(data: bytes) -> Header | Rejected:
    if len(data) < _IPFIX_HEADER.size:
        return Rejected(Refused.TRUNCATED)
    version, length, seconds, sequence, domain = _IPFIX_HEADER.unpack_from(data)
    if length != len(data):
        return Rejected(Refused.TRUNCATED if length > len(data) else Refused.LENGTH)
    return Header(version, seconds * 1_000, sequence, domain, None)


def _pull_set(version: int, number: int, body: bytes) -> TemplateSet | DataSet | Rejected | None:
    """Return a set's content; None for the numbers that are kept for the future."""
    if number >= FIRST_DATA_SET:
        return DataSet(number, body)
    if version == V9 and number in (_V9_TEMPLATES, _V9_OPTIONS):
        return _pull_templates(body, V9, options=number == _V9_OPTIONS)
    if version == IPFIX and number in (_IPFIX_TEMPLATES, _IPFIX_OPTIONS):
        return _pull_templates(body, IPFIX, options=number == _IPFIX_OPTIONS)
    return None


def _pull_templates(body: bytes, version: int, *, options: bool) -> TemplateSet | Rejected:
    pull = _PULL_TEMPLATE[version, options]
    templates: list[tuple[int, Template] | Rejected] = []
    at = 0
    while len(body) - at >= _PAIR.size and body[at : at + 2] != b"\0\0":
        pulled = pull(body, at)
        if isinstance(pulled, Rejected):
            return pulled
        number, fields, at = pulled
        if not fields and not options and version == IPFIX:
            continue  # RFC 7011 section 8.4: over UDP a withdrawal must not come and is ignored
        problem = check_template(number, fields)
        templates.append(problem or (number, Template(fields, options=options)))
    return TemplateSet(tuple(templates))


_Pulled = tuple[int, tuple[Field, ...], int]
"""Template number, fields, and where the next template starts."""


def _pull_v9_template(body: bytes, at: int) -> _Pulled | Rejected:
    number, count = _PAIR.unpack_from(body, at)
    at += _PAIR.size
    return _pull_v9_fields(body, at, number, scope=0, count=count)


def _pull_v9_options(body: bytes, at: int) -> _Pulled | Rejected:
    """RFC 3954 section 6.1: lengths of scope and option fields are in octets."""
    if len(body) - at < _OPTIONS_HEAD.size:
        return Rejected(Refused.TRUNCATED)
    number, scope_octets, option_octets = _OPTIONS_HEAD.unpack_from(body, at)
    if scope_octets % _PAIR.size or option_octets % _PAIR.size:
        return Rejected(Refused.LENGTH)
    scope, options = scope_octets // _PAIR.size, option_octets // _PAIR.size
    return _pull_v9_fields(
        body, at + _OPTIONS_HEAD.size, number, scope=scope, count=scope + options
    )


def _pull_v9_fields(
    body: bytes, at: int, number: int, *, scope: int, count: int
) -> _Pulled | Rejected:
    end = at + count * _PAIR.size
    if end > len(body):
        return Rejected(Refused.TRUNCATED)
    fields = tuple(
        # Scope types 1 to 5 are numbers of their own, not elements (RFC 3954 section 6.1).
        Field(None if i < scope else version9_key(kind), width)
        for i, (kind, width) in enumerate(_PAIR.iter_unpack(body[at:end]))
    )
    return number, fields, end


def _pull_ipfix_template(body: bytes, at: int) -> _Pulled | Rejected:
    number, count = _PAIR.unpack_from(body, at)
    return _pull_ipfix_fields(body, at + _PAIR.size, number, count)


def _pull_ipfix_options(body: bytes, at: int) -> _Pulled | Rejected:
    """RFC 7011 section 3.4.2.2: the count of all fields, then the count of scope fields in it."""
    if len(body) - at < _OPTIONS_HEAD.size:
        return Rejected(Refused.TRUNCATED)
    number, count, scope = _OPTIONS_HEAD.unpack_from(body, at)
    if scope > count:
        return Rejected(Refused.LENGTH)
    return _pull_ipfix_fields(body, at + _OPTIONS_HEAD.size, number, count)


def _pull_ipfix_fields(body: bytes, at: int, number: int, count: int) -> _Pulled | Rejected:
    fields: list[Field] = []
    for _ in range(count):
        if len(body) - at < _PAIR.size:
            return Rejected(Refused.TRUNCATED)
        element, width = _PAIR.unpack_from(body, at)
        at += _PAIR.size
        pen = 0
        if element & _ENTERPRISE:
            if len(body) - at < _ENTERPRISE_NUMBER_OCTETS:
                return Rejected(Refused.TRUNCATED)
            pen = int.from_bytes(body[at : at + _ENTERPRISE_NUMBER_OCTETS], "big")
            at += _ENTERPRISE_NUMBER_OCTETS
        fields.append(Field(key_of(pen, element & ~_ENTERPRISE), width))
    return number, tuple(fields), at


_PULL_TEMPLATE = {
    (V9, False): _pull_v9_template,
    (V9, True): _pull_v9_options,
    (IPFIX, False): _pull_ipfix_template,
    (IPFIX, True): _pull_ipfix_options,
}
