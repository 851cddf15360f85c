from __future__ import annotations

import copy
import json
import pickle
from datetime import date

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from portal.crypto.envelope import open_field, seal_field
from portal.crypto.errors import SealBroken
from portal.crypto.keys import (
    DataKey,
    KeyContext,
    Purpose,
    audit_generation,
    commitment,
    kek_generation_of,
    new_data_key,
    rewrap_data_key,
    unwrap_data_key,
    unwrap_tenant_key,
    wrap_data_key,
    wrap_tenant_key,
)
from tests.crypto import golden
from tests.crypto.golden import COMMITMENT, DEK, KEK, ROOT, SUBJECT, TENANT, WRAPPED_DEK

PLACE = {"tenant": TENANT, "subject": SUBJECT, "version": 7}
FIELD = {"field_code": 1, "tenant": TENANT, "subject": SUBJECT, "row": bytes(16)}


def opens_what_the_key_sealed(key: DataKey) -> bool:
    return open_field(AESGCM(DEK), **FIELD, blob=seal_field(key, **FIELD, plaintext=b"x", bucket=32)) == b"x"


def test_T84_golden_wrapped_keys_open_for_ever():
    assert kek_generation_of(WRAPPED_DEK) == golden.KEK_GENERATION
    key = unwrap_data_key(AESGCM(KEK), **PLACE, commitment=COMMITMENT, wrapped=WRAPPED_DEK)
    assert key.version == 7
    assert opens_what_the_key_sealed(key)
    assert commitment(DEK) == COMMITMENT
    for purpose, generation, wrapped, plain in (
        (Purpose.FIELD, golden.KEK_GENERATION, golden.WRAPPED_KEK, KEK),
        (Purpose.INDEX, golden.INDEX_GENERATION, golden.WRAPPED_INDEX, golden.INDEX),
        (Purpose.AUDIT, golden.AUDIT_GENERATION, golden.WRAPPED_AUDIT, golden.AUDIT),
    ):
        assert unwrap_tenant_key(AESGCM(ROOT), KeyContext(TENANT, purpose, generation), wrapped) == plain


def test_a_wrapped_data_key_has_the_bytes_of_the_description():
    wrapped, committed = wrap_data_key(AESGCM(KEK), generation=3, **PLACE, dek=DEK)
    aad = b"phi-dek/v1\x00" + wrapped[:6] + TENANT + SUBJECT + bytes.fromhex("00000007") + COMMITMENT
    assert len(wrapped) == 66
    assert committed == COMMITMENT
    assert wrapped[:6] == bytes.fromhex("010100000003")
    assert wrapped[18:] == AESGCM(KEK).encrypt(wrapped[6:18], DEK, aad)


@pytest.mark.parametrize(
    "changed",
    [
        {"tenant": b"\x11" * 16},
        {"subject": b"\x11" * 16},
        {"version": 8},
        {"version": 2**32},
        {"version": -1},
        {"version": "7"},
        {"version": None},
        {"wrapped": None},
        {"commitment": bytes(16)},
        {"commitment": b""},
        {"tenant": TENANT[:15]},
        {"subject": "x" * 16},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_a_data_key_opens_in_its_own_place_only(changed):
    with pytest.raises(SealBroken):
        unwrap_data_key(AESGCM(KEK), **{**PLACE, "commitment": COMMITMENT, "wrapped": WRAPPED_DEK, **changed})


def test_T62_a_changed_wrapped_key_is_refused():
    changed = [WRAPPED_DEK[:at] + bytes([WRAPPED_DEK[at] ^ 1]) + WRAPPED_DEK[at + 1 :] for at in range(66)]
    changed += [WRAPPED_DEK[:65], WRAPPED_DEK + b"\x00", b"", WRAPPED_DEK.hex(), "x" * 66, None]
    for wrapped in changed:
        with pytest.raises(SealBroken):
            unwrap_data_key(AESGCM(KEK), **PLACE, commitment=COMMITMENT, wrapped=wrapped)
        with pytest.raises(SealBroken):
            unwrap_tenant_key(AESGCM(KEK), KeyContext(TENANT, 1, 3), wrapped)


def test_a_valid_seal_over_another_key_than_the_committed_one_is_refused():
    header, other = bytes.fromhex("010100000003"), bytes(32)
    aad = b"phi-dek/v1\x00" + header + TENANT + SUBJECT + bytes.fromhex("00000007") + COMMITMENT
    forged = header + bytes(12) + AESGCM(KEK).encrypt(bytes(12), other, aad)
    with pytest.raises(SealBroken):
        unwrap_data_key(AESGCM(KEK), **PLACE, commitment=COMMITMENT, wrapped=forged)


def test_a_data_key_is_wrapped_anew_for_another_kek():
    new = AESGCM(bytes(32))
    wrapped = rewrap_data_key(
        AESGCM(KEK), new, new_generation=4, **PLACE, commitment=COMMITMENT, wrapped=WRAPPED_DEK
    )  # fmt: skip
    assert kek_generation_of(wrapped) == 4
    assert opens_what_the_key_sealed(unwrap_data_key(new, **PLACE, commitment=COMMITMENT, wrapped=wrapped))


@pytest.mark.parametrize(
    "context",
    [
        KeyContext(b"\x11" * 16, 1, 3),
        KeyContext(TENANT, 2, 3),
        KeyContext(TENANT, 1, 4),
        KeyContext(TENANT, 256, 3),
        KeyContext(TENANT, 1, -1),
        KeyContext(b"", 1, 3),
    ],
)
def test_a_tenant_key_opens_in_its_own_context_only(context):
    with pytest.raises(SealBroken):
        unwrap_tenant_key(AESGCM(ROOT), context, golden.WRAPPED_KEK)


def test_a_wrapped_tenant_key_has_the_bytes_of_the_description():
    wrapped = wrap_tenant_key(AESGCM(ROOT), 2, KeyContext(TENANT, Purpose.AUDIT, 24322), bytes(32))
    aad = b"phi-kek/v1\x00" + bytes.fromhex("010100000002") + TENANT + b"\x03" + bytes.fromhex("00005f02")
    assert len(wrapped) == 66
    assert wrapped[18:] == AESGCM(ROOT).encrypt(wrapped[6:18], bytes(32), aad)


def test_key_services_get_the_context_as_words_or_bytes():
    context = KeyContext(TENANT, Purpose.INDEX, 5)
    assert context.names() == {"tenant": "10" * 16, "purpose": "2", "generation": "5"}
    assert context.associated_data() == TENANT + bytes.fromhex("02 00000005")


def test_audit_keys_are_numbered_by_month():
    assert audit_generation(date(2026, 1, 1)) == 2026 * 12
    assert audit_generation(date(2026, 11, 30)) == golden.AUDIT_GENERATION
    assert audit_generation(date(2027, 1, 1)) == audit_generation(date(2026, 12, 31)) + 1


def test_a_data_key_is_never_printed_copied_or_kept():
    key = DataKey(1, DEK)
    for shown in (repr(key), str(key), f"{key}", f"{[key]}"):
        assert DEK.hex() not in shown
        assert "<data key>" in shown
    for way in (pickle.dumps, copy.copy, copy.deepcopy, json.dumps):
        with pytest.raises(TypeError):
            way(key)
    assert not hasattr(key, "__dict__")


def test_keys_have_32_bytes_and_differ():
    assert len(new_data_key()) == 32
    assert new_data_key() != new_data_key()
    with pytest.raises(ValueError):
        DataKey(1, bytes(16))
    with pytest.raises(ValueError):
        wrap_data_key(AESGCM(KEK), generation=1, **PLACE, dek=bytes(16))
    with pytest.raises(ValueError):
        wrap_data_key(AESGCM(KEK), generation=1, tenant=b"", subject=SUBJECT, version=1, dek=DEK)
    with pytest.raises(ValueError):
        wrap_tenant_key(AESGCM(ROOT), 1, KeyContext(TENANT, 1, 1), bytes(16))
