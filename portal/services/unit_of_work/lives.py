"""Which state table governs which table of the store."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from portal.domain import claims, denials, encounters, payments, statements
from portal.domain.lifecycle import Lifecycle

LIVES: Final[Mapping[str, Lifecycle[Any]]] = MappingProxyType({
    "claim": claims.LIFE,
    "denial": denials.LIFE,
    "encounter": encounters.LIFE,
    "payment": payments.LIFE,
    "statement": statements.LIFE,
})  # fmt: skip
