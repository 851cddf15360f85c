"""Pairs of steps on one item that must be two people (domain workflows 0; HFMA and SOX practice of segregation)."""

from __future__ import annotations

from typing import Final

PAIRS: Final = frozenset({
    ("encounter:code", "encounter:review"),
    ("charge:enter", "charge:audit"),
    ("claim:void", "claim:void-approve"),
    ("refund:request", "refund:approve"),
    ("refund:approve", "refund:send"),
    ("remittance:post", "refund:request"),
    ("write-off:request", "write-off:approve"),
})  # fmt: skip
"""The earlier step stands first; the later one is refused to whoever did the earlier on the same item."""


def conflicting(permission: str) -> frozenset[str]:
    """The steps that whoever takes this one must not have taken on the same item."""
    return frozenset(earlier for earlier, later in PAIRS if later == permission)
