"""The Merkle tree of the log (RFC 6962 section 2.1, RFC 9162 section 2.1), over leaf hashes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256

HASH_BYTES = 32
EMPTY = sha256(b"").digest()
_REMEMBERED = 64  # leaves; smaller subtrees are hashed again, which costs less than remembering a million of them

Subtree = Callable[[int, int], bytes]


def leaf(data: bytes) -> bytes:
    """The leaf hash of an entry: SHA-256(0x00 + entry)."""
    return sha256(b"\x00" + data).digest()


def node(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node: SHA-256(0x01 + left + right)."""
    return sha256(b"\x01" + left + right).digest()


def _split(size: int) -> int:
    """The largest power of two smaller than a size of two or more."""
    return 1 << ((size - 1).bit_length() - 1)


def root(leaves: Sequence[bytes]) -> bytes:
    """The root over leaf hashes, by the recursive definition of RFC 6962; of none, SHA-256 of nothing."""
    if not leaves:
        return EMPTY
    if len(leaves) == 1:
        return leaves[0]
    at = _split(len(leaves))
    return node(root(leaves[:at]), root(leaves[at:]))


class Frontier:
    """The right edge of a tree: the roots of its complete subtrees, largest first, one per bit set in the size."""

    __slots__ = ("hashes", "size")

    def __init__(self, size: int = 0, hashes: Iterable[bytes] = ()) -> None:
        self.size = size
        self.hashes = list(hashes)
        if size < 0 or len(self.hashes) != size.bit_count() or any(len(each) != HASH_BYTES for each in self.hashes):
            raise ValueError(f"not the frontier of a tree of {size}")

    @classmethod
    def from_bytes(cls, size: int, data: bytes) -> Frontier:
        """Read what `to_bytes` wrote for that size; raises ValueError when it cannot belong to it."""
        return cls(size, (data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES)))

    def to_bytes(self) -> bytes:
        """The hashes one after the other, largest subtree first; the size is kept beside them."""
        return b"".join(self.hashes)

    def append(self, leaf_hash: bytes) -> None:
        """Add one leaf hash at the right."""
        size, hashes = self.size, self.hashes
        while size & 1:
            leaf_hash = node(hashes.pop(), leaf_hash)
            size >>= 1
        hashes.append(leaf_hash)
        self.size += 1

    def root(self) -> bytes:
        """The root of the tree."""
        if not self.hashes:
            return EMPTY
        result = self.hashes[-1]
        for left in reversed(self.hashes[:-1]):
            result = node(left, result)
        return result

    def copy(self) -> Frontier:
        """The same frontier, to grow apart."""
        return Frontier(self.size, self.hashes)

    def subtree(self, start: int, end: int) -> bytes:
        """The root of one of the complete subtrees; raises KeyError for a range that is none of them."""
        at, rest = 0, self.size
        for each in self.hashes:
            width = 1 << (rest.bit_length() - 1)
            if (start, end) == (at, at + width):
                return each
            at, rest = at + width, rest - width
        raise KeyError((start, end))


class Tree:
    """A tree held in memory for making proofs: leaf hashes, or a frontier and the leaf hashes after it.

    With a frontier only proofs of consistency from its size on can be made, which is all that a witness asks,
    and it needs no leaf before that size.
    """

    def __init__(self, leaves: Sequence[bytes], base: Frontier | None = None) -> None:
        self._base = base or Frontier()
        self._leaves = leaves
        self._known: dict[tuple[int, int], bytes] = {}
        self.size = self._base.size + len(leaves)

    def root(self) -> bytes:
        """The root of the whole tree."""
        return self.subtree(0, self.size)

    def subtree(self, start: int, end: int) -> bytes:
        """The root over the leaves start (included) to end (excluded)."""
        if start == end:
            return EMPTY
        if end <= self._base.size:
            return self._base.subtree(start, end)
        if end - start == 1:
            return self._leaves[start - self._base.size]
        known = self._known.get((start, end))
        if known is not None:
            return known
        at = start + _split(end - start)
        result = node(self.subtree(start, at), self.subtree(at, end))
        if end - start >= _REMEMBERED:
            self._known[start, end] = result
        return result

    def inclusion(self, index: int) -> list[bytes]:
        """The inclusion proof of a leaf, from its sibling upwards (RFC 9162 section 2.1.3.1).

        Raises ValueError for an index that is not in the tree.
        """
        if not 0 <= index < self.size:
            raise ValueError(f"no leaf {index} in a tree of {self.size}")
        path: list[bytes] = []
        start, end = 0, self.size
        while end - start > 1:
            at = start + _split(end - start)
            if index < at:
                path.append(self.subtree(at, end))
                end = at
            else:
                path.append(self.subtree(start, at))
                start = at
        return path[::-1]

    def consistency(self, old: int) -> list[bytes]:
        """The proof that the first `old` leaves are a beginning of this tree (RFC 9162 section 2.1.4.1).

        Empty for an old size of nought and for the same size. Raises ValueError for an old size beyond the tree.
        """
        if not 0 <= old <= self.size:
            raise ValueError(f"no tree of {old} in a tree of {self.size}")
        if old in {0, self.size}:
            return []
        path: list[bytes] = []
        start, end = 0, self.size
        while old != end:
            at = start + _split(end - start)
            if old <= at:
                path.append(self.subtree(at, end))
                end = at
            else:
                path.append(self.subtree(start, at))
                start = at
        if start:  # from the left edge the old root itself is the node, and the verifier has it
            path.append(self.subtree(start, end))
        return path[::-1]


def verify_inclusion(leaf_hash: bytes, index: int, size: int, proof: Sequence[bytes], expected_root: bytes) -> bool:
    """Whether the proof shows the leaf at that index of the tree (RFC 9162 section 2.1.3.2)."""
    if not 0 <= index < size or any(len(each) != HASH_BYTES for each in proof):
        return False
    at, last, result = index, size - 1, leaf_hash
    for each in proof:
        if last == 0:
            return False
        if at & 1 or at == last:
            result = node(each, result)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            result = node(result, each)
        at, last = at >> 1, last >> 1
    return last == 0 and result == expected_root


def verify_consistency(old: int, old_root: bytes, size: int, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether the proof shows the old tree to be a beginning of the new one (RFC 9162 section 2.1.4.2).

    From nought nothing is to prove: the proof must be empty and the old root that of the empty tree.
    """
    if not 0 <= old <= size or any(len(each) != HASH_BYTES for each in proof):
        return False
    if old == size:
        return not proof and old_root == new_root
    if old == 0:
        return not proof and old_root == EMPTY
    path = list(proof) if old.bit_count() > 1 else [old_root, *proof]
    if not path:
        return False
    at, last = old - 1, size - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    before = after = path[0]
    for each in path[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            before, after = node(each, before), node(each, after)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            after = node(after, each)
        at, last = at >> 1, last >> 1
    return last == 0 and before == old_root and after == new_root
