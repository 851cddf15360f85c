"""Proofs that stand alone: that an event is in a signed log, readable offline (C2SP tlog-proof)."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from audit.checkpoint import (
    BadNote,
    Checkpoint,
    VerifierKey,
    decode_hashes,
    encode_hashes,
    parse_note,
    verify,
    verify_cosignatures,
)
from audit.tree import leaf, verify_inclusion

_HEADER: Final = "c2sp.org/tlog-proof@v1"
_INDEX: Final = re.compile(r"index (0|[1-9][0-9]{0,18})")
_EXTRA: Final = re.compile(r"extra [A-Za-z0-9+/]*={0,2}")


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof taken apart: which leaf, the path to the root, the signed checkpoint."""

    index: int
    path: list[bytes]
    note: str


def write(index: int, path: Sequence[bytes], note: str, extra: bytes | None = None) -> str:
    """A proof for the leaf at an index, under a signed note (with its cosignatures, when it has them)."""
    more = "" if extra is None else f"extra {b64encode(extra).decode()}\n"
    return f"{_HEADER}\n{more}index {index}\n{encode_hashes(path)}\n{note}"


def read(text: str) -> Proof:
    """Take a proof apart, strictly, passing over `extra`, which nothing vouches for; raises BadNote."""
    head, blank, note = text.partition("\n\n")
    lines = head.split("\n")
    if len(lines) > 1 and _EXTRA.fullmatch(lines[1]):
        del lines[1]
    index = _INDEX.fullmatch(lines[1]) if len(lines) > 1 else None
    if not blank or lines[0] != _HEADER or index is None:
        raise BadNote("not a transparency log proof")
    return Proof(int(index[1]), decode_hashes(lines[2:]), note)


def verify_proof(
    text: str, body: bytes, keys: Iterable[VerifierKey], witness_keys: Iterable[VerifierKey] = (), quorum: int = 0
) -> tuple[int, Checkpoint]:
    """The index and checkpoint under which a body is proven, offline; raises BadNote when it is not.

    The checkpoint must be signed by one of the log's keys and cosigned by at least `quorum` of the witnesses.
    """
    proof = read(text)
    checkpoint = verify(proof.note, keys)
    parsed = parse_note(proof.note)
    if len(verify_cosignatures(parsed.text, parsed.signatures, witness_keys)) < quorum:
        raise BadNote("too few witnesses cosigned")
    if not verify_inclusion(leaf(body), proof.index, checkpoint.size, proof.path, checkpoint.root):
        raise BadNote("the event is not in the log at that place")
    return proof.index, checkpoint
