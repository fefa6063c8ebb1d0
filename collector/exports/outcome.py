"""What a parser of this folder answers when it has no value, and what is counted where."""

from dataclasses import dataclass
from enum import StrEnum


class Refused(StrEnum):
    """Why something that an exporter sent was not used. Each is counted on its own."""

    FORGED = "forged"  # datagram: the source address is not in the allow-list
    TRUNCATED = "truncated"  # datagram: ends before its header or its counts say
    VERSION = "version"  # datagram: none of NetFlow 5, 9, IPFIX 10, sFlow 5
    LENGTH = "length"  # datagram: a length or count in it makes no sense
    DOMAIN_LIMIT = "domain_limit"  # datagram: too many observation domains are in use
    TEMPLATE = "template"  # template: no field, too many fields, no octet, reserved number
    TEMPLATE_LIMIT = "template_limit"  # template: the exporter's table is full
    NO_TEMPLATE = "no_template"  # data set: its template did not come in time
    RECORD = "record"  # record: a variable length runs past the set
    NO_ADDRESS = "no_address"  # record: not both addresses of one IP version
    NO_COUNTER = "no_counter"  # record: no octets or no packets
    COUNTER = "counter"  # record: a number of octets or packets that no link carries
    NOT_IP = "not_ip"  # sFlow sample: its header carries no IP


@dataclass(frozen=True, slots=True)
class Rejected:
    """The bytes make no sense."""

    reason: Refused


@dataclass(frozen=True, slots=True)
class NeedTemplate:
    """The set can be read once the template of that number is known."""

    template: int
