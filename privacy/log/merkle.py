"""The Merkle tree of the audit log (RFC 9162 section 2.1). Pure.

Leaves and nodes are hashed under different first octets, so that neither can pass for the other.
"""

import hashlib
from collections.abc import Sequence
from typing import Final

_LEAF: Final = b"\x00"
_NODE: Final = b"\x01"
EMPTY_ROOT: Final = hashlib.sha256(b"").digest()


def leaf_hash(entry: bytes) -> bytes:
    """Return the 32 octets of one entry."""
    return hashlib.sha256(_LEAF + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the 32 octets of a node."""
    return hashlib.sha256(_NODE + left + right).digest()


class Tree:
    """A tree that grows at its right edge and knows its root; it keeps one hash per full subtree."""

    def __init__(self) -> None:
        self.size = 0
        self._edge: list[bytes] = []
        """Roots of the full subtrees, largest first: one per bit of `size`."""

    def append(self, leaf: bytes) -> None:
        """Add the hash of the next entry."""
        self._edge.append(leaf)
        size = self.size
        while size & 1:
            right = self._edge.pop()
            self._edge.append(node_hash(self._edge.pop(), right))
            size >>= 1
        self.size += 1

    def root(self) -> bytes:
        """Return the root of the tree as it is (section 2.1.1)."""
        if not self._edge:
            return EMPTY_ROOT
        found = self._edge[-1]
        for left in reversed(self._edge[:-1]):
            found = node_hash(left, found)
        return found


def root(leaves: Sequence[bytes]) -> bytes:
    """Return the root over some leaf hashes: the tree at that size (section 2.1.1)."""
    tree = Tree()
    for leaf in leaves:
        tree.append(leaf)
    return tree.root()


def _split(size: int) -> int:
    """Return the largest power of two smaller than `size` (at least 2)."""
    return 1 << (size - 1).bit_length() - 1


def inclusion_proof(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """Return the path that proves that a leaf is in the tree, lowest first (section 2.1.3.1).

    Raises:
        IndexError: there is no such leaf.
    """
    if not 0 <= index < len(leaves):
        raise IndexError("no such entry")
    if len(leaves) == 1:
        return []
    k = _split(len(leaves))
    if index < k:
        return [*inclusion_proof(leaves[:k], index), root(leaves[k:])]
    return [*inclusion_proof(leaves[k:], index - k), root(leaves[:k])]


def root_of_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes]) -> bytes | None:
    """Return the root that a path leads to, or None if it fits no tree of that size (2.1.3.2)."""
    if not 0 <= index < size:
        return None
    node, last, found = index, size - 1, leaf
    for step in proof:
        if last == 0:
            return None
        if node & 1 or node == last:
            found = node_hash(step, found)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            found = node_hash(found, step)
        node, last = node >> 1, last >> 1
    return found if last == 0 else None


def consistency_proof(leaves: Sequence[bytes], first: int) -> list[bytes]:
    """Return the nodes that prove that a tree continues its first `first` leaves (2.1.4.1).

    Raises:
        IndexError: the tree is smaller.
    """
    if not 0 <= first <= len(leaves):
        raise IndexError("no such size")
    return _subproof(leaves, first, whole=True) if first else []


def _subproof(leaves: Sequence[bytes], first: int, *, whole: bool) -> list[bytes]:
    if first == len(leaves):
        return [] if whole else [root(leaves)]
    k = _split(len(leaves))
    if first <= k:
        return [*_subproof(leaves[:k], first, whole=whole), root(leaves[k:])]
    return [*_subproof(leaves[k:], first - k, whole=False), root(leaves[:k])]


def consistent(
    first: int, second: int, first_root: bytes, second_root: bytes, proof: Sequence[bytes]
) -> bool:
    """Say whether a proof shows that the tree of size `second` continues that of `first` (2.1.4.2)."""
    if first == 0:
        return not proof and first_root == EMPTY_ROOT
    if first == second:
        return not proof and first_root == second_root
    if first > second or not proof:
        return False
    path = [first_root, *proof] if first & (first - 1) == 0 else list(proof)
    return _folded(path, first - 1, second - 1) == (first_root, second_root)


def _folded(path: Sequence[bytes], node: int, last: int) -> tuple[bytes, bytes] | None:
    """Return the two roots that a path leads to, or None if it fits no trees of these sizes."""
    while node & 1:
        node, last = node >> 1, last >> 1
    old = new = path[0]
    for step in path[1:]:
        if last == 0:
            return None
        if node & 1 or node == last:
            old, new = node_hash(step, old), node_hash(step, new)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            new = node_hash(new, step)
        node, last = node >> 1, last >> 1
    return (old, new) if last == 0 else None
