"""核对日志 / verify a journal by oneself: one file, Python 3.9 or later, nothing to install, no network, no platform.

usage: python3 standalone.py FILE [--key KEY]... [--published DIGEST]...

FILE       an export (.zip), or a proof or receipt (.json), as the platform gives them out
KEY        a public key as it was published (name+id+text); without one the keys in FILE are used, which says less
DIGEST     a digest of the public page 存证: the checkpoint that FILE rests on must be among those given

What is checked: each entry against its digest, each chain from its first entry on, every place in the tree, the root of
every checkpoint, every signature, and that each checkpoint only continues the one before it. Exit 1 if anything fails.
The platform itself imports the arithmetic below, so that there is one of it (RFC 6962 and 9162, C2SP signed notes, RFC 8032).
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import io
import json
import sys
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any

try:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
except ImportError:  # then the slow way below
    Ed25519PublicKey = None  # type: ignore[misc,assignment]

sha256 = hashlib.sha256
EMPTY_ROOT = sha256(b"").digest()
ED25519 = b"\x01"
DASH = "\u2014 "


# --- Chains and the tree --------------------------------------------------------------------------------------------


def link(previous: bytes, body: bytes) -> bytes:
    """sha256(previous ‖ body), 32 bytes: an entry's digest; the first entry's previous is b""."""
    return sha256(previous + body).digest()


def leaf_hash(entry_hash: bytes) -> bytes:
    """The tree's leaf of an entry: sha256(0 ‖ the entry's digest)."""
    return sha256(b"\0" + entry_hash).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The tree's node over two: sha256(1 ‖ left ‖ right)."""
    return sha256(b"\1" + left + right).digest()


def includes(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Whether `path` proves that the leaf stands at `index` in the tree of `size` with this root (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    place, last, found = index, size - 1, leaf
    for beside in path:
        if last == 0:
            return False
        if place & 1 or place == last:
            found = node_hash(beside, found)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            found = node_hash(found, beside)
        place, last = place >> 1, last >> 1
    return last == 0 and found == root


def continues(old: int, new: int, path: Sequence[bytes], old_root: bytes, new_root: bytes) -> bool:
    """Whether `path` proves that the tree of size `new` only adds to the one of size `old` (RFC 9162, 2.1.4.2)."""
    if old == new:
        return not path and old_root == new_root
    if old == 0:
        return not path and old_root == EMPTY_ROOT
    steps = [old_root, *path] if not old & (old - 1) else list(path)
    if old > new or not path:
        return False
    place, last = old - 1, new - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    first = second = steps[0]
    for beside in steps[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            first, second = node_hash(beside, first), node_hash(beside, second)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            second = node_hash(second, beside)
        place, last = place >> 1, last >> 1
    return last == 0 and (first, second) == (old_root, new_root)


class Growing:
    """A tree that only its right edge is kept of: leaves are added one by one, the root may be asked at any size."""

    def __init__(self) -> None:
        self.size = 0
        self.edge: list[bytes] = []

    def add(self, leaf: bytes) -> None:
        """Add one leaf."""
        self.add_subtree(leaf, 0)

    def add_subtree(self, node: bytes, level: int) -> None:
        """Add a complete subtree of 2^level leaves; `size` must be a multiple of that."""
        full = self.size >> level
        while full & 1:
            node, full = node_hash(self.edge.pop(), node), full >> 1
        self.edge.append(node)
        self.size += 1 << level

    def root(self) -> bytes:
        """The root at this size."""
        if not self.edge:
            return EMPTY_ROOT
        found = self.edge[-1]
        for left in reversed(self.edge[:-1]):
            found = node_hash(left, found)
        return found


# --- Signed notes (C2SP signed-note, tlog-checkpoint) ---------------------------------------------------------------


class Note:
    """A signed checkpoint as it was published: origin, size, root, further lines, and its signatures."""

    def __init__(self, note: str) -> None:
        self.note = note
        self.text, found, signatures = note.rpartition("\n\n")
        self.text += "\n"
        lines = self.text.split("\n")[:-1]
        if not found or len(lines) < 3 or not signatures.endswith("\n") or not lines[1].isdigit():
            raise ValueError("not a signed checkpoint")
        self.origin, self.size, self.root = lines[0], int(lines[1]), base64.b64decode(lines[2], validate=True)
        self.further = lines[3:]
        self.signatures = [_signature(line) for line in signatures[:-1].split("\n")]
        if len(self.root) != 32 or str(self.size) != lines[1]:
            raise ValueError("not a signed checkpoint")

    @property
    def digest(self) -> str:
        """SHA-256 of the whole note in hex: what the public page and the foot of papers show of it."""
        return sha256(self.note.encode()).hexdigest()

    def signed_by(self, keys: Sequence[str]) -> bool:
        """Whether one of these public keys has signed it."""
        return any(
            name == kept.name and key_id == kept.key_id and verifies(kept.public, self.text.encode(), signature)
            for kept in map(PublicKey, keys)
            for name, key_id, signature in self.signatures
        )


class PublicKey:
    """A published key: name+id in hex+base64 of the algorithm's byte and 32 bytes."""

    def __init__(self, text: str) -> None:
        self.name, key_id, encoded = text.split("+", 2)
        raw = base64.b64decode(encoded, validate=True)
        self.key_id, self.public = bytes.fromhex(key_id), raw[1:]
        if raw[:1] != ED25519 or len(raw) != 33 or self.key_id != key_id_of(self.name, self.public):
            raise ValueError(f"not a public key: {text}")


def key_id_of(name: str, public: bytes) -> bytes:
    """The four bytes by which a signature names its key."""
    return sha256(name.encode() + b"\n" + ED25519 + public).digest()[:4]


def _signature(line: str) -> tuple[str, bytes, bytes]:
    if not line.startswith(DASH):
        raise ValueError("not a signature")
    name, _blank, encoded = line[len(DASH) :].partition(" ")
    raw = base64.b64decode(encoded, validate=True)
    return name, raw[:4], raw[4:]


# --- Ed25519 (RFC 8032, 5.1.7), for where the package cryptography is not at hand ------------------------------------

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
Point = tuple[int, int, int, int]


def verifies(public: bytes, text: bytes, signature: bytes) -> bool:
    """Whether this is the key's signature under the text."""
    if len(public) != 32 or len(signature) != 64:
        return False
    if Ed25519PublicKey is None:
        return verifies_slowly(public, text, signature)
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, text)
    except InvalidSignature:
        return False
    return True


def verifies_slowly(public: bytes, text: bytes, signature: bytes) -> bool:
    """The same in plain Python: [s]B = R + [k]A."""
    key, half, factor = _point(public), _point(signature[:32]), int.from_bytes(signature[32:], "little")
    if key is None or half is None or factor >= ORDER:
        return False
    digest = hashlib.sha512(signature[:32] + public + text).digest()
    told = int.from_bytes(digest, "little") % ORDER
    x = _root_of(4 * pow(5, P - 2, P) % P, 0)
    y = 4 * pow(5, P - 2, P) % P
    base = (x or 0, y, 1, (x or 0) * y % P)
    left, right = _times(factor, base), _plus(half, _times(told, key))
    return not ((left[0] * right[2] - right[0] * left[2]) % P or (left[1] * right[2] - right[1] * left[2]) % P)


def _plus(a: Point, b: Point) -> Point:
    one, two = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    three, four = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    e, f, g, h = two - one, four - three, four + three, two + one
    return e * f % P, g * h % P, f * g % P, e * h % P


def _times(factor: int, point: Point) -> Point:
    found: Point = (0, 1, 1, 0)
    while factor:
        if factor & 1:
            found = _plus(found, point)
        point, factor = _plus(point, point), factor >> 1
    return found


def _root_of(y: int, sign: int) -> int | None:
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    return P - x if x & 1 != sign else x


def _point(raw: bytes) -> Point | None:
    number = int.from_bytes(raw, "little")
    y, sign = number & (2**255 - 1), number >> 255
    x = _root_of(y, sign) if y < P else None
    return None if x is None else (x, y, 1, x * y % P)


# --- What the platform gives out ------------------------------------------------------------------------------------


def faults_of_proof(given: dict[str, Any], keys: Sequence[str], published: Sequence[str] = ()) -> Iterator[str]:
    """What is wrong with a proof or receipt (.json); nothing is right."""
    entries = [given["entry"]] if "entry" in given else given["entries"]
    for entry in entries:
        if link(bytes.fromhex(entry["previous"]), entry["body"].encode()).hex() != entry["hash"]:
            yield f"{_place(entry)}：内容与摘要不符"
        if not _says(entry):
            yield f"{_place(entry)}：内容写的是另一条"
    if "promise" in given:
        yield from _faults_of_promise(given["promise"], given["entry"], keys)
    if not given.get("checkpoint"):
        return
    note = Note(given["checkpoint"])
    if not note.signed_by(keys):
        yield "检查点的签名不成立"
    if published and note.digest not in published:
        yield f"检查点 {note.digest} 不在公布的摘要之中"
    for entry in entries:
        if entry["index"] is None:
            yield f"{_place(entry)}：还没有编号，检查点不包含它"
            continue
        path = [base64.b64decode(step) for step in entry["path"]]
        if not includes(leaf_hash(bytes.fromhex(entry["hash"])), entry["index"], note.size, path, note.root):
            yield f"{_place(entry)}：不在检查点的树中"


def _faults_of_promise(promise: dict[str, str], entry: dict[str, Any], keys: Sequence[str]) -> Iterator[str]:
    """A promise is signed when the entry is written: the entry will stand in the journal."""
    text = promise["text"]
    if f"\n{entry['object']}\n{entry['n']}\n{entry['hash']}\n" not in text or not any(
        verifies(PublicKey(key).public, text.encode(), base64.b64decode(promise["signature"])) for key in keys
    ):
        yield "收据的签名不成立"


def faults_of_export(archive: zipfile.ZipFile, keys: Sequence[str], published: Sequence[str] = ()) -> Iterator[str]:
    """What is wrong with a whole export (.zip); nothing is right."""
    notes = [Note(line["note"]) for line in _lines(archive, "checkpoints.jsonl")]
    for number, note in enumerate(notes, 1):
        if not note.signed_by(keys):
            yield f"检查点 {number}：签名不成立"
    if missing := set(published) - {note.digest for note in notes}:
        yield f"没有这些公布过的检查点：{'、'.join(sorted(missing))}"
    wanted = sorted(notes, key=lambda note: note.size)
    if [note.size for note in notes] != [note.size for note in wanted]:
        yield "检查点的次序不对"
    tree, heads = Growing(), dict[str, tuple[int, bytes]]()
    ahead = list(enumerate(wanted, 1))[::-1]
    for entry in _lines(archive, "entries.jsonl"):
        while ahead and ahead[-1][1].size == tree.size:
            yield from _compare(*ahead.pop(), tree)
        yield from _faults_of_entry(entry, heads)
        heads[entry["object"]] = entry["n"], bytes.fromhex(entry["hash"])
        if entry["index"] is not None:
            if entry["index"] != tree.size:
                yield f"{_place(entry)}：编号 {entry['index']}，应为 {tree.size}"
            tree.add(leaf_hash(bytes.fromhex(entry["hash"])))
    while ahead:
        yield from _compare(*ahead.pop(), tree)


def _faults_of_entry(entry: dict[str, Any], heads: dict[str, tuple[int, bytes]]) -> Iterator[str]:
    previous = bytes.fromhex(entry["previous"])
    if link(previous, entry["body"].encode()).hex() != entry["hash"]:
        yield f"{_place(entry)}：内容与摘要不符"
    if not _says(entry):
        yield f"{_place(entry)}：内容写的是另一条"
    if heads.get(entry["object"], (0, b"")) != (entry["n"] - 1, previous):
        yield f"{_place(entry)}：不接着上一条"


def _compare(number: int, note: Note, tree: Growing) -> Iterator[str]:
    if note.size != tree.size:
        yield f"检查点 {number}：有 {note.size} 条，导出的只有 {tree.size} 条"
    elif note.root != tree.root():
        yield f"检查点 {number}：根与各条日志不符，其中有条目被改动、增减或调换"


def _lines(archive: zipfile.ZipFile, name: str) -> Iterator[dict[str, Any]]:
    with archive.open(name) as raw:
        for line in io.TextIOWrapper(raw, "utf-8", newline="\n"):
            yield json.loads(line)


def _says(entry: dict[str, Any]) -> bool:
    body = json.loads(entry["body"])
    return (body["object"], body["n"]) == (entry["object"], entry["n"])


def _place(entry: dict[str, Any]) -> str:
    return f"{entry['object']} 第 {entry['n']} 条"


def keys_in(path: Path) -> list[str]:
    """The public keys that the file itself brings."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            return list(json.loads(archive.read("keys.json")))
    return list(json.loads(path.read_text("utf-8"))["keys"])


def main(arguments: Sequence[str] | None = None, out: IO[str] = sys.stdout) -> int:
    """Check one file and tell; 0 when all is right, 1 when anything is not."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("--key", action="append", default=[])
    parser.add_argument("--published", action="append", default=[])
    given = parser.parse_args(arguments)
    keys = given.key or keys_in(given.file)
    if zipfile.is_zipfile(given.file):
        with zipfile.ZipFile(given.file) as archive:
            faults = list(faults_of_export(archive, keys, given.published))
            digests = [Note(line["note"]).digest for line in _lines(archive, "checkpoints.jsonl")]
    else:
        proof = json.loads(given.file.read_text("utf-8"))
        faults = list(faults_of_proof(proof, keys, given.published))
        digests = [Note(proof["checkpoint"]).digest] if proof.get("checkpoint") else []
    for fault in faults:
        print(fault, file=out)
    if not given.key:
        print("注意：公钥取自文件本身；请用 --key 填公开页上的公钥再核对一次。", file=out)
    if digests:
        print(f"最后一个检查点的摘要：{digests[-1]}（请与公开页「存证」核对）", file=out)
    print(f"{'发现 ' + str(len(faults)) + ' 处不符' if faults else '全部相符'}。", file=out)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
