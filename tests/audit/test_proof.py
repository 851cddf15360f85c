"""Proofs as text: the specification's shape, and no changed one verifies."""

from __future__ import annotations

from base64 import b64encode

import pytest

from audit import proof, tree
from audit.checkpoint import COSIGNATURE, BadNote, Checkpoint, VerifierKey, cosign, sign
from tests.audit.acts import KEY, NAME, START, TRUSTED

BODIES = [b"%d" % each for each in range(7)]
WHOLE = tree.Tree([tree.leaf(each) for each in BODIES])
HEAD = Checkpoint(NAME, 7, WHOLE.root())
NOTE = sign(HEAD, [KEY])
WITNESS = VerifierKey.of("w1", KEY, COSIGNATURE)


def test_shape() -> None:
    path = WHOLE.inclusion(5)
    text = proof.write(5, path, NOTE, extra=b"why")
    lines = text.split("\n")
    assert lines[:3] == ["c2sp.org/tlog-proof@v1", "extra d2h5", "index 5"]
    assert lines[3:6] == [b64encode(each).decode() for each in path]
    assert text.endswith("\n\n" + NOTE)
    assert proof.read(text) == proof.Proof(5, path, NOTE)


@pytest.mark.parametrize("index", range(7))
def test_each_verifies_and_only_for_its_body(index: int) -> None:
    text = proof.write(index, WHOLE.inclusion(index), NOTE)
    assert proof.verify_proof(text, BODIES[index], TRUSTED) == (index, HEAD)
    for other in range(7):
        if other != index:
            with pytest.raises(BadNote, match="not in the log"):
                proof.verify_proof(text, BODIES[other], TRUSTED)


def test_T107_changed_proofs() -> None:
    path = WHOLE.inclusion(2)
    for index, hashes in ((7, path), (3, path), (2, path[:-1]), (2, [*path, path[0]]), (2, path[::-1]), (2, [])):
        with pytest.raises(BadNote, match="not in the log"):
            proof.verify_proof(proof.write(index, hashes, NOTE), BODIES[2], TRUSTED)


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("@v1", "@v2"),
        lambda text: text.replace("index 2", "index 02"),
        lambda text: text.replace("index 2", "index -2"),
        lambda text: text.replace("index 2\n", ""),
        lambda text: text.replace("index 2\n", "index 2\nAAAA\n"),
        lambda text: text.replace("index 2\n", "index 2\n\n"),
        lambda text: text.partition("\n\n")[0],
        lambda text: "",
    ],
)
def test_malformed(change) -> None:
    with pytest.raises(BadNote):
        proof.verify_proof(change(proof.write(2, WHOLE.inclusion(2), NOTE)), BODIES[2], TRUSTED)


def test_quorum() -> None:
    path = WHOLE.inclusion(2)
    with pytest.raises(BadNote, match="too few"):
        proof.verify_proof(proof.write(2, path, NOTE), BODIES[2], TRUSTED, [WITNESS], 1)
    seen = NOTE + cosign(HEAD.text(), "w1", KEY, START)
    assert proof.verify_proof(proof.write(2, path, seen), BODIES[2], TRUSTED, [WITNESS], 1) == (2, HEAD)
