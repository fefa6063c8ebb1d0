"""Tries: bounded, counted before they are judged, and nobody is locked out for good."""

import pytest

from api.accounts.throttle import (
    FREE_TRIES,
    LONGEST_WAIT_S,
    MOST_KEYS,
    WINDOW_S,
    Bucket,
    Newcomers,
    Throttle,
)


@pytest.fixture
def throttle() -> Throttle:
    return Throttle(b"k" * 32)


def test_ten_tries_in_a_quarter_of_an_hour_then_exponential(throttle: Throttle):
    key = throttle.key("account", "cdi")
    assert [throttle.take([key], 0) for _ in range(FREE_TRIES)] == [0] * FREE_TRIES
    now, waits = 0.0, []
    for _ in range(12):
        waits.append(throttle.take([key], now))
        now += waits[-1]
        assert throttle.take([key], now) == 0
    assert waits[:4] == [2, 4, 8, 16]
    assert max(waits) == waits[-1] == LONGEST_WAIT_S


def test_it_is_forgotten_after_its_time(throttle: Throttle):
    key = throttle.key("account", "cdi")
    for _ in range(FREE_TRIES):
        throttle.take([key], 0)
    assert throttle.take([key], 1) > 0
    later = WINDOW_S + 10
    assert [throttle.take([key], later) for _ in range(FREE_TRIES)] == [0] * FREE_TRIES


def test_two_hundred_at_once_are_two_hundred(throttle: Throttle):
    key = throttle.key("account", "cdi")
    assert sum(throttle.take([key], 0) == 0 for _ in range(200)) == FREE_TRIES


def test_a_refused_try_counts_for_nobody_else(throttle: Throttle):
    account, place = throttle.key("account", "cdi"), throttle.key("address", "192.0.2.1")
    for _ in range(FREE_TRIES):
        throttle.take([account], 0)
    assert throttle.take([account, place], 0) > 0
    assert throttle.tries(place, 0) == 0


@pytest.mark.parametrize("now", [0.0, 5.0, 1e6])
def test_a_try_given_back_takes_back_no_other(throttle: Throttle, now: float):
    key = throttle.key("address", "192.0.2.1")
    for _ in range(FREE_TRIES - 1):
        throttle.take([key], now)
    for _ in range(50):
        throttle.take([key], now)
        throttle.give_back(key, now)
    assert throttle.tries(key, now) == FREE_TRIES - 1
    assert [throttle.take([key], now) > 0 for _ in range(2)] == [False, True]


def test_a_newcomer_turned_away_who_waits_is_new_again_and_who_hurries_is_not():
    newcomers = Newcomers(b"k" * 32, Bucket(per_s=1, burst=1))
    assert newcomers.take("a", 0) == 0
    assert newcomers.take("b", 0) == newcomers.take("c", 0) == 2
    assert newcomers.take("b", 1) == 4  # a second later, not two
    assert newcomers.take("c", 2) == 0
    assert newcomers.take("b", 5.5) == 0


@pytest.mark.parametrize(("per_s", "settled_s"), [(400, 3), (100, 20)])
def test_an_attack_from_five_hundred_places_leaves_room_for_a_newcomer(per_s: int, settled_s: int):
    newcomers = Newcomers(b"k" * 32, Bucket(per_s=10, burst=20))
    came, admitted = 0, 0
    failed = set()  # whoever was let in once and failed is no newcomer
    for tick in range(60 * per_s):
        now, place = tick / per_s, f"attacker-{tick % 500}"
        if place not in failed and newcomers.take(place, now) == 0:
            failed.add(place)
        if tick % per_s == 0 and now > settled_s:
            came += 1
            admitted += newcomers.take(f"newcomer-{tick}", now) == 0
    assert admitted == came


def test_what_is_remembered_of_newcomers_is_bounded():
    newcomers = Newcomers(b"k" * 32, Bucket(per_s=0, burst=0))
    for number in range(MOST_KEYS + 100):
        newcomers.take(f"place-{number}", 0)
    assert len(newcomers._away) == MOST_KEYS
    assert all(len(key) == 16 for key in newcomers._away)


def test_memory_is_bounded_and_holds_no_name(throttle: Throttle):
    for number in range(MOST_KEYS + 100):
        throttle.take([throttle.key("account", f"name-{number}")], 0)
    assert len(throttle._counts) == MOST_KEYS
    assert all(len(key) == 16 for key in throttle._counts)
    assert Throttle(b"j" * 32).key("account", "cdi") != throttle.key("account", "cdi")


def test_a_bucket_gives_its_burst_then_its_rate():
    bucket = Bucket(per_s=2, burst=4)
    assert [bucket.take(0) for _ in range(6)] == [True] * 4 + [False] * 2
    assert [bucket.take(1) for _ in range(3)] == [True, True, False]
