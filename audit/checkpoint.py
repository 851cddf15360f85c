"""Checkpoints: the size and root of the log as a signed note, cosigned by witnesses, anchored in a file.

Formats are C2SP signed-note, tlog-checkpoint and tlog-cosignature (c2sp.org), so that witnesses and verifiers that we
did not write can read them.
"""

from __future__ import annotations

import json
import os
import re
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from audit.canonical import instant
from audit.tree import HASH_BYTES

SigningKey = Ed25519PrivateKey
"""A log's key as it signs; whoever only passes it on needs no more than this name."""

ED25519: Final = 0x01  # signature type of a log
COSIGNATURE: Final = 0x04  # signature type of a witness: Ed25519 over a timestamp and the note

_DASH: Final = "\u2014 "
_LONGEST_NOTE: Final = 64 * 1024
_MOST_SIGNATURES: Final = 100
_SPAN: Final = re.compile(r"(0|[1-9][0-9]{0,18})-(0|[1-9][0-9]{0,18})?")
_NUMBER: Final = re.compile(r"0|[1-9][0-9]{0,18}")


class BadNote(ValueError):
    """A note that is malformed, or not signed as it must be; the text says which."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A tree head: whose log, how many events, which root."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """The note text that is signed: three lines, no extensions."""
        return f"{self.origin}\n{self.size}\n{b64encode(self.root).decode()}\n"


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key that is trusted under a name, for one type of signature.

    A log's key counts for heads of `first` to `last` events only: its key before it, or after it, signs the others.
    """

    name: str
    type: int
    public: bytes
    first: int = 0
    last: int | None = None

    @classmethod
    def of(cls, name: str, key: Ed25519PrivateKey, kind: int = ED25519) -> VerifierKey:
        """The public half of a key."""
        return cls(name, kind, key.public_key().public_bytes_raw())

    @classmethod
    def parse(cls, text: str) -> VerifierKey:
        """Read name+key id+key (a vkey), with a blank and FIRST- or FIRST-LAST behind it or not; raises BadNote."""
        text, _, span = text.strip().partition(" ")
        spanned = _SPAN.fullmatch(span or "0-")
        name, _, rest = text.partition("+")
        stated, _, encoded = rest.partition("+")
        data = _decode(encoded)
        if not valid_name(name) or len(data) != 33 or data[0] not in {ED25519, COSIGNATURE} or spanned is None:
            raise BadNote("not a verifier key")
        key = cls(name, data[0], data[1:], int(spanned[1]), int(spanned[2]) if spanned[2] else None)
        if key.id.hex() != stated:
            raise BadNote("the verifier key does not have the id it states")
        return key

    def covers(self, size: int) -> bool:
        """Whether it counts for a head of so many events."""
        return self.first <= size and (self.last is None or size <= self.last)

    def line(self) -> str:
        """The key with its span, as `parse` reads it."""
        whole = self.first == 0 and self.last is None
        return self.text() if whole else f"{self.text()} {self.first}-{'' if self.last is None else self.last}"

    def text(self) -> str:
        """The key as one line: name+hex key id+base64(type, public key)."""
        return f"{self.name}+{self.id.hex()}+{b64encode(bytes([self.type]) + self.public).decode()}"

    @property
    def id(self) -> bytes:
        """The first 4 bytes of SHA-256(name, newline, type, public key)."""
        return sha256(self.name.encode() + b"\n" + bytes([self.type]) + self.public).digest()[:4]


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature line of a note, not yet checked."""

    name: str
    key_id: bytes
    data: bytes

    def line(self) -> str:
        """The line as it stands in a note, with its newline."""
        return f"{_DASH}{self.name} {b64encode(self.key_id + self.data).decode()}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """A note taken apart: the text with its last newline, and the signature lines."""

    text: str
    signatures: tuple[Signature, ...]


def origin(installation: bytes) -> str:
    """The name of an installation's log and of its key."""
    return f"candor/{installation.hex()}"


def sign(checkpoint: Checkpoint, keys: Iterable[Ed25519PrivateKey]) -> str:
    """The signed note, with a signature of each key (two while one follows the other). Deterministic."""
    text = checkpoint.text()
    lines = [
        Signature(checkpoint.origin, VerifierKey.of(checkpoint.origin, key).id, key.sign(text.encode())).line()
        for key in keys
    ]
    return f"{text}\n{''.join(lines)}"


def cosign(text: str, name: str, key: Ed25519PrivateKey, at: datetime) -> str:
    """A witness's line for a checkpoint's note text (C2SP tlog-cosignature, cosignature/v1)."""
    seconds = int(at.timestamp())
    signed = key.sign(_cosigned(seconds, text))
    return Signature(name, VerifierKey.of(name, key, COSIGNATURE).id, seconds.to_bytes(8, "big") + signed).line()


def parse_note(note: str) -> Note:
    """Take a signed note apart, strictly; raises BadNote."""
    text, blank, lines = note.rpartition("\n\n")
    if not blank or not lines.endswith("\n") or len(note) > _LONGEST_NOTE:
        raise BadNote("not a signed note")
    if any(each < " " and each != "\n" for each in note):
        raise BadNote("a control character in the note")
    return Note(text + "\n", tuple(parse_signatures(lines)))


def parse_signatures(lines: str) -> list[Signature]:
    """Take signature lines apart, each with its newline; raises BadNote."""
    found = []
    for line in lines.removesuffix("\n").split("\n"):
        name, _, encoded = line.removeprefix(_DASH).partition(" ")
        data = _decode(encoded)
        if not line.startswith(_DASH) or not valid_name(name) or len(data) < 5:
            raise BadNote("a malformed signature line")
        found.append(Signature(name, data[:4], data[4:]))
    if len(found) > _MOST_SIGNATURES:
        raise BadNote("too many signatures")
    return found


def parse_checkpoint(text: str) -> Checkpoint:
    """Read a note text as a checkpoint; extension lines are refused, since ours have none. Raises BadNote."""
    lines = text.split("\n")
    if len(lines) != 4 or lines[3] or not lines[0] or _NUMBER.fullmatch(lines[1]) is None:
        raise BadNote("not a checkpoint")
    root = _decode(lines[2])
    if len(root) != HASH_BYTES:
        raise BadNote("not a root hash")
    return Checkpoint(lines[0], int(lines[1]), root)


def verify(note: str, keys: Iterable[VerifierKey]) -> Checkpoint:
    """The checkpoint of a note signed by one of the log's keys; raises BadNote.

    A key counts only under the checkpoint's own origin and within its span. Unknown keys are passed over; a known key
    whose signature fails refuses the whole note (signed-note, "Signatures").
    """
    parsed = parse_note(note)
    checkpoint = parse_checkpoint(parsed.text)
    logs = (key for key in keys if key.type == ED25519 and key.name == checkpoint.origin)
    known = {(key.name, key.id): key for key in logs if key.covers(checkpoint.size)}
    good = 0
    for each in parsed.signatures:
        key = known.get((each.name, each.key_id))
        if key is not None:
            _check(key, each.data, parsed.text.encode())
            good += 1
    if not good:
        raise BadNote("no signature of a known key")
    return checkpoint


def verify_cosignatures(text: str, signatures: Iterable[Signature], keys: Iterable[VerifierKey]) -> dict[str, int]:
    """The known witnesses that cosigned a note text, by name, with the POSIX second of each; raises BadNote."""
    known = {(key.name, key.id): key for key in keys if key.type == COSIGNATURE}
    found = {}
    for each in signatures:
        key = known.get((each.name, each.key_id))
        if key is None:
            continue
        seconds = int.from_bytes(each.data[:8], "big")
        if len(each.data) != 72 or seconds >= 2**63:
            raise BadNote(f"a malformed cosignature of {each.name}")
        _check(key, each.data[8:], _cosigned(seconds, text))
        found[each.name] = seconds
    return found


@dataclass(frozen=True, slots=True)
class Anchor:
    """A line of an anchor file: when it was written, and the whole signed note."""

    at: str
    note: str


def anchor(path: Path, note: str, at: datetime) -> None:
    """Append a line {"at", "note"} to an anchor file and have it on disk before returning; raises OSError."""
    line = json.dumps({"at": instant(at), "note": note}, ensure_ascii=False) + "\n"
    made = not path.exists()
    handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        size = os.fstat(handle).st_size
        torn = size > 0 and os.pread(handle, 1, size - 1) != b"\n"  # a line that a crash cut short stays by itself
        data = (b"\n" if torn else b"") + line.encode()
        if os.write(handle, data) != len(data):
            raise OSError(f"{path}: the anchor was not written whole")
        os.fsync(handle)
    finally:
        os.close(handle)
    if made:
        sync_directory(path.parent)


def read_anchors(path: Path) -> tuple[list[Anchor], list[int]]:
    """The anchors of a file in order, and the numbers (from 1) of lines that cannot be read, as a crash leaves one."""
    anchors, unreadable = [], []
    for number, line in enumerate(path.read_bytes().split(b"\n"), 1):
        if not line:
            continue
        try:
            said = json.loads(line)
            anchors.append(Anchor(str(said["at"]), str(said["note"])))
        except (ValueError, KeyError, TypeError):
            unreadable.append(number)
    return anchors, unreadable


def make_key_file(path: Path) -> Ed25519PrivateKey:
    """Make an Ed25519 key: 32 raw bytes in a file of mode 0400, on disk before this returns; FileExistsError."""
    key = Ed25519PrivateKey.generate()
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400), "wb") as file:
        file.write(key.private_bytes_raw())
        file.flush()
        os.fsync(file.fileno())
    sync_directory(path.parent)
    return key


def sync_directory(path: Path) -> None:
    """Have the names in a directory on disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def valid_name(name: str) -> bool:
    """Whether a key may have this name: not empty, neither spaces nor plus nor control characters."""
    return bool(name) and not any(each.isspace() or each == "+" or each < " " for each in name)


def encode_hashes(hashes: Sequence[bytes]) -> str:
    """Proof lines: one hash a line in base64."""
    return "".join(f"{b64encode(each).decode()}\n" for each in hashes)


def decode_hashes(lines: Iterable[str]) -> list[bytes]:
    """Read proof lines without their newlines; raises BadNote."""
    hashes = [_decode(each) for each in lines]
    if any(len(each) != HASH_BYTES for each in hashes):
        raise BadNote("not a hash in the proof")
    return hashes


def _cosigned(seconds: int, text: str) -> bytes:
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()


def _check(key: VerifierKey, signature: bytes, message: bytes) -> None:
    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(signature, message)
    except InvalidSignature:
        raise BadNote(f"a signature of {key.name} is false") from None


def _decode(text: str) -> bytes:
    """Standard base64 in its one spelling; raises BadNote."""
    try:
        data = b64decode(text, validate=True)
    except (Base64Error, ValueError):
        raise BadNote("not base64") from None
    if b64encode(data).decode() != text:
        raise BadNote("base64 that is not in its one spelling")
    return data
