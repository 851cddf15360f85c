"""A file of rules is read whole, or refused with the line that is wrong."""

from __future__ import annotations

from datetime import date

import pytest

from portal.domain.errors import Refused
from portal.feeds.authorizations import RuleKey, RuleValue, read_rules

HEAD = "payer,code,place,from,to,needed"


def lines(*rows: str):
    return enumerate(rows, 1)


def test_rules_with_their_lines():
    found = read_rules(lines("From, Code,PAYER", "2026-01-01,l1000-l1499,CBH03", "", "2026-02-01,G0438,*"))
    assert found == {
        RuleKey("CBH03", "L1000", "L1499", "", date(2026, 1, 1)): (2, RuleValue(True, None)),
        RuleKey("*", "G0438", "G0438", "", date(2026, 2, 1)): (4, RuleValue(True, None)),
    }
    (value,) = read_rules(lines(HEAD, "*,G0438,23,2026-01-01,2026-12-31,no")).values()
    assert value == (2, RuleValue(False, date(2026, 12, 31)))


@pytest.mark.parametrize(
    ("rows", "line"),
    [
        (("code,from", "G0438,2026-01-01"), "1"),
        (("payer,code,from,colour",), "1"),
        (("payer,payer,code,from",), "1"),
        ((HEAD, ",G0438,,2026-01-01,,"), "2"),
        ((HEAD, "*,G0438,,2026-01-01,,yes", "*,WRONG,,2026-01-01,,yes"), "3"),
        ((HEAD, "*,G0438,999,2026-01-01,,yes"), "2"),
        ((HEAD, "*,G0438,,01/02/2026,,yes"), "2"),
        ((HEAD, "*,G0438,,20260101,,yes"), "2"),
        ((HEAD, "*,G0438,,2026-01-01,2025-12-31,yes"), "2"),
        ((HEAD, "*,G0438,,2026-01-01,,maybe"), "2"),
        ((HEAD, "*,G0438,,2026-01-01,,yes,more"), "2"),
        ((HEAD, '*,"G0438,,2026-01-01,,yes'), "2"),
        ((HEAD, "*,G0438,,2026-01-01,,y\0es"), "2"),
        ((HEAD, "*,G0438,,2026-01-01,,yes", "*,G0438,,2026-01-01,,no"), "3"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(rows: tuple[str, ...], line: str):
    with pytest.raises(Refused) as refused:
        read_rules(lines(*rows))
    assert refused.value.code == "layout"
    assert str(refused.value.text.parameters["line"]) == line


def test_an_empty_file_is_no_list():
    with pytest.raises(Refused) as refused:
        read_rules(lines(HEAD, ""))
    assert refused.value.code == "no-rules"
