"""Events in words: what was done to what, whose, for which purpose, and how it ended. Never a value, only codes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final

from portal.domain.texts import T_, Text

Said = Mapping[str, Any]
"""A parsed event, with the keys of SECURITY 3.3."""

NOUNS: Final[Mapping[int | str, Text]] = MappingProxyType({
    "audit_event": T_("an entry of this log", "{n} entries of this log", n=1),
    30: T_("a bill", "{n} bills", n=1),
    134: T_("a conversation with the patient", "{n} conversations with patients", n=1),
    135: T_("a message to or from the patient", "{n} messages to or from patients", n=1),
    136: T_("a file that the patient sent", "{n} files that patients sent", n=1),
    137: T_("an agreement that the patient signed", "{n} agreements that patients signed", n=1),
    158: T_("a payment plan", "{n} payment plans", n=1),
    159: T_("a service in a payment plan", "{n} services in payment plans", n=1),
    160: T_("a part of a payment plan", "{n} parts of payment plans", n=1),
    161: T_("words that were agreed to about paying", "{n} texts that were agreed to about paying", n=1),
    171: T_("a request for help", "{n} requests for help", n=1),
    172: T_("a paper that came with a request for help", "{n} papers that came with requests for help", n=1),
    173: T_("a discount", "{n} discounts", n=1),
    31: T_("a document", "{n} documents", n=1),
    80: T_("a page of a document", "{n} pages of documents", n=1),
    81: T_("what a document belongs to", "what {n} documents belong to", n=1),
    20: T_("a remittance", "{n} remittances", n=1),
    29: T_("a denial", "{n} denials", n=1),
    16: T_("a claim", "{n} claims", n=1),
    17: T_("a claim as it was sent", "{n} claims as they were sent", n=1),
    18: T_("an answer to a claim", "{n} answers to claims", n=1),
    14: T_("a visit", "{n} visits", n=1),
    15: T_("a charge", "{n} charges", n=1),
    83: T_("a question about a visit", "{n} questions about visits", n=1),
    82: T_("an answer about a bill", "{n} answers about bills", n=1),
    97: T_("a check of a visit", "{n} checks of visits", n=1),
    98: T_("what was found in a charge", "what was found in {n} charges", n=1),
    84: T_("which visits are checked", "which visits are checked, {n} rules", n=1),
    106: T_("a change of which visits are checked", "{n} changes of which visits are checked", n=1),
    99: T_("how visits are checked", "how visits are checked, {n} settings", n=1),
    21: T_("a payer's payment of a claim", "{n} payers' payments of claims", n=1),
    22: T_("a paid service", "{n} paid services", n=1),
    23: T_("a deposit", "{n} deposits", n=1),
    32: T_("a payment", "{n} payments", n=1),
    24: T_("an entry of the books", "{n} entries of the books", n=1),
    25: T_("a line of the books", "{n} lines of the books", n=1),
    73: T_("a request to a payer in advance", "{n} requests to payers in advance", n=1),
    88: T_("a payer's decision in advance", "{n} decisions of payers in advance", n=1),
    74: T_("a service asked for in advance", "{n} services asked for in advance", n=1),
    86: T_("what a claim took of an approval", "what claims took of approvals, {n} times", n=1),
    87: T_("a rule about asking in advance", "{n} rules about asking in advance", n=1),
    101: T_("a question where a claim stands", "{n} questions where claims stand", n=1),
    103: T_("a contact with a payer", "{n} contacts with payers", n=1),
    104: T_("a letter to a payer", "{n} letters to payers", n=1),
    105: T_("how a payer is reached", "how payers are reached, {n} times", n=1),
    71: T_("what a payer said of a coverage", "what payers said of {n} coverages", n=1),
    70: T_("a question about a coverage", "{n} questions about coverages", n=1),
    72: T_("how often payers are asked about coverage", "how often {n} payers are asked about coverage", n=1),
    90: T_("what a patient keeps from a plan", "what patients keep from plans, {n} times", n=1),
    89: T_("a contract with a payer", "{n} contracts with payers", n=1),
    91: T_("a claim edit of the practice", "{n} claim edits of the practice", n=1),
    13: T_("a coverage", "{n} coverages", n=1),
    10: T_("the registration", "{n} registrations", n=1),
    11: T_("who stands for a patient", "who stands for {n} patients", n=1),
    12: T_("a registration code", "{n} registration codes", n=1),
    19: T_("a file", "{n} files", n=1),
    40: T_("a person's sign-in", "{n} people's sign-ins", n=1),
    41: T_("a role of somebody", "{n} roles", n=1),
    42: T_("a second factor", "{n} second factors", n=1),
    44: T_("an invitation", "{n} invitations", n=1),
    28: T_("an exception from the two-person rule", "{n} exceptions from the two-person rule", n=1),
    52: T_("a mail", "{n} mails", n=1),
    6: T_("a payer's data", "the data of {n} payers", n=1),
    1: T_("the practice's data", "the data of {n} practices", n=1),
    2: T_("a clinician", "{n} clinicians", n=1),
    3: T_("a price", "{n} prices", n=1),
    4: T_("a trading partner", "{n} trading partners", n=1),
    94: T_("a partner's server", "{n} partners' servers", n=1),
    95: T_("that a partner could not be reached", "that {n} partners could not be reached", n=1),
    102: T_("a partner's service in real time", "{n} partners' services in real time", n=1),
    96: T_("a part of a file", "{n} parts of files", n=1),
    155: T_("that a patient has died", "that {n} patients have died", n=1),
    154: T_("another address of a patient", "{n} other addresses of patients", n=1),
    153: T_("which bill names a visit kept confidential", "which {n} bills name visits kept confidential", n=1),
    152: T_("an invitation to stand for a patient", "{n} invitations to stand for patients", n=1),
    26: T_("an item of a work list", "{n} items of work lists", n=1),
    75: T_("a step with an item of a work list", "{n} steps with items of work lists", n=1),
    76: T_("a saved filter of a work list", "{n} saved filters of work lists", n=1),
    27: T_("a step of work", "{n} steps of work", n=1),
    "key": T_("a key", "{n} keys", n=1),
    "subject-key": T_("the key of a record", "the keys of {n} records", n=1),
    "backup": T_("a backup", "{n} backups", n=1),
    "hat": T_("the work at hand", "{n} kinds of work", n=1),
})  # fmt: skip
"""What was touched, by table code, in the order in which a sentence names it: of several only the first is said."""

_PURPOSES: Final[Mapping[str, Text]] = MappingProxyType({
    "HPAYMT": T_("payment"), "HOPERAT": T_("the office's own operations"), "TREAT": T_("treatment"),
    "PATRQT": T_("the patient's own request"), "BTG": T_("an emergency"),
})  # fmt: skip

_BASES: Final[Mapping[str, Text]] = MappingProxyType({
    "assigned": T_("it was assigned to them"), "open-claim": T_("the claim was open"), "role": T_("of their role"),
    "self": T_("it is their own record"), "proxy": T_("they stand for the patient"),
    "member": T_("the patient is their member"), "break-glass": T_("of an emergency"),
    "export": T_("of an export"), "job": T_("a job asked for it"), "command": T_("of a command"),
})  # fmt: skip

_REASONS: Final[Mapping[str, Text]] = MappingProxyType({
    "no-role": T_("the role does not allow it"), "not-found": T_("no such record, or not within reach"),
    "step-up-needed": T_("a fresh sign-in was needed"), "second-factor-needed": T_("the second factor was missing"),
    "not-signed-in": T_("nobody was signed in"), "field-not-in-role": T_("the role does not show this part"),
    "version": T_("somebody else was quicker"), "two-people": T_("it takes a second person"),
    "integrity": T_("a stored value does not fit its place"), "error": T_("something broke"),
    "password": T_("the password was wrong"), "code": T_("the code was wrong"),
    "too-short": T_("the search was too short"),
})  # fmt: skip

OUTCOMES: Final[Mapping[int, Text]] = MappingProxyType({
    0: T_("Done"), 4: T_("Turned down"), 8: T_("Refused or failed"), 12: T_("Damage found"),
})  # fmt: skip

ACTIONS: Final[Mapping[str, Text]] = MappingProxyType({
    "R": T_("Looked"), "C": T_("Made something"), "U": T_("Changed something"), "D": T_("Removed something"),
    "E": T_("Searched, exported, signed in, or did something else"),
})  # fmt: skip

_ACTS: Final[Mapping[str, Text]] = MappingProxyType({
    "account:search": T_("searched for a patient"),
    "audit:search": T_("searched this log"),
    "audit:view": T_("looked into this log"),
    "audit:export": T_("took an export from this log"),
    "sign-in:attempt": T_("signed in or out"),
    "session:manage": T_("looked after their own sign-in"),
    "factor:change": T_("changed their second factor"),
    "visit:import": T_("took in visits from a file"),
    "contact:record": T_("kept, or set out to keep, a contact with a payer"),
    "letter:make": T_("wrote, or set out to write, a letter to a payer"),
    "eligibility:ask": T_("asked payers about coverage, or took in what they said"),
    "restriction:edit": T_("kept a visit from a plan, or looked which are"),
    "authorization:answer": T_("took in what a payer decided in advance"),
    "authorization:edit": T_("worked on the rules about asking in advance"),
    "member-authorization:decide": T_("decided about a request in advance"),
    "claim:submit": T_("sent claims"),
    "claim:ask": T_("asked payers where claims stand"),
    "claim:acknowledge": T_("took in answers to claims"),
    "claim:void": T_("asked for a claim to be voided"),
    "claim:void-approve": T_("approved the void of a claim"),
    "remittance:import": T_("took in a remittance"),
    "remittance:post": T_("posted payments of payers"),
    "statement:run": T_("made bills"),
    "own-restriction:make": T_("kept a visit of theirs from the plan, or looked which are"),
    "own-record:make": T_("took, or set out to take, a copy of the whole billing record"),
    "own-people:view": T_("looked who stands for them"),
    "own-people:change": T_("changed who stands for them or where they are reached"),
    "standing:change": T_("stopped looking after somebody's bills"),
    "guaranteed-bill:view": T_("looked at the sums they pay for somebody"),
    "people:change": T_("changed who stands for a patient, what stays with them or where they are reached"),
    "payment:make": T_("paid, or set out to pay, a bill"),
    "payment:settle": T_("settled a payment"),
    "queue:view": T_("looked at a work list"),
    "queue:assign": T_("took, gave out or put off work"),
    "interchange:original": T_("took, or set out to take, the original of a file"),
    "queue:export": T_("took a work list as a file"),
    "user:invite": T_("invited somebody or changed a role"),
    "user:disable": T_("closed somebody's sign-in"),
    "registration:issue": T_("wrote a letter with a registration code"),
    "key:manage": T_("worked on the keys"),
    "backup:create": T_("made a backup"),
    "mail:send": T_("sent a mail"),
})  # fmt: skip
"""Permissions that are a thing done by themselves; all others are said by what was touched."""


def noun(said: Said) -> tuple[int | str, Text] | None:
    """What an event is about: its most telling kind of object, changed ones before those only looked at."""
    objects = said.get("objects", ())
    changed = Counter(each["type"] for each in objects if "before" in each or "after" in each)
    counts = changed or Counter(each["type"] for each in objects)
    for code, text in NOUNS.items():
        if code in counts:
            return code, replace(text, parameters=MappingProxyType({"n": counts[code]}))
    return None


def purpose(code: str | None) -> Text:
    """What it was for."""
    if code is None:
        return T_("no stated purpose")
    return _PURPOSES.get(code) or T_("purpose {code}", code=code)


def reason(code: str | None) -> Text:
    """Why something was turned down."""
    if code is None:
        return T_("no reason was given")
    return _REASONS.get(code) or T_("reason {code}", code=code)


def basis(said: Said) -> Text | None:
    """Why the actor could, where the event says more than the role."""
    found = said.get("basis")
    return _BASES.get(found["code"]) if found else None


def phrase(said: Said, names: Mapping[str, str]) -> Text:
    """What was done, to be read after the person's name and role; `names` are the patients that may be named, by hex.

    "opened a bill of Maria Delgado, for payment, because it was assigned to them".
    """
    text = T_("{what}, for {purpose}", what=_whose(said, names), purpose=purpose(said.get("purpose")))
    why = basis(said)
    if why is not None:
        text = T_("{what}, because {why}", what=text, why=why)
    if said["outcome"] == 0:
        return text
    return T_("did not get it ({why}): {what}", why=reason(said.get("reason")), what=text)


def _whose(said: Said, names: Mapping[str, str]) -> Text:
    act = _act(said)
    subjects = said.get("subjects", ())
    n = len(subjects)
    if not n:
        return act
    if n == 1 and subjects[0] in names:
        return T_("{what} of {patient}", what=act, patient=names[subjects[0]])
    return T_("{what} of one patient", "{what} of {n} patients", what=act, n=n)


def _act(said: Said) -> Text:
    special = _ACTS.get(said["subtype"])
    about = noun(said)
    if special is not None:
        return special
    what = about[1] if about else T_("a record")
    if said["action"] == "C":
        return T_("made {what}", what=what)
    if said["action"] == "U":
        return T_("changed {what}", what=what)
    if said["action"] == "D":
        return T_("removed {what}", what=what)
    if said["action"] == "R":
        return T_("opened {what}", what=what)
    return T_("used “{permission}”", permission=said["subtype"]) if about is None else T_("worked on {what}", what=what)
