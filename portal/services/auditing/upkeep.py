"""The log's own upkeep by jobs: signing and anchoring, indexing, asking a witness; and how it stands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from audit import log, signer, witness
from audit.checkpoint import SigningKey, VerifierKey, origin, parse_checkpoint, parse_note
from audit.table import CONTRADICTED, INDEX_MARK, NO_WITNESS, audit_checkpoint, audit_mark
from portal.access.actors import system
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
    witness_set_up: bool
    witness_red: bool
    contradicted: bool
    """The witness holds another history than this log."""


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


def no_witness(units: Units) -> None:
    """Note that no witness is set up, so that none is waited for."""
    with units.housekeeping() as session:
        if signer.witnessed(session.connection()) == NO_WITNESS:
            return
    _mark(units, NO_WITNESS)


def ask_witness(units: Units, parts: Parts, url: str, keys: Sequence[VerifierKey]) -> int | None:
    """Have a witness cosign the newest checkpoint; its size, None when it has it already.

    Raises audit.witness.WitnessRefused; WitnessContradicts when the witness saw another history: that is an alert, and
    the log stands red until a witness cosigns it.
    """
    with units.housekeeping() as session:
        mark = signer.witnessed(session.connection())
    if mark == NO_WITNESS:
        _mark(units, 0)
    try:
        found = _cosigned(
            units, max(mark, 0), lambda each: witness.submit(url, each.note, each.old_size, each.proof, keys)
        )
    except witness.WitnessContradicts:
        if mark != CONTRADICTED:
            _mark(units, CONTRADICTED)
            units.refused(system("audit.witness"), "audit:view", "witness-contradicts", kind="alert", outcome=12)
        raise
    if found is None:
        return None
    size, lines = found
    with units.housekeeping(writing=True) as session:
        signer.record_cosignatures(session.connection(), size, lines, units.clock.now(), parts.anchor_file)
    return size


def _cosigned(units: Units, seen: int, submit: Callable[[signer.Submission], str]) -> tuple[int, str] | None:
    """What a witness that last saw `seen` answers to the newest checkpoint; None when that is it."""
    for last in (False, True):
        try:
            with units.housekeeping() as session:
                found = signer.submission(session.connection(), seen)
        except ValueError as cut:
            raise witness.WitnessContradicts(str(cut)) from None
        if found is None:
            return None
        try:
            return found.size, submit(found)
        except witness.WitnessBehind as behind:  # it saw another size than we remember: prove from there, once
            if last:
                raise witness.WitnessRefused(str(behind)) from None
            seen = behind.size
    raise AssertionError("the second try ends it")


def _mark(units: Units, mark: int) -> None:
    with units.housekeeping(writing=True) as session:
        signer.mark_witness(session.connection(), mark)


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
        witness_set_up=found.witnessed is not None,
        witness_red=found.witness_red,
        contradicted=found.contradicted,
    )
