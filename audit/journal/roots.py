"""The tree as it is stored against itself (树的核验): leaves without a gap, subtrees, the root and signature of every checkpoint."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from itertools import islice
from typing import Final

from audit.journal.anchors import anchored, checkpoint_file
from audit.journal.findings import Finding, checkpoint_key_of
from audit.journal.models import Checkpoint, Leaf, PublicKey, Subtree
from audit.journal.proofs import BLOCK, LEVEL
from audit.journal.rows import LeafColumns, in_bytes
from audit.journal.standalone import Growing, Note, node_hash
from audit.journal.tree import fold
from core import clock

GRACE: Final = timedelta(minutes=10)
"""How long the file outside may be behind: its volume may be away for a moment."""


class Roots:
    """Watches the leaves go by, in the tree's order, and compares what is computed from them with what is stored."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self._tree, self._block, self._left = Growing(), list[bytes](), dict[int, bytes]()
        stored = Subtree.objects.values_list("level", "index", "hash")
        self._subtrees = {(level, index): in_bytes(node) for level, index, node in stored.iterator()}
        self._ahead = list(Checkpoint.objects.order_by("-size", "-number"))
        self._keys = list(PublicKey.objects.values_list("text", flat=True))
        self._agreed, self._off = 0, 0

    def end_at(self, size: int) -> None:
        """Watch only the first so many leaves: a multiple of BLOCK."""
        self._subtrees = {at: node for at, node in self._subtrees.items() if _end(*at) <= size}
        self._ahead = [row for row in self._ahead if row.size <= size]

    def begin_at(self, size: int) -> None:
        """Watch only the leaves after the first `size`, whose subtrees are taken as stored: who watches those compares them."""
        for level in reversed(range(LEVEL, size.bit_length())):
            if size >> level & 1:
                self._left[level] = self._subtrees.get((level, (size >> level) - 1), b"")
        self._tree.size, self._tree.edge, self._agreed = size, list(self._left.values()), size
        self._subtrees = {at: node for at, node in self._subtrees.items() if _end(*at) > size}
        self._ahead = [row for row in self._ahead if row.size > size]

    def watch(self, pieces: Iterable[LeafColumns]) -> Iterator[LeafColumns]:
        """Hand the leaves on as they come."""
        expected = self._tree.size
        for piece in pieces:
            numbers, keys, places, stored = piece
            hashes = stored if set(map(type, stored)) == {bytes} else list(map(in_bytes, stored))
            wanted = range(expected, expected + len(hashes))
            if numbers == wanted or tuple(numbers) == tuple(wanted):
                self._add(hashes)
                expected = wanted.stop
            else:
                expected = self._add_with_gaps(zip(numbers, keys, places, hashes, strict=True), expected)
            yield piece

    def _add_with_gaps(self, rows: Iterable[tuple[int, str, int, bytes]], expected: int) -> int:
        """Leaves of which some are missing: named, and an empty one put in their place. Returns the number that comes next."""
        for seq, key, n, stored in rows:
            while expected < seq and expected < self._tree.size + BLOCK:
                self.findings.append(Finding(f"journal.leaf:{expected}", 0, f"is missing before that of {key} #{n}"))
                self._add((bytes(32),))
                expected += 1
            expected = seq + 1
            self._add((stored,))
        return expected

    def finish(self) -> list[Finding]:
        """What was found, after the last leaf went by."""
        self._close_block()
        for row in reversed(self._ahead):
            self._say(row, f"covers {row.size} entries, of which {self._tree.size + len(self._block)} have a leaf")
        for level, index in sorted(self._subtrees):
            self.findings.append(Finding(f"journal.subtree:{level}/{index}", 0, "is over leaves that are not there"))
        if self._off > 1:
            self.findings.append(Finding("journal.checkpoint", 0, f"{self._off - 1} later roots differ as well"))
        self._check_numbers()
        return self.findings

    def _add(self, leaves: Sequence[bytes]) -> None:
        for begin in range(-len(self._block), len(leaves), BLOCK):
            self._block += leaves[max(begin, 0) : begin + BLOCK]
            if len(self._block) == BLOCK:
                self._close_block()
                self._block.clear()

    def _close_block(self) -> None:
        """Compare the checkpoints that end in this block, then, when it is full, the subtrees that it completes."""
        start = self._tree.size
        inside, leaves = Growing(), iter(self._block)
        inside.size, inside.edge = start, list(self._tree.edge)
        while self._ahead and self._ahead[-1].size <= start + len(self._block):
            row = self._ahead.pop()
            for leaf in islice(leaves, row.size - inside.size):
                inside.add(leaf)
            self._compare(row, inside.root())
        if len(self._block) < BLOCK:
            return
        node, level, index = fold(self._block), LEVEL, start >> LEVEL
        self._tree.add_subtree(node, LEVEL)
        while True:
            if (self._subtrees.pop((level, index), None) or _stored_since(level, index)) != node:
                what = f"is not over leaves {index << level} to {((index + 1) << level) - 1}"
                self.findings.append(Finding(f"journal.subtree:{level}/{index}", 0, what))
            if not index & 1:
                self._left[level] = node
                return
            node, level, index = node_hash(self._left.pop(level), node), level + 1, index >> 1

    def _compare(self, row: Checkpoint, root: bytes) -> None:
        """A checkpoint's row, its note, its signature and the root that the leaves have."""
        try:
            note = Note(row.note)
        except ValueError:
            self._say(row, "its note cannot be read")
            return
        days = [line.removeprefix("day ") for line in note.further if line.startswith("day ")]
        told = (note.size, note.root, note.digest, days)
        if told != (row.size, in_bytes(row.root), row.digest, [row.closes.isoformat()] if row.closes else []):
            self._say(row, "its columns differ from its note")
        if not note.signed_by(self._keys):
            self._say(row, "its signature does not hold")
        if note.root == root:
            self._agreed = row.size
            return
        self._off += 1
        if self._off == 1:
            self._say(row, f"its root is not that of the entries; altered is one of {self._between(row.size)}")

    def _between(self, size: int) -> str:
        """The objects whose entries are new since the last root that agreed: at most one batch of the sequencer's."""
        rows = Leaf.objects.filter(seq__gte=self._agreed, seq__lt=size).values_list("object_key", flat=True)
        return "、".join(sorted(set(rows)))

    def _check_numbers(self) -> None:
        expected, size = 1, 0
        for number, covers in Checkpoint.objects.order_by("number").values_list("number", "size"):
            if number != expected:
                self.findings.append(Finding(checkpoint_key_of(expected), 0, f"is missing before number {number}"))
            if covers < size:
                self.findings.append(Finding(checkpoint_key_of(number), 0, "covers less than the one before it"))
            expected, size = number + 1, covers

    def _say(self, row: Checkpoint, what: str) -> None:
        self.findings.append(Finding(checkpoint_key_of(row.number), 0, what))


def _stored_since(level: int, index: int) -> bytes | None:
    """A subtree that was completed after the others were read."""
    found = Subtree.objects.filter(level=level, index=index).values_list("hash", flat=True).first()
    return None if found is None else in_bytes(found)


def _end(level: int, index: int) -> int:
    """How many leaves there are up to a subtree's end."""
    return (index + 1) << level


def outside_findings() -> Iterator[Finding]:
    """The checkpoint file against the database: every checkpoint is in both, word for word, and so is every key."""
    stored = {row.number: row for row in Checkpoint.objects.all()}
    keys = set(PublicKey.objects.values_list("text", flat=True))
    told: set[int] = set()
    try:
        for line in anchored():
            if "broken" in line:
                yield Finding("journal.file", 0, f"line {line['broken']} cannot be read")
                continue
            number = int(line["number"])
            told.add(number)
            if number not in stored:
                yield Finding(checkpoint_key_of(number), 0, "is in the file outside, and not in the database")
            elif line["note"] != stored[number].note:
                yield Finding(checkpoint_key_of(number), 0, "is another in the file outside than in the database")
            if line["key"] not in keys:
                yield Finding(checkpoint_key_of(number), 0, "was signed by a key that the database does not have")
    except FileNotFoundError:
        if stored:
            yield Finding("journal.file", 0, f"there is no checkpoint file at {checkpoint_file()}")
        return
    late = clock.now() - GRACE
    for number in sorted(set(stored) - told):
        if stored[number].at < late or number < max(told, default=0):
            yield Finding(checkpoint_key_of(number), 0, "is in the database, and not in the file outside")
