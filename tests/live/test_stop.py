"""The DPO's stop on each running collector: within ten seconds nothing about devices is written."""

import socket
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from privacy.requests import request_stop
from tests.conntrack.nat import SCHOOL, SERVER, UDP_PORT, collecting, inside, nat
from tests.exports import wire as w
from tests.exports.test_live import listening
from tests.support.acknowledged import log_of
from tests.support.capturing import capturing
from tests.support.netns import wire
from tests.support.processes import wait_until
from tests.support.stores import stored

pytestmark = [pytest.mark.live, pytest.mark.slow]

WITHIN_S = 10.0
TALK = "import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); "
Send = Callable[[], object]


def capture(stack: ExitStack, store: Path) -> Send:
    both = stack.enter_context(wire(offloads=False))
    stack.enter_context(capturing(both.gateway, store, "--school", str(SCHOOL)))
    said = TALK + f"s.sendto(b'x' * 300, ('{SERVER}', 4433))"
    return lambda: both.school.call(sys.executable, "-c", said)


def listen(stack: ExitStack, store: Path) -> Send:
    port, _ = stack.enter_context(listening(store))
    sender = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))

    def send() -> None:
        sender.sendto(w.v5(w.v5_record(), now=time.time()), ("127.0.0.1", port))

    return send


def conntrack(stack: ExitStack, store: Path) -> Send:
    places = stack.enter_context(nat())
    stack.enter_context(inside(places.internet, "serve", "443"))
    stack.enter_context(collecting(places.gateway, store))
    said = TALK + f"s.settimeout(5); s.sendto(b'x' * 300, ('{SERVER}', {UDP_PORT})); s.recv(2048)"

    def send() -> None:
        places.pupil.call(sys.executable, "-c", said)
        places.gateway.call("conntrack", "-D", "-p", "udp")  # a slice as soon as it ends

    return send


@pytest.mark.parametrize("collector", [capture, listen, conntrack])
def test_a_running_collector_stops_within_ten_seconds(tmp_path, collector):
    store = tmp_path / "store"
    with ExitStack() as stack:
        send = collector(stack, store)
        send()
        (store / "requests").mkdir()
        asked = time.monotonic()
        request_stop(store)
        wait_until(lambda: "capture_stopped_by_dpo" in kinds(store), "the stop", WITHIN_S + 5)
        took = time.monotonic() - asked
        before = rows(store)
        send()
        send()
    assert took <= WITHIN_S
    assert rows(store) == before
    end = log_of(store).entries()[-1]
    assert end.kind == "collector_stopped"
    assert end.facts["not_recorded"] >= 1, "slices came, and were dropped"
    assert stored(store, "link").num_rows > 0
    print(f"\n{collector.__name__}: stopped after {took:.1f} s")


def kinds(store: Path) -> list[str]:
    return [entry.kind for entry in log_of(store).entries()]


def rows(store: Path) -> int:
    try:
        return int(stored(store, "flows").num_rows)
    except (OSError, ValueError, KeyError):
        return 0
