"""What each behaviour needs, and what it is not said of: one sentence, one small table."""

from datetime import UTC, datetime

import pytest

from analyzer.behaviour import CATEGORY_OF_BEHAVIOUR, STRENGTH_OF_BEHAVIOUR, Shape, behaviours_of
from school.words import Behaviour, Strength

NOON = int(datetime(2026, 9, 7, 10, 0, tzinfo=UTC).timestamp())


def minutes(count: int, *, flow: int = 1, first: int = 0, **changes) -> list[Shape]:
    """Whole minutes of one flow that began thirty seconds before the second of them."""
    told = {
        "flow": flow,
        "device": 7,
        "transport": "tcp",
        "server_port": 443,
        "named": False,
        "app": None,
        "up_bytes": 20_000,
        "down_bytes": 0,
        "up_packets": 300,
        "down_packets": 700,
        "active_s": 60,
        "down_peak_bytes_s": 0,
        **changes,
    }
    even_s = told.pop("even_s", told["active_s"])
    told["down_sumsq_bytes_s"] = told["down_bytes"] ** 2 / even_s
    return [
        Shape(minute_s=NOON + 60 * (first + n), age_s=max(0, 60 * n - 30), ended=False, **told)
        for n in range(count)
    ]


def said(rows: list[Shape]) -> set[str]:
    return set(behaviours_of(rows))


RADIO = {"down_bytes": 960_000}
VIDEO = {"down_bytes": 9_000_000, "even_s": 8, "active_s": 30, "down_peak_bytes_s": 1_500_000}
FACE = {"transport": "udp", "up_bytes": 3_000_000, "down_bytes": 3_000_000}
FACE |= {"up_packets": 3_600, "down_packets": 3_600, "server_port": 3478}
VOICE = FACE | {"up_bytes": 360_000, "down_bytes": 360_000, "up_packets": 3_000}
VOICE |= {"down_packets": 3_000}
BULK = {"down_bytes": 60_000_000, "even_s": 55}


@pytest.mark.parametrize(
    ("rows", "behaviour"),
    [
        (minutes(4, **RADIO), "steady_audio"),
        (minutes(3, **RADIO), "none"),  # two minutes are not over
        (minutes(4, **RADIO, even_s=20), "none"),  # chunks
        (minutes(4, **RADIO, named=True), "none"),  # judged by its name
        (minutes(4, **VIDEO), "video_bursts"),
        (minutes(3, **VIDEO), "none"),  # two whole minutes only
        (minutes(4, **VIDEO | {"even_s": 50, "active_s": 60}), "none"),  # no pauses
        (minutes(4, **VIDEO | {"server_port": 40_000}), "none"),  # a stranger's port
        (minutes(2, **FACE), "call"),
        (minutes(1, **FACE), "none"),
        (minutes(2, **VOICE), "none"),  # a game looks the same
        (minutes(2, **VOICE, app="rtp"), "call"),
        (minutes(2, **FACE | {"server_port": 51_820}), "none"),  # a tunnel
        (minutes(2, **BULK), "bulk_download"),
        (minutes(2, **BULK | {"down_bytes": 20_000_000}), "none"),
        (minutes(2, **BULK | {"server_port": 80}), "software_update"),
        (minutes(4, **RADIO | {"server_port": 80}), "steady_audio"),
    ],
)
def test_a_flow_is_what_it_looks_like_or_nothing(rows, behaviour):
    assert said(rows) == {behaviour}


def test_a_stream_whose_minutes_weigh_differently_is_no_radio():
    rows = [*minutes(4, **RADIO)[:3], minutes(4, down_bytes=1_500_000)[3]]
    assert said(rows) == {"none"}


def test_bursts_with_silent_minutes_between_are_no_video():
    rows = minutes(9, **VIDEO)
    assert said([rows[1], rows[4], rows[8]]) == {"none"}


def peers(count: int, *, ports: int | None = None, device: int = 7, **changes) -> list[Shape]:
    """One minute of flows with strangers, small packets both ways unless told otherwise."""
    told = {"up_bytes": 5_000, "down_bytes": 5_000, "up_packets": 40, "down_packets": 40} | changes
    return [
        row
        for n in range(count)
        for row in minutes(
            1, flow=n, server_port=20_000 + n % (ports or count), device=device, **told
        )
    ]


BLOCKS = {"down_bytes": 700_000, "down_packets": 500, "up_bytes": 300_000, "up_packets": 300}


def test_fan_out_alone_accuses_nobody():
    assert said(peers(60)) == {"none"}


def test_exchange_alone_accuses_nobody():
    assert said(peers(5, **BLOCKS)) == {"none"}


def test_many_flows_to_few_ports_are_no_fan_out():
    assert said(peers(60, ports=7, **BLOCKS)) == {"none"}


def test_much_in_small_packets_is_a_lobby_of_players_and_no_fan_out():
    small = {"down_bytes": 900_000, "down_packets": 3_600, "up_bytes": 400_000, "up_packets": 3_600}
    assert said([*peers(20, **small), *peers(2, device=7, **BLOCKS)]) == {"none"}


def test_fan_out_and_exchange_accuse_the_flows_of_that_minute():
    assert said(peers(12, **BLOCKS)) == {"peer_to_peer"}
    assert said(peers(11, **BLOCKS)) == {"none"}


def test_a_mark_accuses_what_carries_blocks_and_nothing_else():
    mark = minutes(1, flow=900, transport="udp", server_port=6881, app="bittorrent_dht")
    carrier, game = peers(1, **BLOCKS), minutes(1, flow=901, server_port=30_000, down_bytes=9_000)
    assert behaviours_of([*mark, *carrier, *game]) == ["none", "peer_to_peer", "none"]


def test_another_devices_mark_accuses_nobody():
    mark = minutes(1, flow=900, transport="udp", server_port=6881, app="bittorrent", device=8)
    assert said([*mark, *peers(1, **BLOCKS)]) == {"none"}
    assert said([*peers(11, **BLOCKS), *peers(11, device=8, **BLOCKS)]) == {"none"}


def test_without_a_device_nobody_is_accused():
    assert said(peers(40, device=None, **BLOCKS)) == {"none"}


def test_every_behaviour_means_a_category_and_only_one_is_strong():
    assert {*CATEGORY_OF_BEHAVIOUR, "none"} == {behaviour.value for behaviour in Behaviour}
    strong = {b for b, strength in STRENGTH_OF_BEHAVIOUR.items() if strength == Strength.STRONG}
    assert strong == {"peer_to_peer"}


def test_a_later_minute_of_the_same_flow_is_judged_with_the_first():
    assert behaviours_of(minutes(5, **RADIO)) == ["steady_audio"] * 5
