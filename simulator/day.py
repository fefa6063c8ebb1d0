"""One simulated day: who is there, what they do, and the flows and minute slices of it.

Pure: seed and day are arguments. Spells (one activity of one device for some minutes) are drawn per
slot, become flows, and flows become slices. Both products stand on it: the weeks of slices
(`simulator.weeks`) and the day of packets (`simulator.packets`).
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator import planted
from simulator.declared import Slot, capacity, is_open, minutes_of, slots
from simulator.people import PRESENT, USED, ZONES, Roster, mix_of
from simulator.services import ACTIVITIES, BY_NAME, SIDE_HOSTS, SIDE_KB_MIN, Wire, all_hosts

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

SPELLS: Final = {
    "salles": 4.4,
    "cdi": 4.2,
    "bureaux": 1.4,
    "vie-scolaire": 3.0,
    "internat": 12.0,
    "wifi": 4.6,
    "serveurs": 2.0,
    "invites": 2.0,
}
"""Mean spells of a device in a slot in which it is used."""

INTENSITY: Final = {
    "M1": 0.17,
    "M2": 0.96,
    "M3": 0.26,
    "M4": 0.96,
    "S1": 0.25,
    "S2": 0.2,
    "S3": 0.15,
    "S4": 0.1,
    "Soir": 0.17,
}
"""Volume of a spell by slot: documents and films are opened in the middle of the morning."""

QUIET: Final = 0.21
"""Outside lessons."""

LEAST_MINUTES: Final = 2
SAFE_SHARE: Final = 0.98
"""A full line still carries a little less than its nominal capacity."""
ELSEWHERE_SHARE: Final = 0.5
"""Share of the small flows that go to advertising, fonts and the like."""
IPV6_SHARE: Final = 0.6
"""Share of the flows of a dual-stack device that use IPv6."""
SEGMENT_BYTES: Final = 1400
TEACHING: Final = (
    "assessment",
    "resource",
    "textbook",
    "tool",
    "collaborative",
    "ent",
)
"""What a lesson uses in a classroom, replaced by the platform on a platform-only day."""


@dataclass(frozen=True, slots=True)
class Spells:
    """Spells of a day: device, activity, first second and number of minutes of each."""

    device: Ints
    activity: Ints
    start_s: Ints
    minutes: Ints
    intensity: Floats


@dataclass(frozen=True, slots=True)
class Flows:
    """Flows of a day, ordered by nothing; `host` is a number in `all_hosts()`."""

    device: Ints
    activity: Ints
    host: Ints
    start_s: Ints
    """Seconds after local midnight of the first packet."""
    minutes: Ints
    main: NDArray[np.bool_]
    ipv6: NDArray[np.bool_]
    intensity: Floats


@dataclass(frozen=True, slots=True)
class Slices:
    """Minute slices: `flow` is an index into the day's flows, `minute` counts from midnight."""

    flow: Ints
    minute: Ints
    first: NDArray[np.bool_]
    last: NDArray[np.bool_]
    down_bytes: Ints
    up_bytes: Ints
    down_packets: Ints
    up_packets: Ints


@dataclass(frozen=True, slots=True)
class Day:
    """Everything that happened on one day."""

    day: date
    flows: Flows
    slices: Slices
    scale: float = 1.0
    """That of the roster."""

    def capacity(self) -> tuple[int, int]:
        """Return the capacity of the line on this day: (down, up) in octets per second."""
        return line_of(self.day, self.scale)


def line_of(day: date, scale: float) -> tuple[int, int]:
    """Return the capacity of the line of a school of some size: (down, up) in octets per second."""
    down, up = capacity(day)
    return round(down * scale), round(up * scale)


def _column(name: str) -> Floats:
    return np.array([getattr(activity, name) for activity in ACTIVITIES], float)


_MINUTES = _column("minutes")
_DOWN = _column("down_kb_min") * 1000
_SPREAD = _column("spread")
_UP_SHARE = _column("up_share")
_SIDE = _column("side_flows")
_HOSTS = all_hosts()
_NUMBER = {(host.name, host.wire): number for number, host in enumerate(_HOSTS)}


def _host_table() -> tuple[Floats, Ints]:
    """Return per activity the cumulative weights of its hosts and their numbers (side hosts last)."""
    rows = [activity.hosts for activity in ACTIVITIES] + [SIDE_HOSTS]
    width = max(map(len, rows))
    weights = np.ones((len(rows), width))
    numbers = np.zeros((len(rows), width), np.int64)
    for row, hosts in enumerate(rows):
        share = np.cumsum([host.weight for host in hosts])
        weights[row, : len(hosts)] = share / share[-1]
        numbers[row, : len(hosts)] = [_NUMBER[host.name, host.wire] for host in hosts]
        numbers[row, len(hosts) :] = numbers[row, len(hosts) - 1]
    return weights, numbers


_HOST_WEIGHTS, _HOST_NUMBERS = _host_table()
_NO_IPV6 = np.array([host.wire in (Wire.NTP, Wire.PEER) for host in _HOSTS])


def _pick(rng: np.random.Generator, cumulative: Floats) -> Ints:
    """Draw one column per row of cumulative probabilities."""
    drawn = (rng.random(len(cumulative))[:, None] > cumulative).sum(axis=1)
    return np.minimum(drawn, cumulative.shape[1] - 1)


def _present(rng: np.random.Generator, roster: Roster, *, school_open: bool) -> NDArray[np.bool_]:
    share = np.array([PRESENT[name] if school_open or name == "serveurs" else 0 for name in ZONES])
    return rng.random(len(roster)) < share[roster.zone]


def _slot_spells(
    rng: np.random.Generator, roster: Roster, present: NDArray[np.bool_], slot: Slot
) -> Spells:
    """Draw the ordinary spells of one slot."""
    share = np.array([USED[name].get(slot.period, 0.0) for name in ZONES])
    used = np.flatnonzero(present & (rng.random(len(roster)) < share[roster.zone]))
    mean = np.array([SPELLS[name] for name in ZONES])[roster.zone[used]]
    length = slot.ends - slot.starts
    count = 1 + rng.poisson(np.maximum(mean * length / 55 * _HOUR_SHARE[slot.period] - 1, 0.2))
    device = np.repeat(used, count)
    cumulative = np.stack([mix_of(name, slot.period) for name in ZONES])
    activity = _pick(rng, cumulative[roster.zone[device]])
    start_s = slot.starts * 60 + rng.integers(0, (length - LEAST_MINUTES) * 60, len(device))
    minutes = np.ceil(rng.exponential(_MINUTES[activity])).astype(np.int64)
    return Spells(
        device,
        activity,
        start_s,
        np.clip(minutes, 1, slot.ends - start_s // 60),
        np.full(len(device), INTENSITY.get(slot.name, QUIET)),
    )


_HOUR_SHARE: Final = {"lesson": 1.0, "break": 2.0, "meal": 0.8, "evening": 0.45}
"""Spells an hour, against a lesson: short breaks are dense, a long evening is not."""


def _whole_slot(rng: np.random.Generator, devices: Ints, slot: Slot, activity: str) -> Spells:
    """Return spells that fill a slot from within its first three minutes to its end."""
    start_s = slot.starts * 60 + rng.integers(0, 180, len(devices))
    return Spells(
        devices,
        np.full(len(devices), BY_NAME[activity]),
        start_s,
        slot.ends - start_s // 60,
        np.ones(len(devices)),
    )


def _planted_spells(
    rng: np.random.Generator, roster: Roster, present: NDArray[np.bool_], slot: Slot, day: date
) -> list[Spells]:
    """Return the radio habit and Tuesday's updates in one slot."""
    spells = []
    if slot.period in {"lesson", "break"}:
        listening = present & roster.radio & (rng.random(len(roster)) < planted.RADIO_SHARE)
        spells.append(_whole_slot(rng, np.flatnonzero(listening), slot, "radio"))
    if slot.name == planted.UPDATE_SLOT and day.weekday() == planted.UPDATE_WEEKDAY:
        park = present & (roster.zone == ZONES.index(planted.UPDATE_ZONE))
        chosen = np.flatnonzero(park & (rng.random(len(roster)) < planted.UPDATE_SHARE))
        spells.append(_whole_slot(rng, chosen, slot, "update"))
    return spells


def _platform(rng: np.random.Generator, roster: Roster, spells: Spells, day: date) -> Spells:
    """Apply the platform-only days, and the two weeks in which the platform is silent."""
    only = rng.random(len(roster)) < roster.ent_only
    works = rng.random(len(roster)) < planted.DIP_REMAINS
    activity = spells.activity.copy()
    teaching = np.isin(activity, [BY_NAME[name] for name in TEACHING])
    activity[teaching & only[spells.device]] = BY_NAME[planted.DIP_ACTIVITY]
    if planted.DIP_FROM <= day <= planted.DIP_UNTIL:
        zone = roster.zone[spells.device] == ZONES.index(planted.DIP_ZONE)
        silent = zone & (activity == BY_NAME[planted.DIP_ACTIVITY]) & ~works[spells.device]
        activity[silent] = BY_NAME["unlisted"]
    return Spells(spells.device, activity, spells.start_s, spells.minutes, spells.intensity)


def _upkeep_spells(
    rng: np.random.Generator, roster: Roster, present: NDArray[np.bool_], minutes: int
) -> Spells:
    """Return what machines do on their own around the clock: servers mostly."""
    always = np.flatnonzero(present & (roster.zone == ZONES.index("serveurs")))
    device = np.repeat(always, 40)
    return Spells(
        device,
        np.full(len(device), BY_NAME["upkeep"]),
        rng.integers(0, minutes * 60 - 120, len(device)),
        np.ones(len(device), np.int64),
        np.ones(len(device)),
    )


def _joined(parts: list[Spells]) -> Spells:
    names = Spells.__dataclass_fields__
    return Spells(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def _flows(rng: np.random.Generator, roster: Roster, spells: Spells) -> Flows:
    """Turn spells into flows: one main flow, some small ones beside it."""
    side = rng.poisson(_SIDE[spells.activity])
    spell = np.concatenate([np.arange(len(side)), np.repeat(np.arange(len(side)), side)])
    main = np.arange(len(spell)) < len(side)
    activity = spells.activity[spell]
    elsewhere = ~main & (rng.random(len(spell)) < ELSEWHERE_SHARE)
    row = np.where(elsewhere, len(ACTIVITIES), activity)
    host = _HOST_NUMBERS[row, _pick(rng, _HOST_WEIGHTS[row])]
    length = spells.minutes[spell]
    short = np.minimum(length, rng.integers(1, 6, len(spell)))
    minutes = np.where(main, length, short)
    delay_s = np.where(main, 0, rng.integers(0, 50, len(spell)) * (length - minutes + 1))
    device = spells.device[spell]
    start_s = spells.start_s[spell] + delay_s
    minutes = np.maximum(
        np.minimum(minutes, (spells.start_s[spell] // 60 + length) - start_s // 60), 1
    )
    ipv6 = roster.dual_stack[device] & (rng.random(len(spell)) < IPV6_SHARE) & ~_NO_IPV6[host]
    return Flows(device, activity, host, start_s, minutes, main, ipv6, spells.intensity[spell])


def _without_training(flows: Flows, untrained: NDArray[np.bool_]) -> None:
    """Send the devices of those who do not know the service yet elsewhere."""
    known = _NUMBER[planted.TRAINED_HOST, Wire.TLS]
    other = _NUMBER[planted.BEFORE_TRAINING_HOST, Wire.TLS]
    flows.host[(flows.host == known) & untrained[flows.device]] = other


def _volumes(rng: np.random.Generator, flows: Flows, flow: Ints) -> Floats:
    """Draw the octets to the school of each slice, before the line limits them."""
    activity = flows.activity[flow]
    main = flows.main[flow]
    mean = np.where(main, _DOWN[activity] * flows.intensity[flow], SIDE_KB_MIN * 1000)
    spread = np.where(main, _SPREAD[activity], 0.9)
    steady = np.isin(activity, [BY_NAME["radio"], BY_NAME["update"], BY_NAME["upkeep"]])
    mean = np.where(steady & main, _DOWN[activity], mean)
    volumes: Floats = mean * np.exp(spread * rng.standard_normal(len(flow)) - spread**2 / 2)
    return np.maximum(volumes, 400)


def _through(volume: Floats, minute: Ints, rate: int) -> Floats:
    """Return the octets that pass a line of `rate` octets a second: all shrink alike when it is full."""
    wanted = np.bincount(minute, volume)
    room = rate * 60 * SAFE_SHARE
    return volume * (room / np.maximum(wanted, room))[minute]


def _slices(rng: np.random.Generator, flows: Flows, line: tuple[int, int]) -> Slices:
    """Turn flows into minute slices, limited minute by minute by the line's capacity."""
    flow = np.repeat(np.arange(len(flows.device)), flows.minutes)
    first_row = np.cumsum(flows.minutes) - flows.minutes
    step = np.arange(len(flow)) - first_row[flow]
    minute = flows.start_s[flow] // 60 + step
    down = _volumes(rng, flows, flow)
    up_share = _UP_SHARE[flows.activity[flow]]
    down_rate, up_rate = line
    up = _through(down * up_share, minute, up_rate)
    down = _through(down, minute, down_rate)
    down_bytes = down.astype(np.int64)
    down_packets = -(-down_bytes // SEGMENT_BYTES)
    up_packets = np.maximum(down_packets // 3, 1) + (up // SEGMENT_BYTES).astype(np.int64)
    return Slices(
        flow,
        minute,
        step == 0,
        step == flows.minutes[flow] - 1,
        down_bytes,
        up.astype(np.int64) + 52 * up_packets,
        down_packets,
        up_packets,
    )


def draw_day(roster: Roster, seed: int, day: date) -> Day:
    """Return one day of the school.

    Args:
        roster: the devices (`make_roster`).
        seed: the same seed and day give the same day.
        day: local day; a closed one has residual traffic only.
    """
    rng = np.random.default_rng([seed, 2, day.toordinal()])
    school_open = is_open(day)
    present = _present(rng, roster, school_open=school_open)
    parts = [_upkeep_spells(rng, roster, present, minutes_of(day))]
    for slot in slots():
        if school_open and day.weekday() in slot.weekdays:
            parts.append(_slot_spells(rng, roster, present, slot))
            parts.extend(_planted_spells(rng, roster, present, slot, day))
    spells = _platform(rng, roster, _joined(parts), day)
    flows = _flows(rng, roster, spells)
    if day < planted.TRAINING_DAY:
        # A generator of its own: every other draw stays what it was.
        untrained = np.random.default_rng([seed, 9, day.toordinal()]).random(len(roster))
        _without_training(flows, untrained < planted.UNTRAINED_SHARE)
    line = line_of(day, roster.scale)
    return Day(day, flows, _slices(rng, flows, line), roster.scale)
