"""What is sealed under one subject's key: which models, which rows, which tenant."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, and_

from portal.domain.errors import NotFound
from portal.domain.texts import T_
from portal.models import catalog
from portal.models.base import Base
from portal.models.keys import SubjectKeyRow
from portal.services.unit_of_work.fields import shape
from portal.services.unit_of_work.work import UnitOfWork

_FILE_BUCKET = 2048
"""Columns of whole files and pictures are padded to this bucket at least (SECURITY 2.3)."""


def tenant_of(uow: UnitOfWork, subject: bytes) -> bytes:
    """Under which tenant's keys a subject's stand; raises NotFound for one without a key."""
    row = uow.row(uow.select(SubjectKeyRow.tenant).where(SubjectKeyRow.subject == subject))
    if row is None:
        raise NotFound(T_("There is no key of this record; it may have been shredded."), code="not-found")
    tenant: bytes = row.tenant
    return tenant


def sealed_models() -> list[type[Base]]:
    """The models with sealed columns, by table code."""
    return sorted(
        (model for model in catalog.models().values() if shape(model).sealed), key=lambda each: each.table_code
    )


def at_once(model: type[Base], batch: int) -> int:
    """How many rows of a model to hold in memory, of a batch of small ones: those with whole files are up to 25 MiB."""
    whole = any(field.kind == "bytes" and field.bucket >= _FILE_BUCKET for field in shape(model).sealed.values())
    return max(1, batch // 100) if whole else batch


def column(model: type[Base], name: str) -> Any:
    """A column of a model by its name."""
    return getattr(model, name)


def by(model: type[Base], subject: bytes) -> ColumnElement[bool]:
    """Rows sealed under a subject's key: the first filled of the columns that name it."""
    clause: ColumnElement[bool] | None = None
    earlier: list[Any] = []
    for name in model.sealed_under:
        found = column(model, name) if name in model.__table__.columns else None
        if found is None:
            continue
        one: ColumnElement[bool] = and_(found == subject, *(each.is_(None) for each in earlier))
        clause = one if clause is None else clause | one
        earlier.append(found)
    assert clause is not None, model.__tablename__
    return clause
