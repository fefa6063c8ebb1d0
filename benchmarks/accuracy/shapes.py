"""The seconds of each activity: octets and packets both ways, second by second.

Built from published figures, not from the bounds of `analyzer.behaviour` (which were fitted on the
recordings of tests/behaviour). Each program of the wild is a draw of its own: segment lengths,
bit rates, buffers and protocols differ from flow to flow.

- Pages: HTTP Archive, median page 2.6 MB over a dozen connections; reading times log-normal around
  30 s.
- Video on demand: start-up buffer, then one segment of 2–10 s at a time (RFC 8216, Apple's authoring
  specification: 6 s; DASH-IF: 2–4 s; YouTube's requests of 0.5–2 MB: Rao et al. 2011, on-off cycles of video); 0.4–6
  Mbit/s (Apple's ladder for 234p–1080p). One in eight viewers pauses or seeks.
- Radio: 32–320 kbit/s at a constant rate; one station in four sends segments instead (HLS).
- Music: a track of 3–8 MB at once every 3–4 minutes (Spotify, 96–320 kbit/s).
- Calls: Opus at 50 packets a second or 17 with long frames (RFC 7587), faces of 0.15–1.5 Mbit/s up,
  1–4 of them down; one in four without camera.
- Games: 20–64 packets a second each way of 60–250 octets; one in ten among 6–20 players directly.
- Downloads and updates: as fast as the line's share, 3–80 Mbit/s.
- BitTorrent: 4–60 peers at a time, random ports, blocks of 16 KiB, a log-normal share each.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Series = NDArray[np.float64]
MSS: Final = 1_380
ACKNOWLEDGEMENT: Final = 52
MEGABIT: Final = 125_000.0


@dataclass(slots=True)
class Moves:
    """One flow of an activity, second by second; all series have the same length."""

    down: Series
    up: Series
    down_packets: Series
    up_packets: Series
    transport: str = "tcp"
    port: int = 443
    app: str | None = None
    nameless: bool = False
    """Never shows a name, whatever is hidden or not."""


def _fetched(down: Series, *, requests: Series | None = None, up: Series | None = None) -> Moves:
    """Return a transfer to the school: acknowledgements go up, one for two segments."""
    packets = np.ceil(down / MSS)
    asked = np.zeros_like(down) if requests is None else requests
    sent = asked if up is None else asked + up
    acks = np.ceil(packets / 2)
    return Moves(
        down=down + 40 * packets,
        up=sent + ACKNOWLEDGEMENT * acks,
        down_packets=packets,
        up_packets=acks + np.ceil(sent / MSS),
    )


def _burst(series: Series, at: float, octets: float, rate: float) -> None:
    """Let octets come from a second on, as fast as `rate` octets a second allow."""
    second = int(at)
    while octets > 0 and second < len(series):
        share = min(octets, rate * (1 - (at - int(at)) if second == int(at) else 1))
        series[second] += share
        octets -= share
        second += 1


def pages(rng: np.random.Generator, seconds: int, *, heavy: float = 1.0, up: float = 0.02) -> Moves:
    """Read pages of one site; the connection carries a part of each page."""
    down = np.zeros(seconds)
    asked = np.zeros(seconds)
    at = rng.uniform(0, 2)
    reading_s = rng.lognormal(3.4, 0.4)
    while at < seconds:
        _burst(down, at, heavy * rng.lognormal(12.3, 1.0), rng.uniform(5, 40) * MEGABIT)
        asked[int(at)] += rng.uniform(500, 4_000)
        at += rng.lognormal(np.log(reading_s), 0.8)
    found = _fetched(down, requests=asked, up=down * up * rng.lognormal(0, 0.8))
    found.transport = "udp" if rng.random() < 0.3 else "tcp"
    return found


def clips(rng: np.random.Generator, seconds: int) -> Moves:
    """Scroll through short films: one of 1–4 MB every 6–25 s."""
    down = np.zeros(seconds)
    at = 0.0
    while at < seconds:
        _burst(down, at, rng.lognormal(14.3, 0.6), rng.uniform(8, 40) * MEGABIT)
        at += rng.uniform(6, 25)
    found = _fetched(down)
    found.transport = "udp" if rng.random() < 0.6 else "tcp"
    return found


def video(rng: np.random.Generator, seconds: int) -> Moves:
    """Watch a film: buffer, then segments."""
    rate = np.clip(rng.lognormal(np.log(1.6), 0.7), 0.35, 7) * MEGABIT
    segment_s = rng.choice([2, 4, 5, 6, 10])
    line = rng.uniform(6, 40) * MEGABIT
    alone = rng.random() < 0.6  # else picture and sound come over connections of their own
    rate *= 1 if alone else rng.uniform(0.5, 0.9)
    down = np.zeros(seconds)
    _burst(down, 0.5, rate * rng.uniform(10, 40), line)
    at = rng.uniform(3, 15)
    pauses = rng.random() < 0.125
    while at < seconds:
        _burst(down, at, rate * segment_s * rng.lognormal(0, 0.2), line)
        at += segment_s * rng.uniform(0.9, 1.1)
        if pauses and rng.random() < segment_s / 120:
            at += rng.uniform(30, 180)
    found = _fetched(down)
    found.transport = "udp" if rng.random() < 0.5 else "tcp"
    return found


def radio(rng: np.random.Generator, seconds: int) -> Moves:
    """Listen to a station."""
    rate = rng.choice([32, 48, 64, 96, 128, 128, 192, 256, 320]) * 125.0
    if rng.random() < 0.25:
        down = np.zeros(seconds)
        segment_s = rng.choice([4, 6, 10])
        for at in np.arange(0, seconds, segment_s):
            _burst(down, at + rng.uniform(0, 0.9), rate * segment_s, 20 * MEGABIT)
        return _fetched(down)
    down = rate * rng.lognormal(0, rng.uniform(0.1, 0.5), seconds)
    _burst(down, 0, 65_536, 20 * MEGABIT)  # icecast's burst on connect
    found = _fetched(down)
    found.port = int(rng.choice([443, 443, 443, 8000, 8443, 80]))
    return found


def music(rng: np.random.Generator, seconds: int) -> Moves:
    """Listen to tracks."""
    down = np.zeros(seconds)
    at = 0.0
    while at < seconds:
        octets = rng.uniform(3e6, 8e6)
        for part in range(rng.integers(1, 4)):
            _burst(down, at + 20 * part, octets / 3, rng.uniform(5, 30) * MEGABIT)
        at += rng.uniform(160, 260)
    return _fetched(down)


def call(rng: np.random.Generator, seconds: int) -> Moves:
    """Speak with others through a meeting's server."""
    voice = rng.uniform(24, 64) * 125
    pps = 50 if rng.random() < 0.8 else 17
    face = 0.0 if rng.random() < 0.25 else rng.uniform(0.15, 1.5) * MEGABIT
    others = rng.integers(1, 5)
    ripple = rng.lognormal(0, 0.12, (2, seconds))
    up_packets = pps + np.ceil(face / 1_000)
    down_packets = pps * min(others, 3) + np.ceil(others * face * 0.7 / 1_000)
    return Moves(
        up=(voice + face + up_packets * 40) * ripple[0],
        down=(voice * min(others, 3) + others * face * 0.7 + down_packets * 40) * ripple[1],
        up_packets=np.full(seconds, up_packets),
        down_packets=np.full(seconds, down_packets),
        transport="udp",
        port=int(rng.choice([3478, 3478, 10_000, 443, 8801, 19_305])),
        app="stun" if rng.random() < 0.7 else None,
        nameless=True,
    )


def game(rng: np.random.Generator, seconds: int, *, port: int | None = None) -> Moves:
    """Play online: small packets both ways."""
    rate, size = rng.uniform(20, 64), rng.uniform(60, 250, 2)
    ripple = rng.lognormal(0, 0.2, (2, seconds))
    return Moves(
        up=rate * size[0] * 0.7 * ripple[0],
        down=rate * size[1] * ripple[1],
        up_packets=np.full(seconds, rate),
        down_packets=np.full(seconds, rate),
        transport="udp",
        port=port or int(rng.integers(5_000, 60_000)),
        nameless=True,
    )


def transfer(rng: np.random.Generator, seconds: int, *, least_mb: float, most_mb: float) -> Moves:
    """Fetch one large thing; what does not pass in the spell is never fetched."""
    octets = rng.uniform(np.log(least_mb), np.log(most_mb))
    down = np.zeros(seconds)
    _burst(down, 0.3, np.exp(octets) * 1e6, np.exp(rng.uniform(np.log(3), np.log(80))) * MEGABIT)
    return _fetched(down * rng.lognormal(0, 0.25, seconds))


def update(rng: np.random.Generator, seconds: int) -> Moves:
    """Let a machine fetch updates: over plain HTTP most often, or from the school's own server."""
    found = transfer(rng, seconds, least_mb=8, most_mb=900)
    found.port = int(rng.choice([80, 80, 80, 443, 8530]))
    return found


def tunnel(rng: np.random.Generator, seconds: int) -> Moves:
    """Surf through a VPN."""
    found = pages(rng, seconds, heavy=2.0, up=0.1)
    if rng.random() < 0.5:
        found.transport, found.port, found.nameless = "udp", 51_820, True
        found.app = "wireguard" if rng.random() < 0.8 else None
    return found


def swarm(rng: np.random.Generator, seconds: int) -> list[Moves]:
    """Share files with strangers: a distributed table, and peers that come and go."""
    count = int(rng.integers(4, 60))
    total = rng.uniform(2, 40) * MEGABIT
    given = rng.uniform(0.02, 0.5)
    shares = rng.lognormal(0, 1.2, count)
    shares /= shares.sum()
    flows = []
    for share in shares:
        on = rng.random(seconds) < rng.uniform(0.3, 0.95)
        found = _fetched(total * share * on * rng.lognormal(0, 0.4, seconds))
        gift = total * share * given * (rng.random(seconds) < 0.6) * (rng.random() < 0.5)
        found.up, found.up_packets = found.up + gift, found.up_packets + np.ceil(gift / MSS)
        found.transport = str(rng.choice(["tcp", "udp"]))
        found.port = int(rng.choice([6881, 51_413, *rng.integers(1_024, 65_536, 6)]))
        found.nameless = True
        plain = 0.3 if found.transport == "udp" else 0.1
        found.app = {"udp": "bittorrent_utp", "tcp": "bittorrent"}[found.transport]
        found.app = found.app if rng.random() < plain else None
        flows.append(found)
    if rng.random() < 0.7:
        chat = rng.random(seconds) < 0.2
        table = Moves(chat * 280.0, chat * 120.0, chat * 1.0, chat * 1.0, "udp", 6_881)
        table.app, table.nameless = "bittorrent_dht", True
        flows.append(table)
    return flows


def players(rng: np.random.Generator, seconds: int) -> list[Moves]:
    """Play: pages of a shop, a game on a server, or one among players directly."""
    if rng.random() < 0.1:
        return [game(rng, seconds) for _ in range(rng.integers(6, 21))]
    if rng.random() < 0.5:
        return [game(rng, seconds), pages(rng, seconds)]
    return [pages(rng, seconds)]


def flows_of(rng: np.random.Generator, activity: str, seconds: int) -> list[Moves]:
    """Return the flows of one spell of an activity."""
    if activity in _MANY:
        return _MANY[activity](rng, seconds)
    if activity == "social":
        return [(clips if rng.random() < 0.4 else pages)(rng, seconds)]
    if activity == "upkeep":
        return [pages(rng, min(seconds, 60), heavy=0.01)]
    if activity == "download":
        return [transfer(rng, seconds, least_mb=30, most_mb=2_000)]
    return [_SHAPES.get(activity, pages)(rng, seconds)]


_MANY: Final[dict[str, Callable[[np.random.Generator, int], list[Moves]]]] = {
    "peer_to_peer": swarm,
    "games": players,
}
_SHAPES: Final[dict[str, Callable[[np.random.Generator, int], Moves]]] = {
    "video": video,
    "radio": radio,
    "music": music,
    "call": call,
    "update": update,
    "circumvention": tunnel,
}
