"""What one unit of work did, gathered while it does it, and turned into one audit event."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from audit.canonical import clip
from audit.digest import group_digest
from audit.event import Auth, Basis, Disclosure, Event, Net, Object, Query, Source
from portal.access.actors import Actor
from portal.access.policy import Decision


@dataclass(frozen=True, slots=True)
class Request:
    """The request behind a unit of work: a random id shown on errors, the client's address and user agent."""

    id: bytes
    address: str = ""
    agent: str | None = None


@dataclass(slots=True)
class Trail:
    """Reads, changes and people of one unit of work. Nothing in it is a value: ids, codes and digests only."""

    kind: str = "rest"
    opened: dict[tuple[int, bytes], set[int]] = field(default_factory=dict)
    """(table code, row id) -> column codes opened."""
    subjects: set[bytes] = field(default_factory=set)
    practices: set[bytes] = field(default_factory=set)
    asked: set[tuple[int, bytes]] = field(default_factory=set)
    before: dict[tuple[int, bytes], bytes] = field(default_factory=dict)
    after: dict[tuple[int, bytes], bytes] = field(default_factory=dict)
    groups: dict[tuple[int, bytes], dict[tuple[int, bytes], bytes]] = field(default_factory=dict)
    """Head -> its members' digests."""
    query: Query | None = None
    count: int | None = None
    digest: bytes | None = None
    disclosure: Disclosure | None = None
    extra: list[Object] = field(default_factory=list)
    identity: str | None = None
    """Who acted, where the actor of the unit of work is the system on someone's behalf (a sign-in)."""
    outcome: int = 0
    reason: str | None = None
    """An act that is kept and yet failed: a wrong password counts, and is told as a failure."""

    def empty(self) -> bool:
        """Nothing was seen and nothing changed."""
        return not (
            self.opened or self.subjects or self.asked or self.before or self.after or self.groups or self.extra
            or self.query or self.count is not None
        )  # fmt: skip

    def objects(self) -> Iterable[Object]:
        """What was touched, for the event: reads with their fields, changes with their digests."""
        for (table, row), codes in self.opened.items():
            yield Object(table, row, codes)
        for (table, row), digest in self.before.items():
            if (table, row) not in self.after:
                yield Object(table, row, before=digest)
        for (table, row), digest in self.after.items():
            if self.before.get((table, row)) != digest:
                yield Object(table, row, before=self.before.get((table, row)), after=digest)
        for (table, row), members in self.groups.items():
            yield Object(table, row, after=group_digest((code, key, digest) for (code, key), digest in members.items()))
        for table, row in self.asked:
            if (table, row) not in self.opened and (table, row) not in self.after and (table, row) not in self.groups:
                yield Object(table, row)
        yield from self.extra

    def action(self) -> str:
        """C, U, D or R by what was done; E for an act that changed no protected row."""
        created = (self.after.keys() | self.groups.keys()) - self.before.keys()
        if self.before.keys() & self.after.keys():
            return "U"
        if created:
            return "C"
        return "D" if self.before else "R"


def _by_proxy(actor: Actor, decision: Decision, subjects: set[bytes]) -> Basis | None:
    """Why somebody met a record that is not their own: they stand or pay for that patient (45 CFR 164.502(g))."""
    others = decision.reach.patients - actor.own_patients
    return Basis("proxy") if subjects and subjects <= others and decision.reach.shut else None


@dataclass(frozen=True, slots=True)
class Teller:
    """Makes events: knows the node and release that saw the act."""

    node: str
    release: str

    def tell(
        self,
        trail: Trail,
        *,
        actor: Actor,
        decision: Decision,
        request: Request | None,
        action: str,
        outcome: int = 0,
        reason: str | None = None,
        basis: Basis | None = None,
    ) -> Event:
        """One event for one unit of work; `outcome` 0 done, 4 refused, 8 denied or failed, 12 integrity broken."""
        age = actor.authenticated_seconds_ago
        return Event(
            type=trail.kind,
            subtype=decision.permission,
            action=action,
            actor=trail.identity or actor.identity,
            outcome=outcome or trail.outcome,
            reason=reason or trail.reason,
            actor_role=decision.role or None,
            acting_for=clip(actor.initiator) if actor.initiator else None,
            practices=trail.practices | decision.reach.practices if outcome else trail.practices,
            session=actor.session or None,
            auth=Auth(actor.assurance, actor.method or "none", age or 0) if actor.session else None,
            net=Net.seen(request.address, request.agent) if request and request.address else None,
            request_id=request.id if request else None,
            source=Source(self.node, self.release),
            purpose=actor.purpose or decision.purpose or None,
            basis=basis or _by_proxy(actor, decision, trail.subjects),
            subjects=trail.subjects,
            objects=list(trail.objects()),
            query=trail.query,
            disclosure=trail.disclosure,
            count=trail.count,
            digest=trail.digest,
        )
