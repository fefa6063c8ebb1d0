"""The expression says what the readable twin says, on flows and devices made at the bounds."""

from datetime import UTC, datetime, timedelta

import ibis
import numpy as np
import pyarrow as pa
import pytest

from analyzer.behaviour import COLUMNS, Shape, behaviours_of, noticed, with_behaviour
from privacy.records import SLICE_SCHEMA
from school.words import Behaviour

START = datetime(2026, 9, 7, 7, 0, tzinfo=UTC)
FILLED = {"zone": "salles", "ip_version": 4, "site_source": "none", "ech": False}


@pytest.fixture(name="engine", scope="module")
def _engine():
    connection = ibis.duckdb.connect(threads=1)
    yield connection
    connection.disconnect()


def by_engine(engine, rows) -> list[str]:
    numbered = [{**FILLED, **row} for row in rows]
    table = pa.Table.from_pylist(numbered, schema=SLICE_SCHEMA)
    table = table.append_column("number", pa.array(range(len(rows)), pa.int64()))
    answer = engine.to_pyarrow(with_behaviour(ibis.memtable(table)))
    assert answer.num_rows == len(rows)
    assert set(answer.column_names) == {*table.column_names, "behaviour"}
    return answer.sort_by("number")["behaviour"].to_pylist()


def by_twin(rows) -> list[str]:
    return behaviours_of([Shape.of(row) for row in rows])


class Maker:
    """Rows at and around the bounds, in flows of a few minutes of a few devices."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)

    def pick(self, *values):
        return values[self.rng.integers(len(values))]

    def flow(self, number: int) -> list[dict]:
        kind = self.pick("radio", "video", "call", "bulk", "update", "peer", "peer", "other")
        minutes = int(self.rng.integers(1, 7))
        first = int(self.rng.integers(0, 3))
        fixed = {
            "flow": number,
            "device": self.pick(None, 1, 1, 2),
            "transport": self.pick("udp", "tcp") if kind in {"peer", "other"} else None,
            "server_port": self.pick(80, 443, 1023, 1024, 8000, 51820, 7680),
            "site": self.pick(None, None, None, None, None, "nrj.fr"),
            "app": self.pick(None, None, None, "rtp", "stun", "bittorrent_dht", "dns"),
        }
        if kind == "peer":
            fixed["server_port"] = 1024 + int(self.rng.integers(0, 60_000))
            fixed["app"] = self.pick(*[None] * 20, "bittorrent_dht")
            fixed["site"] = None
        fixed["transport"] = fixed["transport"] or ("udp" if kind == "call" else "tcp")
        return [
            {**fixed, **self.slice(kind, n, last=n == minutes - 1), "minute": START
             + timedelta(minutes=first + n)}
            for n in range(minutes)
        ]  # fmt: skip

    def slice(self, kind: str, n: int, *, last: bool) -> dict:
        down = {
            "radio": self.pick(960_000, 970_000, 1_430_000, 1_460_000, 180_000, 179_999),
            "video": self.pick(
                4_000_000, 5_000_000, 11_900_000, 8_099_999, 8_100_001, 2_700_000, 2_699_999
            ),
            "call": self.pick(360_000, 1_200_000, 1_199_999, 149_999, 3_000_000),
            "bulk": self.pick(24_000_000, 25_000_000, 50_000_000, 1_999_999),
            "update": self.pick(5_000_000, 4_999_999, 2_000_000),
            "peer": self.pick(99_999, 100_000, 400_000, 5_000),
            "other": self.pick(0, 50_000, 2_000_000),
        }[kind]
        active = int(self.pick(50, 55, 60, 49, 20))
        even_s = self.pick(2.4, 2.5, 10, 34, 35, 36) if kind == "video" else active / self.pick(
            1, 1.5, 2, 2.1, 2.5, 2.6
        )  # fmt: skip
        up = int(down * self.pick(0.01, 0.05, 0.1, 0.11, 1.0)) if kind != "call" else down
        packets = max(1, down // int(self.pick(84, 85, 120, 600, 1_200, 1_201)))
        return {
            "up_bytes": up,
            "down_bytes": down,
            "up_packets": max(1, up // int(self.pick(84, 120, 599, 600, 1_200))),
            "down_packets": packets,
            "active_s": active,
            "down_peak_bytes_s": int(down / self.pick(1, 5, 20, 21)),
            "down_sumsq_bytes_s": float(np.float32(down * down / max(even_s, 1e-3))),
            "age_s": 0 if n == 0 else 30 + 60 * (n - 1) + int(self.pick(0, 0, 30)),
            "end_reason": "ended" if last and self.rng.random() < 0.7 else None,
        }

    def crowd(self, number: int) -> list[dict]:
        """One minute of a device with strangers, around the bounds of a fan-out."""
        count, ports = int(self.pick(11, 12, 13)), int(self.pick(7, 8, 40))
        blocks, gifts = int(self.pick(0, 1, 2, 5)), int(self.pick(0, 1))
        fixed = {"device": 100 + number, "minute": START + timedelta(minutes=number % 30)}
        fixed |= {"transport": "tcp", "site": None, "active_s": 30, "down_peak_bytes_s": 500}
        fixed |= {"age_s": 0, "end_reason": "ended", "down_sumsq_bytes_s": 1e6}
        rows = [
            fixed
            | {"flow": 1_000_000 + 100 * number + n, "app": None, "server_port": 5_000 + n % ports}
            | {
                "down_bytes": 700_000 if n < blocks else 3_000,
                "down_packets": 500 if n < blocks else 30,
            }
            | {"up_bytes": 200_000 if n < gifts else 2_000, "up_packets": 300 if n < gifts else 25}
            for n in range(count)
        ]
        if self.rng.random() < 0.3:
            later = timedelta(minutes=int(self.pick(0, 3, 12)))
            mark = {"app": "bittorrent_dht", "transport": "udp", "flow": 2_000_000 + number}
            rows.append(rows[0] | mark | {"minute": fixed["minute"] + later})
        return rows


def made(seed: int, flows: int) -> list[dict]:
    maker = Maker(seed)
    rows = [row for number in range(flows) for row in maker.flow(number)]
    return rows + [row for number in range(flows // 4) for row in maker.crowd(number)]


def test_both_say_the_same_and_every_behaviour_is_met(engine):
    met: set[str] = set()
    for seed in range(6):
        rows = made(seed, 400)
        expected = by_twin(rows)
        assert by_engine(engine, rows) == expected
        met |= set(expected)
    assert met == {behaviour.value for behaviour in Behaviour}


def test_a_part_of_the_minutes_is_judged_as_the_whole_flow(engine):
    rows = made(7, 300)
    table = pa.Table.from_pylist([{**FILLED, **row} for row in rows], schema=SLICE_SCHEMA)
    table = table.append_column("number", pa.array(range(len(rows)), pa.int64()))
    every = ibis.memtable(table)
    part = every.filter(every.number % 3 == 0)
    answer = engine.to_pyarrow(with_behaviour(part, among=every)).sort_by("number")
    assert answer["behaviour"].to_pylist() == by_twin(rows)[::3]


def test_what_is_noticed_says_as_much_as_the_whole_day(engine):
    rows = [*made(8, 300), *({**row, "up_bytes": 1, "down_bytes": 1} for row in made(9, 300))]
    table = pa.Table.from_pylist([{**FILLED, **row} for row in rows], schema=SLICE_SCHEMA)
    table = table.append_column("number", pa.array(range(len(rows)), pa.int64()))
    kept = engine.to_pyarrow(noticed(ibis.memtable(table)))
    assert 0 < kept.num_rows < len(rows)
    judged = with_behaviour(ibis.memtable(table), among=ibis.memtable(kept))
    answer = engine.to_pyarrow(judged).sort_by("number")
    assert answer["behaviour"].to_pylist() == by_twin(rows)


def test_no_slices_have_no_behaviours(engine):
    assert by_engine(engine, []) == by_twin([]) == []


def test_the_columns_are_those_of_a_slice_and_hold_no_address():
    assert set(COLUMNS) <= set(SLICE_SCHEMA.names)


def test_what_other_devices_do_changes_no_verdict(engine):
    """DESIGN 2: with or without everybody else, a device's slices are judged the same."""
    rows = made(99, 600)
    own = [n for n, row in enumerate(rows) if row["device"] == 1]
    together = by_engine(engine, rows)
    alone = by_engine(engine, [rows[n] for n in own])
    assert [together[n] for n in own] == alone
    assert "peer_to_peer" in alone
