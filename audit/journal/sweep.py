"""One fast walk over the whole journal (快速通读): says which objects are to be looked at, and how far the tree agrees.

Entries are read in whatever order the database keeps them, leaves in the tree's order; the two orders are nearly the same, so
that little has to be remembered. Nothing is left out: each body is hashed, each link followed, each column compared with the
body, each leaf with its entry. What is not plainly right is named as a suspect and examined exactly (verification.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import zip_longest
from typing import Any, Final

from audit.journal.rows import LeafColumns, Rows, in_text

FIRST: Final = (1, b"")
TYPES: Final = (str, int, bytes, bytes, bytes, bytes, str, str, str)
AT, OBJECT, END = b'","at":"', b',"object":"', b'","v":1,"verb":"'
# A copy of these is begun sooner than a new digest.
CHAIN: Final = sha256()
LEAF: Final = sha256(b"\0")
TAIL: Final = 128
"""Enough for status and verb; where it is not, the object is looked at."""
Last = tuple[int, bytes, bytes]
"""Of an object's entry that was read last: number, hash, the body's end."""
LeafRow = tuple[str, int, bytes]
Placed = tuple[Sequence[str], Sequence[int], Sequence[bytes]]
NOTHING: Final[Placed] = ((), (), ())
Link = tuple[int, bytes]


@dataclass
class Sweep:
    """What a walk has found.

    count     entries that were read;  suspects: objects that are not plainly right
    begins    by object whose first entry that was read is not its first: that one's number and the hash that it follows
    heads     by object: the number that comes next and the hash that it must follow;  targets: the last entry's "to", if any
    unplaced  entries without a leaf, leaves without an entry: (object, n, leaf hash)
    """

    count: int = 0
    suspects: set[str] = field(default_factory=set)
    begins: dict[str, Link] = field(default_factory=dict)
    heads: dict[str, Link] = field(default_factory=dict)
    targets: dict[str, bytes] = field(default_factory=dict)
    unplaced: set[LeafRow] = field(default_factory=set)
    orphans: set[LeafRow] = field(default_factory=set)

    def continue_with(self, later: Sweep) -> None:
        """Add what a walk over the following entries and leaves has found, compared where the two meet."""
        for key in self.heads.keys() & later.heads.keys():
            if self.heads[key] != later.begins.pop(key, FIRST):
                self.suspects.add(key)
        self.begins |= later.begins
        self.count += later.count
        self.suspects |= later.suspects
        self.heads |= later.heads
        self.targets |= later.targets
        for placed in later.unplaced:
            _toggle(placed, self.orphans, self.unplaced)
        for leaf in later.orphans:
            _toggle(leaf, self.unplaced, self.orphans)


def sweep(entries: Iterable[Rows], leaves: Iterable[LeafColumns]) -> Sweep:
    """Walk entries beside the tree's leaves, both by pieces as they are read."""
    found, words, last = Sweep(), _Words(), dict[str, Last]()
    for rows, placed in zip_longest(entries, leaves):
        try:
            made = _walk(rows or (), found, words, last)
        except TypeError:
            made = _walk(_of_right_types(rows, found), found, words, last)
        _match(made, placed[1:] if placed else NOTHING, found)
        found.count += len(rows or ())
    found.heads = {key: (n + 1, stored) for key, (n, stored, _tail) in last.items()}
    found.targets = {key: target for key, (_n, _stored, tail) in last.items() if (target := _target_of(tail))}
    return found


def _walk(rows: Rows, found: Sweep, words: _Words, last: dict[str, Last]) -> Placed:
    """One piece of entries: hash, link, columns. Returns the leaves that they must have. raises  TypeError

    Columns are looked for in the body at places that can be nothing else: its keys are sorted, a quote inside a value is
    escaped, and behind the entry's own "object" there is nothing that may have another.
    """
    fronts, cases, numbers, verbs = words.fronts, words.cases, words.numbers, words.verbs
    before, leaves = last.get, list[bytes]()
    for row in rows:
        key, n, previous, stored, body, at, verb, actor, case = row
        # The two digests spelled out, and begun by a copy, which is sooner: these lines run once for every entry.
        digest, leaf = CHAIN.copy(), LEAF.copy()
        digest.update(previous)
        digest.update(body)
        leaf.update(stored)
        leaves.append(leaf.digest())
        front = at + cases[case]
        if not (
            digest.digest() == stored
            and (body.startswith(fronts[actor] + front) or body.startswith(words.front_of(body, actor) + front))  # noqa: PIE810
            and body.startswith(f',"object":"{key}","on_behalf_of":"'.encode(), place := body.rfind(OBJECT))
            and body.endswith(numbers[n], 0, place)
            and body.endswith(verbs[verb])
        ):
            found.suspects.add(key)
        one = before(key)
        if one is None:
            if n != 1 or previous:
                found.begins[key] = n, previous
        elif one[1] != previous or one[0] + 1 != n:
            found.suspects.add(key)
        last[key] = n, stored, body[-TAIL:]
    return [row[0] for row in rows], [row[1] for row in rows], leaves


def _of_right_types(rows: Rows, found: Sweep) -> Rows:
    """The rows that can be walked; the objects of the others are suspects."""
    right = []
    for row in rows:
        if all(map(isinstance, row, TYPES)):
            right.append(row)
        else:
            found.suspects.add(in_text(row[0]))
    return right


def _target_of(body: bytes) -> bytes:
    """To which status a body says that its object went: its last member but two, and quotes inside a value are escaped."""
    return body.rpartition(END)[0].rpartition(b',"to":"')[2]


class _Words:
    """How the values of columns stand in a body; each is written once. fronts: by actor, what comes before the moment."""

    def __init__(self) -> None:
        self.fronts = _Written('{"actor":"', '","actor_name":"","at":"')
        self.cases = _Written('+00:00","case":"', '","documents":[')
        self.numbers = _Written(',"n":', "")
        self.verbs = _Written(',"v":1,"verb":"', '"}')

    def front_of(self, body: bytes, actor: str) -> bytes:
        """How this body begins, if it is the actor's; tried on his others from then on, since no column says his name."""
        begin, end = f'{{"actor":"{actor}","actor_name":"'.encode(), body.find(AT) + len(AT)
        if body.startswith(begin) and end > len(begin):
            self.fronts[actor] = body[:end]
        return self.fronts[actor]


class _Written(dict[Any, bytes]):
    """A value between what comes before and after it."""

    def __init__(self, before: str, after: str) -> None:
        self._before, self._after = before, after

    def __missing__(self, value: object) -> bytes:
        found = self[value] = f"{self._before}{value}{self._after}".encode()
        return found


def _match(entries: Placed, leaves: Placed, found: Sweep) -> None:
    """Entries and leaves of the same place in both orders: mostly the same; what is not is kept until its other comes."""
    if all(list(one) == list(other) for one, other in zip(entries, leaves, strict=True)):
        return
    for placed, leaf in zip_longest(zip(*entries, strict=True), zip(*leaves, strict=True)):
        if placed == leaf:
            continue
        if placed is not None:
            _toggle(placed, found.orphans, found.unplaced)
        if leaf is not None:
            _toggle(leaf, found.unplaced, found.orphans)


def _toggle(one: LeafRow, there: set[LeafRow], here: set[LeafRow]) -> None:
    """Strike it from the other side's open ones, or leave it open on this side."""
    if one in there:
        there.remove(one)
    else:
        here.add(one)
