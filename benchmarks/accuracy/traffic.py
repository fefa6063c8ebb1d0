"""Draws days of people: labelled slices in the columns that the collector writes.

Every spell of `simulator.day` becomes the flows of its activity (`shapes`), cut at clock minutes as
the meter cuts them. Names are put on afterwards (`veils`).
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Any, Final

import numpy as np

from benchmarks.accuracy.activities import HOSTS, MADE_OVER, TRUTH
from benchmarks.accuracy.shapes import Moves, flows_of
from simulator.day import Day, draw_day
from simulator.declared import midnight_utc
from simulator.people import ZONES, make_roster
from simulator.services import ACTIVITIES, BY_NAME

FIRST_DAY: Final = date(2026, 9, 14)
LONGEST_S: Final = 3_600
MINUTE_S: Final = 60


@dataclass(slots=True)
class Labelled:
    """Slices column by column, with the activity and the name of each flow that is told."""

    columns: dict[str, list[Any]]
    activity: list[str]
    host: list[str | None]

    def __len__(self) -> int:
        """Return the number of slices."""
        return len(self.activity)


def _became(rng: np.random.Generator, activity: str) -> str:
    choices = MADE_OVER.get(activity)
    return activity if choices is None else str(rng.choice(list(choices), p=list(choices.values())))


def _host(rng: np.random.Generator, activity: str) -> str | None:
    if activity in HOSTS:
        return str(rng.choice(HOSTS[activity]))
    hosts = [host.name for host in ACTIVITIES[BY_NAME[activity]].hosts if host.name]
    return str(rng.choice(hosts)) if hosts else None


def _slices(moves: Moves, start_s: int) -> list[dict[str, Any]]:
    """Cut a flow at clock minutes; minutes without a packet have no slice."""
    rows = []
    seconds = len(moves.down)
    first = start_s % MINUTE_S
    edges = [0, *range(MINUTE_S - first, seconds, MINUTE_S), seconds]
    for begin, end in pairwise(edges):
        packets = moves.up_packets[begin:end] + moves.down_packets[begin:end]
        if not packets.any():
            continue
        down = np.floor(moves.down[begin:end])
        rows.append(
            {
                "minute": (start_s + begin) // MINUTE_S * MINUTE_S,
                "age_s": begin,
                "up_bytes": int(moves.up[begin:end].sum()),
                "down_bytes": int(down.sum()),
                "up_packets": int(np.ceil(moves.up_packets[begin:end].sum())),
                "down_packets": int(np.ceil(moves.down_packets[begin:end].sum())),
                "active_s": int((packets > 0).sum()),
                "down_peak_bytes_s": int(down.max()),
                "down_sumsq_bytes_s": float((down * down).sum()),
                "end_reason": None,
            }
        )
    if rows:
        rows[-1]["end_reason"] = "ended" if moves.transport == "tcp" else "idle"
    return rows


def _spells(day: Day) -> list[tuple[int, str, int, int]]:
    """Return (device, activity, first second after midnight, seconds) of each spell."""
    flows = day.flows
    return [
        (int(device), ACTIVITIES[activity].name, int(start), int(minutes) * MINUTE_S)
        for device, activity, start, minutes, main in zip(
            flows.device, flows.activity, flows.start_s, flows.minutes, flows.main, strict=True
        )
        if main
    ]


def draw(seed: int, days: int, share: float) -> Labelled:
    """Return the labelled slices of some school days.

    Args:
        seed: the same seed gives the same days; fitting and scoring never share one.
        days: how many, from a Monday on.
        share: of the spells that are drawn, to bound the time.
    """
    rng = np.random.default_rng([seed, 77])
    roster = make_roster(seed)
    columns: dict[str, list[Any]] = defaultdict(list)
    labels: list[str] = []
    hosts: list[str | None] = []
    flow = 0
    for number in range(days):
        day = FIRST_DAY + timedelta(days=number)
        midnight = midnight_utc(day)
        for device, drawn, start, length in _spells(draw_day(roster, seed, day)):
            if rng.random() >= share:
                continue
            activity = _became(rng, drawn)
            if activity not in TRUTH:
                continue
            host, seconds = _host(rng, activity), min(length, LONGEST_S)
            for moves in flows_of(rng, activity, seconds):
                flow += 1
                for row in _slices(moves, midnight + start):
                    told = {
                        **row,
                        "flow": flow,
                        "device": number * 10_000 + device,
                        "zone": ZONES[roster.zone[device]],
                        "transport": moves.transport,
                        "server_port": moves.port,
                        "app": moves.app,
                    }
                    for name, value in told.items():
                        columns[name].append(value)
                    labels.append(activity)
                    hosts.append(None if moves.nameless else host)
    return Labelled(columns, labels, hosts)
