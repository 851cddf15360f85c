"""The tree against the published roots of certificate transparency, and its laws."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit import tree

INPUTS = ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
LEAVES = [tree.leaf(bytes.fromhex(each)) for each in INPUTS]
# The roots that the certificate transparency reference tests state for these inputs (RFC 6962).
ROOTS = {
    0: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    5: "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    7: "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}
sizes = st.integers(min_value=1, max_value=300)


def some(size: int) -> list[bytes]:
    return [tree.leaf(b"%d" % each) for each in range(size)]


def grown(leaves: list[bytes]) -> tree.Frontier:
    frontier = tree.Frontier()
    for each in leaves:
        frontier.append(each)
    return frontier


@pytest.mark.parametrize("size", ROOTS)
def test_known_roots(size: int) -> None:
    leaves = LEAVES[:size]
    assert tree.root(leaves).hex() == ROOTS[size]
    assert grown(leaves).root().hex() == ROOTS[size]
    assert tree.Tree(leaves).root().hex() == ROOTS[size]


@given(sizes)
@settings(max_examples=60)
def test_frontier_equals_recursive_root_and_survives_storing(size: int) -> None:
    leaves = some(size)
    frontier = tree.Frontier()
    for each in leaves:
        frontier = tree.Frontier.from_bytes(frontier.size, frontier.to_bytes())
        frontier.append(each)
    assert frontier.root() == tree.root(leaves) == tree.Tree(leaves).root()


def test_a_frontier_that_does_not_fit_its_size_is_refused() -> None:
    data = grown(some(7)).to_bytes()
    for size, bad in ((6, data), (7, data[:-1]), (7, data + b"x"), (0, data), (-1, b"")):
        with pytest.raises(ValueError, match="not the frontier"):
            tree.Frontier.from_bytes(size, bad)


@given(st.data(), sizes)
@settings(max_examples=80)
def test_every_inclusion_proof_verifies_and_no_changed_one_does(data: st.DataObject, size: int) -> None:
    index = data.draw(st.integers(min_value=0, max_value=size - 1))
    leaves = some(size)
    whole = tree.Tree(leaves)
    proof, top = whole.inclusion(index), whole.root()
    assert tree.verify_inclusion(leaves[index], index, size, proof, top)
    assert not tree.verify_inclusion(leaves[index], index, size, [*proof, top], top)
    assert not tree.verify_inclusion(tree.leaf(b"other"), index, size, proof, top)
    assert not tree.verify_inclusion(leaves[index], size, size, proof, top)
    for at in range(len(proof)):
        flipped = [*proof[:at], bytes([proof[at][0] ^ 1]) + proof[at][1:], *proof[at + 1 :]]
        assert not tree.verify_inclusion(leaves[index], index, size, flipped, top)
        assert not tree.verify_inclusion(leaves[index], index, size, proof[:at] + proof[at + 1 :], top)
    for other in range(size):
        if other != index:
            assert not tree.verify_inclusion(leaves[index], other, size, proof, top)


@given(st.data(), sizes)
@settings(max_examples=80)
def test_every_consistency_proof_verifies_and_no_changed_one_does(data: st.DataObject, size: int) -> None:
    old = data.draw(st.integers(min_value=0, max_value=size))
    leaves = some(size)
    before, after = tree.root(leaves[:old]), tree.root(leaves)
    proof = tree.Tree(leaves).consistency(old)
    assert proof == tree.Tree(leaves[old:], grown(leaves[:old])).consistency(old)
    assert tree.verify_consistency(old, before, size, after, proof)
    assert not tree.verify_consistency(old, before, size, after, [*proof, before])
    assert not tree.verify_consistency(old, tree.leaf(b"other"), size, after, proof)
    if old not in {0, size}:
        assert not tree.verify_consistency(old, before, size, tree.leaf(b"other"), proof)
        assert not tree.verify_consistency(old, before, size, after, proof[:-1])
        if len(proof) > 1:
            assert not tree.verify_consistency(old, before, size, after, proof[::-1])


def test_T107_edges_of_proofs() -> None:
    top = tree.root(LEAVES)
    proof = tree.Tree(LEAVES).inclusion(3)
    for index in (8, 9, 2**40, -1):
        assert not tree.verify_inclusion(LEAVES[3], index, 8, proof, top)
    assert not tree.verify_inclusion(LEAVES[0], 0, 0, [], tree.EMPTY)
    assert tree.verify_inclusion(LEAVES[0], 0, 1, [], LEAVES[0])
    assert not tree.verify_inclusion(LEAVES[0], 0, 1, [LEAVES[1]], tree.node(LEAVES[0], LEAVES[1]))
    assert not tree.verify_inclusion(LEAVES[3], 3, 8, [proof[1], proof[0], proof[2]], top)
    assert not tree.verify_inclusion(LEAVES[3], 3, 8, [proof[0] + b"x", *proof[1:]], top)
    assert not tree.verify_consistency(8, top, 7, tree.root(LEAVES[:7]), [])
    assert not tree.verify_consistency(0, top, 8, top, [])
    assert tree.verify_consistency(0, tree.EMPTY, 0, tree.EMPTY, [])
    with pytest.raises(ValueError, match="no leaf 8"):
        tree.Tree(LEAVES).inclusion(8)
    with pytest.raises(ValueError, match="no tree of 9"):
        tree.Tree(LEAVES).consistency(9)
    with pytest.raises(ValueError, match="no leaf 0"):
        tree.Tree([]).inclusion(0)
