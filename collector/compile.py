"""Compile the packet loop for this processor, ahead of the first capture.

`python -m collector.compile` is part of set-up; every later start loads the compiled code.
"""

import sys
import time

import numpy as np

from collector import jit


def compile_loop() -> float:
    """Run each entry of the loop on nothing, so that Numba compiles it. Returns seconds."""
    from collector.meter import entry, files, hello, layout, ring

    started = time.monotonic()
    memory = layout.new_tables(seed=1, random=1, flow_cap=16)
    nothing = np.zeros(0, np.uint8)
    files.walk_pcap(memory, nothing, np.zeros(4, np.int64), 0)
    files.walk_pcapng(memory, nothing, 1, np.zeros((1, 4), np.int64), 0, 0)
    ring.walk_block(memory, np.zeros(64, np.uint8), 0, 64, 1, 0)
    entry.advance(memory, 0)
    entry.end_of_input(memory)
    entry.close_step(memory)
    entry.make_room(memory)
    entry.reindex_devices(memory)
    hello.pull_hello(nothing, 0, 0)
    entry.name_flow(memory, 0, layout.SOURCE_QUIC, nothing, 0, 0, 0)
    return time.monotonic() - started


def main() -> None:
    """Say what happens when it takes a while."""
    if not jit.is_warm():
        print("Compiling the packet loop for this processor (once)…", file=sys.stderr)  # noqa: T201 - set-up speaks to a person
    seconds = compile_loop()
    print(f"Packet loop ready in {seconds:.1f} s", file=sys.stderr)  # noqa: T201 - set-up speaks to a person


if __name__ == "__main__":
    main()
