"""What the officer's templates get, made of what the services found."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from portal.domain.texts import T_, Text
from portal.domain.users import ROLE_WORDS
from portal.services.auditing import searching, upkeep, viewers, viewing, words
from portal.services.patients.searching import Match


@dataclass(frozen=True, slots=True)
class State:
    """A state by code and in words."""

    code: str
    text: Text


@dataclass(frozen=True, slots=True)
class LogSearch:
    """The filter as the form shows it again."""

    patient: str
    person: str
    action: str
    outcome: str
    from_day: date | None
    to_day: date | None

    def pairs(self) -> tuple[tuple[str, str], ...]:
        """As names and values, to be posted on."""
        days = (("from", self.from_day), ("to", self.to_day))
        given = (("patient", self.patient), ("person", self.person), ("action", self.action), ("outcome", self.outcome))
        return (*(pair for pair in given if pair[1]), *((name, str(day)) for name, day in days if day))


@dataclass(frozen=True, slots=True)
class Entry:
    """One event as a sentence."""

    seq: int
    at: datetime
    person: Text | str
    role: Text
    text: Text
    flag: Text | None
    tone: str


@dataclass(frozen=True, slots=True)
class LogHealth:
    """The log's state in one line."""

    state: State
    text: Text


@dataclass(frozen=True, slots=True)
class LogPage:
    """See `templates/compliance/log.html`."""

    search: LogSearch
    patient_name: str | None
    people: tuple[tuple[str, str], ...]
    actions: tuple[tuple[str, Text], ...]
    outcomes: tuple[tuple[str, Text], ...]
    entries: tuple[Entry, ...]
    count: int
    health: LogHealth
    may_export: bool
    newer: int | None
    older: int | None
    q: str
    found: tuple[Match, ...] | None


@dataclass(frozen=True, slots=True)
class EventObject:
    """One thing touched."""

    kind: Text | str
    id: str
    fields: Text | None
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Proof:
    """The proof of an event, in numbers."""

    holds: bool
    leaf: str
    path: int
    size: int
    root: str
    signed_at: datetime
    anchored: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class EventPage:
    """See `templates/compliance/event.html`."""

    seq: int
    at: datetime
    person: Text | str
    role: Text
    text: Text
    outcome: State
    permission: str
    purpose: Text
    basis: Text | None
    place: str
    auth: Text
    request_id: str
    subjects: tuple[tuple[str, str], ...]
    objects: tuple[EventObject, ...]
    query: str | None
    exported: bool
    """What was taken out of the house: `query` is then the reason that was stated."""
    count: int | None
    proof: Proof | None
    body: str


@dataclass(frozen=True, slots=True)
class Viewer:
    """One person who saw a patient."""

    person_id: str
    person: Text | str
    role: Text
    purpose: Text
    times: int
    last_at: datetime
    tie: Text | None


@dataclass(frozen=True, slots=True)
class ViewersPage:
    """See `templates/compliance/viewers.html`."""

    patient_id: str
    patient_name: str
    since: date
    until: date
    viewers: tuple[Viewer, ...]


@dataclass(frozen=True, slots=True)
class ExportPage:
    """See `templates/compliance/export.html`."""

    count: int
    about: Text
    query: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Anchor:
    """One place outside the database that keeps the log's head."""

    title: Text
    about: Text
    state: State
    size: int
    at: datetime | None


@dataclass(frozen=True, slots=True)
class LogCheck:
    """One thing that is looked at."""

    title: Text
    text: Text
    state: State
    at: datetime | None
    command: str | None = None


@dataclass(frozen=True, slots=True)
class HealthPage:
    """See `templates/compliance/health.html`."""

    state: State
    sentence: Text
    size: int
    signed_size: int
    signed_at: datetime | None
    root: str | None
    anchors: tuple[Anchor, ...]
    checks: tuple[LogCheck, ...]


GOOD, WAITING, BAD = State("READ", T_("In order")), State("WAITING", T_("Behind")), State("REFUSED", T_("Look at this"))
_NOT_SET_UP = State("DRAFT", T_("Not set up"))
_BY_COMMAND = State("DRAFT", T_("By command"))  # this page cannot know how it would end

ACTIONS = tuple(words.ACTIONS.items())
OUTCOMES = tuple((str(code), text) for code, text in words.OUTCOMES.items())
_OUTCOME_CODES = {0: "READ", 4: "WAITING", 8: "REFUSED", 12: "REFUSED"}


def role(code: str) -> Text:
    """A role in words."""
    return ROLE_WORDS.get(code) or T_("without a role")


def entry(found: searching.Entry) -> Entry:
    """An event as the list shows it; what did not succeed carries a flag."""
    flag = words.OUTCOMES.get(found.outcome) if found.outcome else None
    tone = "wait" if found.outcome == 4 else "stop"
    return Entry(found.seq, found.at, found.person, role(found.role), found.text, flag, tone)


def event_page(found: viewing.Opened) -> EventPage:
    """One event, all of it."""
    said, shown = found.said, found.entry
    net, auth = said.get("net", {}), said.get("auth")
    more = T_("one patient outside your practices", "{n} patients outside your practices", n=found.more_subjects)
    return EventPage(
        seq=shown.seq,
        at=shown.at,
        person=shown.person,
        role=role(shown.role),
        text=T_("{text}, and {more}", text=shown.text, more=more) if found.more_subjects else shown.text,
        outcome=State(_OUTCOME_CODES[shown.outcome], words.OUTCOMES[shown.outcome]),
        permission=said["subtype"],
        purpose=found.purpose,
        basis=found.basis or shown.reason,
        place=net.get("addr", said.get("source", {}).get("node", "")),
        auth=_auth(auth),
        request_id=said.get("request_id", ""),
        subjects=found.subjects,
        objects=tuple(
            EventObject(
                each.kind, each.id, T_("{fields}", fields=", ".join(each.fields)) if each.fields else None,
                each.before, each.after,
            )
            for each in found.touched
        ),
        query=found.query,
        exported=said["type"] == "export",
        count=said.get("count"),
        proof=_proof(found.inclusion),
        body=found.body,
    )  # fmt: skip


def _auth(auth: dict[str, object] | None) -> Text:
    if auth is None:
        return T_("Not by a person's sign-in")
    minutes = int(str(auth["age"])) // 60
    return T_(
        "{method} ({level}), a minute before", "{method} ({level}), {n} minutes before", n=minutes,
        method=str(auth["method"]), level=str(auth["aal"]),
    )  # fmt: skip


def _proof(found: viewing.Inclusion | None) -> Proof | None:
    if found is None:
        return None
    anchored = (
        T_("The signed number is kept outside the database.") if found.anchored_at else T_("Not kept outside yet.")
    )
    if found.witnessed:
        anchored = T_("A witness on another machine has signed it too.")
    return Proof(found.holds, found.leaf, found.path, found.size, found.root, found.signed_at, anchored)


def viewers_page(patient_id: bytes, found: viewers.Viewers, since: date, until: date) -> ViewersPage:
    """Everyone who saw a patient."""
    return ViewersPage(
        patient_id.hex(),
        found.patient_name,
        since,
        until,
        tuple(
            Viewer(each.person_id, each.person, role(each.role), each.purpose, each.times, each.last_at, each.tie)
            for each in found.viewers
        ),
    )


def health_line(found: upkeep.Health) -> LogHealth:
    """The log's state in one line, for the list."""
    if found.contradicted:
        return LogHealth(BAD, T_("The witness holds another history than this log"))
    if found.witness_red:
        return LogHealth(BAD, T_("The witness has not signed new entries"))
    if found.red:
        return LogHealth(BAD, T_("New entries are not kept outside the database"))
    if found.anchored < found.size:
        return LogHealth(GOOD, T_("{n} entries wait to be signed", n=found.size - found.anchored))
    return LogHealth(GOOD, T_("Signed and kept outside the database"))


def health_page(found: upkeep.Health) -> HealthPage:
    """The log's state at length."""
    line = health_line(found)
    unsigned, unindexed = found.size - found.signed, found.size - found.indexed
    waits = found.waiting > timedelta(minutes=1)
    return HealthPage(
        line.state,
        line.text,
        found.size,
        found.signed,
        found.signed_at,
        found.root,
        (
            Anchor(
                T_("Anchor file"),
                T_("Each signed number, on a disk that the database does not write."),
                BAD if found.red and not found.witness_red else GOOD if found.anchored else WAITING,
                found.anchored,
                found.anchored_at,
            ),
            Anchor(
                T_("Witness"),
                T_("Another machine that signs only while the log keeps growing."),
                _NOT_SET_UP if not found.witness_set_up else BAD if found.witness_red else GOOD
                if found.witnessed else WAITING,
                found.witnessed,
                found.witnessed_at,
            ),
        ),
        (
            LogCheck(
                T_("Signing"),
                T_("One entry is not signed yet.", "{n} entries are not signed yet.", n=unsigned)
                if unsigned else T_("Every entry is signed."),
                WAITING if unsigned and waits else GOOD, found.signed_at,
            ),
            LogCheck(
                T_("Search tables"),
                T_("One entry is not indexed yet.", "{n} entries are not indexed yet.", n=unindexed)
                if unindexed else T_("Every entry can be searched fast."),
                WAITING if unindexed > 10_000 else GOOD, None,
            ),
            LogCheck(
                T_("Full verification"),
                T_("Run it offline, without trust in this page; it ends with what is wrong, or that nothing is."),
                _BY_COMMAND, None, "./candor audit verify --cells",
            ),
        ),
    )  # fmt: skip
