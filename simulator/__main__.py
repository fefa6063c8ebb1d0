"""`python -m simulator`: the steps of the demonstration as separate processes.

    python -m simulator weeks STORE [--labels FILE]
    python -m simulator packets FILE [--scale 0.5]
    python -m simulator send FILE INTERFACE [--pace 50000]
    python -m simulator pool FILE

Each prints JSON lines on stdout: progress as {"done": n, "total": m}, at the end one result.
A process of its own per step keeps Scapy (GPL-2.0-only) out of whatever serves the pages.
"""

import argparse
import json
import os
import sys
from pathlib import Path

from simulator.sender import PACKETS_S


def _say(**values: object) -> None:
    sys.stdout.write(json.dumps(values) + "\n")
    sys.stdout.flush()


def _progress(done: int, total: int) -> None:
    _say(done=done, total=total)


def _weeks(arguments: argparse.Namespace) -> None:
    from simulator.weeks import write_days

    slices = write_days(arguments.store, labels=arguments.labels, progress=_progress)
    _say(slices=slices)


def _packets(arguments: argparse.Namespace) -> None:
    from simulator.packets import write_day
    from simulator.people import make_roster
    from simulator.weeks import SEED

    roster = make_roster(SEED, arguments.scale)
    plan = write_day(arguments.file, roster=roster, progress=_progress)
    _say(packets=plan.packets, ip_bytes=plan.ip_bytes, flows=plan.flows, names=plan.names)


def _keep_pool(arguments: argparse.Namespace) -> None:
    from simulator.pool import keep
    from simulator.templates import build_pool

    pool = build_pool()
    keep(pool, arguments.file)
    _say(templates=len(pool.length))


def _send(arguments: argparse.Namespace) -> None:
    from simulator.sender import send_day

    def report(done: int) -> None:
        _say(done=done, total=arguments.total)

    sent = send_day(arguments.file, arguments.interface, packets_s=arguments.pace, progress=report)
    _say(packets=sent.packets, octets=sent.octets, seconds=round(sent.seconds, 3))


def main() -> None:
    """Run one step. What it writes is as private as what the collector writes."""
    os.umask(0o077)
    parser = argparse.ArgumentParser(prog="python -m simulator", description=__doc__)
    steps = parser.add_subparsers(required=True)
    weeks = steps.add_parser("weeks", help="write eight weeks of slices into a store")
    weeks.add_argument("store", type=Path)
    weeks.add_argument("--labels", type=Path, help="also write what people were doing, here")
    weeks.set_defaults(step=_weeks)
    packets = steps.add_parser("packets", help="write a day of packets as a capture")
    packets.add_argument("file", type=Path)
    packets.add_argument("--scale", type=float, default=1.0, help="size of the school")
    packets.set_defaults(step=_packets)
    send = steps.add_parser("send", help="send a capture through a veth end")
    send.add_argument("file", type=Path)
    send.add_argument("interface")
    send.add_argument("--pace", type=int, default=PACKETS_S, help="packets a second at most")
    send.add_argument("--total", type=int, default=0, help="packets in the file, for progress")
    send.set_defaults(step=_send)
    pool = steps.add_parser(
        "pool", help="keep the templates of packets, for a package without Scapy"
    )
    pool.add_argument("file", type=Path)
    pool.set_defaults(step=_keep_pool)
    arguments = parser.parse_args()
    arguments.step(arguments)


if __name__ == "__main__":
    main()
