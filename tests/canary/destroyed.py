"""Keys that were destroyed: their octets are in no file, no keyring, and not in the living collector.

    python -m tests.canary.destroyed            (root; about three minutes; prints one JSON object)

A real `jauge capture` keys the devices of the canaries under a pseudonym key and writes their slices under a
day key. The first one ends with its (shortened) day, the second one by a purge of another process. Before
and after, every octet of both processes of the collector and of every file is looked at.
"""

import base64
import json
import os
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from analyzer.retention import purge
from cli.exits import Exit
from collector.kernel_keys import KernelKeys
from collector.locked import LockedPage
from privacy.pseudonym import KEY_BYTES
from privacy.store.keys import FileKeyring, derive
from privacy.store.layout import keys_beside
from simulator.canaries import FIRST_S, fifty, write_capture
from tests.canary import stages
from tests.canary.traps import octets_in_memory
from tests.canary.workshop import Workshop
from tests.support.acknowledged import log_of
from tests.support.netns import wire
from tests.support.processes import wait_until
from tests.support.stores import segments_of

DAY_S = 100
"""From the start of the collector to the end of its day: slices come at the end of a minute."""
PREFIX = "jauge:pseudonym:"
EPOCH_OCTETS = 8
TENDED_S = 7.0
"""The collector looks after its keys at each flush, every 4 s."""


def pseudonym_keys(before: set[str]) -> dict[str, bytes]:
    """Return the pseudonym keys that came into the kernel since."""
    kernel = KernelKeys()
    page = LockedPage(KEY_BYTES + EPOCH_OCTETS)
    found = {}
    for name in set(kernel.names(PREFIX)) - before:
        number = kernel.find(name)
        if number is not None and kernel.read(number, page.slot(0)):
            found[name] = bytes(page.view(0)[:KEY_BYTES])
    return found


def in_files(key: bytes, *tops: Path) -> int:
    """Count a key in every file, as octets, hexadecimal and base64."""
    forms = (key, key.hex().encode(), base64.b64encode(key)[:40], key[::-1])
    files = [path for top in tops for path in top.rglob("*") if path.is_file()]
    return sum(path.read_bytes().count(form) for path in files for form in forms)


def in_processes(key: bytes, *pids: int) -> int:
    """Count a key in all memory of some processes."""
    return sum(octets_in_memory(pid, key) for pid in pids)


def run(place: Path) -> dict[str, Any]:
    """Run the collector through the ends of both keys."""
    shop = stages.prepare(Workshop(place).make())
    machines, _ = fifty(7)
    capture = shop.input / "live.pcap"
    write_capture(capture, machines, FIRST_S)
    before = set(KernelKeys().names(PREFIX))
    found: dict[str, Any] = {}
    module = ("tests.canary.at_midnight", str(DAY_S))
    with wire(offloads=False) as both, stages.capturing(shop, both, "midnight", *module) as got:
        pids = (got[0].pid, got[1])
        stages.send(both, capture)
        wait_until(lambda: stages.spooled(shop) > 1_000, "slices in a spool", DAY_S)
        ((name, pseudonym),) = pseudonym_keys(before).items()
        found["pseudonym_key_in_memory_before"] = in_processes(pseudonym, *pids)
        _day_key(shop, found, *pids)

        def is_told() -> bool:
            kinds = {entry.kind for entry in log_of(shop.store).entries()}
            return "pseudonym_key_destroyed" in kinds

        wait_until(is_told, "the key's end", 2 * DAY_S)
        found["pseudonym_key_in_memory_after"] = in_processes(pseudonym, *pids)
        found["pseudonym_key_in_files"] = in_files(pseudonym, shop.written)
        found["pseudonym_key_in_keyring"] = name in KernelKeys().names(PREFIX)
        found["pseudonym_key_in_proc_keys"] = name in Path("/proc/keys").read_text()
    found["exit_code"] = got[0].returncode  # DATA: slices of the erased day were not kept
    return found


def _day_key(shop: Workshop, found: dict[str, Any], *pids: int) -> None:
    """Erase today from another process, while the collector holds it open."""
    keys = FileKeyring(keys_beside(shop.store))
    (today,) = keys.days()
    key = bytes(keys.key_of(today))
    derived = [derive(key, purpose) for purpose in ("spool", "parquet")]
    found["day_key_in_memory_before"] = in_processes(key, *pids)
    found["derived_keys_in_memory_before"] = sum(in_processes(one, *pids) for one in derived)
    found["erased_segments"] = len(segments_of(shop.store, "flows"))
    purge(
        shop.store,
        log=log_of(shop.store),
        as_of=date.fromordinal(today.toordinal()) + timedelta(days=20),
        retention_days=8,
        dry_run=False,
    )
    time.sleep(TENDED_S)
    found["day_key_in_memory_after"] = in_processes(key, *pids)
    found["derived_keys_in_memory_after"] = sum(in_processes(one, *pids) for one in derived)
    found["day_key_in_files"] = in_files(key, shop.written)


def holds(found: dict[str, Any]) -> bool:
    """Say whether the keys were there before, and nowhere after."""
    before = all(value for name, value in found.items() if name.endswith("_before"))
    names = [n for n in found if n.endswith(("_after", "_in_files", "_keyring", "_proc_keys"))]
    return (
        before and not any(found[name] for name in names) and found["exit_code"] == int(Exit.DATA)
    )


def main() -> None:
    """Print one JSON object; 1 when an octet was left."""
    with tempfile.TemporaryDirectory(dir="/var/tmp", prefix="jauge-keys-") as place:
        os.environ["JAUGE_MACHINE_DIR"] = f"{place}/written/machine"
        found = run(Path(place))
    print(json.dumps({**found, "holds": holds(found)}))
    sys.exit(not holds(found))


if __name__ == "__main__":
    main()
