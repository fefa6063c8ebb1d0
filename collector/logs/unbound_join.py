"""unbound's two kinds of lines, joined: who asked for a name, and which addresses its cache holds for it.

Pure and bounded. No name is kept: a keyed hash stands for it. The lines of a cache dump come in no order,
so an alias may come before or after the address behind it, and a question after both.
"""

from collections import OrderedDict
from hashlib import blake2b

from collector.logs.lines import Address, Question, Record
from collector.logs.names import UNTOLD_TTL_S, Names
from collector.meter.layout import DNS_MAX_TTL_S
from collector.reduced import Reduced, Reducer

ASKED_MAX = 16_384
"""Names that machines asked for; the one asked longest ago gives way."""
ASKERS_MAX = 64
"""Machines that asked for one name; the one that asked longest ago gives way."""
HELD_MAX = 16_384
"""Names with addresses, and aliases; the one told longest ago gives way."""
ADDRESSES_MAX = 16
"""Addresses of one name; a dozen is much."""
_ALIAS_DEPTH = 8
"""Aliases behind each other; real chains have three or four."""
_DIGEST = 8


class UnboundJoin:
    """The bounded tables of the join.

    Args:
        names: takes what was found.
        reduce: full name → what may be kept of it.
        key: random octets that hide names.
    """

    def __init__(self, names: Names, reduce: Reducer, key: bytes) -> None:
        self._names = names
        self._reduce = reduce
        self._key = key
        self.asked: OrderedDict[bytes, tuple[Reduced, OrderedDict[Address, int]]] = OrderedDict()
        self.aliases: OrderedDict[bytes, bytes] = OrderedDict()
        self.addresses: OrderedDict[bytes, OrderedDict[Address, int]] = OrderedDict()
        """Address → millisecond until which it is one of the name's."""

    def _hash(self, name: str) -> bytes:
        return blake2b(name.encode(), key=self._key, digest_size=_DIGEST).digest()

    def ask(self, said: Question, now_ms: int) -> None:
        """A machine asks for a name."""
        known = self._hash(said.name)
        reduced, askers = self.asked.pop(known, None) or (self._reduce(said.name), OrderedDict())
        askers.pop(said.client, None)
        askers[said.client] = now_ms
        _hold_bound(askers, ASKERS_MAX)
        self.asked[known] = (reduced, askers)
        _hold_bound(self.asked, ASKED_MAX)
        for address, until_ms in self.addresses.get(known, {}).items():
            if now_ms <= until_ms:
                self._answer(said.client, address, reduced, now_ms)

    def hold(self, said: Record, now_ms: int) -> None:
        """The cache holds a record."""
        owner = self._hash(said.name)
        if said.address is not None:
            until_ms = now_ms + min(said.ttl_s, DNS_MAX_TTL_S) * 1_000
            self._tell(owner, {said.address: until_ms})
        elif said.alias_of is not None:
            target = self._hash(said.alias_of)
            self.aliases.pop(target, None)
            self.aliases[target] = owner
            _hold_bound(self.aliases, HELD_MAX)
            self._tell(owner, dict(self.addresses.get(target, {})))

    def _tell(self, owner: bytes, found: dict[Address, int]) -> None:
        """Give addresses to a name and to all names that are aliases of it."""
        for _ in range(_ALIAS_DEPTH):
            if not found:
                return
            addresses = self.addresses.pop(owner, None) or OrderedDict()
            addresses.update(found)
            _hold_bound(addresses, ADDRESSES_MAX)
            self.addresses[owner] = addresses
            _hold_bound(self.addresses, HELD_MAX)
            self._answer_all(owner, found)
            above = self.aliases.get(owner)
            if above is None:
                return
            owner = above

    def _answer_all(self, owner: bytes, found: dict[Address, int]) -> None:
        reduced, askers = self.asked.get(owner, (None, None))
        if reduced is None or askers is None:
            return
        for client, asked_ms in askers.items():
            for address in found:
                self._answer(client, address, reduced, asked_ms)

    def _answer(self, client: Address, address: Address, reduced: Reduced, at_ms: int) -> None:
        self._names.answer(client, address, reduced, at_ms=at_ms, ttl_s=UNTOLD_TTL_S)


def _hold_bound(table: OrderedDict, bound: int) -> None:  # type: ignore[type-arg] - any keys, any values
    while len(table) > bound:
        table.popitem(last=False)
