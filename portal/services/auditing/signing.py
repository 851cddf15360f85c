"""The key that signs the log's heads, replaced: announced in the log, both sign for a while, the old one ends.

Verifiers are given a list of keys, each with the sizes of the log for which it counts (`verifier.key`).
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import select

from audit.checkpoint import BadNote, SigningKey, VerifierKey, make_key_file, origin, sync_directory, verify
from audit.event import SIGNING_KEY
from audit.table import audit_checkpoint, audit_head
from portal.access.actors import Actor
from portal.domain.errors import Refused
from portal.domain.texts import T_
from portal.services.parts import Parts
from portal.services.unit_of_work.units import Units

OVERLAP: Final = timedelta(days=30)
"""So long both keys sign, unless asked otherwise: witnesses and verifiers take the new list meanwhile."""


@dataclass(frozen=True, slots=True)
class Change:
    """Where a change of the signing key stands: begun, overlapping or ended; until when both sign, if told."""

    stage: str
    key: VerifierKey
    until: datetime | None = None


def rotate(
    units: Units,
    parts: Parts,
    actor: Actor,
    files: Mapping[int, Path],
    following: Path,
    stated: Path,
    overlap: timedelta = OVERLAP,
) -> Change:
    """Take the next step: make and announce a new key, or end the old one once both have signed long enough.

    `files` are the keys by generation, `following` where the next goes, `stated` the list for verifiers. Broken off,
    run it again. Raises Refused while nothing is signed, or before both keys have signed.
    """
    name = origin(parts.installation)
    listed = _listed(stated)
    if len(files) > 1:
        old, new = list(files.items())[-2:]
        return _end(units, actor, listed, _key(old[1], name), _key(new[1], name), old[1], stated, overlap)
    aside = following.with_name(following.name + ".new")
    if not aside.exists():
        make_key_file(aside)
    key = _key(aside, name)
    with units.write(actor, "key:manage", kind="key") as uow:
        uow.note(SIGNING_KEY, key.public.hex())
    with units.housekeeping() as session:
        size = session.connection().execute(select(audit_head.c.size)).scalar_one()
    key = replace(key, first=size)  # the announcement is one of these events
    older = [each for each in listed if each.public != key.public] or [_key(path, name) for path in files.values()]
    _state(stated, [*older, key])
    aside.rename(following)
    sync_directory(following.parent)
    return Change("begun", key)


def _end(
    units: Units,
    actor: Actor,
    listed: Sequence[VerifierKey],
    old: VerifierKey,
    new: VerifierKey,
    old_file: Path,
    stated: Path,
    overlap: timedelta,
) -> Change:
    key = next((each for each in listed if each.public == new.public), new)
    columns = audit_checkpoint.c
    heads = select(columns.size, columns.note, columns.signed_at).where(columns.size >= key.first)
    with units.housekeeping() as session:
        rows = session.connection().execution_options(yield_per=100).execute(heads.order_by(columns.size))
        first = next((row for row in rows if _signed(row.note, key)), None)
        rows.close()
        newest = session.connection().execute(heads.order_by(columns.size.desc()).limit(1)).one_or_none()
    if first is None or newest is None or not _signed(newest.note, key):
        raise Refused(T_("The new key has not signed yet. Let the worker run with it, and ask again."), code="unsigned")
    until = datetime.fromisoformat(first.signed_at) + overlap
    if units.clock.now() < until:
        return Change("overlapping", key, until)
    with units.write(actor, "key:manage", kind="key") as uow:
        uow.note("signing-key-ended", old.public.hex())
    _state(stated, [replace(each, last=newest.size) if each.public == old.public else each for each in listed])
    old_file.unlink()
    sync_directory(old_file.parent)
    return Change("ended", key)


def _signed(note: str, key: VerifierKey) -> bool:
    try:
        verify(note, [key])
    except BadNote:
        return False
    return True


def _key(path: Path, name: str) -> VerifierKey:
    return VerifierKey.of(name, SigningKey.from_private_bytes(path.read_bytes()))


def _listed(stated: Path) -> list[VerifierKey]:
    lines = stated.read_text().splitlines() if stated.exists() else []
    return [VerifierKey.parse(line) for line in lines if line.strip()]


def _state(stated: Path, keys: Sequence[VerifierKey]) -> None:
    """Write the list as a whole, on disk before this returns."""
    stated.parent.mkdir(parents=True, exist_ok=True)
    aside = stated.with_name(stated.name + ".new")
    with aside.open("w") as file:
        file.writelines(f"{key.line()}\n" for key in keys)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(stated)
    sync_directory(stated.parent)
