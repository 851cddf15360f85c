from __future__ import annotations

import hmac
from datetime import date
from itertools import product

import pytest

from portal.crypto.blind import INDEXES, canonical, derive_index_key, mark, stored_token, token, token_for
from portal.crypto.keyring import Keyring, StoredKey, new_stored_key
from portal.crypto.keys import Purpose
from portal.crypto.roots import EnvRoot
from tests.crypto import golden
from tests.crypto.golden import INDEX, TENANT

OTHER = b"\x11" * 16
ROOT = EnvRoot(golden.ROOT.hex(), 2)


@pytest.fixture
def ring():
    return Keyring(
        ROOT,
        [
            StoredKey(TENANT, 2, golden.INDEX_GENERATION, "active", golden.WRAPPED_INDEX),
            new_stored_key(ROOT, TENANT, Purpose.INDEX, 2, "pending"),
            new_stored_key(ROOT, OTHER, Purpose.INDEX, 1, "active"),
        ],
    )


@pytest.mark.parametrize(("index", "parts", "expected"), golden.TOKENS)
def test_T84_golden_tokens_stay(ring, index, parts, expected):
    assert token_for(ring, index, TENANT, *parts) == bytes.fromhex(expected)


def test_index_codes_are_never_given_anew():
    assert {name: index.code for name, index in INDEXES.items()} == {
        "member-id": 0x0101, "mrn": 0x0201, "account": 0x0301, "name-birth": 0x0401, "phone": 0x0501, "e-mail": 0x0601,
        "address": 0x0701, "claim-control": 0x0801, "payer-control": 0x0901, "one-time-code": 0x0A01,
        "visit-source": 0x0B01, "document-content": 0x0C01, "contact-reference": 0x0D01,
        "pay-code": 0x0E01,
    }  # fmt: skip


def test_an_index_key_is_hkdf_written_out():
    extracted = hmac.digest(TENANT, INDEX, "sha256")
    expanded = hmac.digest(extracted, b"phi-bidx/v1\x00" + bytes.fromhex("0101") + b"\x01", "sha256")
    assert derive_index_key(INDEX, TENANT, 0x0101) == expanded == golden.MEMBER_ID_KEY


def test_T82_the_same_value_differs_between_indexes_tenants_and_generations(ring):
    names = ["member-id", "mrn", "account", "claim-control", "payer-control"]
    tokens = {token_for(ring, name, tenant, "A12345") for name, tenant in product(names, (TENANT, OTHER))}
    assert len(tokens) == 10
    assert token_for(ring, "mrn", TENANT, "A12345", generation=2) not in tokens
    key = derive_index_key(INDEX, TENANT, 0x0101)
    assert token(key, TENANT, "A12345") != token(key, OTHER, "A12345")
    assert derive_index_key(INDEX, TENANT, 0x0101) != derive_index_key(INDEX, OTHER, 0x0101)
    assert derive_index_key(INDEX, TENANT, 0x0101) != derive_index_key(INDEX, TENANT, 0x0102)


def test_tokens_have_16_bytes_and_equal_values_equal_tokens(ring):
    one, same = (token_for(ring, "e-mail", TENANT, text) for text in ("Ana@example.org", " ana@EXAMPLE.org"))
    assert one == same
    assert len(one) == 16


def test_a_stored_token_names_its_generation(ring):
    for generation in (golden.INDEX_GENERATION, 2):
        kept = stored_token(ring, "mrn", TENANT, "A12345", generation=generation)
        assert kept == mark(generation) + token_for(ring, "mrn", TENANT, "A12345", generation=generation)
    assert stored_token(ring, "mrn", TENANT, " - ", generation=2) is None
    assert mark(2) < mark(3) < mark(1 << 31), "later generations sort after earlier ones"
    assert token_for(ring, "visit-source", TENANT, b"\1" * 32) != token_for(ring, "visit-source", TENANT, b"\2" * 32)


@pytest.mark.parametrize(
    ("index", "parts"),
    [
        ("member-id", ("",)),
        ("mrn", (" - ",)),
        ("name-birth", ("", date(1984, 2, 29))),
        ("name-birth", ("\U0001f600", date(1984, 2, 29))),
        ("phone", ("555-0123",)),
        ("e-mail", ("  ",)),
        ("address", ("", "98101")),
        ("address", ("12 Main St", "")),
        ("one-time-code", ("u",)),
        ("pay-code", ("-",)),
    ],
)
def test_nothing_has_no_token(ring, index, parts):
    assert canonical(index, *parts) is None
    assert token_for(ring, index, TENANT, *parts) is None


def test_empty_forms_have_no_token():
    assert token(bytes(32), TENANT, None) is None
    assert token(bytes(32), TENANT, "") is None


def test_compounds_are_joined_by_the_unit_separator():
    assert canonical("name-birth", "O'Brien", date(1984, 2, 29)) == "obrien\x1f1984-02-29"
    assert canonical("address", "12 Main Street", "98101-0001") == "12 MAIN ST\x1f98101"


def test_wrong_use_is_an_error():
    with pytest.raises(KeyError):
        canonical("ssn", "x")
    with pytest.raises(ValueError):
        canonical("name-birth", "Rivera")
    for tenant in (b"", b"x" * 17):
        with pytest.raises(ValueError):
            token(bytes(32), tenant, "x")
        with pytest.raises(ValueError):
            derive_index_key(INDEX, tenant, 257)
