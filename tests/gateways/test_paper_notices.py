"""Letters about bills that wait, on paper: tagged, one page, and saying what happens from which day on."""

from __future__ import annotations

import io
from typing import Any

import pikepdf
import pytest

from portal.gateways.paper import Paper
from tests.gateways.test_paper import ZONE, text_of

LETTER: dict[str, Any] = {
    "step": "FINAL_NOTICE",
    "practice": {"name": "Juniper & Ridge", "lines": ["214 Alder Street"], "phone": "5035550142"},
    "remit_to": ["Juniper & Ridge", "PO Box 77"], "to": ["Teresa Marlowe", "9 Larch Lane"], "made_on": "2026-11-22",
    "number": "4XK2-9QM7", "billed_on": "2026-08-03", "owed_cents": 8_640, "from_on": "2026-12-25",
    "help_until": "2027-03-31", "pay_url": "https://pay.juniper.example",
}  # fmt: skip


@pytest.mark.parametrize(
    ("language", "said"),
    [("en_US", ("from Friday, December 25", "until March 31, 2027", "If it looks wrong", "interpreter")),
     ("es_US", ("25 de diciembre", "31 de marzo de 2027", "intérprete", "agencia de cobranza"))],
)  # fmt: skip
def test_the_final_notice_is_tagged_and_says_from_which_day_on(paper: Paper, tmp_path, language, said):
    body = paper.notice(LETTER, language=language, time_zone=ZONE)
    with pikepdf.open(io.BytesIO(body)) as pdf:
        assert str(pdf.Root.Lang) == language.replace("_", "-")
        assert bool(pdf.Root.MarkInfo.Marked)
        assert len(pdf.pages) == 1
        with pdf.open_metadata() as told:
            assert told["pdfuaid:part"] == "1"
    text = " ".join(text_of(body, tmp_path).split())
    for words in (*said, "$86.40", "4XK2-9QM7", "pay.juniper.example", "9 Larch Lane"):
        assert words in text


def test_a_reminder_threatens_nothing(paper: Paper, tmp_path):
    body = paper.notice(
        LETTER | {"step": "PAST_DUE", "from_on": None, "help_until": None}, language="en_US", time_zone=ZONE
    )
    text = " ".join(text_of(body, tmp_path).split())
    assert "Your bill is still open" in text
    assert "collection" not in text
