"""Statements on paper: tagged for screen readers, read back as text, set from nothing but what is handed in."""

from __future__ import annotations

import io
import logging
import shutil
import subprocess
from pathlib import Path

import pikepdf
import pytest
from fontTools.ttLib import TTFont

from portal.domain.letters import PRINTED
from portal.domain.money import Money
from portal.domain.statements.content import dump
from portal.domain.texts import T_, to_json
from portal.gateways.paper import Paper, cuts
from tests.make.statements import LINES, content, line

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
ZONE = "America/Los_Angeles"


@pytest.fixture(scope="session")
def body(paper: Paper) -> bytes:
    return paper.statement(dump(content()), language="en_US", time_zone=ZONE)


def tags(element, found: list[str]) -> list[str]:
    """Every structure type, depth first."""
    if isinstance(element, pikepdf.Array):
        for each in element:
            tags(each, found)
    elif isinstance(element, pikepdf.Dictionary):
        if "/S" in element:
            found.append(str(element.S))
        if "/K" in element:
            tags(element.K, found)
    return found


def text_of(body: bytes, tmp_path: Path) -> str:
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext (poppler-utils) is not here")
    path = tmp_path / "bill.pdf"
    path.write_bytes(body)
    return subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, check=True, text=True).stdout


def test_it_is_tagged_and_says_so(body):
    with pikepdf.open(io.BytesIO(body)) as pdf:
        root = pdf.Root
        assert str(root.Lang) == "en-US"
        assert bool(root.MarkInfo.Marked)
        assert bool(root.ViewerPreferences.DisplayDocTitle)
        assert str(pdf.docinfo["/Title"]) == "Bill 4XK2-9QM7 of August 3, 2026"
        with pdf.open_metadata() as told:
            assert told["pdfuaid:part"] == "1"
        found = tags(root.StructTreeRoot, [])
    assert found.count("/H1") == 1
    assert found.count("/H2") >= 5
    assert found.count("/Table") == 3
    for needed in ("/THead", "/TBody", "/TR", "/TH", "/TD", "/Caption", "/Figure"):
        assert needed in found, needed
    # Every row of the services begins with its heading: three services, their sum, and the row of columns.
    assert found.count("/TH") >= 6 + 4 + 5


def test_the_picture_says_where_it_leads(body):
    def figures(element):
        if isinstance(element, pikepdf.Array):
            return [figure for each in element for figure in figures(each)]
        if not isinstance(element, pikepdf.Dictionary):
            return []
        return ([element] if element.get("/S") == "/Figure" else []) + (figures(element.K) if "/K" in element else [])

    with pikepdf.open(io.BytesIO(body)) as pdf:
        alts = [str(figure.Alt) for figure in figures(pdf.Root.StructTreeRoot)]
    assert alts == ["Code that leads to pay.juniper.example"]


def test_every_sum_and_reason_can_be_read(body, tmp_path):
    said = text_of(body, tmp_path)
    for wanted in (
        "You owe $86.40 by Monday, August 24.", "Yearly wellness visit", "Ankle brace & strap <size M>", "$185.00",
        "$57.00", "$71.40", "31 to 60 days", "pay.juniper.example", "(503) 555-0142", "Teresa Marlowe", "9 Larch Lane",
        "If it looks wrong", "If this is hard to pay", "4XK2-9QM7",
    ):  # fmt: skip
        assert wanted in said, wanted
    assert "Your last bill" not in said


def test_what_came_before_and_what_waits_is_told(paper, tmp_path):
    lines = (
        *LINES,
        line(charged=Money(5000), taken_off=Money(500), with_plan=Money(700), you_owe=Money(3800)),
    )
    owed = Money(12_440)
    made = content(
        lines=lines, opening=Money(3000), asked=owed - Money(2000), paid=Money(1000), credit=Money(550),
    )  # fmt: skip
    said = text_of(paper.statement(dump(made), language="en_US", time_zone=ZONE), tmp_path)
    flat = " ".join(said.split())
    assert "Your last bill was $30.00. Since then $104.40 came to it and you paid $10.00, which makes $124.40." in flat
    assert "We hold $5.50 of yours" in flat
    still = content(lines=lines, opening=owed, asked=Money(0), paid=Money(0))
    said = text_of(paper.statement(dump(still), language="en_US", time_zone=ZONE), tmp_path)
    assert "Your last bill was $124.40, and nothing changed since." in " ".join(said.split())
    assert "We took" in flat
    assert "Still with" in flat


def test_in_spanish_the_document_says_so(paper):
    with pikepdf.open(io.BytesIO(paper.statement(dump(content()), language="es_US", time_zone=ZONE))) as pdf:
        assert str(pdf.Root.Lang) == "es-US"


def test_nothing_outside_is_fetched(paper, caplog):
    """A picture put into words would be an address of the network or of this machine; neither is asked for."""
    asked: list[str] = []
    press = paper._press
    fetch = type(press._fetcher).fetch

    def watched(self, url, headers=None):
        asked.append(url)
        return fetch(self, url, headers)

    type(press._fetcher).fetch = watched
    try:
        with caplog.at_level(logging.CRITICAL, logger="weasyprint"):
            press.set(
                '<html lang="en"><head><title>x</title></head><body><h1>x</h1><img src="file:///etc/passwd" alt="x">'
                '<img src="http://198.51.100.1/x.png" alt="x"><img src="fonts/public-sans-400.ttf/../x" alt="x">'
                "</body></html>"
            )
    finally:
        type(press._fetcher).fetch = fetch
    assert len(asked) == 3
    for url in asked:
        with pytest.raises(ValueError, match="fetches nothing"):
            press._fetcher.fetch(url)


def test_the_cuts_are_made_once_and_are_small(fonts, body, tmp_path):
    own = {Path(shutil.copy2(path, tmp_path)): path.stat().st_mtime_ns for path in fonts.glob("*.ttf")}
    assert len(own) == 3
    again = cuts(tmp_path)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == own
    assert all(10_000 < len(font) < 60_000 for font in again.values())
    for font in again.values():
        assert {ord(sign) for sign in PRINTED} <= TTFont(io.BytesIO(font)).getBestCmap().keys()
    with pikepdf.open(io.BytesIO(body)) as pdf:
        fonts = {
            str(font.BaseFont) for font in pdf.objects if isinstance(font, pikepdf.Dictionary) and "/BaseFont" in font
        }
    assert fonts
    assert all("Public-Sans" in name or "PublicSans" in name for name in fonts), fonts


LETTER = {
    "practice": {"name": "Juniper Family Medicine", "lines": ["12 Larch Lane", "Millbrook, OR 97099"], "phone": "5"},
    "sender": "Ruth Calloway", "number": "C7K2M9QX41", "made_on": "2026-08-03", "to": ["Bluestem <Plan>", "PO Box 1"],
    "subject": "Request for reconsideration", "rows": [["Patient", "Teresa Marlowe"], ["Our number", "C7K2M9QX41"]],
    "paragraphs": ["To whom it may concern:", "A reason & another.\nOn a line of its own."] + ["And more."] * 40,
    "enclosures": ["Note of July 20"],
}  # fmt: skip


def test_a_letter_to_a_payer_is_tagged_and_names_its_claim_on_every_page(paper, tmp_path):
    made = paper.letter(LETTER, language="en_US", time_zone=ZONE)
    with pikepdf.open(io.BytesIO(made)) as pdf:
        assert str(pdf.docinfo["/Title"]) == "Request for reconsideration"
        with pdf.open_metadata() as told:
            assert told["pdfuaid:part"] == "1"
        found, pages = tags(pdf.Root.StructTreeRoot, []), len(pdf.pages)
    assert (found.count("/H1"), found.count("/TH"), found.count("/LI")) == (1, 2, 1)
    assert pages > 1
    said = text_of(made, tmp_path).split("\f")
    assert all("C7K2M9QX41" in page for page in said[:pages])
    whole = " ".join(said)
    for wanted in ("Bluestem <Plan>", "August 3, 2026", "A reason & another.", "Sincerely,", "Note of July 20"):
        assert wanted in whole, wanted


def test_a_receipt_is_tagged_in_both_languages_and_names_no_service(paper, tmp_path):
    content = {
        "practice": {"name": "Juniper & Ridge", "lines": ["214 Alder Street"], "phone": "5035550142"},
        "to": ["Teresa Marlowe", "9 Larch Lane"], "number": "R-2345-6789", "cents": 2_000, "paid_on": "2026-08-03",
        "means": to_json(T_("Online, by card")), "patient_name": "Teresa Marlowe",
        "rows": [("2026-05-05", 1_500), ("2026-06-09", 500)], "unapplied_cents": 0,
    }  # fmt: skip
    for language, wanted in (("en_US", ("Receipt R-2345-6789", "$20.00", "May 5, 2026")), ("es_US", ("Recibo",))):
        made = paper.receipt(content, language=language, time_zone=ZONE)
        with pikepdf.open(io.BytesIO(made)) as pdf:
            assert str(pdf.Root.Lang) == language.replace("_", "-")
            with pdf.open_metadata() as told:
                assert told["pdfuaid:part"] == "1"
            found = tags(pdf.Root.StructTreeRoot, [])
        assert (found.count("/H1"), found.count("/TH"), found.count("/TD")) == (1, 2, 4)
        said = text_of(made, tmp_path)
        assert [each for each in wanted if each not in said] == []
