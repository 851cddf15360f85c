"""Pages of the office's queues: one queue, one item, a step before it is done, a search."""

from __future__ import annotations

from datetime import date

from portal.domain.money import Money
from portal.domain.work import SKIP_REASONS, Narrowing
from tests.language.rendering import frame, made
from tests.language.samples_office import ID, OTHER, THEN, said
from tests.language.samples_patient import NOW, form

KINDS = ("code", "review", "charge", "audit", "claim", "remittance", "account")
ROWS = tuple(
    made(
        "QueueRow",
        item_id=f"{n:032x}",
        kind=kind,
        target_id=ID,
        number=f"C-12041{n}",
        name=name,
        payer_name="Bluestem Health Plan" if n % 2 else None,
        why=said("No approval in advance on file"),
        code="CO 197" if n % 2 else None,
        amount=Money(14800 * n) if n else None,
        age_days=n,
        due_on=date(2026, 12, n + 1) if n else None,
        days_left=5 * n - 6,
        holder="Priya Raman" if n % 3 else None,
        next_step=said("Send the approval number"),
        back_on=date(2026, 12, 24) if n == 2 else None,
    )
    for n, (kind, name) in enumerate(
        zip(
            KINDS,
            (
                "Teresa Marlowe",
                "Walter Ochoa",
                "June Abernathy",
                "Samuel Ito",
                "Rosa Delgado",
                "file 0812",
                "Leo Weiss",
            ),
            strict=True,
        )
    )
)

SKIPS = {"skips": tuple(SKIP_REASONS.items())}
COLLEAGUES = tuple(
    made("Colleague", user_id=user_id, name=name) for user_id, name in ((ID, "Priya Raman"), (OTHER, "Noor Haddad"))
)
OPTIONS = made(
    "Options",
    reasons=(made("Option", value="CO 197", label=said("No approval in advance on file (CO 197)")),),
    payers=(made("Option", value=ID, label=said("Bluestem Health Plan")),),
    colleagues=COLLEAGUES,
    sorts=(("due", said("Due day")), ("amount", said("Amount, highest first"))),
    due_within=(0, 7),
    over=(Money(50_000),),
)
VIEWS = tuple(
    made("View", name=name, label=said(label), count=n, more=n == 2)
    for n, (name, label) in enumerate((("mine", "With me"), ("due", "Due now"), ("all", "All")))
)


def kept(current: bool):
    return made(
        "KeptView", filter_id=ID, name="High and late", address={"over": "50000"}, count=12, more=False, current=current
    )


QUEUE = {
    "queue": "denials",
    "title": said("Denials"),
    "sentence": said("{n} items wait here.", n=7),
    "narrowing": Narrowing("mine"),
    "views": VIEWS,
    "kept": (kept(False),),
    "options": OPTIONS,
    "rows": ROWS,
    "empty_next": said("They come with the remittances."),
    "newer": "n",
    "older": "o",
    "may_export": True,
    "most": 10_000,
    "lately": (
        made("Lately", bulk_id=ID, what=said("Give them to {name}", name="Noor Haddad"), total=4_200, running=True),
        made("Lately", bulk_id=OTHER, what=said("Put them back"), total=900, running=False),
    ),
}
EMPTY = QUEUE | {"rows": (), "newer": None, "older": None, "may_export": False, "kept": (), "lately": ()}
NARROWED = Narrowing("all", "CO 197", ID, OTHER, 7, 50_000, "amount")
STEPS = (
    made("Step", at=NOW, text=said("{who} noted:", who="Priya Raman"), words="Called, they look again by Friday."),
    made("Step", at=THEN, text=said("It came to “{queue}”.", queue="Denials"), words=None),
)
ITEM = {
    "queue": "denials",
    "title": said("Denials"),
    "row": ROWS[1],
    "waits": True,
    "mine": False,
    "leads": made("Leads", claim_id=ID, patient_id=ID),
    "colleagues": COLLEAGUES,
    "steps": STEPS,
    "today": date(2026, 11, 18),
}
PREVIEW = {
    "queue": "denials",
    "title": said("Denials"),
    "do": "skip",
    "what": said("Put them off"),
    "items": (ID, OTHER),
    "over": (),
    "amount": Money(29_600),
    "happens": (made("Part", text=said("go behind all others until the day you choose"), n=2),),
    "left_out": (made("Part", text=said("wait no longer in this queue"), n=1),),
    "colleague": None,
    "count": 2,
    "bulk": None,
    "more": False,
}
GIVE = PREVIEW | {
    "do": "give",
    "what": said("Give them to {name}", name="Noor Haddad"),
    "colleague": COLLEAGUES[1],
    "over": (OTHER,),
}
NOTHING = PREVIEW | {"do": "assign", "items": (), "count": 0, "happens": (), "amount": Money(0)}
WHOLE = GIVE | {"items": (), "over": (), "count": 10_000, "bulk": ID, "more": True}
BULK = {
    "bulk_id": ID,
    "queue": "denials",
    "title": said("Denials"),
    "what": said("Give them to {name}", name="Noor Haddad"),
    "state": "running",
    "sentence": said("On its way: {done} of {n} so far.", done=1_400, n=4_200),
    "total": 4_200,
    "reached": 1_400,
    "changed": 1_388,
    "skipped": (made("Part", text=said("went to Priya Raman meanwhile"), n=12),),
    "at": NOW,
    "address": {"view": "unassigned"},
}
OVER = BULK | {"state": "done", "reached": 4_200, "changed": 4_200, "skipped": (), "sentence": said("Done.")}


def preview(page, **more):
    return {"page": made("Preview", **page), "form": form(**more), "narrowing": NARROWED, "most": 10_000, **SKIPS}


def found(rows, more=False):
    return {"page": made("FoundPage", q="Och", rows=rows, more=more)}


_PAGES = (
    ("staff/queue.html", "some", {"page": made("QueuePage", **QUEUE)}),
    ("staff/queue.html", "none", {"page": made("QueuePage", **EMPTY)}),
    ("staff/queue.html", "kept", {"page": made("QueuePage", **QUEUE | {"kept": (kept(True),), "narrowing": NARROWED})}),
    ("staff/queue.html", "narrowed", {"page": made("QueuePage", **EMPTY | {"narrowing": NARROWED})}),
    ("staff/queue_item.html", "waits", {"page": made("ItemPage", **ITEM), **SKIPS}),
    ("staff/queue_item.html", "done", {"page": made("ItemPage", **ITEM | {"waits": False, "row": ROWS[0]}), **SKIPS}),
    ("staff/queue_preview.html", "skip", preview(PREVIEW, errors=("day", "reason"))),
    ("staff/queue_preview.html", "due", preview(PREVIEW | {"do": "due"})),
    ("staff/queue_preview.html", "give", preview(GIVE)),
    ("staff/queue_preview.html", "nothing", preview(NOTHING)),
    ("staff/queue_preview.html", "whole", preview(WHOLE)),
    ("staff/queue_bulk.html", "running", {"page": made("BulkPage", **BULK)}),
    ("staff/queue_bulk.html", "over", {"page": made("BulkPage", **OVER)}),
    ("staff/queue_found.html", "asked", found(None)),
    ("staff/queue_found.html", "none", found(())),
    ("staff/queue_found.html", "some", found(tuple((said("Denials"), row) for row in ROWS), more=True)),
)
SAMPLES = [(name, kind, {"frame": frame("staff")} | context) for name, kind, context in _PAGES]
