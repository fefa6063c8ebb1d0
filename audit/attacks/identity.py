"""A12 and A13: is anybody named? Dictionaries against pseudonyms, dead keys, and fifty canaries.

Invented machines send real packets; the real command meters them, crashes when it knows most, analyses and
releases. Then every octet that was written is searched for their traits, in every form, decrypted with the
store's own keys; and their pseudonyms are tried against a vendor's MAC addresses and the private addresses.
"""

import base64
import hashlib
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pyarrow as pa

from audit.alter import replaced
from audit.attack import Attack, Figure, Mutant, at_least, equals
from audit.child import KEY_IN_THE_STORE, LOGGED_NAME, ROOT, UNKEYED, Child, crashed
from audit.ground import SIMULATED, Ground
from audit.prepare import acknowledge_store
from audit.scanner import scan
from privacy.store.keys import FileKeyring
from privacy.store.layout import FLOWS, keys_beside
from privacy.store.reader import Reader

if TYPE_CHECKING:
    from simulator.canaries import Machine

CLOCK: Final = re.compile(rb"\d\d:\d\d:\d\d")
DAY_S: Final = 86_400
MEMORY: Final = """
import os, sys, zoneinfo
from collector.keys import DayKeys, KeySetup
from datetime import date
keys = DayKeys(KeySetup(zoneinfo.ZoneInfo("Europe/Paris"), lambda: 0.0))
os.write(1, keys(date(2026, 11, 10)))
sys.stdin.readline()
keys.close()
os.write(1, b"closed")
sys.stdin.readline()
"""


def _tuesday() -> float:
    """Return ten o'clock of a Tuesday whose week is over."""
    day = datetime.now(UTC).replace(hour=9, minute=0, second=0, microsecond=0) - timedelta(days=14)
    return (day - timedelta(days=day.weekday() - 1)).timestamp()


def metered(
    ground: Ground, name: str, altered: str = "", days: int = 1
) -> tuple[Child, "tuple[Machine, ...]"]:
    """Let the real command meter the canaries' days, in a directory of its own."""
    from simulator.canaries import (
        fifty,
        write_capture,
    )  # Scapy: not on every box, slow, and opens sockets

    child = Child(ground.own / f"{name}-{time.monotonic_ns()}")
    machines, _ = fifty(ground.seed)
    acknowledge_store(child.store, ground.school)
    for n in range(days):
        capture = child.place / "input" / f"{n}.pcap"
        write_capture(capture, machines, _tuesday() + n * DAY_S)
        child.run(
            "replay",
            capture,
            "--store",
            child.store,
            "--school",
            SIMULATED,
            "--json",
            altered=altered,
        )
    return child, machines


def slices(child: Child) -> list[set[int]]:
    """Return the pseudonyms of each day, as whoever holds store and keys reads them."""
    reader = Reader(child.store, FileKeyring(keys_beside(child.store)))
    found = []
    for day in reader.manifest.days(FLOWS):
        table: pa.Table = reader.table(FLOWS, day, ["device"])
        found.append({one for one in table["device"].to_pylist() if one is not None})
    return found


def dictionary(machines: "tuple[Machine, ...]", addresses: int) -> Iterator[bytes]:
    """Yield a vendor's MAC addresses, those of a canary among them, and private addresses."""
    own = int.from_bytes(machines[0].mac, "big")
    first = own // (1 << 24) * (1 << 24) if addresses >= 1 << 24 else own - addresses // 2
    for number in range(first, first + addresses):
        yield number.to_bytes(6, "big")
    start = 10 << 24 if addresses >= 1 << 24 else int(machines[0].v4) - addresses // 2
    for number in range(start, start + addresses):
        yield number.to_bytes(4, "big")


def matches(pseudonyms: set[int], tried: Iterable[bytes]) -> int:
    """Count identities whose plain hash, or whose own number, is a pseudonym."""
    found, blake, read = 0, hashlib.blake2b, int.from_bytes
    for one in tried:
        hashed = read(blake(one, digest_size=8, person=b"dev/v1").digest(), "big", signed=True)
        found += hashed in pseudonyms or read(one, "big") in pseudonyms
    return found


def key_octets(child: Child) -> int:
    """Count the pseudonym keys in every file that was written, in three forms."""
    found = 0
    for path in (p for p in child.written.rglob("*") if p.is_file()):
        octets = path.read_bytes()
        for key in child.keys:
            forms = (key, key.hex().encode(), base64.b64encode(key)[:40])
            found += sum(octets.count(form) for form in forms)
    return found


def in_memory() -> tuple[int, int]:
    """Return how often a key is in a child's whole memory before and after it was destroyed."""
    with subprocess.Popen(
        [sys.executable, "-c", MEMORY], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT
    ) as process:
        if process.stdin is None or process.stdout is None:
            return 0, 1
        key = process.stdout.read(32)
        before = _count(process.pid, key)
        process.stdin.write(b"\n")
        process.stdin.flush()
        process.stdout.read(6)
        after = _count(process.pid, key)
        process.stdin.close()
    return before, after


def _count(pid: int, wanted: bytes) -> int:
    found = 0
    maps = Path(f"/proc/{pid}/maps").read_text().splitlines()
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for line in maps:
            span, rights = line.split()[:2]
            if not rights.startswith("rw"):
                continue
            first, last = (int(end, 16) for end in span.split("-"))
            try:
                memory.seek(first)
                found += memory.read(last - first).count(wanted)
            except (OSError, ValueError):
                continue
    return found


def pseudonym_figures(ground: Ground, altered: str = "") -> list[Figure]:
    """Meter two days and try everything against the pseudonyms."""
    child, machines = metered(ground, "pseudonyms", altered, days=2)
    days = slices(child)
    every = set().union(*days)
    tried = ground.sizes.addresses
    return [
        at_least("pseudonymes attaqués", len(every), 7),
        equals(f"identités retrouvées par dictionnaire (2 × {tried} adresses)",
               matches(every, dictionary(machines, tried)), 0),
        equals("pseudonymes communs à deux jours", len(days[0] & days[-1]) if len(days) > 1 else -1, 0),
        at_least("clés connues de l'attaque", len(child.keys), 2),
        equals("octets de clé dans les fichiers écrits", key_octets(child), 0),
    ]  # fmt: skip


def measure_pseudonyms(ground: Ground) -> list[Figure]:
    """Run A12."""
    before, after = in_memory()
    return [
        *pseudonym_figures(ground),
        at_least("la clé vivante, dans la mémoire du processus", before, 1),
        equals("la clé détruite, dans la mémoire du processus", after, 0),
    ]


def canary_figures(ground: Ground, altered: str = "", *, whole: bool = True) -> list[Figure]:
    """Let the command meter, crash, analyse and release; search everything."""
    from simulator.canaries import fifty

    child, _ = metered(ground, "canaries", altered)
    _, canaries = fifty(ground.seed)
    common = ("--store", child.store, "--school", SIMULATED, "--json")
    crashes, releases = 0, 0
    if whole:
        capture = child.place / "input" / "0.pcap"
        for how in ("SIGSEGV", "SIGABRT"):
            code = child.run("replay", capture, *common, altered=altered, crash=how)
            crashes += crashed(code)
        child.run("analyze", *common, altered=altered)
        releases = child.run("release", *common, altered=altered) == 0
    hits, seen = scan([child.written], canaries)
    figures = [
        equals("canaris", len(canaries), 50),
        at_least("octets fouillés", seen, 1),
        equals("canaris retrouvés hors de la mémoire", len({hit.canary for hit in hits}), 0),
    ]
    if not whole:
        return figures
    stored = list((child.store / "public" / "releases").glob("T*/*.json"))
    return [
        *figures,
        equals("plantages provoqués", crashes, 2),
        equals("publication menée à bien", int(releases), 1),
        at_least("publications", len(stored), 1),
        equals("publications datées plus finement que le jour",
               sum(bool(CLOCK.search(path.read_bytes())) for path in stored), 0),
    ]  # fmt: skip


def _altered(name: str, text: str, figures: Callable[[Ground, str], list[Figure]]) -> Mutant:
    """Return a mutant whose alteration the child itself carries out."""

    def measure(ground: Ground) -> list[Figure]:
        small = ground.with_sizes(ground.sizes.for_mutants())
        return figures(small, text)

    return Mutant(name, replaced, measure)


def _canaries_only(ground: Ground, altered: str) -> list[Figure]:
    return canary_figures(ground, altered, whole=False)


PSEUDONYMS: Final = Attack(
    "A12",
    "Pseudonymes",
    "Essayer les adresses d'un constructeur et les adresses privées ; relier deux jours ; chercher les clés mortes.",
    measure_pseudonyms,
    (
        _altered("empreinte sans clé", UNKEYED, pseudonym_figures),
        _altered("clé rangée dans le magasin", KEY_IN_THE_STORE, pseudonym_figures),
    ),
    needs="nothing",
)
CANARIES: Final = Attack(
    "A13",
    "Canaris",
    "Faire passer cinquante traits inventés dans toute la chaîne, au plus bavard, plantages compris.",
    canary_figures,
    (_altered("nom de site journalisé", LOGGED_NAME, _canaries_only),),
    needs="nothing",
)
