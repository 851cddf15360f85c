from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.domain.errors import Refused
from portal.domain.texts import from_json
from portal.models.claims import AcknowledgementRow, ClaimRow
from portal.models.interchanges import InterchangeRow
from portal.services.claims import answers, steps
from portal.services.claims.checking import kept
from tests.make import answers as make
from tests.make import claims, x12
from tests.services.claims.office import Office

LATER = make.AT + timedelta(hours=1)


@pytest.fixture
def sent(office: Office) -> bytes:
    """One claim, sent; its id."""
    claim = office.claim()
    assert office.send().claims == 1
    return claim


def rows(office: Office) -> list[AcknowledgementRow]:
    with office.world.read("claim:view") as uow:
        return uow.entities(uow.select(AcknowledgementRow).order_by(AcknowledgementRow.made_at))


def test_an_acceptance_by_the_payer_accepts_and_keeps_its_number(office: Office, sent: bytes):
    result = office.answered(make.statuses(office.sent(), payer_control="ICN77"))
    assert (result.items, result.applied, result.findings, result.kind) == (2, 2, (), "277CA")
    row = office.row(sent)
    assert (row.state, row.accepted_at) == ("ACCEPTED", office.world.clock.now())
    assert office.items(sent) == []
    with office.world.read("claim:view", office.biller) as uow:
        assert uow.read(uow.get(ClaimRow, sent), ClaimRow.payer_control_sealed) == "ICN77"
        token = uow.token("payer-control", "ICN77")
        assert [
            found.id for found in uow.rows(uow.select(ClaimRow.id).where(ClaimRow.payer_control_index == token))
        ] == [sent]


def test_a_rejection_rejects_and_lies_in_its_queue_with_the_reason_in_words(office: Office, sent: bytes):
    office.answered(make.statuses(office.sent(), ("A7:164:IL",), message="MEMBER ID NOT ON FILE"))
    row = office.row(sent)
    assert row.state == "REJECTED"
    assert office.items(sent) == [("rejected-claims", "A7")]
    assert all(str(finding.text) and str(finding.what_to_do) for finding in kept(row.edits))
    (about,) = [one for one in rows(office) if one.claim_id == sent]
    assert (about.outcome, about.category, about.codes, about.patient_id) == (
        "rejected", "A7", ["A7:164:IL"], row.patient_id,
    )  # fmt: skip
    with office.world.read("claim:view", office.biller) as uow:
        said = uow.read(uow.get(AcknowledgementRow, about.id), AcknowledgementRow.message_sealed)
    assert said["message"] == "MEMBER ID NOT ON FILE"
    assert all(str(from_json(text)) for text in said["reasons"])


def test_clearinghouse_accepts_payer_rejects_in_whatever_order_they_come(office: Office, sent: bytes):
    house = make.statuses(office.sent(), ("A1:20",), source="AY", at=make.AT)
    payer = make.statuses(office.sent(), ("A7:164:IL",), at=LATER)
    office.answered(payer, "payer")
    assert office.state(sent) == "REJECTED"
    office.answered(house, "house")
    assert office.state(sent) == "REJECTED"
    assert len([one for one in rows(office) if one.claim_id == sent]) == 2


def test_in_the_same_minute_the_rejection_counts(office: Office, sent: bytes):
    office.answered(make.statuses(office.sent(), ("A7:164:IL",)), "payer")
    office.answered(make.statuses(office.sent(), ("A1:20",), source="AY"), "house")
    assert office.state(sent) == "REJECTED"


def test_a_later_acceptance_takes_a_rejection_back(office: Office, sent: bytes):
    office.answered(make.statuses(office.sent(), ("A7:164:IL",)))
    office.answered(make.statuses(office.sent(), at=LATER))
    assert office.state(sent) == "ACCEPTED"
    assert office.items(sent) == []
    office.answered(make.statuses(office.sent(), ("A3:116",), at=LATER + timedelta(hours=1)))
    assert office.state(sent) == "REJECTED"


def test_the_same_file_twice_changes_nothing(office: Office, sent: bytes):
    body = make.statuses(office.sent(), ("A7:164:IL",))
    first = office.answered(body)
    office.answered(make.statuses(office.sent(), at=LATER))
    before = [one.id for one in rows(office)], office.row(sent).version
    again = office.answered(body, "the same under another name")
    assert (again.new, again.interchange_id) == (False, first.interchange_id)
    assert (again.items, again.applied, again.findings) == (first.items, first.applied, first.findings)
    assert ([one.id for one in rows(office)], office.row(sent).version) == before


def test_an_import_that_was_cut_off_goes_on(office: Office, sent: bytes, monkeypatch: pytest.MonkeyPatch):
    body = make.statuses(office.sent(), ("A7:164:IL",))
    whole = answers.interchanges.read_through
    with monkeypatch.context() as patch:
        patch.setattr(answers.interchanges, "read_through", lambda *_, **__: (_ for _ in ()).throw(RuntimeError("cut")))
        with pytest.raises(RuntimeError, match="cut"):
            office.answered(body)
    assert answers.interchanges.read_through is whole
    assert office.state(sent) == "REJECTED"
    kept_rows = {one.id for one in rows(office)}
    result = office.answered(body)
    assert (result.items, result.applied) == (2, 2)
    assert {one.id for one in rows(office)} == kept_rows


def test_a_ta1_and_a_999_that_accept_are_kept_with_the_file_and_move_nothing(office: Office, sent: bytes):
    assert office.answered(make.ta1("000000001")).applied == 1
    assert office.answered(make.functional("1", {"0001": True})).applied == 2
    assert office.state(sent) == "SUBMITTED"
    with office.world.read("interchange:view") as uow:
        (file,) = uow.entities(uow.select(InterchangeRow).where(InterchangeRow.direction == "out"))
    assert {(one.kind, one.about_interchange_id, one.claim_id) for one in rows(office)} == {
        ("TA1", file.id, None),
        ("999", file.id, None),
    }


def test_a_refused_file_rejects_all_its_claims(office: Office):
    ids = [office.claim(), office.claim(last="Birch", payer_code="LKM04")]
    office.send()
    result = office.answered(make.ta1("000000001", "R", "006"))
    assert (result.items, result.applied) == (1, 1)
    assert [office.state(id_) for id_ in ids] == ["REJECTED", "REJECTED"]
    assert [office.items(id_) for id_ in ids] == [[("rejected-claims", "R")]] * 2


def test_a_file_that_went_twice_rejects_nothing(office: Office, sent: bytes):
    office.answered(make.ta1("000000001", "R", "025"))
    assert office.state(sent) == "SUBMITTED"


def test_a_refused_set_rejects_its_own_claims_only(office: Office):
    first, second = office.claim(), office.claim(last="Birch", payer_code="LKM04")
    office.send()
    office.answered(make.functional("1", {"0001": False, "0002": True}, claim=office.row(first).control))
    states = sorted((office.state(first), office.state(second)))
    assert states == ["REJECTED", "SUBMITTED"]
    office.answered(make.functional("1", {"0001": False, "0002": False}, at=LATER))
    assert [office.state(first), office.state(second)] == ["REJECTED", "REJECTED"]


def test_two_partners_with_the_same_numbers_are_kept_apart(office: Office):
    with office.world.write("partner:edit") as uow:
        claims.partner(uow, office.world.practice_id, code="direct", folder="direct", receiver_id="DIRECT")
    one = office.claim()
    office.send(partner="clearing")
    two = office.claim(last="Birch")
    office.send(partner="direct")
    direct = replace(make.BACK, sender_id="DIRECT", group_sender="DIRECT")
    office.answered(make.ta1("000000001", "R", "006", back=direct))
    assert (office.state(one), office.state(two)) == ("SUBMITTED", "REJECTED")


def test_an_answer_about_nothing_of_ours_is_told_and_queued(office: Office, sent: bytes):
    result = office.answered(make.ta1("000000099", "R", "006"))
    assert (result.items, result.applied) == (1, 0)
    assert [finding.code for finding in result.findings] == ["unmatched"]
    assert office.items(result.interchange_id) == [("unmatched-answers", "unmatched")]
    stranger = office.sent().replace(office.row(sent).control.encode(), b"CSTRANGER000000X")
    result = office.answered(make.statuses(stranger, ("A7:164:IL",)))
    assert "unmatched" in {finding.code for finding in result.findings}
    assert office.state(sent) == "SUBMITTED"
    assert "STRANGER" not in "".join(str(finding.text) for finding in result.findings)


def test_another_practice_cannot_answer_for_ours(office: Office, sent: bytes):
    other = Office(office.second_practice())
    result = other.answered(make.statuses(office.sent(), ("A7:164:IL",)))
    assert result.applied == 0
    assert office.state(sent) == "SUBMITTED"
    assert office.answered(make.statuses(office.sent(), ("A7:164:IL",))).new
    assert office.state(sent) == "REJECTED"


def test_an_answer_to_an_earlier_version_is_kept_and_decides_nothing(office: Office, sent: bytes):
    first = office.sent()
    office.answered(make.statuses(first, ("A7:164:IL",)))
    with office.world.write("claim:edit", office.biller) as uow:
        steps.rework(uow, sent, "coverage")
    office.send()
    office.answered(make.statuses(first, ("A3:116",), at=LATER + timedelta(hours=3)))
    assert office.state(sent) == "SUBMITTED"
    assert len([one for one in rows(office) if one.claim_id == sent]) == 2


def test_an_acceptance_that_comes_while_the_claim_is_reworked_holds_it(office: Office, sent: bytes):
    office.answered(make.statuses(office.sent(), ("A7:164:IL",)))
    with office.world.write("claim:edit", office.biller) as uow:
        steps.rework(uow, sent, "coverage")
    office.answered(make.statuses(office.sent(), at=LATER))
    row = office.row(sent)
    assert (row.state, row.hold_reason, row.held_from) == ("HELD", "answered-late", "READY")
    assert office.items(sent) == [("held-claims", "answered-late")]
    assert office.send().claims == 0


def test_a_file_of_another_kind_is_not_stored_here(office: Office, sent: bytes):
    with pytest.raises(Refused, match="wrong-kind"):
        office.answered(x12.remittance(x12.payment("90", x12.CLAIM)))
    with office.world.read("interchange:view") as uow:
        assert uow.count(uow.select(InterchangeRow.id).where(InterchangeRow.direction == "in")) == 0


@pytest.mark.parametrize("body", [b"", b"hello", b"ISA*", b"\x00\xff" * 40, b"TA1*000000001*260803*1500*X*000~"])
def test_what_is_no_acknowledgement_leaves_findings_and_no_traceback(office: Office, body: bytes):
    result = office.answered(body)
    assert result.applied == 0
    assert result.findings


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cut=st.integers(1, 900), at=st.integers(0, 900), junk=st.binary(max_size=6))
def test_a_torn_or_garbled_file_never_raises(office: Office, cut: int, at: int, junk: bytes):
    if not office.out.exists():
        office.claim()
        office.send()
    whole = make.statuses(office.sent(), ("A7:164:IL",))
    garbled = whole[:at] + junk + whole[at:]
    try:
        office.answered(garbled[:-cut])
    except Refused as refused:
        assert refused.code == "wrong-kind"  # noqa: PT017 - it is allowed, not asked for


def test_who_may_not_read_answers_does_not(office: Office, sent: bytes):
    with pytest.raises(Refused, match="no-role"):
        answers.import_acknowledgements(
            office.world.units, office.world.actor("coder"), "x", make.statuses(office.sent(), ("A7:164:IL",))
        )
    assert office.state(sent) == "SUBMITTED"
