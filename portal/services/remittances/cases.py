"""What a payment leaves for people: denial cases, and items in their queues, all inserted in bulk."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from portal.domain import queues
from portal.domain.posting.remittances import Case, Unmatched
from portal.domain.texts import Text, to_json
from portal.models.claims import ClaimRow
from portal.models.denials import DenialRow
from portal.models.queues import QueueItemRow, TransitionRow
from portal.services import queues as work
from portal.services.contracts.limits import appeal_due, remitted
from portal.services.contracts.terms import book
from portal.services.remittances.candidates import slices
from portal.services.unit_of_work.work import UnitOfWork, new_id

_KINDS = {"denial": "denial", "adjustment": "underpayment"}
"""Cases that become rows of their own, by their kind there."""

Row = Mapping[str, Any]


def open_cases(
    uow: UnitOfWork, today: date, cases: Sequence[Case], rows: Mapping[int, Row], unmatched: Sequence[Unmatched]
) -> None:
    """Open what the claims of a payment leave to do; `rows` are their columns (RemittanceClaimRow) by position.

    Denials and underpayments lie in their queues as cases, the next payer's turn on the claim, all else on the
    payment's claim itself. A claim that was answered leaves the queue it lay in.
    """
    items: list[dict[str, Any]] = []
    made = _case_rows(uow, today, cases, rows)
    uow.insert(DenialRow, [row for row, _ in made])
    uow.insert(TransitionRow, [move_row(uow, "denial", row, None, "NEW", uow.permission, "created") for row, _ in made])
    for made_row, case in made:
        queue = queues.CASE_QUEUES[case.kind]
        detail = _said(case.text) | {"code": f"{case.group} {case.reason}".strip() or None}
        reason = f"{case.group} {case.reason}".strip() or case.kind
        items.append(item(uow, today, queue, "denial", made_row, reason, detail, case.amount_cents))
    on_claims: dict[bytes, dict[str, Any]] = {}
    on_parts: dict[bytes, dict[str, Any]] = {}
    for case in cases:
        row = rows[case.index]
        said = _said(case.text) | {"remittance": row["remittance_id"].hex()}
        if case.kind == "next-payer" and row["claim_id"] is not None:
            subject = {**row, "id": row["claim_id"]}
            made_item = item(uow, today, "next-payer", "claim", subject, case.kind, said, case.amount_cents)
            on_claims[row["claim_id"]] = made_item
        elif case.kind not in _KINDS:
            queue = queues.CASE_QUEUES[case.kind]
            made_item = item(uow, today, queue, "remittance_claim", row, case.kind, said, case.amount_cents)
            on_parts.setdefault(row["id"], made_item)
    for one in unmatched:
        row, detail = rows[one.index], _said(one.text) | {"remittance": rows[one.index]["remittance_id"].hex()}
        on_parts[row["id"]] = item(
            uow, today, "unmatched-payments", "remittance_claim", row, one.code, detail, one.amount_cents
        )
    answered = [row["claim_id"] for row in rows.values() if row["state"] == "MATCHED"]
    uow.insert(QueueItemRow, [*items, *on_parts.values(), *_on_claims(uow, answered, on_claims)])


def _on_claims(uow: UnitOfWork, answered: Sequence[bytes], new: dict[bytes, dict[str, Any]]) -> list[dict[str, Any]]:
    """An answered claim leaves the queue it lay in, but for the one it is to lie in; returns the items to insert."""
    left = dict(new)
    for some in slices(answered):
        for standing in uow.entities(
            uow.select(QueueItemRow).where(
                QueueItemRow.subject_table == "claim",
                QueueItemRow.subject_id.in_(some),
                QueueItemRow.state == work.OPEN,
            )
        ):
            wanted = left.get(standing.subject_id)
            if wanted is not None and wanted["queue"] == standing.queue:
                uow.change(standing, reason=wanted["reason"], detail=wanted["detail"])
                del left[standing.subject_id]
            else:
                uow.change(standing, state=work.DONE, done_at=uow.now)
    return list(left.values())


def _case_rows(
    uow: UnitOfWork, today: date, cases: Sequence[Case], rows: Mapping[int, Row]
) -> list[tuple[dict[str, Any], Case]]:
    """A row for every denied or underpaid amount, with the day until which it may be appealed."""
    made: list[tuple[dict[str, Any], Case]] = []
    wanted = [case for case in cases if case.kind in _KINDS]
    if not wanted:
        return made
    parts = [rows[case.index] for case in wanted]
    terms = book(uow, (part["payer_id"] for part in parts))
    days = remitted(uow, (part["remittance_id"] for part in parts), today)
    services = _services(uow, (part["claim_id"] for part in parts))
    places: dict[bytes, int] = {}
    for case in wanted:
        part = rows[case.index]
        place = places[part["id"]] = places.get(part["id"], -1) + 1
        row = {
            "id": new_id(), "practice_id": part["practice_id"], "patient_id": part["patient_id"],
            "payer_id": part["payer_id"], "claim_id": part["claim_id"], "charge_id": case.charge_id,
            "remittance_claim_id": part["id"], "position": place, "kind": _KINDS[case.kind], "state": "NEW",
            "group_code": case.group, "reason": case.reason, "amount_cents": case.amount_cents,
            "appeal_due": appeal_due(
                terms, part["payer_id"], case.reason, services[part["claim_id"]], days[part["remittance_id"]]
            ),
            "note_sealed": None, "version": 1, "created_at": uow.now,
        }  # fmt: skip
        made.append((row, case))
    return made


def _services(uow: UnitOfWork, claims: Iterable[bytes]) -> dict[bytes, date]:
    """The first day of service of claims."""
    found: dict[bytes, date] = {}
    for some in slices(claims):
        rows = uow.rows(uow.select(ClaimRow.id, ClaimRow.service_from).where(ClaimRow.id.in_(some)))
        found |= {row.id: row.service_from for row in rows}
    return found


def item(
    uow: UnitOfWork, today: date, queue: str, table: str, row: Row, reason: str, detail: dict[str, Any], cents: int
) -> dict[str, Any]:
    """A queue item as a row to insert in bulk."""
    limit = row.get("appeal_due")
    return {
        "id": new_id(), "practice_id": row["practice_id"], "queue": queue, "state": work.OPEN, "subject_table": table,
        "subject_id": row["id"], "patient_id": row.get("patient_id"), "payer_id": row.get("payer_id"),
        "reason": reason, "detail": detail, "at_risk_cents": abs(cents),
        "priority": queues.priority(abs(cents), queues.days_left(limit, today)),
        "due_on": queues.due_on(queues.QUEUES[queue], today, limit),
        "holder_id": None, "note_sealed": None, "created_at": uow.now, "done_at": None, "version": 1,
    }  # fmt: skip


def move_row(
    uow: UnitOfWork, table: str, values: Mapping[str, Any], frm: str | None, to: str, permission: str, reason: str,
    *, version: int = 0,
) -> dict[str, Any]:  # fmt: skip
    """A move as a row to insert in bulk."""
    return {
        "id": new_id(), "practice_id": values["practice_id"], "patient_id": values["patient_id"],
        "payer_id": values["payer_id"], "subject_table": table, "subject_id": values["id"], "from_state": frm,
        "to_state": to, "permission": permission, "actor": uow.actor.identity, "at": uow.now, "reason": reason,
        "subject_version": version, "note_sealed": None,
    }  # fmt: skip


def _said(text: Text) -> dict[str, Any]:
    return {"text": to_json(text)}
