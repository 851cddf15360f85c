"""What a payer said as plain JSON, sealed with the answer, and back; identities stand in the registration instead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from decimal import Decimal
from typing import Any

from portal.domain.claims import Address
from portal.domain.eligibility import Benefit, Dated, EligibilityAnswer, Limit, Party, Rejection
from portal.domain.remittances import Name
from portal.domain.texts import from_json, to_json

_NUMBERS = ("share", "quantity")


def as_json(answer: EligibilityAnswer) -> dict[str, Any]:
    """Payer, group, days, benefits and refusals of an answer; `of_json` gives them back the same."""
    return {
        "payer": asdict(answer.payer),
        "payer_trace": answer.payer_trace,
        "group_name": answer.group_name,
        "dates": [_dated(each) for each in answer.dates],
        "benefits": [_benefit(each) for each in answer.benefits],
        "rejections": [
            {
                "level": each.level, "reason": each.reason, "follow_up": each.follow_up,
                "text": None if each.text is None else to_json(each.text),
            }
            for each in answer.rejections
        ],
    }  # fmt: skip


def of_json(stored: Mapping[str, Any]) -> EligibilityAnswer:
    """The answer that `as_json` stored, without subscriber, provider and traces."""
    return EligibilityAnswer(
        payer=Name(**stored["payer"]),
        payer_trace=stored["payer_trace"],
        group_name=stored["group_name"],
        dates=_dates(stored["dates"]),
        benefits=tuple(_benefit_of(each) for each in stored["benefits"]),
        rejections=tuple(
            Rejection(
                each["level"], each["reason"], each["follow_up"],
                None if each["text"] is None else from_json(each["text"]),
            )
            for each in stored["rejections"]
        ),
    )  # fmt: skip


def _benefit(one: Benefit) -> dict[str, Any]:
    stored = asdict(one)
    del stored["segment"]
    stored |= {name: _text(stored[name]) for name in _NUMBERS}
    stored["dates"] = [_dated(each) for each in one.dates]
    stored["limits"] = [
        {name: _text(value) if isinstance(value, Decimal) else value for name, value in asdict(each).items()}
        for each in one.limits
    ]
    plain: dict[str, Any] = _plain(stored)
    return plain


def _benefit_of(stored: Mapping[str, Any]) -> Benefit:
    plain = dict(stored)
    plain |= {name: _number(plain[name]) for name in _NUMBERS}
    for name in ("service_types", "procedure", "places", "messages"):
        plain[name] = tuple(plain[name])
    return Benefit(
        **plain
        | {
            "references": _pairs(plain["references"]),
            "dates": _dates(plain["dates"]),
            "limits": tuple(
                Limit(**each | {name: _number(each[name]) for name in ("quantity", "rate", "periods")})
                for each in plain["limits"]
            ),
            "parties": tuple(_party_of(each) for each in plain["parties"]),
        }
    )


def _party_of(stored: Mapping[str, Any]) -> Party:
    address = stored["address"]
    return Party(
        stored["role"], Name(**stored["name"]), None if address is None else Address(**address), stored["phone"],
        _pairs(stored["references"]),
    )  # fmt: skip


def _plain(value: Any) -> Any:
    """The value with lists for tuples, all the way down: canonical JSON knows no others."""
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, tuple | list) else value


def _dated(one: Dated) -> list[str | None]:
    return [one.qualifier, *(None if day is None else day.isoformat() for day in (one.first, one.last))]


def _dates(stored: Sequence[Sequence[str | None]]) -> tuple[Dated, ...]:
    return tuple(Dated(str(code), _day(first), _day(last)) for code, first, last in stored)


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _pairs(stored: Sequence[Sequence[str]]) -> tuple[tuple[str, str], ...]:
    return tuple((code, value) for code, value in stored)


def _text(value: Decimal | None) -> str | None:
    return None if value is None else str(value)


def _number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
