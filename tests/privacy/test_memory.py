"""What is seen in memory and dropped: the declared table against the collector's own records."""

from dataclasses import fields

import pytest

from collector.exports.flow import ExportedFlow
from collector.logs.lines import Answer, Question, Record, Request
from collector.meter import layout
from privacy.memory import SEEN
from privacy.records import LINK_COLUMNS, SLICE_COLUMNS
from privacy.records_fr import LINK_FR, SLICE_FR
from simulator.canaries import CANARIES

STORED = {column.name for column in SLICE_COLUMNS}
RECORDS = {
    **{
        name: set(getattr(layout, name).names)
        for name in ("FLOW", "DEVICE", "DNS", "NAME", "PENDING", "REASSEMBLY", "QUIC", "FRAGMENT")
    },
    **{
        record.__name__: {field.name for field in fields(record)}
        for record in (ExportedFlow, Question, Answer, Record, Request)
    },
}
PLAIN = {
    # Counts, places in another table, and marks of how far a flow has come: they say nothing alone.
    "FLOW": "protocol version used transport up_is_lo client_is_lo local answered active up_bytes down_bytes "
    "up_packets down_packets done_lo done_hi tries connect app source ech zone peak sumsq id name device "
    "reassembly _",
    "DEVICE": "used resolved router",
    "DNS": "expires_us name used",
    "NAME": "site used",
    "PENDING": "slot",
    "REASSEMBLY": "flow used from_lo packets spans",
    "QUIC": "id flow",
    "FRAGMENT": "used",
    "ExportedFlow": "version protocol octets packets reverse_octets reverse_packets end_reason running_total "
    "name_source timed scale",
    "Record": "ttl_s",
}
DECLARED = {field for seen in SEEN for field in seen.fields}


@pytest.mark.parametrize("record", sorted(RECORDS))
def test_every_field_of_the_collectors_memory_is_declared(record):
    """A parser that takes something more out of a packet has to say so to the DPO."""
    known = {name.split(".")[1] for name in DECLARED if name.split(".")[0] == record}
    plain = set(PLAIN.get(record, "").split())
    assert not known & plain
    assert RECORDS[record] - known - plain == set(), "declare it in privacy/memory.py"
    assert known | plain <= RECORDS[record], "no such field any more"


def test_every_planted_trait_stands_for_something_declared():
    declared = [canary for seen in SEEN for canary in seen.canaries]
    assert sorted(declared) == sorted(canary.name for canary in CANARIES)


def test_what_is_dropped_is_no_stored_column_and_becomes_only_stored_ones():
    names = [seen.name for seen in SEEN]
    assert len(set(names)) == len(names)
    assert not set(names) & STORED
    assert {column for seen in SEEN for column in seen.becomes} <= STORED


def test_every_column_has_its_french_words_and_no_two_share_a_meaning():
    assert list(SLICE_FR) == [column.name for column in SLICE_COLUMNS]
    assert list(LINK_FR) == [column.name for column in LINK_COLUMNS]
    meanings = [meaning for meaning, _ in (*SLICE_FR.values(), *LINK_FR.values())]
    assert len(set(meanings)) == len(meanings)
