"""A visit that was changed after its claim went: sent back to coding, so that it is again what the payer has."""

from __future__ import annotations

from portal.domain.claims import Claim
from portal.domain.corrections import ANSWERED, WITH_PAYER
from portal.domain.encounters import CODING_ERRORS
from portal.domain.errors import Refused
from portal.domain.facilities import is_own
from portal.domain.texts import T_
from portal.models.claims import ClaimRow, ClaimVersionRow
from portal.models.encounters import EncounterRow
from portal.services import corrections, queues
from portal.services.claims import standing
from portal.services.claims.building import as_domain
from portal.services.claims.visits import recode
from portal.services.unit_of_work.moves import NOTE_LETTERS
from portal.services.unit_of_work.work import UnitOfWork
from portal.x12.characters import plain
from portal.x12.claims.reading import read_claims
from portal.x12.reader import read

CHANGED = "visit-changed"
"""Why a claim lies with a person whose visit is not what was sent."""


def can_restore(uow: UnitOfWork, claim: ClaimRow) -> bool:
    """Whether a claim waits because its visit was changed since what stands of it went, and the visit is free."""
    if claim.state not in WITH_PAYER | ANSWERED or corrections.under_way(uow, claim.id) is not None:
        return False
    waits = any(item.reason == CHANGED for item in queues.items_of(uow, claim))
    return waits and uow.get(EncounterRow, claim.encounter_id).state == "CLEARED"


def restore(
    uow: UnitOfWork, claim_id: bytes, reason: str, *, note: str = "", expected_version: int | None = None
) -> None:
    """Send a claim's visit back to coding with what the payer has, for a reason of CODING_ERRORS.

    It passes the same hands again, and the books follow its charges. Raises Refused (`reason-missing`, `not-changed`),
    NotFound, Conflict.
    """
    if reason not in CODING_ERRORS:
        raise Refused(T_("This step needs a reason. Choose one and try again."), code="reason-missing")
    claim = uow.get(ClaimRow, claim_id)
    uow.change(claim, expected_version=expected_version)
    if not can_restore(uow, claim):
        raise Refused(T_("This visit does not wait to be changed back. Reload the page."), code="not-changed")
    sent = as_sent(uow, claim)
    words = "" if sent is None else _words(sent)
    recode(uow, claim, reason, " ".join(filter(None, (note, _within(words, NOTE_LETTERS - len(note) - 1)))))
    queues.done(uow, claim)


def is_as_sent(uow: UnitOfWork, claim: ClaimRow) -> bool:
    """Whether a claim would go with the same diagnoses and services as what stands of it."""
    sent = as_sent(uow, claim)
    return sent is not None and _content(sent) == _content(as_domain(uow, claim))


def as_sent(uow: UnitOfWork, claim: ClaimRow) -> Claim | None:
    """The version of a claim that stands, as it went; None where none went."""
    last = standing.sent_last(uow, [claim.id]).get(claim.id)
    if last is None:
        return None
    body: bytes = uow.read(uow.get(ClaimVersionRow, last.id), ClaimVersionRow.body_sealed)
    return next(iter(read_claims(read(body)).claims), None)


def _content(claim: Claim) -> object:
    """What a visit says in a claim; an 837I has no pointers."""
    stay = claim.institutional
    lines = [
        (line.code, line.modifiers, line.charge_cents, line.units, () if stay is not None else line.pointers,
         line.from_date, line.revenue_code, line.dental, line.drug)
        for line in claim.lines
    ]  # fmt: skip
    people = (
        claim.attending, claim.operating, claim.other_operating, claim.assistant, claim.referring, claim.supervising,
    )  # fmt: skip
    who = [(one.npi or plain(one.last)) if one else "" for one in people]
    told = (_where(claim), claim.exception, claim.professional)
    return claim.diagnoses, claim.place, stay, claim.dental, who, told, lines


def _where(claim: Claim) -> str:
    """Which facility a claim names: its NPI, or its name where it has none; nothing for the practice itself."""
    place = claim.facility
    return "" if place is None or is_own(place, claim.billing) else place.npi or plain(place.name)


def _within(words: str, most: int) -> str:
    """Words as far as a note takes them; of hundreds of services the first are told."""
    return words if len(words) <= most else f"{words[: most - 4]} ..." if most > len("The payer has: ...") else ""


def _words(claim: Claim) -> str:
    """What went, for the coder's eyes: a note is written once, in the office's language."""
    services = [
        f"{' '.join((line.code or line.revenue_code, *line.modifiers))} x {line.units} ({line.charge_cents / 100:.2f})"
        for line in claim.lines
    ]
    return f"The payer has: {', '.join(claim.diagnoses)}; {'; '.join(services)}."
