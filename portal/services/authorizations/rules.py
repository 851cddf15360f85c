"""Which services payers want to be asked for in advance: loaded from a file, typed in, taken out."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import IO, Any

from portal.domain.codes import is_place
from portal.domain.errors import Refused
from portal.domain.requirements import codes_of
from portal.domain.texts import T_
from portal.domain.work import day_of
from portal.feeds.authorizations import EVERY_PAYER, MOST_RULES, RuleKey, RuleValue, read_rules
from portal.feeds.published import lines_of, wrong
from portal.models.authorizations import AuthorizationRuleRow
from portal.models.payers import PayerRow
from portal.services import codes
from portal.services.unit_of_work.work import UnitOfWork, new_id

MOST_BYTES = 4 * 2**20
_SHOWN = 200
_PART = 500


@dataclass(frozen=True, slots=True)
class Switched:
    """What a file did to the rules of the payers it names, or, of a rehearsal, would do."""

    total: int
    added: int
    changed: int
    retired: int


@dataclass(frozen=True, slots=True)
class RuleItem:
    """One rule of the page."""

    rule_id: str
    version: int
    payer_name: str | None
    """None for every payer."""
    codes: str
    words: str
    place: str
    needed: bool
    since: date
    until: date | None
    source: str


@dataclass(frozen=True, slots=True)
class RulesPage:
    """The rules that fit, some two hundred at most; `count` is how many there are."""

    rules: tuple[RuleItem, ...]
    count: int
    shown: int
    payer: str
    code: str
    payers: tuple[tuple[str, str], ...]


def load(uow: UnitOfWork, source: IO[bytes], name: str, *, rehearse: bool = False) -> Switched:
    """Load a file of rules: those of every payer that it names are replaced by it, those of others stand.

    All of it or nothing. Raises Refused `layout` with the line, `too-large`, `too-many`, `no-rules`.
    """
    body = source.read(MOST_BYTES + 1)
    if len(body) > MOST_BYTES:
        raise Refused(T_("The file is larger than {n} MiB. Nothing was loaded.", n=MOST_BYTES // 2**20),
                      code="too-large")  # fmt: skip
    listed = read_rules(lines_of(io.BytesIO(body)))
    payers = _payers(uow, listed)
    wanted = {(payers[key.payer], *key[1:]): value for key, (_, value) in listed.items()}
    rule = AuthorizationRuleRow
    standing: dict[Any, AuthorizationRuleRow] = {}
    double: list[AuthorizationRuleRow] = []
    for row in uow.entities(uow.select(rule).order_by(rule.id).with_for_update()):
        key = (row.payer_id, row.code_first, row.code_last, row.place, row.valid_from)
        if row.payer_id in payers.values():
            double += [row] if key in standing else []
            standing.setdefault(key, row)
    new = [key for key in wanted if key not in standing]
    gone = [*(row for key, row in standing.items() if key not in wanted), *double]
    changed = [
        (row, wanted[key]) for key, row in standing.items()
        if key in wanted and (row.needed, row.valid_to) != tuple(wanted[key])
    ]  # fmt: skip
    if not rehearse:
        by: dict[str, Any] = {"source": name[-120:] or "unnamed", "changed_by": _who(uow), "changed_at": uow.now}
        for row in gone:
            uow.delete(row)
        for row, value in changed:
            uow.change(row, needed=value.needed, valid_to=value.until, **by)
        uow.insert(rule, [
            {
                "id": new_id(), "practice_id": uow.practice_id, "payer_id": key[0], "code_first": key[1],
                "code_last": key[2], "place": key[3], "valid_from": key[4], "needed": wanted[key].needed,
                "valid_to": wanted[key].until, "version": 1, **by,
            }
            for key in new
        ])  # fmt: skip
    return Switched(len(wanted), len(new), len(changed), len(gone))


def show(uow: UnitOfWork, *, payer: str = "", code: str = "") -> RulesPage:
    """The rules, narrowed to a payer (an id in hex, or `*`) and to those that speak of a code."""
    rule, plain = AuthorizationRuleRow, code.strip().upper()[:5]
    statement = uow.select(rule)
    if payer == EVERY_PAYER:
        statement = statement.where(rule.payer_id.is_(None))
    elif payer:
        statement = statement.where(rule.payer_id == bytes.fromhex(payer))
    if plain:
        statement = statement.where(rule.code_first <= plain, rule.code_last >= plain)
    rows = uow.entities(statement.order_by(rule.code_first, rule.code_last, rule.valid_from, rule.id).limit(_SHOWN))
    named = uow.rows(uow.select(PayerRow.id, PayerRow.name).order_by(PayerRow.name, PayerRow.id))
    names = {row.id: row.name for row in named}
    words = codes.describe(uow, {row.code_first for row in rows}, on=uow.today())
    listed = tuple(
        RuleItem(
            row.id.hex(), row.version, names[row.payer_id] if row.payer_id is not None else None,
            row.code_first if row.code_first == row.code_last else f"{row.code_first}-{row.code_last}",
            words.get(row.code_first, "") if row.code_first == row.code_last else "", row.place, row.needed,
            row.valid_from, row.valid_to, row.source,
        )
        for row in rows
    )  # fmt: skip
    payers = ((EVERY_PAYER, ""), *((id_.hex(), name) for id_, name in names.items()))
    return RulesPage(listed, uow.count(uow.select(rule.id)), _SHOWN, payer, plain, payers)


def add(uow: UnitOfWork, given: Mapping[str, str]) -> None:
    """Add a rule as it was typed: payer (an id in hex, or `*`), code, place, from, to, needed. Raises Refused."""
    payer_id = None if given.get("payer") == EVERY_PAYER else _payer(uow, given.get("payer", ""))
    span, place = codes_of(given.get("code", "")), given.get("place", "").strip()
    since, until = day_of(given.get("from", "")), day_of(given.get("to", ""))
    if span is None:
        raise Refused(T_("Give a service code, or a range such as L1000-L1499."), code="code")
    if place and not is_place(place):
        raise Refused(T_("A place of service has two digits; leave it empty for every place."), code="place")
    if since is None or (given.get("to", "").strip() and until is None) or (until is not None and until < since):
        raise Refused(
            T_("Give the day from which it holds, and a last day that is not before it, or none."), code="days"
        )
    value = RuleValue(given.get("needed") != "no", until)
    key = RuleKey("", *span, place, since)
    rule = AuthorizationRuleRow
    if uow.count(uow.select(rule.id)) >= MOST_RULES:
        raise Refused(T_("There are {most} rules already. Take some out first.", most=MOST_RULES), code="too-many")
    same = uow.first(uow.select(rule).where(
        rule.payer_id.is_(None) if payer_id is None else rule.payer_id == payer_id, rule.code_first == key.first,
        rule.code_last == key.last, rule.place == key.place, rule.valid_from == key.since,
    ))  # fmt: skip
    by: dict[str, Any] = {"source": "", "changed_by": _who(uow), "changed_at": uow.now}
    if same is not None:
        uow.change(same, needed=value.needed, valid_to=value.until, **by)
        return
    uow.new(
        rule, payer_id=payer_id, code_first=key.first, code_last=key.last, place=key.place, needed=value.needed,
        valid_from=key.since, valid_to=value.until, **by,
    )  # fmt: skip


def take_out(uow: UnitOfWork, rule_id: bytes, *, expected_version: int) -> None:
    """Take a rule out; raises NotFound, Conflict."""
    row = uow.get(AuthorizationRuleRow, rule_id)
    uow.change(row, expected_version=expected_version)
    uow.delete(row)


def _payers(uow: UnitOfWork, listed: Mapping[RuleKey, tuple[int, RuleValue]]) -> dict[str, bytes | None]:
    """The payers that a file names by code; raises Refused with the first line of one that is not known."""
    wanted = sorted({key.payer for key in listed} - {EVERY_PAYER})
    found: dict[str, bytes | None] = {EVERY_PAYER: None} if any(key.payer == EVERY_PAYER for key in listed) else {}
    for start in range(0, len(wanted), _PART):
        part = wanted[start : start + _PART]
        found |= {
            row.code: row.id for row in uow.rows(uow.select(PayerRow.code, PayerRow.id).where(PayerRow.code.in_(part)))
        }
    for key, (number, _) in sorted(listed.items(), key=lambda pair: pair[1][0]):
        if key.payer not in found:
            raise wrong(number, T_("there is no payer {code}", code=key.payer[:20]))
    return found


def _payer(uow: UnitOfWork, given: str) -> bytes:
    row = uow.row(uow.select(PayerRow.id).where(PayerRow.id == (bytes.fromhex(given) if _is_id(given) else b"")))
    if row is None:
        raise Refused(T_("Choose the payer, or every payer."), code="payer")
    found: bytes = row.id
    return found


def _is_id(given: str) -> bool:
    return len(given) == 32 and set(given) <= set("0123456789abcdef")


def _who(uow: UnitOfWork) -> str:
    return uow.actor.initiator or uow.actor.identity
