"""Coverage policies: a file of them loaded, and as much of them as claims at hand need."""

from __future__ import annotations

import zlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import IO

from portal.domain.coverage_policies import MEDICARE, PREFIX, Covered, Policy
from portal.domain.releases import Standing, compare
from portal.feeds.coverage_policies import PolicyKey, read_policies
from portal.feeds.published import digest_of, lines_of, opened
from portal.models.coverage_policies import CoveragePolicyRow
from portal.models.payers import PayerRow
from portal.services import releases
from portal.services.unit_of_work.work import UnitOfWork, new_id

POLICIES = "coverage-policy"
_SLICE = 500


def load(
    uow: UnitOfWork, source: IO[bytes], name: str, effective: date, *, whole: bool = True, rehearse: bool = False
) -> releases.Loaded:
    """Load policies that services are judged by from a day on, in the layout of `feeds.coverage_policies`.

    Counted are services under policies; with `whole`, those that the file no longer lists end the day before. The same
    file for the same day changes nothing. Raises Refused `layout` with the line number, `order`, `too-many`,
    `no-codes`, `archive`.
    """
    digest = digest_of(source)
    payers = frozenset({MEDICARE, *(row.code for row in uow.rows(uow.select(PayerRow.code)))})
    with opened(POLICIES, source) as stream:
        listed = read_policies(lines_of(stream), payers)
    total = sum(len(some) for some in listed.values())
    same = releases.standing_release(uow, POLICIES, effective, digest)
    row_ = CoveragePolicyRow
    newest: dict[PolicyKey, Standing[bytes]] = {}
    columns = (row_.id, row_.payer, row_.policy, row_.code, row_.packed, row_.valid_from, row_.valid_to)
    for row in uow.rows(uow.select(*columns).order_by(row_.valid_from)):
        key = PolicyKey(row.payer, row.policy, row.code)
        newest[key] = Standing(row.id, row.packed, row.valid_from, row.valid_to)
    switch = compare(newest, {key: _packed(some) for key, some in listed.items()}, effective, whole=whole)
    counts = releases.Loaded(POLICIES, effective, total, switch.added, switch.changed, switch.retired)
    if same is not None and not (counts.added or counts.changed or counts.retired):
        return replace(counts, release_id=same)  # the same file, loaded whole after it was one of changes, is not it
    if rehearse:
        return counts
    releases.end(uow, row_, switch.ended, switch.gone, effective)
    for id_, _key, packed in switch.mended:
        uow.replace(row_, row_.id == id_, packed=packed)
    rows = [{"id": new_id(), **key._asdict(), "packed": packed, "valid_from": effective} for key, packed in switch.new]
    uow.insert(row_, rows)
    release_id = releases.record(uow, POLICIES, name, digest, effective, total, whole=whole)
    return replace(counts, release_id=release_id)


def policies_of(
    uow: UnitOfWork, payers: Collection[str], services: Iterable[str], diagnoses: Collection[str]
) -> dict[tuple[str, str], tuple[Policy, ...]]:
    """The policies of payers about services, by both: one question for any number of claims.

    Of what a policy covers only what the diagnoses at hand could meet is unpacked.
    """
    wanted = sorted(set(services))
    known = set(diagnoses)
    found: dict[tuple[str, str], list[Policy]] = {}
    row_ = CoveragePolicyRow
    for start in range(0, len(wanted), _SLICE):
        rows = uow.rows(
            uow.select(row_.payer, row_.policy, row_.code, row_.packed, row_.valid_from, row_.valid_to)
            .where(row_.code.in_(wanted[start : start + _SLICE]), row_.payer.in_(sorted({MEDICARE, *payers})))
            .order_by(row_.policy, row_.valid_from)
        )
        for row in rows:
            policy = Policy(row.policy, row.valid_from, row.valid_to, _unpacked(row.packed, known))
            found.setdefault((row.payer, row.code), []).append(policy)
    return {key: tuple(some) for key, some in found.items()}


def of_payer(
    found: Mapping[tuple[str, str], tuple[Policy, ...]], payer: str, services: Iterable[str], *, medicare: bool
) -> dict[str, tuple[Policy, ...]]:
    """Of what was found, the policies that one payer goes by, by service."""
    names = (payer, MEDICARE) if medicare else (payer,)
    own = {code: tuple(one for name in names for one in found.get((name, code), ())) for code in set(services)}
    return {code: some for code, some in own.items() if some}


# Packed: lines of diagnosis, first day and last day or a hyphen, in order, deflated.


def _packed(covered: Sequence[Covered]) -> bytes:
    lines = (f"{one.diagnosis} {_text(one.first)} {_text(one.last)}" for one in covered)
    return zlib.compress("\n".join(lines).encode("ascii"), 6)


def _unpacked(packed: bytes, known: Collection[str]) -> tuple[Covered, ...]:
    found = []
    for line in zlib.decompress(packed).decode("ascii").split("\n"):
        diagnosis, first, last = line.split(" ")
        if diagnosis in known or diagnosis[-1] == PREFIX:
            found.append(Covered(diagnosis, _day(first), _day(last)))
    return tuple(found)


def _text(day: date | None) -> str:
    return "-" if day is None else day.isoformat().replace("-", "")


def _day(text: str) -> date | None:
    return None if text == "-" else date.fromisoformat(text)
