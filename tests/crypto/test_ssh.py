from __future__ import annotations

import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from portal.crypto.ssh import public_line


def test_a_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path):
    path = tmp_path / "keys" / "sftp.key"
    line = public_line(path)
    assert line.startswith("ssh-ed25519 AAAA")
    assert stat.S_IMODE(path.stat().st_mode) == 0o400
    assert public_line(path) == line


@pytest.mark.parametrize(
    "body",
    [
        b"not a key",
        generate_private_key(SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()),
        Ed25519PrivateKey.generate().private_bytes(
            Encoding.PEM, PrivateFormat.OpenSSH, BestAvailableEncryption(b"pass")
        ),
    ],
)
def test_another_file_is_refused(tmp_path: Path, body: bytes):
    path = tmp_path / "sftp.key"
    path.write_bytes(body)
    with pytest.raises(ValueError, match=r"key|recognized|deserialize"):
        public_line(path)
