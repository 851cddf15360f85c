"""The clearinghouse: takes our files from a folder and puts the answers, its own and the payers', into another.

TA1 and 999 come at once, then for claims of any kind (837P, 837I, 837D) its own 277CA and each payer's, and 835 files
when payments fall due; a 270, 276 or 278 is answered by its payer at once, but for a 278 that waits. Time is the
clock's; a file that was taken is moved to `taken` beside it.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from portal.domain.claims import Claim
from portal.domain.dates import Clock
from portal.domain.interchanges import ClaimAnswer, ControlNumbers, GroupAnswer, InterchangeAnswer, Partner
from portal.domain.remittances import Payment
from portal.sandbox.inquiries import KINDS, Inquiries
from portal.sandbox.members import Known
from portal.sandbox.outcomes import REJECTIONS, Outcome
from portal.sandbox.payer import Payers
from portal.sandbox.practice import PAYERS, Payer
from portal.x12.acknowledgements.writing import write_277ca, write_999, write_ta1
from portal.x12.answers import answer
from portal.x12.claims.reading import KINDS as CLAIMS
from portal.x12.claims.reading import read_claims
from portal.x12.envelope import Group, Interchange, walk
from portal.x12.reader import Document, read
from portal.x12.remittances_out import write_remittance
from portal.x12.transactions import TransactionSet

NAME = "Valley Clearinghouse"
_PARTIAL = frozenset({".part", ".tmp"})


class Clearinghouse:
    """Answers what lies in the folder `claims` with files in `answers`; one caller walks its days.

    Only `collect` and `at_once` may be called beside each other.

    `next_payers` tells by member id which payer a claim is passed on to; see `Payers` for `salt` and `stray`, and
    `MemberDesk` and `ReviewDesk` for `members` and `cases`.
    """

    def __init__(
        self,
        claims: Path,
        answers: Path,
        *,
        clock: Clock,
        payers: Sequence[Payer] = PAYERS,
        next_payers: Mapping[str, Payer] | None = None,
        salt: str = "",
        stray: bool = True,
        members: Mapping[tuple[str, str], Known] | None = None,
        cases: Mapping[str, str] | None = None,
    ) -> None:
        self._claims, self._answers, self._clock = claims, answers, clock
        self._payers = Payers(payers, next_payers or {}, salt=salt, stray=stray)
        self._inquiries = Inquiries(payers, self._payers, members=members, salt=salt, cases=cases)
        self._number = int(clock.now().timestamp()) % 10**9
        self._seen: set[tuple[str, str]] = set()
        self._one = threading.Lock()

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """The fate of every claim taken in so far, each sending its own, in order."""
        return tuple(self._payers.outcomes)

    @property
    def payments(self) -> tuple[Payment, ...]:
        """Every payment told so far, in order; what the bank would show."""
        return tuple(self._payers.payments)

    def next_day(self) -> date | None:
        """The first day on which a payment falls due; None when none waits."""
        return self._payers.next_day()

    def collect(self) -> tuple[Path, ...]:
        """Take every file that waits and answer it; the answers' paths. Hidden and partial files are left alone.

        What was put off and is decided by now comes first.
        """
        with self._one:
            return self._collect()

    def at_once(self, data: bytes) -> bytes:
        """The answer to one question in real time: what it asks for, else the 999 or TA1 that refuses it."""
        with self._one:
            document, judged, at = read(data), answer(data), self._clock.now()
            (interchange,), (note,) = walk(document).interchanges, judged.interchanges
            back = _back(interchange)
            if note.code == "R" or not interchange.groups:
                return write_ta1([note], partner=back, numbers=self._numbers(), at=at)
            (group,), (found,) = interchange.groups, judged.groups
            route = replace(back, group_sender=group.receiver, group_receiver=group.sender)
            for one in _standing(group, found):
                told = self._inquiries.answer(one, document, route, self._numbers, at)
                if told is not None:
                    return told[1]
            return write_999([found], partner=route, numbers=self._numbers(), at=at)

    def _collect(self) -> tuple[Path, ...]:
        later = self._inquiries.put_off(self._numbers, self._clock.now())
        written = [self._write(kind, body) for kind, body in later]
        taken = self._claims / "taken"
        taken.mkdir(exist_ok=True)
        for path in sorted(self._claims.iterdir()):
            if path.is_file() and not path.name.startswith(".") and path.suffix not in _PARTIAL:
                written += self._take(path.read_bytes())
                path.replace(taken / path.name)
        return tuple(written)

    def pay(self, on: date | None = None) -> tuple[Path, ...]:
        """Write what falls due up to a day (today without one): an 835 for each payer and payee; the paths."""
        written = []
        for one in self._payers.pay(on or self._clock.now().date()):
            partner = replace(one.route, submitter_name=one.payer.name, group_sender=one.payer.identifier)
            body = write_remittance(
                one.payments,
                partner=partner,
                payer_address=one.payer.address,
                numbers=self._numbers(),
                at=self._clock.now(),
            )
            written.append(self._write("835", body))
        return tuple(written)

    def _take(self, data: bytes) -> Iterable[Path]:
        document = read(data)
        judged = answer(data)
        notes = {one.control: one for one in judged.interchanges}
        groups = {one.control: one for one in judged.groups}
        claims = read_claims(document).claims
        for interchange in walk(document).interchanges:
            if interchange.control in notes:
                yield from self._interchange(interchange, notes[interchange.control], groups, claims, document)

    def _interchange(
        self,
        interchange: Interchange,
        note: InterchangeAnswer,
        groups: Mapping[str, GroupAnswer],
        claims: Sequence[Claim],
        document: Document,
    ) -> Iterable[Path]:
        """TA1, then a 999, then 277CA for each set that stands. A repeated ISA13 is refused (TA1 note 025)."""
        if (interchange.sender, interchange.control) in self._seen:
            note = replace(note, code="R", note="025")
        at = self._clock.now()
        back = _back(interchange)
        yield self._write("ta1", write_ta1([note], partner=back, numbers=self._numbers(), at=at))
        if note.code == "R":
            return
        self._seen.add((interchange.sender, interchange.control))
        for group in interchange.groups:
            found = groups.get(group.control)
            if found is None:
                continue
            route = replace(back, group_sender=group.receiver, group_receiver=group.sender)
            yield self._write("999", write_999([found], partner=route, numbers=self._numbers(), at=at))
            for one in _standing(group, found):
                if one.kind in KINDS:
                    told = self._inquiries.answer(one, document, route, self._numbers, at)
                    if told is not None:
                        yield self._write(*told)
                    continue
                first, last = one.first.position, one.segments[-1].position
                inside = [claim for claim in claims if first <= claim.segment <= last]
                yield from self._set(one, inside, route)

    def _set(self, one: TransactionSet, claims: Sequence[Claim], route: Partner) -> Iterable[Path]:
        """The clearinghouse's 277CA for all claims of a set, then each payer's for those that were passed on."""
        batch = next((segment.get(3) for segment in one.segments if segment.id == "BHT"), "")
        sender = next((s.get(3) for s in one.segments if s.id == "NM1" and s.get(1) == "41"), "")
        route = replace(route, receiver_name=sender)
        received = self._clock.now().date()
        here: list[ClaimAnswer] = []
        there: dict[str, list[ClaimAnswer]] = {}
        for claim in claims:
            outcome = self._payers.decide(claim, route, received)
            stopped = REJECTIONS.get(outcome.case, ())
            if stopped and outcome.case != "rejected-by-payer":
                here.append(ClaimAnswer(claim, stopped))
                continue
            here.append(ClaimAnswer(claim, ("A1:20",)))
            said = ClaimAnswer(claim, stopped or ("A2:20:PR",), outcome.payer_control)
            there.setdefault(outcome.payer, []).append(said)
        if here:
            yield self._status(here, route, batch, "AY")
        for payer_id, answers in there.items():
            payer = self._payers.named(payer_id)
            assert payer is not None
            named = replace(route, submitter_name=payer.name, group_sender=payer_id)
            yield self._status(answers, named, batch, "PR")

    def _status(self, answers: Sequence[ClaimAnswer], partner: Partner, batch: str, source: str) -> Path:
        numbers, at = self._numbers(), self._clock.now()
        body = write_277ca(answers, partner=partner, numbers=numbers, at=at, batch=batch, source=source)
        return self._write("277ca", body)

    def _numbers(self) -> ControlNumbers:
        self._number = self._number % 999_999_999 + 1
        return ControlNumbers(self._number, self._number, 1)

    def _write(self, kind: str, body: bytes) -> Path:
        """A file that appears whole: written aside, then renamed."""
        path = self._answers / f"{self._number:09d}.{kind}"
        aside = path.with_name(f".{path.name}.part")
        aside.write_bytes(body)
        return aside.replace(path)


def _standing(group: Group, found: GroupAnswer) -> list[TransactionSet]:
    """The claim and inquiry sets of a group that the 999 accepts."""
    if found.codes:
        return []
    pairs = zip(group.sets, found.sets, strict=True)
    return [one for one, said in pairs if said.accepted and one.kind in KINDS | CLAIMS]


def _back(interchange: Interchange) -> Partner:
    """The way the answer goes: sender and receiver changed over."""
    return Partner(
        interchange.receiver_qualifier,
        interchange.receiver,
        interchange.sender_qualifier,
        interchange.sender,
        interchange.receiver,
        interchange.sender,
        interchange.usage,
        NAME,
        "EDI Desk",
        "5035550199",
        interchange.sender,
    )
