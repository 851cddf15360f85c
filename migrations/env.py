"""Runs the numbered migrations on a connection handed in by the caller, on either engine."""

from __future__ import annotations

from typing import Any

from alembic import context
from sqlalchemy import DateTime, LargeBinary

from audit import table
from portal.models import catalog
from portal.models.types import Instant, SealedType


def same_type(_context: Any, _inspected: Any, _metadata: Any, inspected_type: Any, metadata_type: Any) -> bool | None:
    """Compare our own types by what they are stored as."""
    if isinstance(metadata_type, SealedType):
        return not isinstance(inspected_type, LargeBinary)
    if isinstance(metadata_type, Instant):
        return not isinstance(inspected_type, DateTime)
    return None


def render(type_: str, item: Any, _autogen: Any) -> str | bool:
    """Write our own types into migrations as what they are stored as."""
    if type_ == "type" and isinstance(item, SealedType):
        return "sa.LargeBinary()"
    if type_ == "type" and isinstance(item, Instant):
        return "sa.DateTime(timezone=True)"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=[catalog.metadata, table.metadata],
    render_item=render,
    compare_type=same_type,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
