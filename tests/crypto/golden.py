"""Version 1, written once from the description alone with fixed keys and nonces; it must open for ever."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

TENANT, SUBJECT, ROW = b"\x10" * 16, b"\x20" * 16, b"\x30" * 16
DEK, KEK, ROOT, AUDIT, INDEX = (bytes(range(start, start + 32)) for start in (0, 32, 64, 96, 128))
DEK_VERSION, KEK_GENERATION, ROOT_GENERATION, AUDIT_GENERATION, INDEX_GENERATION = 7, 3, 2, 2026 * 12 + 10, 1

COMMITMENT = bytes.fromhex("4d8962a6ed05740aabe42d47e39100ae")
WRAPPED_DEK = bytes.fromhex(
    "0101000000032828282828282828282828287d2c88bd2e4f26f464b580d4cd45"
    "685f77eb934869534f388e12008f1ce979089046d5a1c379982265b87a5b5d61d0b1"
)
WRAPPED_KEK = bytes.fromhex(
    "010100000002333333333333333333333333e8aaf84dcb97877ba82c73afce34"
    "92eee05796685d5161e0ca0d56829ef82d67f3c4f3df59ae28c3a523f7a81cddb1ec"
)
WRAPPED_INDEX = bytes.fromhex(
    "010100000002343434343434343434343434b5e98ca2df67d492d766a2164365"
    "77d39bd31156a8e43a060e3bbe39e01db61d61fc64e4b5afbad63cf0b1aabea4cfa9"
)
WRAPPED_AUDIT = bytes.fromhex(
    "010100000002353535353535353535353535029cebd337b029c30dc4ae6f8ec2"
    "da85e80fcc8584be8d0909ea2e34d2095b7716050ec832a933f1bf893991464a0ace"
)
AUDIT_TEXT = bytes.fromhex(
    "010100005f023c3c3c3c3c3c3c3c3c3c3c3c723e3f4c9a5a109f565af3b6ab1f06127c1b0e7d993a937d4fe590c770d7d7a35c7125afccda"
    "95777f2564e5a5185136564c1f59fe4c6b8155d9f496719a6c268e79ba60625a70c5e31dc93a597dfe206605257c19ff935371e0d3647ce8"
    "2e73bc731ccbcefc6259d506f6b8ddb10ff7d40011d2e324384337c5e7b67ef7aa6be9cf6cbcf7c228fc4139124edf7a585f"
)

# kind, field code, value, envelope
FIELDS = [
    (
        "text",
        513,
        "M\u00fcller",
        (
            "0101000000070101010101010101010101013a00595904e01ae6d4546718186752d8cb6e8fdb918316dcf3db07ec9d09fe31fd144f3d3c57"
            "e7ef789cf4ea6e16b191"
        ),
    ),
    (
        "date",
        514,
        date(1984, 2, 29),
        (
            "010100000007020202020202020202020202aa11218f94e90376f9bc22f83379da131ce9af6c945478f1425ed103776b49c2e0f1cecb07c2"
            "38fdc61993b3fff79a33"
        ),
    ),
    (
        "decimal",
        515,
        Decimal("-12.5"),
        (
            "010100000007030303030303030303030303c37a0ef83e125216de5d067ecdaa54071a56f6f0daf83cb182bd461d0422a9525878a267c060"
            "c5f1272c2c06d544a210"
        ),
    ),
    (
        "json",
        516,
        {"b": "\u00e9", "a": [1, True, None]},
        (
            "0101000000070404040404040404040404041fa5afaa130ea0b1be772e0e0993d46cf804214610ab5dcfd4861edd8d146b8bbd7526615332"
            "792ba3e12b1c7dde5de13ee6d59e9daacac7b4a70dc110fbd40db479fb005c673518719b129b290fcfb908cc1aaa5ed1716423b145a2a48e"
            "60ea1d1366fdc0f684f51b4908e442445b5058e51657a67747d658aebe155b634db2ac40095df49c08342cd5a61471ad7fc1"
        ),
    ),
    (
        "bytes",
        517,
        b"\x00\x80\x00",
        (
            "0101000000070505050505050505050505054cb6d8f1a03d9aea3f8e0be0091306d5557794dfe4da958b3221d223de3f105d8a502b48daaa"
            "9e06d384c82516f533de"
        ),
    ),
    (
        "text",
        518,
        "",
        (
            "010100000007060606060606060606060606bc58ed8979b5ad91db6485be4763d93d0b846851456984c1b6ff96fa03aa634666ec200a5dee"
            "51e35b776f99fe9adc88"
        ),
    ),
    (
        "text",
        519,
        "x" * 31,
        (
            "0101000000070707070707070707070707077712de241777af8cbee56bf8f8298ce3d924f50bf08ff96186c326827ca64a9b357a21ee5d7f"
            "c5e90c374f9b1d418afd"
        ),
    ),
    (
        "text",
        520,
        "x" * 32,
        (
            "010100000007080808080808080808080808523ba0ae95fc4e8ea82f23e0f8e508409b6d7bd7edba01173d6e715985d23387c4853df76ed1"
            "2e3797dcecddff05b72df13ea5c2b6b03f0c1a4569a004fd2e1cc10ab7047fe9218bff98551b379d1b77e30fc278d449f3a0ec6c65fa3846"
            "7764d0b89e8cebc60010a1641dd069fdf35c295ebbfcdc6973b0300bccfe91b1d2dbe1b2f6549226915d6581376a4c999450"
        ),
    ),
]

MEMBER_ID_KEY = bytes.fromhex("6f4984ff26da3ccfacf9fe6d86cd92a02f1f0f6c06275539a80e4cf08dfd5b76")

# index, parts, token
TOKENS = [
    ("member-id", ("xyz-12 34",), "149dfcb90344ca73bc8afe61c83416f6"),
    ("mrn", ("XYZ1234",), "25e2809a59c5ccd40e284e99d8d22f5f"),
    ("name-birth", ("M\u00fcller", date(1984, 2, 29)), "d6297154cdb9569115ca2dd2fff4c9e4"),
    ("phone", ("(206) 555-0123",), "033dd7d63c65d0bd19d1045fa7f79a9c"),
    ("e-mail", ("Ana@Example.org",), "b36a50d7485718b038bf4c2f15f80928"),
    ("address", ("12 North Main Street, Apt. #4", "98101-2345"), "dff2572725cde8e60aea169a9877bda8"),
]
ONE_TIME_CODE_DIGEST = bytes.fromhex("104f768520a3f8e18a97820573f9138dcd45fd904ccb69497311ee0bc5ccc16f")
