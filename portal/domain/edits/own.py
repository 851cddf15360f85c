"""Edits that a practice writes itself: conditions over a claim, put together in a form, tried before they go live."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import Final

from portal.domain.claims import Claim, ServiceLine
from portal.domain.edits.rules import EditContext, EditFinding, Severity, service_day
from portal.domain.errors import Refused
from portal.domain.lifecycle import Guard, Lifecycle, Move
from portal.domain.texts import T_, Text

MOST_CONDITIONS = 3
MOST_VALUES = 50
LONGEST = {"name": 80, "reason": 300, "todo": 300, "value": 400}

Value = str | Decimal
_Read = Callable[[Claim, ServiceLine | None, EditContext], Sequence[Value]]
_Test = Callable[[Claim, ServiceLine | None, EditContext], bool]


@dataclass(frozen=True, slots=True)
class Field:
    """Something of a claim, or of a line (`of_line`), that a condition may ask about; money is in dollars."""

    name: str
    title: Text
    number: bool
    of_line: bool
    read: _Read


def _age(claim: Claim) -> Sequence[Value]:
    born, day = claim.patient.birth_date, service_day(claim)
    if born is None or day is None:
        return ()
    return (Decimal(day.year - born.year - ((day.month, day.day) < (born.month, born.day))),)


def _since(claim: Claim, context: EditContext) -> Sequence[Value]:
    day = service_day(claim)
    return () if day is None else (Decimal((context.today - day).days),)


def _dollars(cents: int) -> Decimal:
    return Decimal(cents) / 100


def _claim(name: str, title: Text, read: Callable[[Claim], Sequence[Value]], *, number: bool = False) -> Field:
    return Field(name, title, number, False, lambda claim, _line, _context: read(claim))


def _line(name: str, title: Text, read: Callable[[Claim, ServiceLine], Sequence[Value]], *, number: bool) -> Field:
    return Field(name, title, number, True, lambda claim, line, _context: () if line is None else read(claim, line))


_ALL = (
    _claim("payer", T_("Payer id"), lambda claim: (claim.cover.payer_id.upper(),)),
    _claim("plan-kind", T_("Kind of plan (SBR09)"), lambda claim: (claim.cover.filing_code,)),
    _claim("rank", T_("Rank of the payer (P, S, T)"), lambda claim: (claim.cover.rank,)),
    _claim("group", T_("Group number"), lambda claim: (claim.cover.group_number.upper(),)),
    _claim("place", T_("Place of service of the claim"), lambda claim: (claim.place,)),
    _claim("diagnosis", T_("Any diagnosis"), lambda claim: claim.diagnoses),
    _claim("principal", T_("First diagnosis"), lambda claim: claim.diagnoses[:1]),
    _claim("provider", T_("NPI of who rendered it"), lambda claim: (claim.rendering.npi if claim.rendering else "",)),
    _claim("authorization", T_("Authorization number"), lambda claim: (claim.authorization.upper(),)),
    _claim("referral", T_("Referral number"), lambda claim: (claim.referral.upper(),)),
    _claim("clia", T_("CLIA number of the laboratory"), lambda claim: (claim.clia,)),
    _claim("facility", T_("NPI of the facility"), lambda claim: (claim.facility.npi if claim.facility else "",)),
    _claim("accident", T_("Accident: auto, work, other (AA, EM, OA)"),
           lambda claim: claim.professional.causes if claim.professional else ()),
    _claim("frequency", T_("Original, replacement or void (1, 7, 8)"), lambda claim: (claim.frequency,)),
    _claim("sex", T_("Sex of the patient (F, M, U)"), lambda claim: (claim.patient.sex,)),
    _claim("age", T_("Age of the patient in years"), _age, number=True),
    _claim("charge", T_("Charge of the claim in dollars"), lambda claim: (_dollars(claim.charge_cents),), number=True),
    _claim("lines", T_("Number of lines"), lambda claim: (Decimal(len(claim.lines)),), number=True),
    Field("days", T_("Days since the service"), True, False, lambda claim, _line, context: _since(claim, context)),
    _line("service", T_("Service code of a line"), lambda _claim, line: (line.code,), number=False),
    _line("modifier", T_("Any modifier of a line"), lambda _claim, line: line.modifiers, number=False),
    _line("line-place", T_("Place of service of a line"), lambda claim, line: (line.place or claim.place,),
          number=False),
    _line("ndc", T_("Drug code (NDC) of a line"), lambda _claim, line: (line.drug.ndc if line.drug else "",),
          number=False),
    _line("units", T_("Units of a line"), lambda _claim, line: (line.units,), number=True),
    _line("line-charge", T_("Charge of a line in dollars"), lambda _claim, line: (_dollars(line.charge_cents),),
          number=True),
)  # fmt: skip
# values are compared in capitals; what a card or a payer says in small letters is read so too
FIELDS: Final[Mapping[str, Field]] = MappingProxyType({each.name: each for each in _ALL})

COMPARISONS: Final[Mapping[str, Text]] = MappingProxyType({
    "is": T_("is"),
    "is-not": T_("is not"),
    "begins": T_("begins with"),
    "begins-not": T_("does not begin with"),
    "above": T_("is more than"),
    "below": T_("is less than"),
    "empty": T_("is empty"),
    "filled": T_("is filled in"),
})  # fmt: skip
"""Several values, with commas between, are any of them; with "not", none of them."""
_OF_NUMBERS = frozenset({"is", "is-not", "above", "below"})
_OF_WORDS = frozenset({"is", "is-not", "begins", "begins-not", "empty", "filled"})


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition as a person put it: names of FIELDS and COMPARISONS, and values with commas between."""

    field: str
    comparison: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class OwnRule:
    """One rule of a practice. It meets a claim when every condition holds, those about lines all on the same line."""

    code: str
    name: str
    severity: Severity
    conditions: tuple[Condition, ...]
    reason: str
    todo: str
    _of_claim: tuple[_Test, ...] = field(init=False, repr=False, compare=False)
    _of_lines: tuple[_Test, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Read the values once; raises Refused `condition` for what cannot be compared."""
        tests = [(_test(one), FIELDS[one.field].of_line) for one in self.conditions]
        object.__setattr__(self, "_of_claim", tuple(test for test, of_line in tests if not of_line))
        object.__setattr__(self, "_of_lines", tuple(test for test, of_line in tests if of_line))

    def findings(self, claim: Claim, context: EditContext) -> Iterator[EditFinding]:
        """One finding for each line that all conditions meet; one for the claim where none is about lines."""
        for test in self._of_claim:
            if not test(claim, None, context):
                return
        if not self._of_lines:
            yield self._found(None)
            return
        for number, line in enumerate(claim.lines, start=1):
            for test in self._of_lines:
                if not test(claim, line, context):
                    break
            else:
                yield self._found(number)

    def _found(self, line: int | None) -> EditFinding:
        text = (
            T_("{rule}: {reason}", rule=self.name, reason=self.reason)
            if line is None
            else T_("{rule}: {reason} (line {line})", rule=self.name, reason=self.reason, line=line)
        )
        return EditFinding(self.code, self.severity, line, text, T_("{words}", words=self.todo))


def _test(one: Condition) -> _Test:
    """A condition as a predicate; raises Refused `condition`."""
    about = FIELDS.get(one.field)
    if about is None or one.comparison not in (_OF_NUMBERS if about.number else _OF_WORDS):
        raise Refused(T_("Choose a field and a comparison that fits it. Nothing was kept."), code="condition")
    read = about.read
    if one.comparison in {"empty", "filled"}:
        filled = one.comparison == "filled"
        return lambda claim, line, context: any(read(claim, line, context)) == filled
    wanted = tuple(part.strip().upper() for part in one.value.split(",") if part.strip())
    if not 0 < len(wanted) <= MOST_VALUES:
        raise Refused(
            T_("Give a value to compare with, or up to {most} with commas between.", most=MOST_VALUES), code="condition"
        )
    if about.number:
        return _of_number(read, one.comparison, _numbers(wanted))
    # ICD codes are written with a dot and sent without
    plain = tuple(each.replace(".", "") for each in wanted) if one.field in {"diagnosis", "principal"} else wanted
    some = one.comparison in {"is", "begins"}
    if one.comparison in {"is", "is-not"}:
        known = frozenset(plain)
        return lambda claim, line, context: known.isdisjoint(read(claim, line, context)) != some
    return lambda claim, line, context: (
        any(str(each).startswith(plain) for each in read(claim, line, context)) == some
    )  # fmt: skip


def _of_number(read: _Read, comparison: str, wanted: Sequence[Decimal]) -> _Test:
    if comparison in {"is", "is-not"}:
        some = comparison == "is"
        return lambda claim, line, context: any(each in wanted for each in read(claim, line, context)) == some
    if len(wanted) != 1:
        raise Refused(T_("Give one number to be more or less than."), code="condition")
    bound = wanted[0]
    if comparison == "above":
        return lambda claim, line, context: any(Decimal(each) > bound for each in read(claim, line, context))
    return lambda claim, line, context: any(Decimal(each) < bound for each in read(claim, line, context))


def _numbers(wanted: Sequence[str]) -> tuple[Decimal, ...]:
    try:
        found = tuple(Decimal(each.removeprefix("$")) for each in wanted)
    except InvalidOperation:
        found = ()
    if not found or not all(each.is_finite() and abs(each) < 10**9 for each in found):
        raise Refused(T_("A number is compared with a number, such as 250 or 99.50."), code="condition")
    return found


def said(one: Condition) -> Text:
    """A condition in words."""
    title, comparison = FIELDS[one.field].title, COMPARISONS[one.comparison]
    if one.comparison in {"empty", "filled"}:
        return T_("{field} {comparison}", field=title, comparison=comparison)
    return T_("{field} {comparison} {value}", field=title, comparison=comparison, value=one.value)


@dataclass(frozen=True, slots=True)
class RuleFacts:
    """What the guards of a rule may know."""

    tried: bool = False
    """This very version was tried on past claims."""


LIFE: Lifecycle[RuleFacts] = Lifecycle(
    name="edit rule",
    start_states=("DRAFT",),
    moves=(
        Move("DRAFT", "ON", "edit-rule:switch", guard="tried"),
        Move("OFF", "ON", "edit-rule:switch", guard="tried"),
        Move("ON", "OFF", "edit-rule:switch", "either"),
    ),
    words={"DRAFT": T_("Not in use yet"), "ON": T_("In use"), "OFF": T_("Switched off")},
    guards={
        "tried": Guard(
            lambda facts, _: facts.tried, T_("Try the rule on past claims first: it shows what it would have stopped.")
        )
    },
)
