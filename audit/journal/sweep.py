"""One fast walk over the whole journal (快速通读): says which objects are to be looked at, and how far the tree agrees.

Entries are read in whatever order the database keeps them, leaves in the tree's order; the two orders are nearly the same, so
that little has to be remembered. Nothing is left out: each body is hashed, each link followed, each column compared with the
body, each leaf with its entry. What is not plainly right is named as a suspect and examined exactly (verification.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import compress, repeat, zip_longest
from operator import add, itemgetter, ne, not_
from typing import Any, Final

from audit.journal.rows import EntryColumns, LeafColumns, in_text

FIRST: Final = (1, b"")
TYPES: Final = (str, int, bytes, bytes, bytes, bytes, str, str, str)
AT, NUMBER, END = b'","at":"', b',"n":', b'","v":1,"verb":"'
# A copy of these is begun sooner than a new digest.
CHAIN: Final = sha256()
LEAF: Final = sha256(b"\0")
TAIL: Final = itemgetter(slice(-128, None))
"""Enough for status and verb; where it is not, the object is looked at."""
LeafRow = tuple[str, int, bytes]
Placed = tuple[Sequence[str], Sequence[int], Sequence[bytes]]
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


def sweep(entries: Iterable[EntryColumns], leaves: Iterable[LeafColumns]) -> Sweep:
    """Walk entries beside the tree's leaves, both by pieces as they are read."""
    found, words, tails = Sweep(), _Words(), dict[str, bytes]()
    made, placed = _Ahead(), _Ahead()
    rest = iter(leaves)
    for piece in entries:
        made.add(_walk(piece, found, words, tails))
        while placed.count < made.count and (more := next(rest, None)):
            placed.add(more[1:])
        _match(made, placed, found)
        found.count += len(piece.keys)
    for more in rest:
        placed.add(more[1:])
        _match(made, placed, found, whole=True)
    _match(made, placed, found, whole=True)
    found.targets = {key: target for key, tail in tails.items() if (target := _target_of(tail))}
    return found


def _walk(piece: EntryColumns, found: Sweep, words: _Words, tails: dict[str, bytes]) -> Placed:
    """One piece of entries: hash, columns, chain. Returns the leaves that they must have."""
    try:
        digests, leaves = _digests(piece)
    except TypeError:
        piece = _of_right_types(piece, found)
        digests, leaves = _digests(piece)
    keys = piece.keys
    found.suspects.update(compress(keys, map(ne, digests, piece.hashes)))
    for agrees in _columns_agree(piece, words):
        found.suspects.update(compress(keys, map(not_, agrees)))
    heads = found.heads
    for key, n, previous, stored in zip(keys, piece.numbers, piece.previous, piece.hashes, strict=True):
        expected = heads.get(key)
        if expected is None:
            if n != 1 or previous:
                found.begins[key] = n, previous
        elif expected != (n, previous):
            found.suspects.add(key)
        heads[key] = n + 1, stored
    tails.update(zip(keys, map(TAIL, piece.bodies), strict=True))
    return keys, piece.numbers, leaves


def _digests(piece: EntryColumns) -> tuple[list[bytes], list[bytes]]:
    """What each entry's hash must be, and its leaf's. raises  TypeError where SQLite keeps another type than bytes or numbers"""
    sum(piece.numbers)
    digests, leaves = list[bytes](), list[bytes]()
    for previous, body, stored in zip(piece.previous, piece.bodies, piece.hashes, strict=True):
        # The two digests spelled out, and begun by a copy, which is sooner: these lines run once for every entry.
        digest, leaf = CHAIN.copy(), LEAF.copy()
        digest.update(previous)
        digest.update(body)
        leaf.update(stored)
        digests.append(digest.digest())
        leaves.append(leaf.digest())
    return digests, leaves


def _columns_agree(piece: EntryColumns, words: _Words) -> Iterator[Iterable[bool]]:
    """Whether bodies say what the columns say: moment, actor and case; number and object; verb. A list for each.

    Columns are looked for in the body at places that can be nothing else: its keys are sorted, a quote inside a value is
    escaped, and behind the entry's own "n" there is nothing that may have another. One column after the other, since what
    runs inside Python's own loops is sooner.
    """
    bodies = piece.bodies
    ends = list(map(add, piece.moments, map(words.cases.__getitem__, piece.cases)))
    begin = list(map(bytes.startswith, bodies, map(add, map(words.fronts.__getitem__, piece.actors), ends)))
    yield (
        begin
        if all(begin)
        else [
            good or body.startswith(words.front_of(body, actor) + end)
            for good, body, actor, end in zip(begin, bodies, piece.actors, ends, strict=True)
        ]
    )
    yield [
        body.startswith(f',"n":{n},"object":"{key}","on_behalf_of":"'.encode(), body.rfind(NUMBER))
        for body, n, key in zip(bodies, piece.numbers, piece.keys, strict=True)
    ]
    yield map(bytes.endswith, bodies, map(words.verbs.__getitem__, piece.verbs))


def _of_right_types(piece: EntryColumns, found: Sweep) -> EntryColumns:
    """The rows that can be walked; the objects of the others are suspects."""
    right = []
    for row in zip(*piece, strict=True):
        if all(map(isinstance, row, TYPES)):
            right.append(row)
        else:
            found.suspects.add(in_text(row[0]))
    return EntryColumns(*(zip(*right, strict=True) if right else repeat((), len(TYPES))))


def _target_of(body: bytes) -> bytes:
    """To which status a body says that its object went: its last member but two, and quotes inside a value are escaped."""
    return body.rpartition(END)[0].rpartition(b',"to":"')[2]


class _Words:
    """How the values of columns stand in a body; each is written once. fronts: by actor, what comes before the moment."""

    def __init__(self) -> None:
        self.fronts = _Written('{"actor":"', '","actor_name":"","at":"')
        self.cases = _Written('+00:00","case":"', '","documents":[')
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


class _Ahead:
    """Entries or leaves that were read, until their like is read on the other side."""

    def __init__(self) -> None:
        self.columns: list[list[Any]] = [[], [], []]

    @property
    def count(self) -> int:
        """How many."""
        return len(self.columns[0])

    def add(self, placed: Placed) -> None:
        """Take in more."""
        self.columns = [[*column, *more] for column, more in zip(self.columns, placed, strict=True)]

    def take(self, count: int) -> Placed:
        """The first so many, mostly all."""
        keys, numbers, hashes = self.columns
        if count >= len(keys):
            self.columns = [[], [], []]
            return keys, numbers, hashes
        self.columns = [column[count:] for column in self.columns]
        return keys[:count], numbers[:count], hashes[:count]


def _match(made: _Ahead, placed: _Ahead, found: Sweep, *, whole: bool = False) -> None:
    """Entries and leaves of the same place in both orders: mostly the same; what is not is kept until its other comes."""
    count = (max if whole else min)(made.count, placed.count)
    entries, leaves = made.take(count), placed.take(count)
    if entries == leaves:
        return
    for entry, leaf in zip_longest(zip(*entries, strict=True), zip(*leaves, strict=True)):
        if entry == leaf:
            continue
        if entry is not None:
            _toggle(entry, found.orphans, found.unplaced)
        if leaf is not None:
            _toggle(leaf, found.unplaced, found.orphans)


def _toggle(one: LeafRow, there: set[LeafRow], here: set[LeafRow]) -> None:
    """Strike it from the other side's open ones, or leave it open on this side."""
    if one in there:
        there.remove(one)
    else:
        here.add(one)
