"""What is said of one act: who, what, to whose records, why, with which outcome; as canonical bytes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any, Final, TypeVar

from audit.canonical import Id, canonical, clip, code, count, hexed, id16, text, without_none

VERSION: Final = 1
SUBJECTS_PER_EVENT: Final = 500
SUBTYPE_PURGE: Final = "audit:purge"
SIGNING_KEY: Final = "signing-key"  # an object of this type names a key, in hex, that signs heads from here on

TYPES: Final = frozenset({"rest", "sign-in", "alert", "export", "import", "query", "key"})
ACTIONS: Final = frozenset("CRUDE")
OUTCOMES: Final = frozenset({0, 4, 8, 12})  # success, minor, serious, major failure (FHIR AuditEvent.outcome)
# HL7 v3 PurposeOfUse; HPAYMT is payment, HOPERAT operations, PATRQT the patient's own request, BTG break-glass.
PURPOSES: Final = (
    frozenset({"TREAT", "ETREAT", "HRESCH", "PUBHLTH", "BTG"})
    | {"HPAYMT", "CLMATTCH", "COVAUTH", "COVERAGE", "ELIGDTRM", "ELIGVER", "ENROLLM", "REMITADV"}
    | {"HOPERAT", "HACCRED", "HCOMPL", "HDM", "HLEGAL", "HQUALIMP", "HSYSADMIN", "PATADMIN", "RECORDMGT", "SYSDEV"}
    | {"TRAIN", "PATRQT", "FAMRQT", "PWATRNY", "SUPNWK"}
)
BASES: Final = frozenset(
    {"assigned", "open-claim", "role", "self", "proxy", "member", "break-glass", "export", "job", "command"}
)

_ACTOR: Final = re.compile(r"anonymous|system:[A-Za-z0-9][A-Za-z0-9._-]{0,79}|[0-9a-f]{32}")

T = TypeVar("T")


def session_mark(session_id: bytes) -> str:
    """The first 16 hex digits of SHA-256(session id): tells sessions apart and opens none."""
    return sha256(session_id).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Auth:
    """How the actor had signed in; the age of that in seconds."""

    aal: str
    method: str
    age: int

    def said(self) -> dict[str, Any]:
        return {"aal": code(self.aal), "method": code(self.method), "age": count(self.age)}


@dataclass(frozen=True, slots=True)
class Net:
    """The client's address (after the trusted-proxy rule) and a hash of its user agent, in hex."""

    addr: str
    ua: str | None = None

    @classmethod
    def seen(cls, addr: str, user_agent: str | None) -> Net:
        """From what the request said, of any length."""
        return cls(addr, None if user_agent is None else sha256(user_agent.encode("utf-8", "replace")).hexdigest()[:16])

    def said(self) -> dict[str, Any]:
        return without_none({"addr": clip(self.addr), "ua": _maybe(clip, self.ua)})


@dataclass(frozen=True, slots=True)
class Source:
    """The process that saw the act: its host and the release it ran."""

    node: str
    release: str

    def said(self) -> dict[str, Any]:
        return {"node": clip(self.node), "release": clip(self.release)}


@dataclass(frozen=True, slots=True)
class Basis:
    """Why the actor may: one of BASES, and the id of the item, claim, proxy, break-glass or export meant."""

    code: str
    ref: Id | None = None

    def said(self) -> dict[str, Any]:
        return without_none({"code": _one_of("basis", self.code, BASES), "ref": _maybe(text, self.ref)})


@dataclass(frozen=True, slots=True)
class Object:
    """A thing touched: the table code (or, for what is no row, a resource word) and the id.

    `fields` are field codes or one field-set code; `before` and `after` row digests or group digests (SECURITY 2.7.4).
    `after` without `before` is a creation, `before` without `after` a deletion, neither a view.
    """

    type: int | str
    id: Id
    fields: Collection[int | str] = ()
    before: bytes | None = None
    after: bytes | None = None


@dataclass(frozen=True, slots=True)
class Query:
    """A search: its text sealed under the audit key, how many candidates were opened, how many shown."""

    sealed: bytes
    scanned: int
    shown: int

    def said(self) -> dict[str, Any]:
        return {"sealed": self.sealed.hex(), "scanned": count(self.scanned), "shown": count(self.shown)}


@dataclass(frozen=True, slots=True)
class Disclosure:
    """An entry for the accounting of disclosures (45 CFR 164.528): ids and codes, never the words."""

    recipient: Id
    address: Id | None
    description: str
    purpose: str

    def said(self) -> dict[str, Any]:
        place = {"recipient": text(self.recipient), "address": _maybe(text, self.address)}
        return without_none({**place, "description": code(self.description), "purpose": _purpose(self.purpose)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One request and action, with the fields of SECURITY 3.3; what is absent is left out of the body.

    Ids are 16 bytes or their 32 hex digits. Raises ValueError at once for a code, id or number out of shape: an act
    that cannot be said rightly must not happen.
    """

    type: str
    subtype: str
    action: str
    actor: str
    outcome: int = 0
    reason: str | None = None
    actor_role: str | None = None
    acting_for: str | None = None
    practices: Collection[Id] = ()
    org: Id | None = None
    session: str | None = None
    auth: Auth | None = None
    net: Net | None = None
    request_id: Id | None = None
    source: Source | None = None
    purpose: str | None = None
    basis: Basis | None = None
    subjects: Collection[Id] = ()
    objects: Collection[Object] = ()
    query: Query | None = None
    disclosure: Disclosure | None = None
    count: int | None = None
    digest: bytes | None = None
    part: tuple[int, int] | None = None
    _said: dict[str, Any] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        _one_of("type", self.type, TYPES)
        _one_of("action", self.action, ACTIONS)
        _one_of("outcome", self.outcome, OUTCOMES)
        if _ACTOR.fullmatch(self.actor) is None:
            raise ValueError(f"not an actor: {self.actor!r}")
        object.__setattr__(self, "_said", without_none(self._fields()))

    def _fields(self) -> dict[str, Any]:
        """Everything but seq and times, by key, absent ones as None."""
        return {
            "v": VERSION,
            "type": self.type,
            "subtype": code(self.subtype),
            "action": self.action,
            "outcome": self.outcome,
            "reason": _maybe(code, self.reason),
            "actor": self.actor,
            "actor_role": _maybe(code, self.actor_role),
            "acting_for": _maybe(clip, self.acting_for),
            "practices": sorted({id16(each) for each in self.practices}) or None,
            "org": _maybe(id16, self.org),
            "session": _maybe(_session, self.session),
            "auth": _maybe(Auth.said, self.auth),
            "net": _maybe(Net.said, self.net),
            "request_id": _maybe(id16, self.request_id),
            "source": _maybe(Source.said, self.source),
            "purpose": _maybe(_purpose, self.purpose),
            "basis": _maybe(Basis.said, self.basis),
            "subjects": sorted({id16(each) for each in self.subjects}) or None,
            "objects": _objects(self.objects) or None,
            "query": _maybe(Query.said, self.query),
            "disclosure": _maybe(Disclosure.said, self.disclosure),
            "count": _maybe(count, self.count),
            "digest": _maybe(_digest, self.digest),
            "part": self.part and {"i": count(self.part[0]), "n": count(self.part[1])},
        }

    def to_body(self, seq: int, recorded: str, clock: str | None = None) -> bytes:
        """The bytes that are kept for ever, under a sequence number and a time as `instant` writes it."""
        return canonical(without_none({**self._said, "seq": count(seq), "recorded": recorded, "clock": clock}))


def split(event: Event) -> list[Event]:
    """The event, or with more than 500 subjects its parts 1/n to n/n; objects and query stand in the first alone."""
    subjects = sorted({id16(each) for each in event.subjects})
    if len(subjects) <= SUBJECTS_PER_EVENT:
        return [event]
    slices = [subjects[at : at + SUBJECTS_PER_EVENT] for at in range(0, len(subjects), SUBJECTS_PER_EVENT)]
    first = replace(event, subjects=slices[0], part=(1, len(slices)))
    later = replace(event, objects=(), query=None)
    return [first, *(replace(later, subjects=each, part=(i, len(slices))) for i, each in enumerate(slices[1:], 2))]


def parse(body: bytes) -> dict[str, Any]:
    """The event of a stored body; raises ValueError when the bytes are not the canonical ones of a version 1 event."""
    found = json.loads(body)
    if not isinstance(found, dict) or found.get("v") != VERSION or canonical(found) != bytes(body):
        raise ValueError("not the canonical body of an audit event")
    return found


def _one_of(name: str, value: T, allowed: Collection[T]) -> T:
    if value not in allowed:
        raise ValueError(f"{name}: {value!r} is not on the list")
    return value


def _maybe(say: Callable[[Any], T], value: object) -> T | None:
    return None if value is None else say(value)


def _session(value: str) -> str:
    return hexed(value, 8)


def _digest(value: bytes) -> str:
    return hexed(value, 32)


def _purpose(value: str) -> str:
    return _one_of("purpose", value, PURPOSES)


def _order(code: int | str) -> tuple[bool, int, str]:
    """Integers before words, each in their own order."""
    return (True, 0, code) if isinstance(code, str) else (False, code, "")


def _objects(objects: Iterable[Object]) -> list[dict[str, Any]]:
    """Objects by (type, id); of one named twice the first `before` and the last `after` hold, and all its fields."""
    merged: dict[tuple[tuple[bool, int, str], str], dict[str, Any]] = {}
    for each in objects:
        kind = code(each.type) if isinstance(each.type, str) else count(each.type)
        key = (_order(kind), text(each.id))
        entry = merged.get(key)
        seen = entry is not None and ("before" in entry or "after" in entry)
        if entry is None:
            entry = merged[key] = {"type": kind, "id": key[1]}
        if each.fields:
            fields = {code(one) if isinstance(one, str) else count(one) for one in each.fields}
            entry["fields"] = sorted(fields.union(entry.get("fields", ())), key=_order)
        if each.before is not None and not seen:
            entry["before"] = _digest(each.before)
        if each.after is not None:
            entry["after"] = _digest(each.after)
        elif each.before is not None:
            entry.pop("after", None)
    return [merged[key] for key in sorted(merged)]
