"""T83: published vectors through the primitives in the way this room (and the audit log) calls them."""

from __future__ import annotations

import hmac
import re

import cryptography_vectors
import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


def lines(path):
    with cryptography_vectors.open_vector_file(path, "r") as file:
        return file.read().splitlines()


def records(path, first):
    """Read `Name = value` lines; a record begins with the line of that name, bracketed lines are kept as they stand."""
    found, around = [], {}
    for line in lines(path):
        if section := re.fullmatch(r"\[(\w+) = (\w+)\]", line):
            around[section[1]] = section[2]
        elif line == "FAIL":
            found[-1]["FAIL"] = ""
        elif pair := re.fullmatch(r"(\w+)\s*=\s*(.*)", line):
            if pair[1] == first:
                found.append(dict(around))
            if found:
                found[-1][pair[1]] = pair[2].strip('"')
    return found


def octets(record, *names):
    return [bytes.fromhex(record[name].removeprefix("0x")) for name in names]


@pytest.mark.parametrize("file", ["gcmEncryptExtIV256", "gcmDecrypt256"])
def test_aes_256_gcm(file):
    chosen = [r for r in records(f"ciphers/AES/GCM/{file}.rsp", "Count") if r["IVlen"] == "96" and r["Taglen"] == "128"]
    failed = 0
    for record in chosen:
        key, nonce, aad, ciphertext, tag = octets(record, "Key", "IV", "AAD", "CT", "Tag")
        if "FAIL" in record:
            failed += 1
            with pytest.raises(InvalidTag):
                AESGCM(key).decrypt(nonce, ciphertext + tag, aad)
        else:
            [plaintext] = octets(record, "PT")
            assert AESGCM(key).decrypt(nonce, ciphertext + tag, aad) == plaintext
            assert AESGCM(key).encrypt(nonce, plaintext, aad) == ciphertext + tag
    assert len(chosen) == 375
    assert (failed > 0) == (file == "gcmDecrypt256")


def test_hmac_sha256():
    chosen = records("HMAC/rfc-4231-sha256.txt", "Len")
    for record in chosen:
        key, message, digest = octets(record, "Key", "Msg", "MD")
        assert hmac.digest(key, message, "sha256") == digest
    assert len(chosen) >= 5


def test_hmac_sha1():
    chosen = records("HMAC/rfc-2202-sha1.txt", "Len")
    for record in chosen:
        key, message, digest = octets(record, "Key", "Msg", "MD")
        assert hmac.digest(key, message, "sha1") == digest
    assert len(chosen) >= 5


def test_hkdf_sha256():
    chosen = records("KDF/rfc-5869-HKDF-SHA256.txt", "COUNT")
    for record in chosen:
        secret, salt, info, derived = octets(record, "IKM", "salt", "info", "OKM")
        kdf = HKDF(algorithm=hashes.SHA256(), length=int(record["L"]), salt=salt or None, info=info)
        assert kdf.derive(secret) == derived
    assert len(chosen) == 3


def test_ed25519():
    chosen = lines("asymmetric/Ed25519/sign.input")[::8]
    for line in chosen:
        secret, public, message, signed = (bytes.fromhex(part) for part in line.split(":")[:4])
        key = Ed25519PrivateKey.from_private_bytes(secret[:32])
        assert key.public_key().public_bytes_raw() == public
        assert key.sign(message) == signed[:64]
        key.public_key().verify(signed[:64], message)
    assert len(chosen) == 128
