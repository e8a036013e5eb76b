"""The tree's arithmetic against the definition of RFC 6962, word for word, and every proof against every alteration."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.journal import standalone, tree
from audit.journal.standalone import EMPTY_ROOT, Growing, continues, includes, leaf_hash


def defined(leaves: Sequence[bytes]) -> bytes:
    """RFC 6962, 2.1: MTH({}) = H(); MTH({d}) = H(0 ‖ d); MTH(D[n]) = H(1 ‖ MTH(D[0:k]) ‖ MTH(D[k:n])), k < n a power of two."""
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\0" + leaves[0]).digest()
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\1" + defined(leaves[:k]) + defined(leaves[k:])).digest()


DATA = [n.to_bytes(2, "big") for n in range(70)]


def node(level: int, index: int) -> bytes:
    return tree.fold([leaf_hash(d) for d in DATA[index << level : (index + 1) << level]])


ROOTS = [tree.root(size, node) for size in range(len(DATA) + 1)]


def test_roots_are_those_of_the_definition() -> None:
    growing = Growing()
    for size in range(len(DATA) + 1):
        assert ROOTS[size] == defined(DATA[:size]) == growing.root()
        if size < len(DATA):
            growing.add(leaf_hash(DATA[size]))
    assert ROOTS[0] == EMPTY_ROOT
    # RFC 6962 test vector of an empty tree, as every log implementation has it.
    assert EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_whole_subtrees_may_be_added() -> None:
    growing = Growing()
    for index in range(4):
        growing.add_subtree(node(4, index), 4)
    assert (growing.size, growing.root()) == (64, ROOTS[64])


def test_every_inclusion_proof_holds_and_no_altered_one() -> None:
    refused = 0
    for size in range(1, len(DATA) + 1):
        for index in range(size):
            path = tree.inclusion(index, size, node)
            leaf = leaf_hash(DATA[index])
            assert includes(leaf, index, size, path, ROOTS[size])
            wrong = [
                includes(leaf_hash(b"other"), index, size, path, ROOTS[size]),
                includes(leaf, index, size, [*path, leaf], ROOTS[size]),
                includes(leaf, index, size, path, ROOTS[size - 1]),
                includes(leaf, size, size, path, ROOTS[size]),
                size > 1 and includes(leaf, index, size, path[:-1], ROOTS[size]),
                size > 1 and includes(leaf, index, size, [leaf, *path[1:]], ROOTS[size]) and path[0] != leaf,
                size > 1 and includes(leaf, index ^ 1, size, path, ROOTS[size]),
            ]
            assert not any(wrong)
            refused += len(wrong)
    assert refused > 10_000


def test_every_consistency_proof_holds_and_no_altered_one() -> None:
    for new in range(len(DATA) + 1):
        for old in range(new + 1):
            path = tree.consistency(old, new, node)
            assert continues(old, new, path, ROOTS[old], ROOTS[new])
            assert not continues(old, new, [*path, b"\0" * 32], ROOTS[old], ROOTS[new])
            if 0 < old < new:
                assert not continues(old, new, path[:-1], ROOTS[old], ROOTS[new])
                assert not continues(old, new, path, ROOTS[old - 1], ROOTS[new])
                assert not continues(old, new, path, ROOTS[old], ROOTS[new - 1])
                assert not continues(old, new, [b"\0" * 32, *path[1:]], ROOTS[old], ROOTS[new])


def test_what_is_not_there_has_no_proof() -> None:
    for index, size in ((0, 0), (5, 5), (-1, 3)):
        with pytest.raises(IndexError):
            tree.inclusion(index, size, node)
    with pytest.raises(IndexError):
        tree.consistency(4, 3, node)


@settings(max_examples=12)
@given(st.binary(min_size=32, max_size=32), st.binary(max_size=200), st.integers(0, 511))
def test_signatures_are_judged_alike_with_and_without_the_package(seed: bytes, text: bytes, bit: int) -> None:
    """The pure way against `cryptography`: right ones accepted, one flipped bit anywhere refused by both."""
    key = Ed25519PrivateKey.from_private_bytes(seed)
    public, signature = key.public_key().public_bytes_raw(), key.sign(text)
    assert standalone.verifies(public, text, signature)
    assert standalone.verifies_slowly(public, text, signature)
    bent = bytearray(signature)
    bent[bit // 8] ^= 1 << bit % 8
    assert not standalone.verifies(public, text, bytes(bent))
    assert not standalone.verifies_slowly(public, text, bytes(bent))
    assert not standalone.verifies_slowly(public, text + b"x", signature)


def test_the_first_vector_of_rfc_8032() -> None:
    public = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
    signature = bytes.fromhex(
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
    )
    assert standalone.verifies_slowly(public, b"", signature)
    assert standalone.verifies(public, b"", signature)
