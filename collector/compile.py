"""Compile the packet loop for this processor, ahead of the first capture.

`python -m collector.compile` is part of set-up; every later start loads the compiled code. Where
the loop was never compiled, two processes compile its large parts side by side first, each into
the same cache; then the entries that join them follow.
"""

import subprocess
import sys
import time

import numpy as np

from collector import jit

PARTS = {
    "names": ("names.look_in_tcp", "names.look_in_udp", "names.learn_dns"),
    "packets": ("decode.decode", "hints.look", "place.place"),
}
"""Functions of collector.meter that cost most to compile, for two cores."""
_ARGUMENTS = {
    "names.look_in_tcp": "tibi",
    "names.look_in_udp": "tibi",
    "names.learn_dns": "tbiii",
    "decode.decode": "tbiiiii",
    "hints.look": "tibi",
    "place.place": "tiii",
}
"""t = the tables, b = octets, i = int64: as the loop calls them."""


def compile_part(name: str) -> None:
    """Compile one of PARTS into the cache."""
    import importlib

    import numba

    from collector.meter import layout

    kinds = {
        "t": numba.typeof(np.zeros(1, layout.TABLES)).dtype,
        "b": numba.typeof(np.zeros(0, np.uint8)),
        "i": numba.int64,
    }
    for place in PARTS[name]:
        module, function = place.split(".")
        compiled = getattr(importlib.import_module(f"collector.meter.{module}"), function)
        compiled.compile(tuple(kinds[letter] for letter in _ARGUMENTS[place]))


def compile_side_by_side() -> None:
    """Compile PARTS in processes of their own; what fails there is compiled later all the same."""
    command = [sys.executable, "-m", "collector.compile", "--part"]
    try:
        running = [subprocess.Popen([*command, name]) for name in PARTS]  # noqa: S603 - ourselves
    except OSError:  # a confined process starts no other
        return
    for process in running:
        process.wait()


def compile_loop() -> float:
    """Run each entry of the loop on nothing, so that Numba compiles it. Returns seconds."""
    from collector.meter import entry, files, hello, layout, ring

    started = time.monotonic()
    if not jit.is_warm() and jit.has_cache():
        compile_side_by_side()
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
    jit.note_warm()
    return time.monotonic() - started


def main(arguments: list[str]) -> None:
    """Say what happens when it takes a while."""
    if arguments[:1] == ["--part"]:
        compile_part(arguments[1])
        return
    if arguments[:1] == ["--quiet"]:
        compile_loop()
        return
    if not jit.is_warm():
        print("Compiling the packet loop for this processor (once)…", file=sys.stderr)  # noqa: T201 - set-up speaks to a person
    seconds = compile_loop()
    print(f"Packet loop ready in {seconds:.1f} s", file=sys.stderr)  # noqa: T201 - set-up speaks to a person


if __name__ == "__main__":
    main(sys.argv[1:])
