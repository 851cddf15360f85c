"""Visits of patients all of whose secrets are strings that are found again wherever they stand."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date

from portal.domain.claims import Address, Claim, Person
from portal.sandbox import outcomes
from portal.sandbox.practice import PAYERS
from tests.make import visits

BORN, SUBSCRIBER_BORN = date(1947, 11, 23), date(1933, 2, 17)
SECRETS = {
    "last name": "Quackenbushel",
    "first names": "Zephyrinella",
    "middle name": "Wolfganga",
    "subscriber": "Vandersplinken",
    "birth date": "1947-11-23",
    "birth date in X12": "19471123",
    "birth date in words": "November 23, 1947",
    "birth date by slashes": "11/23/1947",
    "birth date of the subscriber": "19330217",
    "street": "Xylophonic Lane",
    "member id": "ZQX7719042",
    "group number": "GRPQ88341",
    "diagnosis": "T63021A",
    "diagnosis with its dot": "T63.021A",
    "second diagnosis": "T71233D",
    "e-mail": "zq.canary@home.example",
    "phone": "5035550187",
    "note in the file": "turtlebite at carnival",
    "note of a review": "glowworm remark",
    "note of an audit": "thistledown remark",
    "note of a hold": "periwinkle remark",
    "note of a denial": "marzipan remark",
    "search of codes": "hobgoblinitis",
    "file name": "zz-canaryfile-visits",
    "file name of a torn one": "zz-tornfile",
    "file name of an answer": "zz-payerfile",
    "reason of an export": "butterscotch inquiry",
    "name in an error": "Obsidianella",
    "number of a visit": "KWVISITNO77",
}
"""What must be found nowhere but sealed, in the clearinghouse's folders, and on the pages of those allowed.
"""


def planted(count: int) -> list[Claim]:
    """Visits of as many patients, all of whose secrets are canaries."""
    base = next(each for each in visits.claims() if each.cover.payer_id == "CBH03" and len(each.diagnoses) == 1)
    home = Address(f"17 {SECRETS['street']}", "Millbrook", "OR", "970990214")
    made = []
    for n in range(count):
        first = SECRETS["first names"] + "abcdefgh"[n]
        patient = Person(SECRETS["last name"], first, SECRETS["middle name"], "", BORN, "F", home)
        subscriber = Person(SECRETS["subscriber"], "Ruth", "", "", SUBSCRIBER_BORN, "F", home)
        cover = replace(
            base.cover, member_id=f"{SECRETS['member id']}{n}", group_number=SECRETS["group number"],
            subscriber=subscriber, relationship="19",
        )  # fmt: skip
        made.append(
            replace(
                base, control=f"{SECRETS['number of a visit']}{n}", patient=patient, cover=cover,
                diagnoses=(SECRETS["diagnosis"], SECRETS["second diagnosis"]), note=SECRETS["note in the file"],
            )
        )  # fmt: skip
    return made


def salt_for(claims: list[Claim], wanted: list[str], received: date) -> str:
    """A salt under which the simulated payer gives these claims these fates, and leaves something to the patient."""
    payer = next(each for each in PAYERS if each.identifier == "CBH03")
    for n in itertools.count():
        salt = str(n)
        if [outcomes.fate(claim, salt)[0] for claim in claims] == wanted:
            _, steps = outcomes.decide(claims[0], wanted[0], payer=payer, payer_control="X", received=received)
            assert any(each.patient_cents for step in steps for each in step.claims)
            return salt
    raise AssertionError


def logs(records: Iterable[logging.LogRecord]) -> dict[str, bytes]:
    """By logger, all that its records carry, whatever a formatter would make of it."""
    by_name: dict[str, list[str]] = {}
    for record in records:
        by_name.setdefault(record.name, []).append(f"{record.getMessage()}\n{record.__dict__!r}")
    return {name: "\n".join(lines).encode() for name, lines in by_name.items()}


def where(body: bytes, secrets: Mapping[str, str]) -> set[str]:
    """Which canaries stand in a body, in any case of letters."""
    lower = body.lower()
    return {what for what, value in secrets.items() if value.lower().encode() in lower}


def found(places: Mapping[str, bytes], secrets: Mapping[str, str]) -> list[str]:
    """Each canary with the place where it stands and what stands around it."""
    said = []
    for place, body in places.items():
        for what in sorted(where(body, secrets)):
            at = body.lower().find(secrets[what].lower().encode())
            said.append(f"{what} in {place}: {body[max(0, at - 80) : at + 80]!r}")
    return said
