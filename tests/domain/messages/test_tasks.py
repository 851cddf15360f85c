"""What patients answer to tasks: read whole, told again, and turned down with the field that is wrong."""

from __future__ import annotations

from datetime import date

import pytest

from portal.domain.errors import Refused
from portal.domain.messages.tasks import AGREEMENTS, NEEDS, TASKS, WHY, read, told

TODAY = date(2026, 8, 3)
HOME = {"line1": "4 Elm Row", "city": "Millbrook", "state": "or", "postal_code": "97001-0214"}


@pytest.mark.parametrize(
    ("task", "given", "said"),
    [
        ("other-coverage", {"has": "no", "payer": "left out"}, ["No"]),
        (
            "other-coverage",
            {"has": "yes", "payer": " Bluestem  Plan ", "member_id": "B-77", "since": "2026-01-01"},
            ["Yes", "Bluestem Plan", "B-77", date(2026, 1, 1)],
        ),
        ("accident", {"was": "no", "day": "2026-07-01"}, ["No, it was no accident"]),
        (
            "accident",
            {"was": "auto", "day": "2026-07-01", "where": "or"},
            ["Yes, with a car or another vehicle", date(2026, 7, 1), "OR"],
        ),
        ("accident", {"was": "work", "day": "2026-07-01"}, ["Yes, at work", date(2026, 7, 1)]),
        ("signature", {"agree": "1", "name": "Teresa Marlowe"}, ["Teresa Marlowe", TODAY]),
        ("document", {}, []),
        ("demographics", {"right": "yes", **HOME}, ["Yes"]),
        (
            "demographics",
            {"right": "no", "phone": "1 (503) 555-0142", **HOME},
            ["No", "(503) 555-0142", "4 Elm Row", "Millbrook", "OR", "970010214"],
        ),
    ],
)
def test_an_answer_is_read_and_told(task, given, said):
    answer = read(task, given, TODAY)
    assert [str(value) if not isinstance(value, date) else value for _, value in told(answer)] == said


@pytest.mark.parametrize(
    ("task", "given", "field"),
    [
        ("other-coverage", {}, "has"),
        ("other-coverage", {"has": "yes", "payer": " "}, "payer"),
        ("other-coverage", {"has": "yes", "payer": "P", "member_id": ""}, "member_id"),
        ("other-coverage", {"has": "yes", "payer": "P\x00", "member_id": "1"}, "payer"),
        ("other-coverage", {"has": "yes", "payer": "P", "member_id": "1", "since": "2026-08-04"}, "since"),
        ("accident", {"was": "maybe"}, "was"),
        ("accident", {"was": "work"}, "day"),
        ("accident", {"was": "auto", "day": "2026-07-01"}, "where"),
        ("accident", {"was": "other", "day": "2026-07-01", "where": "Oregon"}, "where"),
        ("signature", {"name": "T"}, "agree"),
        ("signature", {"agree": "1", "name": "  "}, "name"),
        ("demographics", {}, "right"),
        ("demographics", {"right": "no", **HOME, "phone": "555"}, "phone"),
        ("demographics", {"right": "no", **HOME, "line1": ""}, "line1"),
        ("demographics", {"right": "no", **HOME, "state": "Oregon"}, "state"),
        ("demographics", {"right": "no", **HOME, "postal_code": "1"}, "postal_code"),
    ],
)
def test_what_is_wrong_is_told_at_its_field(task, given, field):
    with pytest.raises(Refused) as refused:
        read(task, given, TODAY)
    assert refused.value.code == field


def test_every_task_says_why_and_every_agreement_has_words():
    assert TASKS.keys() == WHY.keys() == NEEDS.keys()
    assert all(each.paragraphs and each.version for each in AGREEMENTS.values())
