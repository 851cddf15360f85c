"""The log's own upkeep by jobs: signing and anchoring, indexing, asking a witness; and how it stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from audit import log, signer, witness
from audit.checkpoint import SigningKey, VerifierKey, origin, parse_checkpoint, parse_note
from audit.table import INDEX_MARK, audit_checkpoint, audit_mark
from portal.services.parts import Parts
from portal.services.unit_of_work.units import Units
from portal.services.unit_of_work.work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Health:
    """How the log stands: entries, how many are signed, anchored and indexed, how long the oldest waits, and red."""

    size: int
    signed: int
    anchored: int
    indexed: int
    waiting: timedelta
    red: bool
    root: str | None
    signed_at: datetime | None
    anchored_at: datetime | None
    witnessed: int
    witnessed_at: datetime | None


def tick(units: Units, parts: Parts, keys: Sequence[SigningKey]) -> signer.Tick:
    """Sign and anchor what is new; the worker's and the commands' part, for a web process never holds the key.

    Raises audit.signer.Broken when the log does not continue what was signed last, OSError without an anchor file.
    """
    parts.anchor_file.parent.mkdir(parents=True, exist_ok=True)
    with units.housekeeping(writing=True) as session:
        name = origin(parts.installation)
        return signer.tick(session.connection(), name, keys, parts.anchor_file, units.clock.now())


def index(units: Units, batch: int = 1000) -> int:
    """Bring the search tables up to date, a batch a transaction; returns how many events were entered."""
    done = 0
    while True:
        with units.housekeeping(writing=True) as session:
            entered = log.index_events(session.connection(), batch)
        done += entered
        if entered < batch:
            return done


def ask_witness(units: Units, url: str, keys: Sequence[VerifierKey]) -> int | None:
    """Have a witness cosign the newest checkpoint; its size, None when it has it already.

    Raises audit.witness.WitnessRefused, ValueError when the witness saw more than there is: then the log was cut.
    """
    columns = audit_checkpoint.c
    with units.housekeeping() as session:
        seen = session.execute(
            select(columns.size).where(columns.witnessed_at.is_not(None)).order_by(columns.size.desc()).limit(1)
        ).scalar()
    seen, tries = seen or 0, 2
    while True:
        with units.housekeeping() as session:
            found = signer.submission(session.connection(), seen)
        if found is None:
            return None
        try:
            lines = witness.submit(url, found.note, found.old_size, found.proof, keys)
            break
        except witness.WitnessBehind as behind:  # it saw another size than we remember: prove from there, once
            tries -= 1
            if not tries:
                raise
            seen = behind.size
    with units.housekeeping(writing=True) as session:
        signer.record_cosignatures(session.connection(), found.size, lines, units.clock.now())
    return found.size


def health(uow: UnitOfWork) -> Health:
    """How the log stands, for the officer's page and the metrics; shows nothing of what is in it."""
    connection, columns = uow.log(), audit_checkpoint.c
    found = signer.health(connection, uow.now)
    newest = connection.execute(
        select(columns.size, columns.note, columns.signed_at, columns.anchored_at)
        .order_by(columns.size.desc())
        .limit(1)
    ).one_or_none()
    witnessed = connection.execute(
        select(columns.size, columns.witnessed_at)
        .where(columns.witnessed_at.is_not(None))
        .order_by(columns.size.desc())
        .limit(1)
    ).one_or_none()
    indexed = connection.execute(select(audit_mark.c.seq).where(audit_mark.c.name == INDEX_MARK)).scalar_one()
    return Health(
        size=found.size,
        signed=newest.size if newest else 0,
        anchored=found.anchored,
        indexed=indexed,
        waiting=found.waiting,
        red=found.red,
        root=parse_checkpoint(parse_note(newest.note).text).root.hex() if newest else None,
        signed_at=datetime.fromisoformat(newest.signed_at) if newest else None,
        anchored_at=datetime.fromisoformat(newest.anchored_at) if newest and newest.anchored_at else None,
        witnessed=witnessed.size if witnessed else 0,
        witnessed_at=datetime.fromisoformat(witnessed.witnessed_at) if witnessed and witnessed.witnessed_at else None,
    )
