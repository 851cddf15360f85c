"""Codes of a 271 in our own words; what is not here is quoted by its code."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType

from portal.domain.eligibility import Benefit, CostShare, Limit
from portal.domain.money import Money
from portal.domain.texts import T_, Text

_KINDS: Mapping[str, Text] = MappingProxyType({
    "1": T_("Active"), "2": T_("Active, full risk"), "3": T_("Active, services capitated"),
    "4": T_("Active, services capitated to the primary care provider"), "5": T_("Active, being looked into"),
    "6": T_("Not active"), "7": T_("Not active yet"), "8": T_("Not active, being looked into"),
    "A": T_("Coinsurance"), "B": T_("Copay"), "C": T_("Deductible"), "D": T_("About the benefit"),
    "E": T_("Excluded"), "F": T_("Limit"), "G": T_("Most that is paid out of pocket"), "H": T_("Without limit"),
    "I": T_("Not covered"), "J": T_("To keep cost down"), "L": T_("Primary care provider"),
    "MC": T_("Managed care coordinator"), "N": T_("Only with the provider named"), "P": T_("Reservation"),
    "Q": T_("A second opinion is needed"), "R": T_("Another payer"), "U": T_("Whom to ask"),
    "V": T_("Cannot be told"), "W": T_("Another source"), "X": T_("Facility"), "Y": T_("Spend-down"),
})  # fmt: skip
_SERVICES: Mapping[str, Text] = MappingProxyType({
    "1": T_("medical care"), "2": T_("surgery"), "4": T_("X-ray"), "5": T_("laboratory"),
    "12": T_("equipment, bought"), "18": T_("equipment, rented"), "30": T_("the whole plan"),
    "33": T_("chiropractic"), "35": T_("dental care"), "42": T_("care at home"), "45": T_("hospice"),
    "47": T_("hospital"), "48": T_("hospital, staying"), "50": T_("hospital, not staying"), "62": T_("MRI or CT scan"),
    "68": T_("care of well babies"), "80": T_("vaccinations"), "86": T_("emergency"), "88": T_("drugs"),
    "98": T_("office visit"), "AD": T_("occupational therapy"), "AE": T_("physical medicine"),
    "AF": T_("speech therapy"), "AG": T_("skilled nursing"), "AI": T_("substance use"), "AL": T_("eyes"),
    "MH": T_("mental health"), "PT": T_("physical therapy"), "UC": T_("urgent care"),
})  # fmt: skip
_PERIODS: Mapping[str, Text] = MappingProxyType({
    "22": T_("a plan year"), "23": T_("a calendar year"), "24": T_("so far this year"), "25": T_("a contract"),
    "26": T_("an episode"), "27": T_("a visit"), "29": T_("left"), "32": T_("for life"), "33": T_("left for life"),
    "34": T_("a month"), "35": T_("a week"), "36": T_("an admission"), "21": T_("a year"), "7": T_("a day"),
})  # fmt: skip
_WHOM: Mapping[str, Text] = MappingProxyType({
    "IND": T_("the patient"), "FAM": T_("the family"), "EMP": T_("the employee"), "ESP": T_("employee and spouse"),
    "ECH": T_("employee and children"), "CHD": T_("the children"), "DEP": T_("dependents"), "SPO": T_("the spouse"),
})  # fmt: skip
_NETWORKS: Mapping[str, Text] = MappingProxyType({
    "Y": T_("in the network"), "N": T_("out of the network"), "W": T_("in the network or out of it"),
})  # fmt: skip
_COUNTED: Mapping[str, Text] = MappingProxyType({
    "VS": T_("{n} visits"), "DY": T_("{n} days"), "HS": T_("{n} hours"), "UN": T_("{n} units"), "MN": T_("{n} months"),
})  # fmt: skip
STATES: Mapping[str, Text] = MappingProxyType({
    "active": T_("Active"), "inactive": T_("Not active"), "unknown": T_("Not clear"), "rejected": T_("Not answered"),
})  # fmt: skip
PARTIES: Mapping[str, Text] = MappingProxyType({
    "P3": T_("Primary care provider"), "PR": T_("Payer"), "PRP": T_("Pays first"), "SEP": T_("Pays second"),
    "TTP": T_("Pays third"), "IL": T_("Insured"), "1P": T_("Provider"), "13": T_("Contracted provider"),
    "VN": T_("Manager of a benefit"), "X3": T_("Reviews services in advance"), "FA": T_("Facility"),
})  # fmt: skip


def kind(code: str) -> Text:
    """What a benefit is (EB01)."""
    return _KINDS.get(code) or T_("Benefit {code}", code=code or "-")


def services(codes: tuple[str, ...]) -> tuple[Text, ...]:
    """What services it is about (EB03)."""
    return tuple(_SERVICES.get(code) or T_("services {code}", code=code) for code in codes)


def notes(one: Benefit) -> tuple[Text, ...]:
    """For whom, in or out of the network, and whether an authorization is needed."""
    found = [_WHOM.get(one.level), _NETWORKS.get(one.network)]
    if one.authorization == "Y":
        found.append(T_("needs an authorization"))
    return tuple(text for text in found if text is not None)


def value(one: Benefit) -> Text | None:
    """How much, and for how long."""
    period = _PERIODS.get(one.period)
    if one.amount_cents is not None:
        sum_ = Money(one.amount_cents)
        return T_("{sum}", sum=sum_) if period is None else T_("{sum}, {period}", sum=sum_, period=period)
    if one.share is not None:
        return T_("{percent} %", percent=percent(one.share))
    if one.quantity is not None:
        return _counted(one.quantity_kind, one.quantity, one.period)
    return None


def limits(one: Benefit) -> tuple[Text, ...]:
    """Every limit of a benefit, such as 20 visits a calendar year."""
    return tuple(text for limit in one.limits if (text := _limit(limit)) is not None)


def _limit(one: Limit) -> Text | None:
    return None if one.quantity is None else _counted(one.kind, one.quantity, one.period)


def _counted(code: str, number: Decimal, period: str) -> Text:
    n = f"{number.normalize():f}"
    counted = Text(_COUNTED[code].message, {"n": n}) if code in _COUNTED else T_("{n} of {code}", n=n, code=code or "-")
    over = _PERIODS.get(period)
    return counted if over is None else T_("{what}, {period}", what=counted, period=over)


def percent(share: Decimal) -> str:
    """A part of one as a percentage without needless noughts."""
    return f"{(share * 100).normalize():f}"


def shares(cost: CostShare) -> tuple[Text, ...]:
    """What the patient pays, for the office."""
    found: list[Text] = []
    if cost.copays_cents:
        found.append(_copay(cost))
    found += [T_("Coinsurance {percent} %", percent=percent(one)) for one in cost.shares]
    if cost.deductible_left_cents is not None and cost.deductible_cents is not None:
        left, whole = Money(cost.deductible_left_cents), Money(cost.deductible_cents)
        found.append(T_("Deductible: {left} left of {whole}", left=left, whole=whole))
    elif cost.deductible_left_cents is not None:
        found.append(T_("Deductible: {left} left", left=Money(cost.deductible_left_cents)))
    elif cost.deductible_cents is not None:
        found.append(T_("Deductible {whole}", whole=Money(cost.deductible_cents)))
    if cost.out_of_pocket_left_cents is not None:
        found.append(T_("Out of pocket: {left} left", left=Money(cost.out_of_pocket_left_cents)))
    return tuple(found)


def _copay(cost: CostShare) -> Text:
    """One copay, or the lowest and highest where the payer names several."""
    low, high = Money(cost.copays_cents[0]), Money(cost.copays_cents[-1])
    return T_("Copay {sum}", sum=low) if low == high else T_("Copay {low} to {high}", low=low, high=high)
