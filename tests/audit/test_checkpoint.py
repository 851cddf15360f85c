"""Signed notes against the published example and a note checked by hand; anchors that survive a crash."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit.checkpoint import (
    COSIGNATURE,
    BadNote,
    Checkpoint,
    VerifierKey,
    anchor,
    cosign,
    origin,
    parse_checkpoint,
    parse_note,
    parse_signatures,
    read_anchors,
    sign,
    verify,
    verify_cosignatures,
)
from tests.audit.acts import START

# RFC 8032 section 7.1, test 1: a key that everybody has.
KEY = Ed25519PrivateKey.from_private_bytes(
    bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
)
PUBLIC = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
OTHER = Ed25519PrivateKey.from_private_bytes(b"\x07" * 32)
NAME = origin(b"\x01" * 16)
HEAD = Checkpoint(NAME, 3, sha256(b"root").digest())
TRUSTED = VerifierKey.of(NAME, KEY)


def test_golden_note() -> None:
    """Each part from its definition; the whole was also made with the openssl command line, byte for byte the same."""
    name = "candor/" + "01" * 16
    text = f"{name}\n3\n{b64encode(sha256(b'root').digest()).decode()}\n"
    key_id = sha256(name.encode() + b"\n\x01" + PUBLIC).digest()[:4]
    signature = b64encode(key_id + KEY.sign(text.encode())).decode()
    note = sign(HEAD, [KEY])
    assert note == f"{text}\n\u2014 {name} {signature}\n"
    assert note == (
        "candor/01010101010101010101010101010101\n3\nSBNJTRN+FjG7owHVrKtue7eqdM4RhdRWVl71HXN2d7I=\n\n"
        "\u2014 candor/01010101010101010101010101010101 MY18QYyCbJzTBRNAkanA0ppEWIQimt+vhoOM/a9LiyOc4rkY"
        "WDBmgHpCmi/P4xcFTbTRapAWFkYQgbDB+DX+P95MjQA=\n"
    )


def test_the_example_of_the_specification_reads() -> None:
    """C2SP tlog-cosignature, format: the example checkpoint with its witness line."""
    note = (
        "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
        "\u2014 example.com/behind-the-sofa "
        "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
        "\u2014 witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin"
        "1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"
    )
    parsed = parse_note(note)
    checkpoint = parse_checkpoint(parsed.text)
    assert (checkpoint.origin, checkpoint.size) == ("example.com/behind-the-sofa", 20852163)
    assert checkpoint.text() == parsed.text
    assert [each.name for each in parsed.signatures] == ["example.com/behind-the-sofa", "witness.example.com/w1"]
    assert int.from_bytes(parsed.signatures[1].data[:8], "big") == 1679315147  # the time that the example states
    assert "".join(each.line() for each in parsed.signatures) == note.partition("\n\n")[2]


def test_round_trip_and_unknown_keys() -> None:
    note = sign(HEAD, [OTHER, KEY])
    assert verify(note, [TRUSTED]) == HEAD
    assert verify(note, [VerifierKey.of(NAME, OTHER)]) == HEAD
    for keys in ([], [VerifierKey.of("candor/other", KEY)], [VerifierKey.of(NAME, KEY, COSIGNATURE)]):
        with pytest.raises(BadNote, match="no signature of a known key"):
            verify(note, keys)


def test_a_known_key_with_a_false_signature_refuses_the_whole_note() -> None:
    good = sign(HEAD, [KEY])
    false = sign(Checkpoint(NAME, 4, HEAD.root), [OTHER]).partition("\n\n")[2]
    with pytest.raises(BadNote, match="is false"):
        verify(good + false, [TRUSTED, VerifierKey.of(NAME, OTHER)])
    assert verify(good + false, [TRUSTED]) == HEAD


def test_every_changed_character_of_the_text_is_noticed() -> None:
    note = sign(HEAD, [KEY])
    for at in range(note.index("\n\n")):
        changed = note[:at] + ("2" if note[at] != "2" else "5") + note[at + 1 :]
        with pytest.raises(BadNote):
            verify(changed, [TRUSTED])


@pytest.mark.parametrize(
    "change",
    [
        lambda note: note.replace("\n3\n", "\n03\n"),
        lambda note: note.replace("\n3\n", "\n+3\n"),
        lambda note: note.replace("\n3\n", "\n3\n\n"),
        lambda note: note.replace("\n\n", "\nextension\n\n"),
        lambda note: note.replace("\n\n", "\n"),
        lambda note: note[:-1],
        lambda note: note + "\n",
        lambda note: note.replace("\u2014", "-"),
        lambda note: note.replace("\n", "\r\n"),
        lambda note: note[:-5] + "!" + note[-4:],
        lambda note: "",
        lambda note: note + note.partition("\n\n")[2] * 100,
    ],
)
def test_malformed_notes_are_refused(change) -> None:
    with pytest.raises(BadNote):
        verify(change(sign(HEAD, [KEY])), [TRUSTED])


def test_cosignatures() -> None:
    text = HEAD.text()
    line = cosign(text, "witness.example/w1", OTHER, START)
    known = VerifierKey.of("witness.example/w1", OTHER, COSIGNATURE)
    (signature,) = parse_signatures(line)
    message = f"cosignature/v1\ntime {int(START.timestamp())}\n{text}".encode()
    OTHER.public_key().verify(signature.data[8:], message)
    assert signature.key_id == sha256(b"witness.example/w1\n\x04" + known.public).digest()[:4]
    assert verify_cosignatures(text, [signature], [known]) == {"witness.example/w1": int(START.timestamp())}
    assert verify_cosignatures(text, [signature], [VerifierKey.of("w2", OTHER, COSIGNATURE)]) == {}
    assert verify(sign(HEAD, [KEY]) + line, [TRUSTED]) == HEAD
    with pytest.raises(BadNote, match="is false"):
        verify_cosignatures(Checkpoint(NAME, 4, HEAD.root).text(), [signature], [known])
    later = b64decode(line.split(" ")[2])
    later = later[:11] + bytes([later[11] ^ 1]) + later[12:]
    with pytest.raises(BadNote, match="is false"):
        verify_cosignatures(text, parse_signatures(f"\u2014 witness.example/w1 {b64encode(later).decode()}\n"), [known])


def test_verifier_keys_as_text() -> None:
    text = TRUSTED.text()
    assert VerifierKey.parse(text + "\n") == TRUSTED
    name, key_id, data = text.split("+", 2)
    for bad in (f"{name}+00000000+{data}", f"{name}+{key_id}", "", f"+{key_id}+{data}", f"{name}+{key_id}+{data[:-4]}"):
        with pytest.raises(BadNote):
            VerifierKey.parse(bad)


def test_anchors_are_lines_of_json(tmp_path: Path) -> None:
    path = tmp_path / "anchors.jsonl"
    note = sign(HEAD, [KEY])
    anchor(path, note, START)
    anchor(path, note, START + timedelta(minutes=5))
    lines = path.read_text().splitlines()
    assert json.loads(lines[0]) == {"at": "2026-03-02T15:00:00.000000Z", "note": note}
    anchors, unreadable = read_anchors(path)
    assert [each.note for each in anchors] == [note, note]
    assert unreadable == []


def test_a_line_cut_short_by_a_crash_harms_no_other(tmp_path: Path) -> None:
    path = tmp_path / "anchors.jsonl"
    note = sign(HEAD, [KEY])
    anchor(path, note, START)
    whole = path.read_bytes()
    path.write_bytes(whole + whole[:30])
    anchor(path, note, START)
    anchors, unreadable = read_anchors(path)
    assert len(anchors) == 2
    assert unreadable == [2]
