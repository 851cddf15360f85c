"""Opening units of work: the decision, the transaction, and the event that is told whatever the end."""

from __future__ import annotations

import fcntl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.orm import Session

from audit import log
from audit.event import Basis, Event, Source
from portal.access import policy
from portal.access.actors import Actor
from portal.access.permissions import PERMISSIONS
from portal.access.policy import Decision
from portal.access.reaches import PRACTICE, SELF
from portal.crypto.errors import SealBroken
from portal.crypto.keyring import Keyring
from portal.domain.dates import Clock
from portal.domain.errors import NotFound, Refused, TradeError
from portal.domain.texts import T_
from portal.services.parts import Enqueue
from portal.services.unit_of_work import queries
from portal.services.unit_of_work.bare import Bare
from portal.services.unit_of_work.trail import Request, Teller, Trail
from portal.services.unit_of_work.work import UnitOfWork

_DENIED = T_("Your role does not open this page. If you need it for your work, ask your administrator.")
_LOG_FAILURES = (SQLAlchemyError, RuntimeError, ValueError, OSError)
_ACTS = frozenset({"query", "export"})
"""Kinds of reading that are an act of their own."""
_MINOR, _SERIOUS, _MAJOR = 4, 8, 12


class Denied(Refused):
    """The decision itself was no: there is no permission, and nothing was read."""


class Unavailable(Exception):
    """The log cannot be written, so nothing may be disclosed (45 CFR 164.312(b); SECURITY 3.5): answer 503."""


class Gate:
    """One writer at a time on SQLite, across threads and processes (MECHANISM 3); free on other engines."""

    def __init__(self, path: Path | None) -> None:
        """`path` is the side file to lock; None for an engine that orders its writers itself."""
        self._path = path
        self._here = threading.Lock()

    @contextmanager
    def __call__(self) -> Iterator[None]:
        """Hold the gate around a short write."""
        if self._path is None:
            yield
            return
        with self._here, self._path.open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


@dataclass(frozen=True, slots=True)
class Units:
    """The opener of units of work; handed to web, jobs and commands."""

    engine: Engine
    keyring: Keyring
    clock: Clock
    teller: Teller
    gate: Gate
    enqueue: Enqueue | None = None

    @contextmanager
    def read(
        self,
        actor: Actor,
        permission: str,
        *,
        request: Request | None = None,
        kind: str = "rest",
        basis: Basis | None = None,
        defer: bool = False,
    ) -> Iterator[UnitOfWork]:
        """Read in one transaction that ends here; then the trail is written and committed, before anything leaves.

        With `defer`, the caller renders first and calls `record` itself. Raises Denied, Unavailable.
        """
        decision = self._decide(actor, permission, request, kind)
        session = Session(self.engine.execution_options(ro=True), expire_on_commit=False, autoflush=False, future=True)
        uow = self._open(session, actor, decision, request, kind, basis)
        try:
            yield uow
        except Exception as error:
            session.close()
            self.failed(uow, error)
            raise
        finally:
            session.close()
        if not defer:
            self.record(uow)

    def record(self, uow: UnitOfWork) -> None:
        """Write the trail of a reading unit of work in a short transaction of its own; raises Unavailable.

        A person's look at what may be protected is told even when it showed nothing or only figures.
        """
        if uow.sifted and uow.query is None:
            raise RuntimeError("what was opened for a search is told with the search")
        told = PERMISSIONS[uow.permission].protected and not uow.actor.system
        if not told and uow.trail.empty() and uow.query is None:
            return
        self._seal_query(uow)
        action = "E" if uow.trail.kind in _ACTS else "R"
        self._append(
            self.teller.tell(
                uow.trail, actor=uow.actor, decision=uow.decision, request=uow.request, action=action, basis=uow.basis
            )
        )

    @contextmanager
    def write(
        self,
        actor: Actor,
        permission: str,
        *,
        request: Request | None = None,
        kind: str = "rest",
        basis: Basis | None = None,
    ) -> Iterator[UnitOfWork]:
        """Change things in one transaction, the event in it as the last statement; all of it or nothing.

        A refusal rolls back and is told in a transaction of its own. Raises Denied, Unavailable.
        """
        decision = self._decide(actor, permission, request, kind)
        with self.gate() if self.engine.dialect.name == "sqlite" else nullcontext():
            session = Session(self.engine, expire_on_commit=False, autoflush=False, future=True)
            uow = self._open(session, actor, decision, request, kind, basis)
            try:
                yield uow
                _no_search(uow)
                uow.finish()
                self._tell_within(session, uow)
                session.commit()
            except BaseException as error:  # noqa: BLE001 - an interrupt rolls back and is told like any failure
                session.rollback()
                session.close()
                failure = error
            else:
                session.close()
                return
        self.failed(uow, failure)
        raise failure

    @contextmanager
    def housekeeping(self, *, writing: bool = False, everywhere: bool = False) -> Iterator[Session]:
        """A bare session for what holds nothing protected and is not told: sign-in sessions, throttles, leases of jobs.

        `everywhere` lifts the second wall, for whom a user is and stands for in any practice. Raises RuntimeError when
        a row of a told table would be changed, Unavailable when the store does not answer.
        """
        engine = self.engine if writing else self.engine.execution_options(ro=True)
        try:
            with (
                self.gate() if writing and engine.dialect.name == "sqlite" else nullcontext(),
                Bare(engine, expire_on_commit=False, autoflush=False) as session,
            ):
                if everywhere:
                    self._wall(session, "all")
                yield session
                if writing:
                    session.commit()
                else:
                    session.flush()
        except OperationalError as error:
            raise Unavailable from error

    def answers(self) -> bool:
        """Whether the store answers."""
        try:
            with self.engine.execution_options(ro=True).connect() as connection:
                connection.execute(text("SELECT 1"))
        except SQLAlchemyError:
            return False
        return True

    def allow(self, actor: Actor, permission: str, *, request: Request | None = None) -> Decision:
        """Decide without opening anything, for a door whose steps open units of work of their own; raises Denied."""
        return self._decide(actor, permission, request, "rest")

    def refused(
        self,
        actor: Actor,
        permission: str,
        reason: str,
        *,
        request: Request | None = None,
        kind: str = "rest",
        outcome: int = _SERIOUS,
        trail: Trail | None = None,
    ) -> None:
        """Tell that something was refused or failed, in a transaction of its own."""
        decision = policy.decide(actor, permission)
        self._append(
            self.teller.tell(
                trail or Trail(kind), actor=actor, decision=decision, request=request, action="E", outcome=outcome,
                reason=reason,
            )
        )  # fmt: skip

    def failed(self, uow: UnitOfWork, error: BaseException) -> None:
        """Tell a refusal or failure with what was asked for; opened fields are told too, for they were seen."""
        if isinstance(error, Unavailable):
            return
        trail = uow.trail
        trail.before.clear()
        trail.after.clear()
        trail.groups.clear()
        if isinstance(error, SealBroken):
            trail.kind = "alert"
            outcome, reason = _MAJOR, "integrity"
        elif isinstance(error, TradeError):
            outcome, reason = (_MINOR, error.code)
            if isinstance(error, NotFound):
                trail.subjects.clear()
            self._seal_query(uow)
        else:
            outcome, reason = _SERIOUS, "error"
        self.refused(
            uow.actor, uow.permission, reason, request=uow.request, outcome=outcome, trail=trail, kind=trail.kind
        )

    # Inside

    def _decide(self, actor: Actor, permission: str, request: Request | None, kind: str) -> Decision:
        decision = policy.decide(actor, permission)
        if not decision.allowed:
            self.refused(actor, permission, decision.reason, request=request, kind=kind)
            raise Denied(_DENIED, code=decision.reason)
        return decision

    def _open(
        self,
        session: Session,
        actor: Actor,
        decision: Decision,
        request: Request | None,
        kind: str,
        basis: Basis | None,
    ) -> UnitOfWork:
        reach = decision.reach
        named = reach.kind in {PRACTICE, SELF}
        self._wall(session, ",".join(sorted(each.hex() for each in reach.practices)) if named else "all")
        return UnitOfWork(
            session,
            actor=actor,
            decision=decision,
            keyring=self.keyring,
            now=self.clock.now(),
            request=request,
            kind=kind,
            basis=basis,
            enqueue=self.enqueue,
        )

    def _wall(self, session: Session, shown: str) -> None:
        """The second wall: row-level security shows only these practices in this transaction (SECURITY 1.4)."""
        if self.engine.dialect.name == "postgresql":
            session.execute(text("SELECT set_config('candor.practices', :shown, true)"), {"shown": shown})

    def _seal_query(self, uow: UnitOfWork) -> None:
        """What was searched for, sealed into the trail; the month's audit key is made when it is the first."""
        if uow.query is None:
            return
        now, tenant = self.clock.now(), queries.tenant_of(uow.trail.practices)
        if not queries.known(self.keyring, tenant, now):
            try:
                with self._writing() as connection:
                    source = Source(self.teller.node, self.teller.release)
                    log.append(connection, queries.make_key(connection, self.keyring, tenant, now, source), now)
                with self.engine.execution_options(ro=True).connect() as connection:
                    queries.load(connection, self.keyring)
            except _LOG_FAILURES as error:
                raise Unavailable from error
        asked = uow.request.id if uow.request else None
        uow.trail.query = queries.seal(
            self.keyring, uow.query, practices=uow.trail.practices, request_id=asked, now=now
        )

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with self.gate() if self.engine.dialect.name == "sqlite" else nullcontext(), self.engine.begin() as connection:
            yield connection

    def _tell_within(self, session: Session, uow: UnitOfWork) -> None:
        action = uow.trail.action()
        event = self.teller.tell(
            uow.trail,
            actor=uow.actor,
            decision=uow.decision,
            request=uow.request,
            action="E" if action == "R" else action,
            basis=uow.basis,
        )
        try:
            log.append(session.connection(), [event], uow.now)
        except _LOG_FAILURES as error:
            raise Unavailable from error

    def _append(self, event: Event) -> None:
        try:
            with self._writing() as connection:
                log.append(connection, [event], self.clock.now())
        except _LOG_FAILURES as error:
            raise Unavailable from error


def _no_search(uow: UnitOfWork) -> None:
    """Where things change nothing is searched: the key of a search is made in a transaction that ends before."""
    if uow.query is not None:
        raise RuntimeError("searches are made by units of work that read")
