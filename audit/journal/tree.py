"""Pure arithmetic of the tree over all entries (默克尔树): roots and proofs from complete subtrees (RFC 6962, RFC 9162).

A subtree is named by level and index: (0, 5) is leaf 5, (8, 1) covers leaves 256 to 511. How they are kept is the
caller's business: he gives a function that knows them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Final

from audit.journal.standalone import EMPTY_ROOT, node_hash

NODE: Final = sha256(b"\1")
Node = Callable[[int, int], bytes]


def root(size: int, node: Node) -> bytes:
    """The root of the tree of the first `size` leaves."""
    return _over(0, size, node) if size else EMPTY_ROOT


def inclusion(index: int, size: int, node: Node) -> list[bytes]:
    """The path that proves that leaf `index` is in the tree of `size`; from the leaf upwards. raises  IndexError"""
    if not 0 <= index < size:
        raise IndexError(f"no leaf {index} in a tree of {size}")
    return _path(index, 0, size, node)


def consistency(old: int, new: int, node: Node) -> list[bytes]:
    """The path that proves that the tree of `new` leaves only adds to that of `old`. raises  IndexError"""
    if not 0 <= old <= new:
        raise IndexError(f"a tree of {new} does not continue one of {old}")
    return [] if old in (0, new) else _continuation(old, 0, new, node, whole=True)


def fold(nodes: Sequence[bytes]) -> bytes:
    """The root over a whole power of two of sisters."""
    level = nodes
    while len(level) > 1:
        pairs, folded = iter(level), list[bytes]()
        # node_hash spelled out, and begun by a copy, which is sooner: these lines run once for every entry of the journal.
        for left, right in zip(pairs, pairs, strict=True):
            node = NODE.copy()
            node.update(left)
            node.update(right)
            folded.append(node.digest())
        level = folded
    return level[0]


def _split(first: int, last: int) -> int:
    """Where a range divides: after the largest power of two that is smaller than it."""
    return first + (1 << ((last - first - 1).bit_length() - 1))


def _over(first: int, last: int, node: Node) -> bytes:
    """The root over leaves first … last - 1; `first` lies where the tree divides."""
    count = last - first
    if not count & (count - 1) and first % count == 0:
        level = count.bit_length() - 1
        return node(level, first >> level)
    middle = _split(first, last)
    return node_hash(_over(first, middle, node), _over(middle, last, node))


def _path(index: int, first: int, last: int, node: Node) -> list[bytes]:
    if last - first == 1:
        return []
    middle = _split(first, last)
    if index < middle:
        return [*_path(index, first, middle, node), _over(middle, last, node)]
    return [*_path(index, middle, last, node), _over(first, middle, node)]


def _continuation(old: int, first: int, last: int, node: Node, *, whole: bool) -> list[bytes]:
    """`whole`: the old tree is the whole left part so far, and its root is known to the reader."""
    if old == last:
        return [] if whole else [_over(first, last, node)]
    middle = _split(first, last)
    if old <= middle:
        return [*_continuation(old, first, middle, node, whole=whole), _over(middle, last, node)]
    return [*_continuation(old, middle, last, node, whole=False), _over(first, middle, node)]
