from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.crypto.audit_text import audit_generation_of, open_audit_text, seal_audit_text
from portal.crypto.envelope import open_field
from portal.crypto.errors import SealBroken
from tests.crypto.golden import AUDIT, AUDIT_GENERATION, AUDIT_TEXT, ROW, TENANT

KEY = AESGCM(AUDIT)
PLACE = {"tenant": TENANT, "request_id": ROW}


def test_T84_golden_text_opens_for_ever():
    assert audit_generation_of(AUDIT_TEXT) == AUDIT_GENERATION
    assert open_audit_text(KEY, **PLACE, blob=AUDIT_TEXT) == "m\u00fcller 1984"


@given(st.text(st.characters(max_codepoint=0x2FF, exclude_categories=["Cs"]), max_size=200))
@settings(max_examples=50)
def test_what_is_sealed_opens(text):
    blob = seal_audit_text(KEY, generation=5, **PLACE, text=text)
    assert open_audit_text(KEY, **PLACE, blob=blob) == text
    assert audit_generation_of(blob) == 5
    assert len(blob) in {128 + 34, 1024 + 34}


def test_bytes_are_those_of_the_description():
    blob = seal_audit_text(KEY, generation=5, **PLACE, text="x")
    aad = b"phi-audit/v1\x00" + bytes.fromhex("010100000005") + TENANT + ROW
    assert blob[18:] == KEY.encrypt(blob[6:18], b"x\x80" + bytes(126), aad)


def test_T62_changed_or_moved_text_is_refused():
    for at in range(len(AUDIT_TEXT)):
        with pytest.raises(SealBroken):
            open_audit_text(KEY, **PLACE, blob=AUDIT_TEXT[:at] + bytes([AUDIT_TEXT[at] ^ 1]) + AUDIT_TEXT[at + 1 :])
    for blob in (b"", AUDIT_TEXT[:-1], AUDIT_TEXT + b"x", "m\u00fcller", None):
        with pytest.raises(SealBroken):
            open_audit_text(KEY, **PLACE, blob=blob)
    for place in (
        {"tenant": bytes(16)},
        {"request_id": bytes(16)},
        {"tenant": TENANT + ROW[:1], "request_id": ROW[1:]},
    ):
        with pytest.raises(SealBroken):
            open_audit_text(KEY, **{**PLACE, **place}, blob=AUDIT_TEXT)
    with pytest.raises(SealBroken):
        open_audit_text(AESGCM(bytes(32)), **PLACE, blob=AUDIT_TEXT)
    with pytest.raises(SealBroken):
        open_field(KEY, field_code=1, tenant=TENANT, subject=bytes(16), row=ROW, blob=AUDIT_TEXT)


def test_ids_have_16_bytes():
    with pytest.raises(ValueError):
        seal_audit_text(KEY, generation=1, tenant=TENANT, request_id=b"x", text="x")
