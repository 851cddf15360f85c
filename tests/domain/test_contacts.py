"""What is typed of a contact, a letter and a payer's department is kept as it is or refused by its field."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.domain import contacts, letters
from portal.domain.errors import Refused
from portal.domain.money import Money
from portal.domain.texts import Text

TODAY = date(2026, 8, 3)
CALL = {
    "channel": "call", "direction": "out", "day": "2026-08-03", "time": "14:05", "person": "Dana at claims",
    "reference": "I-77120", "words": "It is in review.\r\nCall again.", "next_step": "Ask again",
    "next_on": "2026-08-17",
}  # fmt: skip
FACTS = letters.Facts(
    "claim", "Plan CBH03", "Juniper", "1234567893", "123456789", "(503) 555-0142", "Mina Ashgrove", date(1980, 3, 4),
    "W1", None, "C7K2", None, TODAY, TODAY, "G0438", "Ada Okafor", Money(15_000), None, ("CO 50",),
)  # fmt: skip
LETTER = {
    "template": "status-inquiry", "channel": "fax", "to": "Plan CBH03\n PO Box 1\n\nSalem, OR 97309",
    "subject": "Where does this stand?", "body": "To whom:\n\nPlease say.\nSoon.", "enclosures": "",
}  # fmt: skip
DESK = {
    "name": "Appeals", "phone": "+1 (503) 555-0142", "fax": "", "line1": "PO Box 1", "line2": "", "city": "Salem",
    "state": "or", "postal_code": "97309-1234",
}  # fmt: skip


def test_a_contact_is_kept_as_it_was_typed():
    kept = contacts.read(CALL, TODAY)
    assert kept.words == "It is in review.\nCall again."
    assert (kept.time, kept.next_on) == ("14:05", date(2026, 8, 17))
    bare = contacts.read(CALL | dict.fromkeys(("time", "person", "reference", "next_step", "next_on"), " "), TODAY)
    assert (bare.time, bare.person, bare.reference, bare.next_step, bare.next_on) == (None,) * 5


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("channel", "pigeon"), ("direction", ""), ("day", "2026-08-04"), ("day", "1999-12-31"), ("day", "x"),
        ("time", "25:00"), ("words", " \n"), ("words", "a\x00b"), ("words", "x" * 4001), ("person", "x" * 121),
        ("reference", "\x1b[2J"), ("next_on", ""), ("next_on", "2026-08-02"), ("next_on", "2027-08-10"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_refused_by_its_field(field: str, value: str):
    with pytest.raises(Refused) as refused:
        contacts.read(CALL | {field: value}, TODAY)
    assert refused.value.code == field


def test_what_was_pasted_on_several_lines_into_one_line_is_one():
    assert contacts.read(CALL | {"person": "Dana\r\n Whitlock"}, TODAY).person == "Dana Whitlock"
    desk = contacts.read_desk(DESK | {"name": "Appeals\nunit", "line1": "PO Box 1\nnot a second line"})
    assert (desk.name, (desk.address or {})["line1"]) == ("Appeals unit", "PO Box 1 not a second line")


@settings(max_examples=30)
@given(st.text(max_size=60))
def test_what_was_taken_once_is_taken_again_unchanged(typed: str):
    try:
        kept = contacts.plain(typed, "words", 50)
    except Refused:
        return
    assert kept is None or (kept == kept.strip() and "\x00" not in kept and "\r" not in kept and len(kept) <= 50)
    assert contacts.plain(kept or "", "words", 50) == kept


def test_a_department_has_a_way_to_it():
    desk = contacts.read_desk(DESK)
    assert (desk.phone, desk.fax) == ("5035550142", None)
    assert desk.address is not None
    assert (desk.address["state"], desk.address["postal_code"]) == ("OR", "973091234")
    nothing = dict.fromkeys(DESK, "") | {"name": "Appeals"}
    for change, code in (
        ({"name": ""}, "name"), ({"phone": "12"}, "phone"), (nothing, "phone"), ({"city": ""}, "city"),
        ({"state": "ZZ"}, "state"), ({"postal_code": "1"}, "postal_code"), ({"fax": "²035550142"}, "fax"),
    ):  # fmt: skip
        with pytest.raises(Refused) as refused:
            contacts.read_desk(DESK | change)
        assert refused.value.code == code


@pytest.mark.parametrize("name", letters.TEMPLATES)
@pytest.mark.parametrize("about", ["claim", "authorization"])
def test_every_template_is_filled_and_leaves_nothing_unsaid(name: str, about: str):
    draft = letters.fill(name, letters.Facts(**{**_plain(FACTS), "about": about}))
    said = [str(each) for each in (draft.subject, *draft.paragraphs, draft.next_step)]
    assert all("{" not in each for each in said)
    assert "(503) 555-0142" in said[-2]
    body = "\n\n".join(said[1:-1])
    typed = LETTER | {"template": name, "body": body}
    if letters.GAP in body:
        with pytest.raises(Refused) as refused:
            letters.read(typed)
        assert refused.value.code == "body", "what is to be filled in is not sent"
    else:
        assert letters.read(typed).paragraphs == tuple(said[1:-1])


def test_the_head_of_a_letter_says_what_it_is_about_and_no_diagnosis():
    head = {str(word): str(said) if isinstance(said, Text) else said for word, said in letters.rows(FACTS)}
    assert head["Our claim number"] == "C7K2"
    assert head["Your reasons"] == "CO 50"
    assert head["Dates of service"] == "2026-08-03"
    assert "tax ID 12-3456789" in head["Billing provider"]
    assert not {"Group number", "Your claim number", "Sent to you on"} & head.keys(), "what is not known is left out"
    assert not [word for word in head if "iagnos" in word]


def test_a_letter_is_kept_as_it_was_edited():
    letter = letters.read(LETTER)
    assert letter.to == ("Plan CBH03", "PO Box 1", "Salem, OR 97309")
    assert letter.paragraphs == ("To whom:", "Please say.\nSoon.")
    for change, code in (
        ({"template": "x"}, "template"), ({"channel": "call"}, "channel"), ({"to": "Plan"}, "to"),
        ({"subject": "a\nb"}, "subject"), ({"body": " "}, "body"), ({"body": "a\x07"}, "body"),
        ({"enclosures": "x\n" * 13}, "enclosures"), ({"body": "患者"}, "body"), ({"to": "Plan\n\u202eBox 1"}, "to"),
        ({"subject": "\u017f"}, "subject"), ({"enclosures": "a \u200b"}, "enclosures"),
    ):  # fmt: skip
        with pytest.raises(Refused) as refused:
            letters.read(LETTER | change)
        assert refused.value.code == code
    typed = LETTER | {"body": "E\u0301milie\t\u0141\u00f3d\u017a \u2013 \u201c1 \u20ac\u201d"}
    assert letters.read(typed).paragraphs == ("\u00c9milie \u0141\u00f3d\u017a \u2013 \u201c1 \u20ac\u201d",)


def test_a_next_day_is_within_a_year():
    assert contacts.follow_up({"next_on": TODAY.isoformat()}, TODAY) == (None, TODAY)
    with pytest.raises(Refused):
        contacts.follow_up({"next_on": (TODAY + timedelta(days=367)).isoformat()}, TODAY)


def _plain(facts: letters.Facts) -> dict[str, object]:
    return {name: getattr(facts, name) for name in facts.__slots__}
