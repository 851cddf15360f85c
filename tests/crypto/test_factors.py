from __future__ import annotations

from base64 import b32decode, urlsafe_b64decode
from hashlib import sha256
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.crypto.blind import INDEXES, derive_index_key
from portal.crypto.canonical import CROCKFORD
from portal.crypto.factors import (
    code_digest,
    link_token,
    match_digests,
    match_totp,
    new_recovery_codes,
    new_statement_code,
    new_totp_secret,
    otpauth_uri,
    session_token,
    token_digest,
    totp,
    totp_step,
)
from tests.crypto import golden
from tests.crypto.golden import SUBJECT, TENANT

RFC_SECRET = b"12345678901234567890"


def match_code(key: bytes, owner: bytes, given: str, stored: list[bytes]) -> bytes | None:
    digest = code_digest(key, owner, given)
    return match_digests([] if digest is None else [code_digest(bytes(32), owner, given), digest], stored)


KEY = derive_index_key(golden.INDEX, TENANT, INDEXES["one-time-code"].code)


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "94287082"), (1111111109, "07081804"), (1111111111, "14050471"), (1234567890, "89005924"),
        (2000000000, "69279037"), (20000000000, "65353130"),
    ],
)  # fmt: skip
def test_rfc_6238_vectors(seconds, code):
    assert totp(RFC_SECRET, totp_step(seconds), digits=8) == code
    assert totp(RFC_SECRET, totp_step(seconds)) == code[2:]
    assert match_totp(RFC_SECRET, code[2:], seconds, last_step=None) == totp_step(seconds)


def test_rfc_4226_vectors():
    codes = ["755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"]
    assert [totp(RFC_SECRET, counter) for counter in range(10)] == codes


def test_a_code_works_one_step_away_and_no_further():
    now = 1_800_000_000
    step = totp_step(now)
    worked = {d for d in range(-3, 4) if match_totp(RFC_SECRET, totp(RFC_SECRET, step + d), now, last_step=None)}
    assert worked == {-1, 0, 1}
    assert match_totp(RFC_SECRET, totp(RFC_SECRET, 0), 0, last_step=None) == 0


def test_a_code_works_once_and_no_older_one_after_it():
    now = 1_800_000_000
    step = totp_step(now)
    code = totp(RFC_SECRET, step)
    used = match_totp(RFC_SECRET, code, now, last_step=None)
    assert used == step
    assert match_totp(RFC_SECRET, code, now, last_step=used) is None
    assert match_totp(RFC_SECRET, totp(RFC_SECRET, step - 1), now, last_step=used) is None
    assert match_totp(RFC_SECRET, totp(RFC_SECRET, step + 1), now, last_step=used) == step + 1


@pytest.mark.parametrize(
    "given",
    ["", "28708", "2870822", "abcdef", "28708\u0662", "\u0662\u0668\u0667\u0660\u0668\u0662", "-87082", "2870.2"],
)
def test_what_is_no_code_matches_nothing(given):
    assert match_totp(RFC_SECRET, given, 59, last_step=None) is None


def test_blanks_do_not_matter():
    assert match_totp(RFC_SECRET, " 287 082 ", 59, last_step=None) == 1


def test_secrets_and_uri():
    secret = new_totp_secret()
    assert len(secret) == 20
    assert secret != new_totp_secret()
    uri = urlsplit(otpauth_uri(secret, account="ana+1@example.org", issuer="Candor: Riverton & Sons"))
    asked = {name: values[0] for name, values in parse_qs(uri.query, strict_parsing=True).items()}
    assert (uri.scheme, uri.netloc) == ("otpauth", "totp")
    assert uri.path.count(":") == 1
    assert unquote(uri.path) == "/Candor: Riverton & Sons:ana+1@example.org"
    assert b32decode(asked.pop("secret")) == secret
    assert asked == {"issuer": "Candor: Riverton & Sons", "algorithm": "SHA1", "digits": "6", "period": "30"}
    assert "+" not in uri.query


def test_recovery_codes_have_80_bits_each():
    codes = new_recovery_codes()
    assert len(set(codes)) == len(codes) == 10
    for code in codes:
        groups = code.split("-")
        assert [len(group) for group in groups] == [4, 4, 4, 4]
        assert set("".join(groups)) <= set(CROCKFORD)
    assert not set(codes) & set(new_recovery_codes())


def test_statement_codes_have_60_bits():
    seen = {new_statement_code() for _ in range(200)}
    assert len(seen) == 200
    assert {len(code.replace("-", "")) for code in seen} == {12}
    assert set("".join(seen)) == set(CROCKFORD) | {"-"}


def test_T84_the_golden_digest_of_a_code_stays():
    assert code_digest(KEY, SUBJECT, "0123-4567-89AB") == golden.ONE_TIME_CODE_DIGEST
    assert code_digest(KEY, SUBJECT, "oi23 4567-89ab") == golden.ONE_TIME_CODE_DIGEST


@given(
    st.integers(0, 9),
    st.sampled_from([str.lower, str.upper, lambda code: code.replace("-", " "), lambda code: f" {code}"]),
)
@settings(max_examples=30)
def test_a_code_is_found_among_those_of_its_owner(which, spelling):
    codes = new_recovery_codes()
    stored = [code_digest(KEY, SUBJECT, code) for code in codes]
    assert match_code(KEY, SUBJECT, spelling(codes[which]), stored) == stored[which]
    assert match_code(KEY, TENANT, codes[which], stored) is None
    assert match_code(b"\1" * 32, SUBJECT, codes[which], stored) is None
    assert match_code(KEY, SUBJECT, codes[which], stored[:which] + stored[which + 1 :]) is None


def test_what_is_no_code_has_no_digest():
    for given_text in ("", "--", "UUUU", "\u0661\u0662", "a!"):
        assert code_digest(KEY, SUBJECT, given_text) is None
        assert match_code(KEY, SUBJECT, given_text, [code_digest(KEY, SUBJECT, "0000")]) is None
    with pytest.raises(ValueError):
        code_digest(KEY, b"x", "0000")


@pytest.mark.parametrize("make", [session_token, link_token])
def test_tokens_have_256_bits_and_only_their_digest_is_stored(make):
    token = make()
    assert len(urlsafe_b64decode(token + "=")) == 32
    assert make() != token
    assert token_digest(token) == sha256(token.encode()).digest()
    assert token_digest("\ud800") != token_digest(token)
