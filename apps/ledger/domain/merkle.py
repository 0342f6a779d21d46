"""Merkle trees as in RFC 6962 and RFC 9162, section 2.1: their roots, and proofs of inclusion.

Hashes are SHA-256, 32 bytes. A leaf is hashed after a byte 0, a node after a byte 1, so that no
leaf can pass for a node.
"""

import hashlib
from collections.abc import Sequence


def leaf_hash(leaf: bytes) -> bytes:
    """Return the hash of a leaf."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of the node above two hashes."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root(hashes: Sequence[bytes]) -> bytes:
    """Return the root of the tree over the hashes of leaves; that of no leaves is SHA-256 of ""."""
    if not hashes:
        return hashlib.sha256().digest()
    level = list(hashes)
    while len(level) > 1:
        level = _above(level)
    return level[0]


def inclusion_path(hashes: Sequence[bytes], index: int) -> list[bytes]:
    """Return the hashes that lead from the leaf at `index` (from 0) to the root, from below."""
    assert 0 <= index < len(hashes), "The leaf is one of the tree's."
    path = []
    level = list(hashes)
    while len(level) > 1:
        # The last of an odd number has nobody beside it, and rises as it is.
        if (beside := index ^ 1) < len(level):
            path.append(level[beside])
        level = _above(level)
        index //= 2
    return path


def root_from_path(hashed: bytes, *, index: int, size: int, path: Sequence[bytes]) -> bytes | None:
    """Return the root to which `path` leads from a leaf's hash (RFC 9162, 2.1.3.2).

    :param index: the leaf's place among the `size` leaves, from 0.
    :returns: None if the path has not the length that such a tree asks for.
    """
    if not 0 <= index < size:
        return None
    place, last = index, size - 1
    for beside in path:
        if last == 0:
            return None
        if place & 1 or place == last:
            hashed = node_hash(beside, hashed)
            while not place & 1 and place:
                place >>= 1
                last >>= 1
        else:
            hashed = node_hash(hashed, beside)
        place >>= 1
        last >>= 1
    return hashed if last == 0 else None


def _above(level: list[bytes]) -> list[bytes]:
    """Return the hashes one level higher."""
    pairs = zip(level[::2], level[1::2], strict=False)
    above = [node_hash(left, right) for left, right in pairs]
    if len(level) % 2:
        above.append(level[-1])
    return above
