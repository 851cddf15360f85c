from __future__ import annotations

import pickle

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.crypto.envelope import (
    BUCKETS,
    MAX_PLAINTEXT_BYTES,
    open_field,
    pad,
    padded_length,
    seal_field,
    stored_length,
    unpad,
    version_of,
)
from portal.crypto.errors import SealBroken
from portal.crypto.keys import DataKey
from portal.crypto.values import decode, encode
from tests.crypto import golden
from tests.crypto.golden import DEK, ROW, SUBJECT, TENANT

PLACE = {"field_code": 513, "tenant": TENANT, "subject": SUBJECT, "row": ROW}
KEY = DataKey(7, DEK)
SIZES = st.one_of(st.integers(0, 200), st.integers(1000, 1050), st.sampled_from([2047, 2048, 65535, 65536, 131071]))


def sealed(plaintext=b"Rivera", bucket=32, key=KEY, **changed):
    return seal_field(key, **{**PLACE, **changed}, plaintext=plaintext, bucket=bucket)


@pytest.mark.parametrize(("kind", "code", "value", "blob"), golden.FIELDS)
def test_T84_golden_envelopes_open_for_ever(kind, code, value, blob):
    blob = bytes.fromhex(blob)
    assert version_of(blob) == golden.DEK_VERSION
    opened = open_field(KEY, **{**PLACE, "field_code": code}, blob=blob)
    assert decode(kind, opened) == value
    assert encode(kind, value) == opened
    assert open_field(AESGCM(DEK), **{**PLACE, "field_code": code}, blob=blob) == opened


def test_bytes_are_those_of_the_description():
    blob = sealed(b"Rivera")
    header, nonce = blob[:6], blob[6:18]
    assert header == bytes.fromhex("0101 00000007")
    aad = b"phi-field/v1\x00" + header + bytes.fromhex("0201") + TENANT + SUBJECT + ROW
    assert len(aad) == 69
    assert blob[18:] == AESGCM(DEK).encrypt(nonce, b"Rivera\x80" + bytes(25), aad)


def test_each_sealing_has_its_own_nonce():
    assert len({sealed()[6:18] for _ in range(200)}) == 200


@given(st.binary(max_size=300), st.sampled_from(BUCKETS), SIZES)
@settings(max_examples=60)
def test_what_is_sealed_opens_and_only_the_bucket_shows(tail, bucket, size):
    plaintext = (tail * (size // max(len(tail), 1) + 1))[:size] if tail else bytes(size)
    blob = sealed(plaintext, bucket)
    assert open_field(KEY, **PLACE, blob=blob) == plaintext
    assert len(blob) == padded_length(len(plaintext), bucket) + 34 == stored_length(len(plaintext), bucket)


@pytest.mark.parametrize(
    ("length", "bucket", "padded"),
    [
        (0, 32, 32), (31, 32, 32), (32, 32, 128), (127, 32, 128), (128, 128, 1024), (1023, 1024, 1024),
        (1024, 1024, 2048), (2048, 128, 4096), (5, 1024, 1024), (65535, 32, 65536), (65536, 32, 131072),
        (131071, 32, 131072), (131072, 32, 196608), (5, 65536, 65536),
    ],
)  # fmt: skip
def test_buckets(length, bucket, padded):
    assert padded_length(length, bucket) == padded
    assert unpad(pad(bytes(length), bucket)) == bytes(length)


@pytest.mark.parametrize("bucket", [0, 31, 64, -32, 131072])
def test_other_buckets_are_refused(bucket):
    with pytest.raises(ValueError):
        pad(b"x", bucket)


def test_a_document_has_a_limit():
    assert padded_length(MAX_PLAINTEXT_BYTES, 32) == MAX_PLAINTEXT_BYTES + 65536
    with pytest.raises(ValueError):
        pad(bytes(MAX_PLAINTEXT_BYTES + 1), 32)


@pytest.mark.parametrize(
    "padded",
    [b"", bytes(32), b"x" * 32, b"\x80" + bytes(32), b"\x80" + bytes(63), b"x\x80" + bytes(29) + b"y", b"\x80"],
)
def test_bad_padding_is_refused(padded):
    with pytest.raises(SealBroken):
        unpad(padded)


def test_padding_is_checked_behind_the_seal():
    header, nonce = bytes.fromhex("010100000007"), bytes(12)
    aad = b"phi-field/v1\x00" + header + bytes.fromhex("0201") + TENANT + SUBJECT + ROW
    for padded in (bytes(32), b"\x80", b"Rivera"):
        with pytest.raises(SealBroken):
            open_field(KEY, **PLACE, blob=header + nonce + AESGCM(DEK).encrypt(nonce, padded, aad))


@pytest.mark.parametrize("key", [KEY, AESGCM(DEK)], ids=["data key", "bare key"])
def test_T62_every_changed_byte_is_refused(key):
    blob = sealed()
    for place in range(len(blob)):
        for flip in (1, 0x80, 0xFF):
            with pytest.raises(SealBroken):
                open_field(key, **PLACE, blob=blob[:place] + bytes([blob[place] ^ flip]) + blob[place + 1 :])


@pytest.mark.parametrize("key", [KEY, AESGCM(DEK)], ids=["data key", "bare key"])
def test_T62_T67_cut_extended_empty_text_and_plaintext_are_refused(key):
    blob = sealed()
    wrong = [blob[:length] for length in range(len(blob))] + [blob + bytes(n) for n in (1, 16, 96)]
    wrong += ["", "Rivera", blob.hex(), b"Rivera", b"Rivera" * 11, None, 7, [], memoryview(b"x" * 66), blob * 2]
    for value in wrong:
        with pytest.raises(SealBroken) as refused:
            open_field(key, **PLACE, blob=value)
        assert type(refused.value) is SealBroken
        assert str(refused.value) == "sealed value refused"
        assert refused.value.__cause__ is None
        assert refused.value.__suppress_context__ or refused.value.__context__ is None
    for value in ["", "Rivera", b"", b"Rivera", None, 7, blob[:33], b"\x02" + blob[1:]]:
        with pytest.raises(SealBroken):
            version_of(value)


@pytest.mark.parametrize(
    "moved", [{"field_code": 514}, {"tenant": b"\x11" * 16}, {"subject": b"\x11" * 16}, {"row": b"\x11" * 16}],
    ids=lambda moved: next(iter(moved)),
)  # fmt: skip
def test_T59_a_value_opens_in_its_own_place_only(moved):
    with pytest.raises(SealBroken):
        open_field(KEY, **{**PLACE, **moved}, blob=sealed())


def test_bytes_do_not_move_from_one_id_into_the_next():
    blob = sealed()
    shifted = {"tenant": TENANT + SUBJECT[:1], "subject": SUBJECT[1:] + ROW[:1], "row": ROW[1:]}
    with pytest.raises(SealBroken):
        open_field(KEY, **{**PLACE, **shifted}, blob=blob)
    with pytest.raises(ValueError):
        sealed(**shifted)
    for name in ("tenant", "subject", "row"):
        for value in (b"", b"x" * 15, "x" * 16, None):
            with pytest.raises(SealBroken):
                open_field(KEY, **{**PLACE, name: value}, blob=blob)
            with pytest.raises(ValueError):
                sealed(**{name: value})


def test_another_key_or_version_is_refused():
    for key in (DataKey(7, bytes(32)), DataKey(8, DEK), AESGCM(bytes(32))):
        with pytest.raises(SealBroken):
            open_field(key, **PLACE, blob=sealed())
    relabelled = sealed()[:2] + (8).to_bytes(4, "big") + sealed()[6:]
    with pytest.raises(SealBroken):
        open_field(DataKey(8, DEK), **PLACE, blob=relabelled)


def test_only_bytes_are_sealed_and_a_bare_key_needs_its_version():
    with pytest.raises(TypeError):
        sealed("Rivera")
    with pytest.raises(ValueError):
        sealed(key=AESGCM(DEK))
    with pytest.raises(ValueError):
        sealed(key_version=6)
    assert version_of(sealed(key=AESGCM(DEK), key_version=2**32 - 1)) == 2**32 - 1
    for outside in ({"key_version": 2**32}, {"key_version": -1}, {"key_version": 1, "field_code": 65536}):
        with pytest.raises(OverflowError):
            sealed(key=AESGCM(DEK), **outside)


def test_the_error_takes_no_detail_and_travels():
    with pytest.raises(TypeError):
        SealBroken("wrong tag")
    assert str(pickle.loads(pickle.dumps(SealBroken()))) == "sealed value refused"
