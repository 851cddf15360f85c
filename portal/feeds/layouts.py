"""The layouts in fixed columns or tabs in which code sets are published; each reader names its source.

No text of a set stands here. CPT is the AMA's and the D codes are the ADA's: a licensee loads his own file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

from portal.domain import codes as shapes
from portal.domain.dates import parse_x12_date
from portal.domain.texts import T_
from portal.feeds.published import wrong

MOST_PREAMBLE: Final = 60
"""Lines of copyright before the first code; the AMA's files have 32."""

_ICD_9_END = shapes.ICD_10_START - timedelta(days=1)
_CPT_LINE = re.compile(r"(?P<code>[0-9]{4}[0-9A-Z])(?P<gap>\t| )(?P<text>.*)")


@dataclass(frozen=True, slots=True)
class Listed:
    """One code as a file lists it, without dot; a day that the file does not say is None."""

    code: str
    description: str
    billable: bool = True
    valid_from: date | None = None
    valid_to: date | None = None


Numbered = Iterator[tuple[int, Listed]]
"""Codes with the number of the line on which each begins."""


def order_file(text: str) -> Numbered:
    """ICD-10-CM order file (CMS, NCHS: icd10cm_order_YYYY.txt, layout in the archive's own read-me).

    Columns 1-5 order, 7-13 code, 15 = 1 when valid for submission, 17-76 short text, 78- long text.
    """
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        code, valid = line[6:13].rstrip(), line[14:15]
        blanks = line[5:6] + line[13:14] + line[15:16]
        if not (line[:5].isdigit() and shapes.is_icd_10_cm(code) and valid in {"0", "1"} and blanks == "   "):
            raise wrong(number, T_("this is no line of an ICD-10-CM order file"))
        description = line[77:].strip() or line[16:76].strip()
        if not description:
            raise wrong(number, T_("the code {code} has no description", code=code))
        yield number, Listed(code, description, billable=valid == "1")


def master_descriptions(text: str) -> Numbered:
    """ICD-9-CM master descriptions (CMS, version 32: CMS32_DESC_LONG_DX.txt), the last before ICD-10-CM.

    Columns 1-5 code without dot, 6 blank, 7- text; every code listed may be sent. They end with 30 September 2015
    (45 CFR 162.1002(b)).
    """
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        code, description = line[:5].rstrip(), line[6:].strip()
        if not shapes.is_icd_9_cm(code) or line[5:6].strip() or not description:
            raise wrong(number, T_("this is no line of CMS's list of ICD-9-CM diagnoses"))
        yield number, Listed(code, description, valid_to=_ICD_9_END)


def contractor_file(text: str, *, modifiers: bool = False) -> Numbered:
    """HCPCS contractor record of 320 characters (CMS: HCPCYYYY_recordlayout.txt): the procedures, or the modifiers.

    Columns 1-5 code (a modifier in 4-5), 6-10 sequence, 11 kind (3 procedure, 7 modifier; 4 and 8 go on with the long
    text), 12-91 long text, 92-119 short text, 269-276 added, 277-284 last action, 285-292 end. Passed over are D codes,
    which are the ADA's, and modifiers that begin with a digit or are P1 to P6, which are the AMA's.
    """
    first: tuple[int, Listed] | None = None
    open_code = ""
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        code, kind, words = line[:5].strip(), line[10:11], line[11:91].strip()
        if kind not in {"3", "4", "7", "8"} or not line[5:10].strip().isalnum() or len(line) > 320:
            raise wrong(number, T_("this is no line of a HCPCS file of 320 characters"))
        fits = shapes.is_modifier(code) if kind in {"7", "8"} else shapes.procedure_set(code) in {"hcpcs", "cdt"}
        if not fits or not words:
            raise wrong(number, T_("a HCPCS level II code with a description is missing"))
        if kind in {"4", "8"}:
            if code != open_code:
                raise wrong(number, T_("this line goes on with a code that did not begin"))
            if first is not None:
                first = first[0], replace(first[1], description=f"{first[1].description} {words}")
            continue
        if first is not None:
            yield first
        open_code = code
        of_set = shapes.modifier_sets(code)[0] if kind == "7" else shapes.procedure_set(code)
        wanted = of_set == ("hcpcs-modifier" if modifiers else "hcpcs")
        days = _day(line[268:276]), _day(line[284:292])
        first = (number, Listed(code, words, True, *days)) if wanted else None
    if first is not None:
        yield first


def _day(text: str) -> date | None:
    try:
        return parse_x12_date(text)
    except ValueError:
        return None


def licensed_file(text: str) -> Numbered:
    """What the AMA hands to CPT licensees: LONGULT.txt (code, tab, text) or LONGULF.txt (columns 1-5 code, 7- text).

    In both, copyright lines come first, and a long text of LONGULF goes on in lines with the same code behind it.
    """
    first: tuple[int, Listed] | None = None
    tabbed = False
    for number, line in enumerate(text.splitlines(), 1):
        match = _CPT_LINE.fullmatch(line)
        words = match["text"].strip() if match else ""
        if match is None or not words:
            if line.strip() and (first is not None or number > MOST_PREAMBLE):
                raise wrong(number, T_("this is no line of the AMA's list: a code, a tab or blank, its text"))
            continue
        if first is None:
            tabbed = match["gap"] == "\t"
        elif (match["gap"] == "\t") != tabbed:
            raise wrong(number, T_("this is no line of the AMA's list: a code, a tab or blank, its text"))
        if first is not None and not tabbed and first[1].code == match["code"]:
            first = first[0], replace(first[1], description=f"{first[1].description} {words}")
            continue
        if first is not None:
            yield first
        first = number, Listed(match["code"], words)
    if first is not None:
        yield first
    elif text.strip():
        raise wrong(1, T_("no line holds a code, a tab or blank, and its text"))
