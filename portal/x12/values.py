"""Amounts, days and quantities of segments; what cannot be read becomes a finding and a harmless value."""

from __future__ import annotations

from datetime import date
from decimal import Decimal, InvalidOperation

from portal.domain.dates import parse_x12_date
from portal.domain.interchanges import Finding
from portal.domain.money import parse_cents
from portal.domain.texts import T_, Text
from portal.x12.reader import Segment


class Values:
    """Reads elements by their type and keeps the findings; a text already read is not read again."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.broken = False
        self._cents: dict[str, int] = {}
        self._days: dict[str, date] = {}

    def note(self, segment: Segment, code: str, text: Text) -> None:
        """A finding at a segment."""
        self.findings.append(Finding(segment.position, code, text))

    def fault(self, segment: Segment, code: str, text: Text) -> None:
        """A finding after which the whole is not to be relied on: `broken` is set."""
        self.broken = True
        self.note(segment, code, text)

    def cents(self, segment: Segment, n: int, *, needed: bool = True) -> int:
        """Element n in cents; nought with a finding when it is needed and empty, or not an amount."""
        text = segment.get(n)
        cents = self._cents.get(text)
        if cents is not None:
            return cents
        place = f"{segment.id}{n:02d}"
        if not text.strip():
            if needed:
                self.fault(segment, "amount-missing", T_("{place} has no amount; it counts as nought.", place=place))
            return 0
        try:
            cents = parse_cents(text.strip())
        except ValueError:
            text_of = T_("{place} is not an amount in dollars and cents; it counts as nought.", place=place)
            self.fault(segment, "amount", text_of)
            return 0
        self._cents[text] = cents
        return cents

    def day(self, segment: Segment, n: int) -> date | None:
        """Element n as a D8 date; None when empty, and with a finding when it is no day."""
        text = segment.get(n)
        day = self._days.get(text)
        if day is None and text.strip():
            try:
                day = self._days[text] = parse_x12_date(text.strip())
            except ValueError:
                place = f"{segment.id}{n:02d}"
                self.note(segment, "date", T_("{place} is not a date written CCYYMMDD.", place=place))
        return day

    def quantity(self, segment: Segment, n: int) -> Decimal | None:
        """Element n as a number; None when empty, and with a finding when it is none."""
        text = segment.get(n)
        if not text or not text.strip():
            return None
        try:
            quantity = Decimal(text)
        except InvalidOperation:
            quantity = Decimal("NaN")
        if quantity.is_finite() and abs(quantity) < 10**15:
            return quantity
        self.note(segment, "quantity", T_("{place} is not a quantity.", place=f"{segment.id}{n:02d}"))
        return None


def npi_holds(text: str) -> bool:
    """Ten digits that begin with 1 or 2 and whose Luhn sum over 80840 and the number is right (45 CFR 162.406)."""
    if len(text) != 10 or not (text.isascii() and text.isdigit()) or text[0] not in "12":
        return False
    total = 24  # what the prefix 80840 adds
    for place, digit in enumerate(reversed(text)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0
