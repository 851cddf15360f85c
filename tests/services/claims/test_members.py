from __future__ import annotations

from datetime import timedelta

import pytest

from portal.domain.errors import NotFound, Refused
from portal.services.claims import listing, members, showing, steps
from tests.make import answers
from tests.make import claims as make
from tests.services.claims.office import Office


@pytest.fixture
def two(office: Office) -> tuple[bytes, bytes]:
    """A claim to each of two payers, both sent."""
    found = office.claim(), office.claim(last="Birch", payer_code="LKM04")
    office.send()
    return found


def seen(office: Office, claim: bytes, **given) -> members.PayerClaimsPage:
    """The list as the payer of a claim reads it."""
    with office.world.read("member-claim:view", office.payer_user(office.row(claim).payer_id)) as uow:
        return members.list_members_claims(uow, **given)


def opened(office: Office, claim: bytes, payer_id: bytes) -> members.PayerClaimPage:
    with office.world.read("member-claim:view", office.payer_user(payer_id)) as uow:
        return members.show_members_claim(uow, claim)


def test_a_payer_reads_its_own_members_claims_and_no_others(office: Office, two: tuple[bytes, bytes]):
    for claim, other, name in ((two[0], two[1], "Mina Ashgrove"), (two[1], two[0], "Mina Birch")):
        page = seen(office, claim)
        assert [(one.claim_id, one.patient_name) for one in page.claims] == [(claim.hex(), name)]
        assert page.practice_name == "Juniper Ridge Family Practice"
        assert page.claims[0].sent_on == office.world.clock.now().date()
        assert not [words for _, words in page.states if "payer" in str(words).lower()]
        payer = office.row(claim).payer_id
        found = opened(office, claim, payer)
        assert (found.patient_name, found.charged.cents, len(found.lines)) == (name, 15_000, 2)
        with pytest.raises(NotFound):
            opened(office, other, payer)


def test_a_payer_without_claims_sees_an_empty_list(office: Office, two: tuple[bytes, bytes]):
    with office.world.write("claim:edit") as uow:
        stranger = make.payer(uow, "TWH05").id
    with office.world.read("member-claim:view", office.payer_user(stranger)) as uow:
        page = members.list_members_claims(uow)
    assert (page.claims, page.payer_name, page.practice_name) == ((), "Plan TWH05", "")
    assert two


def test_what_was_not_sent_does_not_exist_for_the_payer(office: Office):
    claim = office.claim()
    payer = office.row(claim).payer_id
    assert seen(office, claim).claims == ()
    with pytest.raises(NotFound):
        opened(office, claim, payer)


def test_the_offices_work_on_a_claim_is_one_word_to_the_payer(office: Office, two: tuple[bytes, bytes]):
    claim = two[0]
    payer = office.row(claim).payer_id
    office.answered(answers.statuses(office.sent(), payer_control="ICN9"))
    office.answered(answers.statuses(office.sent(), ("A7:164:IL",), at=answers.AT + timedelta(hours=1)))
    assert opened(office, claim, payer).payer_number == "ICN9"
    with office.world.write("claim:edit", office.biller) as uow:
        steps.rework(uow, claim, "coverage", note="our own words")
    for hold in (False, True):
        if hold:
            with office.world.write("claim:hold", office.biller) as uow:
                steps.hold(uow, claim, "payer-request")
        found = opened(office, claim, payer)
        assert (found.state.code, str(found.state.text)) == ("CORRECTED", "Being corrected by the practice")
        assert "our own words" not in repr(found)
        assert [one.state.code for one in seen(office, claim, state="CORRECTED").claims] == ["CORRECTED"]
        assert seen(office, claim, state="REJECTED").claims == ()


def test_pages_go_forth_and_back(office: Office, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(members, "PAGE_ROWS", 1)
    claims = []
    for last in ("Ash", "Birch", "Cedar"):
        claims.append(office.claim(last=last))
        office.send()
        office.world.clock.forward(minutes=1)
    first = seen(office, claims[0])
    second = seen(office, claims[0], before=first.older or "")
    third = seen(office, claims[0], before=second.older or "")
    assert [page.claims[0].patient_name for page in (first, second, third)] == ["Mina Cedar", "Mina Birch", "Mina Ash"]
    assert (first.newer, third.older) == (None, None)
    assert seen(office, claims[0], after=third.newer or "").claims == second.claims
    assert seen(office, claims[0], before="x-y", after="99999999999999999999999-00").claims == first.claims


def test_a_payer_has_no_way_into_the_offices_pages(office: Office, two: tuple[bytes, bytes]):
    payer = office.payer_user(office.row(two[0]).payer_id)
    for permission in ("claim:view", "claim:edit", "claim:submit", "claim:acknowledge"):
        with pytest.raises(Refused, match="no-role"), office.world.read(permission, payer) as uow:
            listing.list_claims(uow)
    with office.world.read("member-claim:view", payer) as uow, pytest.raises(Refused):
        showing.show_snapshot(uow, two[0], 1)


def test_staff_do_not_read_as_a_payer(office: Office, two: tuple[bytes, bytes]):
    with pytest.raises(Refused, match="no-role"), office.world.read("member-claim:view", office.biller):
        raise AssertionError("only payers hold it")
    assert two
