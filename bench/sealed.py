"""Opening sealed fields against a bare AESGCM.decrypt loop over the same bytes: `python -m bench.sealed`.

Wanted: at least a quarter of the bare rate (issue "First light", 8).
"""

from __future__ import annotations

import os

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bench.timing import paired, spread
from portal.crypto.envelope import open_field, seal_field
from portal.crypto.keys import DataKey
from portal.models.patients import PatientRow
from portal.models.types import Box
from portal.services.unit_of_work.fields import field

COUNT = 20_000


def main() -> None:
    raw, tenant, subject = os.urandom(32), os.urandom(16), os.urandom(16)
    key, bare = DataKey(1, raw), AESGCM(raw)
    of = field(PatientRow.last_name_sealed)
    rows = [os.urandom(16) for _ in range(COUNT)]
    blobs = [
        seal_field(key, field_code=of.code, tenant=tenant, subject=subject, row=row, plaintext=b"Okonkwo", bucket=32)
        for row in rows
    ]
    label = b"phi-field/v1\x00"
    parts = [
        (blob[6:18], blob[18:], label + blob[:6] + of.code.to_bytes(2, "big") + tenant + subject + row)
        for blob, row in zip(blobs, rows, strict=True)
    ]
    boxes = [Box(blob) for blob in blobs]

    def ours() -> None:
        for box, row in zip(boxes, rows, strict=True):
            open_field(key, field_code=of.code, tenant=tenant, subject=subject, row=row, blob=box.blob)

    def plain() -> None:
        for nonce, ciphertext, data in parts:
            bare.decrypt(nonce, ciphertext, data)

    a, b, ratios = paired(plain, ours)
    print(f"bare decrypt {COUNT / a:,.0f}/s, open_field {COUNT / b:,.0f}/s")
    print(f"rate of opening, as a share of the bare rate: {spread(ratios)}; wanted at least 0.25")


if __name__ == "__main__":
    main()
