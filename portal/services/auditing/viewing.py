"""One event in all its fields, with the names that its reader may see, and the proof that it is in the signed log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import select

from audit import log, proof
from audit.checkpoint import parse_checkpoint, parse_note
from audit.event import parse
from audit.search import Stored, read
from audit.table import audit_checkpoint
from audit.tree import Tree, leaf, verify_inclusion
from portal.domain.errors import NotFound
from portal.domain.texts import T_, Text
from portal.models import catalog
from portal.services.auditing import names, words
from portal.services.auditing.searching import Entry, entries, practices
from portal.services.unit_of_work.fields import shape
from portal.services.unit_of_work.work import UnitOfWork

_ABSENT = T_("There is no such entry, or it is not about your practices.")


@dataclass(frozen=True, slots=True)
class Touched:
    """One thing touched: what it is, its id, which fields were opened, its digests before and after (hex)."""

    kind: Text | str
    id: str
    fields: tuple[str, ...]
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Inclusion:
    """The proof of an event under the newest signed head: whether it holds, and its numbers in hex."""

    holds: bool
    leaf: str
    path: int
    size: int
    root: str
    signed_at: datetime
    anchored_at: datetime | None
    witnessed: bool


@dataclass(frozen=True, slots=True)
class Opened:
    """An event with everything that it says; `body` are its bytes as they are kept, as text."""

    entry: Entry
    said: Mapping[str, Any]
    subjects: tuple[tuple[str, str], ...]
    more_subjects: int
    """Patients of the event that are not within the reader's reach."""
    touched: tuple[Touched, ...]
    query: str | None
    purpose: Text
    basis: Text | None
    inclusion: Inclusion | None
    body: str


def event(uow: UnitOfWork, seq: int) -> Opened:
    """Open one event; raises NotFound outside the reader's practices. What it shows is told in its turn."""
    stored = _stored(uow, seq)
    said = parse(stored.body or b"")
    uow.note("audit_event", str(seq))
    named = names.of_patients(uow, said.get("subjects", ()))
    return Opened(
        entries(uow, [said])[0],
        said,
        tuple(sorted(named.items(), key=lambda pair: pair[1])),
        len(said.get("subjects", ())) - len(named),
        tuple(_touched(each) for each in said.get("objects", ())),
        uow.words_of(said) if "query" in said else None,
        words.purpose(said.get("purpose")),
        words.basis(said),
        _inclusion(uow, stored),
        (stored.body or b"").decode(),
    )


def tlog_proof(uow: UnitOfWork, seq: int) -> str:
    """The proof of one event as C2SP tlog-proof text: hashes and the signed head, nothing of the event itself."""
    _stored(uow, seq)
    uow.note("audit_event", str(seq))
    found = _path(uow, seq)
    if found is None:
        raise NotFound(T_("This entry is not signed yet. Try again in a few seconds."), code="not-signed")
    return proof.write(seq, found[1], found[0].note + (found[0].cosignatures or ""))


def _stored(uow: UnitOfWork, seq: int) -> Stored:
    """The event within the reader's practices; its number is in the trail in any case."""
    stored = next(log.read(uow.log(), seq, seq), None)
    bound = practices(uow)
    if stored is not None and stored.body is not None:
        about = {bytes.fromhex(each) for each in parse(stored.body).get("practices", ())}
        if bound is None or bound & about:
            return stored
    uow.note("audit_event", str(seq))
    raise NotFound(_ABSENT, code="not-found")


@cache
def _tables() -> Mapping[int, tuple[str, Mapping[int, str]]]:
    """Table name and field names by code."""
    return {
        model.table_code: (
            name,
            {field.code & 0xFF: field.name.partition(".")[2] for field in shape(model).sealed.values()},
        )
        for name, model in catalog.models().items()
    }


def _touched(each: Mapping[str, Any]) -> Touched:
    kind, known = each["type"], _tables().get(each["type"])
    opened = tuple((known[1].get(code, str(code)) if known else str(code)) for code in each.get("fields", ()))
    return Touched(
        words.NOUNS.get(kind) or (known[0] if known else str(kind)),
        each["id"],
        opened,
        each.get("before"),
        each.get("after"),
    )


def _path(uow: UnitOfWork, seq: int) -> tuple[Any, list[bytes], list[bytes]] | None:
    """The newest signed head that holds an event, the path to it, and all leaves under it; reads every leaf."""
    columns = audit_checkpoint.c
    head = (
        uow.log()
        .execute(
            select(columns.size, columns.note, columns.cosignatures, columns.signed_at, columns.anchored_at,
                   columns.witnessed_at).order_by(columns.size.desc()).limit(1)
        )
        .one_or_none()
    )  # fmt: skip
    if head is None or head.size <= seq:
        return None
    leaves = [each.leaf for each in read(uow.log(), 0, head.size - 1)]
    return head, Tree(leaves).inclusion(seq), leaves


def _inclusion(uow: UnitOfWork, stored: Stored) -> Inclusion | None:
    found = _path(uow, stored.seq)
    if found is None:
        return None
    head, path, _ = found
    signed = parse_checkpoint(parse_note(head.note).text)
    own = leaf(stored.body or b"")
    holds = own == stored.leaf and verify_inclusion(own, stored.seq, signed.size, path, signed.root)
    return Inclusion(
        holds, own.hex(), len(path), signed.size, signed.root.hex(), datetime.fromisoformat(head.signed_at),
        datetime.fromisoformat(head.anchored_at) if head.anchored_at else None, head.witnessed_at is not None,
    )  # fmt: skip
