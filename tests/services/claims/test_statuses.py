"""Payers are asked where claims stand, once; what they say finds its question and is followed, once, in any order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from portal.domain.errors import Conflict, NotFound, Refused
from portal.domain.status import ClaimStatus, LineStatus, StatusAnswer, StatusLine, StatusQuestion
from portal.domain.texts import from_json
from portal.models.claims import AcknowledgementRow, ClaimRow
from portal.models.interchanges import InterchangeRow
from portal.models.practices import PartnerRow
from portal.models.queues import QueueItemRow
from portal.models.status import StatusQuestionRow
from portal.sandbox.clearinghouse import Clearinghouse
from portal.services import interchanges
from portal.services.claims import asking, showing, silence, standing, statuses, steps
from portal.services.files import collecting
from portal.services.keys import shredding
from portal.services.unit_of_work.units import Denied
from portal.x12.reader import read
from portal.x12.status import read_inquiries
from portal.x12.status_out import write_statuses
from tests.make import answers, work
from tests.make import claims as make
from tests.make import remittances as money
from tests.services.claims.office import Office

AT = answers.AT + timedelta(days=5)


def ask(office: Office, claim: bytes, **more: Any) -> asking.Asked:
    actor = more.pop("actor", office.biller)
    return asking.ask_claim(office.world.units, office.world.runtime.parts, actor, claim, **more)


def ask_silent(office: Office) -> int:
    machine = office.world.machine("claim.ask")
    return asking.ask_silent(office.world.units, office.world.runtime.parts, machine).questions


def sent(office: Office) -> list[StatusQuestion]:
    """Every question in the partner's folder, the oldest first."""
    files = [read_inquiries(read(path.read_bytes())) for path in sorted(office.out.glob("*.276"))]
    assert [file.findings for file in files] == [()] * len(files)
    return [question for file in files for question in file.questions]


def said(question: StatusQuestion, *codes: str, **more: Any) -> StatusAnswer:
    """What a payer says to a question: one status, or the statuses that are given."""
    given = {"statuses": (ClaimStatus(codes, AT.date(), question.charge_cents),), **more}
    return StatusAnswer(
        level="claim", payer=question.payer, provider=question.provider, subscriber=question.subscriber,
        dependent=question.dependent, reference=question.reference,
        **{"trace": question.trace, "claim_control": question.claim_control, **given},
    )  # fmt: skip


def told(*answers_: StatusAnswer, at: datetime = AT) -> bytes:
    return write_statuses(answers_, partner=answers.BACK, numbers=answers.numbers(at), at=at)


def take(office: Office, body: bytes, name: str = "answer.277") -> statuses.Received:
    return statuses.import_statuses(office.world.units, office.biller, name, body)


def kept(office: Office) -> list[AcknowledgementRow]:
    with office.world.read("claim:view") as uow:
        rows = uow.select(AcknowledgementRow).where(AcknowledgementRow.kind == "277")
        return uow.entities(rows.order_by(AcknowledgementRow.made_at, AcknowledgementRow.id))


def questions(office: Office) -> list[StatusQuestionRow]:
    with office.world.read("claim:view") as uow:
        return uow.entities(uow.select(StatusQuestionRow).order_by(StatusQuestionRow.asked_at))


def lying(office: Office, subject: bytes) -> tuple[str, str, str]:
    """Reason, words and next action of what waits about a thing."""
    with office.world.read("queue:view") as uow:
        (row,) = uow.entities(
            uow.select(QueueItemRow).where(QueueItemRow.subject_id == subject, QueueItemRow.state == "OPEN")
        )
        return row.reason, str(from_json(row.detail["text"])), str(from_json(row.detail["todo"]))


@pytest.fixture
def claim(office: Office) -> bytes:
    """One claim, sent; its id."""
    claim = office.claim()
    assert office.send().claims == 1
    return claim


def test_a_person_asks_once_and_the_question_says_what_was_sent(office: Office, claim: bytes):
    row = office.row(claim)
    version = row.version
    done = ask(office, claim, expected_version=version)
    assert (done.questions, done.sent) == (1, True)
    (question,) = sent(office)
    assert (question.claim_control, question.charge_cents, question.from_date) == (row.control, 15_000, make.DAY)
    assert (question.payer.identifier, question.subscriber.person.last) == ("CBH03", "ASHGROVE")
    (kept_question,) = questions(office)
    assert (kept_question.trace, kept_question.state, kept_question.reason) == (question.trace, "ASKED", "hand")
    assert kept_question.reference == question.reference
    with pytest.raises(Refused, match="asked-before"):
        ask(office, claim, expected_version=version)
    with pytest.raises(Conflict):
        ask(office, claim, expected_version=version + 1)
    with pytest.raises(NotFound):
        ask(office, b"x" * 16)
    for role in ("coder", "payment-poster", "denial-specialist"):
        with pytest.raises(Denied):
            ask(office, claim, actor=office.world.actor(role))
    ready = office.claim(last="Corso")
    with pytest.raises(Refused, match="not-with-payer"):
        ask(office, ready)
    assert len(questions(office)) == 1


def test_silent_claims_are_asked_about_before_they_surface_and_once_a_week(office: Office):
    claims = [office.claim(last=f"Person{n}") for n in range(3)]
    office.send()
    office.world.clock.forward(days=3)
    assert ask_silent(office) == 0
    office.world.clock.forward(hours=1)
    assert [ask_silent(office) for _ in range(2)] == [3, 0]
    assert len({question.trace for question in sent(office)}) == 3
    assert {row.claim_id for row in questions(office)} == set(claims)
    office.world.clock.forward(days=2)
    assert silence.surface(office.world.units, office.world.machine("claim.silent")) == 3
    assert lying(office, claims[0])[2] == "Wait for the payer's answer"
    office.world.clock.forward(days=5)
    assert ask_silent(office) == 3, "nobody answered in a week"
    assert sorted(row.state for row in questions(office)) == ["ASKED"] * 3 + ["LAPSED"] * 3


def test_every_night_asks_once(office: Office, claim: bytes):
    office.world.clock.forward(days=4, hours=-5)
    assert asking.night(office.world.units) == 0, "two in the morning there"
    office.world.clock.forward(hours=2)
    assert [asking.night(office.world.units) for _ in range(2)] == [1, 0]
    work.drain(office.world)
    (row,) = questions(office)
    assert (row.claim_id, row.reason) == (claim, "silent")


def test_a_file_that_the_partner_refuses_counts_as_not_asked(office: Office, claim: bytes):
    office.world.clock.forward(days=4)
    assert ask_silent(office) == 1
    with office.world.read("interchange:view") as uow:
        file = uow.first(uow.select(InterchangeRow).where(InterchangeRow.kind == "276"))
        assert file is not None
    office.answered(answers.ta1(file.control, "R", "020", at=AT))
    office.world.clock.forward(days=1)
    assert ask_silent(office) == 1
    assert [row.state for row in questions(office)] == ["FAILED", "ASKED"]
    assert office.items(file.id) == [("unanswered-claims", "file-refused")]
    assert claim in {row.claim_id for row in questions(office)}


def test_a_file_left_behind_goes_later_and_once(office: Office, claim: bytes):
    office.out.rename(office.out.with_name("aside"))
    office.out.write_text("no folder")
    assert not ask(office, claim).sent
    office.out.unlink()
    office.out.with_name("aside").rename(office.out)
    office.world.clock.forward(minutes=6)
    resend = (office.world.units, office.world.runtime.parts, office.world.machine())
    assert [asking.resend_unsent(*resend) for _ in range(2)] == [1, 0]
    assert len(sent(office)) == 1


def test_the_sandbox_answers_through_the_inbox(office: Office, claim: bytes):
    folder = office.out.parent / "in"
    folder.mkdir()
    house = Clearinghouse(office.out, folder, clock=office.world.clock)
    house.collect()
    for path in folder.iterdir():
        path.unlink()  # the acknowledgement is lost
    office.world.clock.forward(days=4)
    assert ask_silent(office) == 1
    house.collect()
    taken = collecting.collect(office.world.units, office.world.runtime.parts, office.biller)
    assert {one.kind: (one.applied, one.findings) for one in taken}["277"] == (1, 0)
    assert questions(office)[0].state == "ANSWERED"
    assert kept(office)[0].claim_id == claim


@pytest.mark.parametrize(
    ("codes", "state", "item"),
    [
        ("A2:20", "ACCEPTED", None),
        ("P1:20", "ACCEPTED", None),
        ("A7:164:IL", "REJECTED", ("rejected-claims", "A7")),
        ("R4:317", "PENDED", ("pended-claims", "information")),
        ("P3:317", "PENDED", ("pended-claims", "information")),
        ("F1:65", "ACCEPTED", ("unanswered-claims", "status-paid")),
        ("F2:88:QC", "ACCEPTED", ("unanswered-claims", "status-denied")),
        ("F0:3", "ACCEPTED", ("unanswered-claims", "status-finalized")),
        ("D0:35", "SUBMITTED", ("unanswered-claims", "status-not-found")),
        ("A4:35", "SUBMITTED", ("unanswered-claims", "status-not-found")),
        ("E0:0", "SUBMITTED", None),
        ("X9:1", "SUBMITTED", ("unanswered-claims", "status-unknown")),
    ],
)
def test_what_a_status_comes_to(office: Office, claim: bytes, codes: str, state: str, item: tuple[str, str] | None):
    ask(office, claim)
    result = take(office, told(said(sent(office)[0], codes)))
    assert (result.items, result.applied, result.findings) == (1, 1, ())
    assert (office.state(claim), office.items(claim)) == (state, [item] if item else [])
    (row,) = kept(office)
    assert (row.category, row.codes, row.answered_on) == (codes.partition(":")[0], [codes], AT.date())
    assert questions(office)[0].state == ("LAPSED" if codes == "E0:0" else "ANSWERED")


def test_several_statuses_and_lines_are_kept_with_amounts_and_words(office: Office, claim: bytes):
    ask(office, claim)
    (question,) = sent(office)
    paid = ClaimStatus(
        ("F1:65", "F1:1"), date(2026, 8, 7), 15_000, 9_000, date(2026, 8, 6), date(2026, 8, 7), "EFT77", "PAID IN FULL"
    )
    line = LineStatus(StatusLine("G0438", 10_000, control="L1"), 9_000, (ClaimStatus(("F1:65",), date(2026, 8, 7)),))
    earlier = ClaimStatus(("P1:20",), date(2026, 8, 4), 15_000)
    answer = said(question, statuses=(earlier, paid), lines=(line,), payer_control="ICN5")
    assert take(office, told(answer)).applied == 1
    assert lying(office, claim)[0] == "status-paid", "the latest by day, not the first"
    with office.world.read("claim:view", office.biller) as uow:
        part = standing.part_of(uow, claim)
        page = showing.show_claim(uow, claim)
        assert uow.read(uow.get(ClaimRow, claim), ClaimRow.payer_control_sealed) == "ICN5"
    assert [one.codes for one in part.said] == ["P1:20", "F1:65, F1:1"]
    assert (part.said[1].message, part.said[1].check_number) == ("PAID IN FULL", "EFT77")
    assert part.said[1].paid is not None
    assert part.said[1].paid.cents == 9_000
    assert [(one.code, one.charge.cents, len(one.said)) for one in part.lines] == [("G0438", 10_000, 1)]
    words = [str(each.text) for each in page.history]
    assert "Asked, the payer answers: The payer says that it paid. (F1, 277)" in words
    assert sum("asked the payer where the claim stands" in each for each in words) == 1
    money.bring(office.world, money.payment(money.answer(money.sent_of(office.world, claim))))
    assert office.items(claim) == []


def test_an_answer_counts_once_and_the_same_file_changes_nothing(office: Office, claim: bytes):
    ask(office, claim)
    (question,) = sent(office)
    body = told(said(question, "P1:20"))
    first = take(office, body)
    again = take(office, body, "again.277")
    assert (again.new, again.interchange_id, again.applied) == (False, first.interchange_id, 1)
    other = take(office, told(said(question, "D0:35"), at=AT + timedelta(days=1)))
    assert (other.applied, [finding.code for finding in other.findings]) == (0, ["answered-before"])
    assert (office.state(claim), len(kept(office))) == ("ACCEPTED", 1)


def test_after_could_not_answer_an_answer_is_taken_and_may_be_asked_for_again(office: Office, claim: bytes):
    ask(office, claim)
    (question,) = sent(office)
    take(office, told(said(question, "E0:0")))
    assert take(office, told(said(question, "P1:20"), at=AT + timedelta(days=1))).applied == 1
    assert office.state(claim) == "ACCEPTED"
    assert ask(office, claim).questions == 1


def test_what_was_said_later_stands_whatever_comes_first(office: Office, claim: bytes):
    ask(office, claim)
    (question,) = sent(office)
    take(office, told(said(question, "P1:20"), at=AT))
    office.answered(answers.statuses(next(office.out.glob("*.837")).read_bytes(), ("A7:164:IL",), at=answers.AT))
    assert office.state(claim) == "ACCEPTED", "the rejection was made before"
    ask(office, claim)
    take(office, told(said(sent(office)[1], "D0:35"), at=AT - timedelta(days=1)), "late.277")
    assert (office.state(claim), office.items(claim)) == ("ACCEPTED", [])
    assert [row.category for row in kept(office)] == ["D0", "P1"]
    with office.world.read("claim:view", office.biller) as uow:
        assert standing.newest(uow, uow.get(ClaimRow, claim)).category == "P1"


def test_a_claim_that_was_sent_again_is_not_moved_by_what_was_said_before(office: Office, claim: bytes):
    ask(office, claim)
    (question,) = sent(office)
    office.answered(answers.statuses(next(office.out.glob("*.837")).read_bytes(), ("A7:164:IL",)))
    with office.world.write("claim:edit", office.biller) as uow:
        steps.rework(uow, claim, "coverage")
    office.send()
    assert take(office, told(said(question, "P1:20"))).applied == 1
    assert office.state(claim) == "SUBMITTED"
    with office.world.read("claim:view", office.biller) as uow:
        assert standing.newest(uow, uow.get(ClaimRow, claim)) is None


def test_without_a_question_the_numbers_find_the_claim_and_two_claims_find_none(office: Office, claim: bytes):
    other = office.claim(last="Corso")
    office.send(only=other)
    with office.world.write("claim:acknowledge") as uow:
        uow.change(uow.get(ClaimRow, claim), payer_control_sealed="ICN9")
    ask(office, claim)
    (question,) = sent(office)
    ours, theirs = office.row(claim).control, office.row(other).control
    unasked = {"trace": "THEIRS1"}
    result = take(office, told(
        said(question, "P1:20", **unasked, claim_control=theirs),
        said(question, "P1:20", **unasked, claim_control="", payer_control="ICN9"),
        said(question, "P1:20", **unasked, claim_control=theirs, payer_control="ICN9"),
        said(question, "P1:20", claim_control=theirs),
        said(question, "P1:20", **unasked, claim_control="NOBODYS"),
    ))  # fmt: skip
    assert [row.claim_id for row in kept(office)] in ([claim, other], [other, claim])
    assert [finding.code for finding in result.findings] == ["unmatched", "contradicts", "unmatched"]
    assert all(finding.segment > 0 for finding in result.findings)
    assert (result.items, result.applied, office.items(result.interchange_id)) == (
        5, 2, [("unmatched-answers", "unmatched")],
    )  # fmt: skip
    assert take(office, told(said(question, "P1:20"), at=AT + timedelta(hours=1))).applied == 1, "the answer itself"
    assert ours == question.claim_control


def test_a_payer_that_refuses_a_whole_set_speaks_of_each_of_its_questions(office: Office):
    claims = [office.claim(last=f"Person{n}") for n in range(2)]
    office.send()
    office.world.clock.forward(days=4)
    ask_silent(office)
    question = sent(office)[0]
    status = ClaimStatus(("E0:24:85",), AT.date())
    base = StatusAnswer("receiver", (status,), payer=question.payer, provider=question.provider)
    strange = take(office, told(replace(base, trace="NOTOURS-1")))
    assert ([each.code for each in strange.findings], strange.applied) == (["unmatched"], 0)
    result = take(office, told(replace(base, trace=question.reference), at=AT + timedelta(hours=1)))
    assert (result.items, result.applied, result.findings) == (1, 1, ())
    assert {row.claim_id for row in kept(office)} == set(claims)
    assert [office.state(one) for one in claims] == ["SUBMITTED"] * 2
    assert {row.state for row in questions(office)} == {"LAPSED"}


def test_what_is_asked_above_the_claims_moves_none_and_is_shown_as_for_all(office: Office):
    claims = [office.claim(last=f"Person{n}") for n in range(2)]
    office.send()
    for file in sorted(office.out.glob("*.837")):
        office.answered(answers.statuses(file.read_bytes(), ("A2:20",) * 2))
    office.world.clock.forward(days=25)
    assert ask_silent(office) == 2
    first, second = sent(office)
    status = ClaimStatus(("R3:0",), AT.date())
    asks = StatusAnswer("receiver", (status,), payer=first.payer, provider=first.provider, trace=first.reference)
    assert take(office, told(asks)).applied == 1
    assert [(office.state(one), office.items(one)) for one in claims] == [("ACCEPTED", [])] * 2
    assert {row.state for row in questions(office)} == {"LAPSED"}, "the answer of each claim may still come"
    ours = next(one for one in claims if office.row(one).control == first.claim_control)
    with office.world.read("claim:view", office.biller) as uow:
        part, page = standing.part_of(uow, ours), showing.show_claim(uow, ours)
        assert standing.newest(uow, uow.get(ClaimRow, ours)) is None
    assert part.whole is not None
    assert (part.found, [one.codes for one in part.whole.said]) == (None, ["R3:0"])
    assert any("for everything asked in one file: The payer asks for more" in str(one.text) for one in page.history)
    assert "supplied" not in page.actions
    result = take(office, told(said(first, "R4:317"), said(second, "P1:20"), at=AT + timedelta(hours=1)))
    assert (result.applied, result.findings) == (2, ())
    assert sorted(office.state(one) for one in claims) == ["ACCEPTED", "PENDED"]
    late = replace(asks, level="provider", statuses=(ClaimStatus(("P1:0",), AT.date()),), reference=first.reference)
    take(office, told(late, at=AT + timedelta(hours=2)))
    assert office.state(ours) == "PENDED", "what the claim itself was asked for is not settled by that"


def test_more_was_asked_for_and_sent_and_the_payer_goes_on(office: Office, claim: bytes):
    ask(office, claim)
    take(office, told(said(sent(office)[0], "R4:317")))
    with office.world.read("claim:view", office.biller) as uow:
        assert {"ask", "supplied"} <= set(showing.show_claim(uow, claim).actions)
    version = office.row(claim).version
    with office.world.write("claim:acknowledge", office.biller) as uow:
        statuses.supplied(uow, claim, expected_version=version)
    assert (office.state(claim), office.items(claim)) == ("ACCEPTED", [])
    with pytest.raises(Refused, match="not-pended"), office.world.write("claim:acknowledge", office.biller) as uow:
        statuses.supplied(uow, claim)
    for days, codes, state in ((1, "R4:317", "PENDED"), (2, "P1:20", "ACCEPTED")):
        ask(office, claim)
        take(office, told(said(sent(office)[-1], codes), at=AT + timedelta(days=days)), f"{days}.277")
        assert office.state(claim) == state


def test_a_claim_that_never_arrived_goes_again(office: Office, claim: bytes):
    office.world.clock.forward(days=6)
    silence.surface(office.world.units, office.world.machine("claim.silent"))
    assert lying(office, claim)[2] == "Ask the payer"
    ask(office, claim)
    with pytest.raises(Refused, match="not-lost"), office.world.write("claim:acknowledge", office.biller) as uow:
        statuses.lost(uow, claim)
    take(office, told(said(sent(office)[0], "D0:35")))
    reason, words, todo = lying(office, claim)
    assert (reason, words) == (
        "status-not-found", "The payer answered on 2026-08-09: The payer does not find the claim."
    )  # fmt: skip
    assert "send it again" in todo
    with office.world.read("claim:view", office.biller) as uow:
        assert showing.show_claim(uow, claim).actions[:2] == ("lost", "ask")
    version = office.row(claim).version
    with office.world.write("claim:acknowledge", office.biller) as uow:
        statuses.lost(uow, claim, expected_version=version)
    assert (office.state(claim), office.items(claim)) == ("REJECTED", [("rejected-claims", "lost")])
    with office.world.write("claim:edit", office.biller) as uow:
        steps.rework(uow, claim, "coverage")
    assert office.state(claim) == "READY"


def test_an_answer_that_decides_nothing_undoes_nothing(office: Office, claim: bytes):
    office.answered(answers.statuses(next(office.out.glob("*.837")).read_bytes(), ("A2:20",)))
    ask(office, claim)
    (question,) = sent(office)
    take(office, told(said(question, "D0:35")))
    with office.world.write("claim:acknowledge", office.biller) as uow:
        statuses.lost(uow, claim)
    before = office.items(claim)
    unasked = {"trace": "THEIRS1"}
    take(office, told(said(question, "E0:0", **unasked), at=AT + timedelta(days=1)), "later.277")
    assert (office.state(claim), office.items(claim)) == ("REJECTED", before), "somebody said that it never arrived"
    other = office.claim(last="Corso")
    office.send(only=other)
    files = sorted(office.out.glob("*.837"))
    office.answered(answers.statuses(files[-1].read_bytes(), ("A7:164:IL",)))
    before = lying(office, other)
    numbers = {**unasked, "claim_control": office.row(other).control}
    take(office, told(said(question, "E0:0", **numbers), at=AT + timedelta(days=2)), "last.277")
    assert lying(office, other) == before, "why it was rejected is still said"


def test_a_file_of_a_mistyped_year_does_not_outlast_every_later_answer(office: Office, claim: bytes):
    ask(office, claim)
    take(office, told(said(sent(office)[0], "D0:35"), at=AT.replace(year=2060)))
    office.world.clock.forward(days=6)
    ask(office, claim)
    take(office, told(said(sent(office)[1], "P1:20"), at=AT), "later.277")
    with office.world.read("claim:view", office.biller) as uow:
        assert standing.newest(uow, uow.get(ClaimRow, claim)).category == "P1"


def test_another_answer_to_an_answered_question_goes_to_people(office: Office, claim: bytes):
    ask(office, claim)
    (question,) = sent(office)
    take(office, told(said(question, "P1:20")))
    same = take(office, told(said(question, "P1:20"), at=AT + timedelta(hours=1)), "same.277")
    other = take(office, told(said(question, "F2:88"), at=AT + timedelta(hours=2)), "other.277")
    assert [office.items(each.interchange_id) for each in (same, other)] == [[], [("unmatched-answers", "unmatched")]]


def test_a_shredded_patient_keeps_no_other_claim_from_being_asked_about(office: Office, claim: bytes, tmp_path: Path):
    office.claim(last="Corso")
    office.send()
    office.world.clock.forward(days=366 * 11)
    patient = office.row(claim).patient_id
    machine = office.world.machine("keys")
    shredding.shred(office.world.units, machine, patient, record=tmp_path / "record", reason="order")
    assert ask_silent(office) == 1
    assert claim not in {row.claim_id for row in questions(office)}


def test_a_partner_with_wrong_ids_keeps_no_other_partner_from_being_asked(office: Office, claim: bytes):
    other = office.claim(last="Corso")
    office.send(only=other)
    with office.world.write("partner:edit") as uow:
        second = make.partner(uow, office.world.practice_id, code="second")
        partners = sorted([second, *uow.entities(uow.select(PartnerRow).where(PartnerRow.id != second.id))],
                          key=lambda row: row.id)  # fmt: skip
        uow.change(partners[0], sender_id="X" * 40)  # it is the first to be asked
    with office.world.write("claim:acknowledge") as uow:
        last = standing.sent_last(uow, [claim, other])
        for id_, partner in zip((claim, other), partners, strict=True):
            uow.change(uow.get(InterchangeRow, last[id_].interchange_id), partner_id=partner.id)
    office.world.clock.forward(days=4)
    with pytest.raises(Refused, match="partner-shape"):
        ask_silent(office)
    assert [row.claim_id for row in questions(office)] == [other]


def test_other_kinds_are_refused_and_a_broken_file_is_kept_with_its_findings(office: Office, claim: bytes):
    ask(office, claim)
    (question,) = sent(office)
    with pytest.raises(Refused, match="wrong-kind"):
        take(office, answers.ta1("000000001"))
    whole = told(said(question, "P1:20"), said(question, "P1:20", trace="OTHER", claim_control="X"))
    broken = whole.replace(b"STC*P1", b"STC*", 1)
    cut = whole[: whole.index(b"TRN*2*OTHER")]
    for body, state in ((broken, "REFUSED"), (cut, "APPLIED"), (b"ISA*nothing~", "REFUSED")):
        result = take(office, body)
        assert result.findings, state
        with office.world.read("interchange:view") as uow:
            file = uow.get(InterchangeRow, result.interchange_id)
            assert file.state == state
            assert interchanges.findings_of(uow, file) == list(result.findings)
    assert office.state(claim) == "ACCEPTED", "what was whole in the cut file counts"


def codes_of(rows: Sequence[AcknowledgementRow]) -> list[str]:
    return [code for row in rows for code in row.codes]


def test_a_reading_that_broke_off_goes_on(office: Office, monkeypatch: pytest.MonkeyPatch):
    claims = [office.claim(last=f"Person{n}") for n in range(3)]
    office.send()
    office.world.clock.forward(days=4)
    ask_silent(office)
    body = told(*(said(question, "P1:20") for question in sent(office)))
    monkeypatch.setattr(statuses, "_SLICE", 1)
    follow, calls = statuses._follow, []

    def break_off(*given: Any) -> None:
        calls.append(1)
        if len(calls) == 2:
            raise OSError("broken off")
        follow(*given)

    with monkeypatch.context() as patch:
        patch.setattr(statuses, "_follow", break_off)
        with pytest.raises(OSError, match="broken off"):
            take(office, body)
    result = take(office, body)
    assert (result.applied, result.findings, codes_of(kept(office))) == (3, (), ["P1:20"] * 3)
    assert [office.state(one) for one in claims] == ["ACCEPTED"] * 3


def test_two_who_ask_at_the_same_moment_ask_once(office: Office, claim: bytes):
    with office.world.read("claim:ask", office.biller) as uow:
        wanted = [asking._questions(uow, [uow.get(ClaimRow, claim)]) for _ in range(2)]
    with office.world.write("claim:ask", office.biller) as uow:
        asking._store(uow, wanted[0], "hand")
    with pytest.raises(Conflict), office.world.write("claim:ask", office.biller) as uow:
        asking._store(uow, wanted[1], "hand")
    with office.world.write("claim:ask", office.biller) as uow:
        assert asking._standing(uow, wanted[1]) == []
    assert [row.trace for row in questions(office)] == [wanted[0][0].question.trace]
