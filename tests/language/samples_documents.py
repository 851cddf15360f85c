"""Pages of documents that came in, and the pages that show a list of them."""

from __future__ import annotations

from tests.language.rendering import frame, made
from tests.language.samples_office import ACCOUNT, CLAIM, CODE, ID, OTHER, THEN, said
from tests.language.samples_patient import NOW

NAME = "scan-2026-11-18 Ochoa & Sons <final>.pdf"
PART = {
    "about": "encounter",
    "about_id": ID,
    "items": tuple(
        made(
            "DocumentItem", document_id=f"{n:032x}", kind=said(kind), name=NAME, at=THEN,
            by="Dele Adebayo" if n else "", pages=pages, making=making, unshown=unshown,
            where=said("claim {number}", number="C-120417") if n else None,
        )
        for n, (kind, pages, making, unshown) in enumerate(
            (("Bill of the visit", 2, False, False), ("Referral", None, True, False), ("Letter", 1, False, True))
        )
    ),
    "others": ((OTHER, "card-front.jpg"),),
    "may_attach": True,
    "kinds": (("bill", said("Bill of the visit")), ("referral", said("Referral"))),
    "largest_mb": 25,
}  # fmt: skip
EMPTY = made("DocumentsPart", **PART | {"items": (), "others": ()})
READER = made("DocumentsPart", **PART | {"may_attach": False, "kinds": (), "others": ()})
ATTACHED = {
    "attachment_id": ID, "version": 1, "about": "claim", "about_id": OTHER,
    "words": said("claim {number}", number="C-1"), "at": THEN, "by": "Dele Adebayo",
    "detached_at": None, "detached_by": "", "reason": None, "note": None,
}  # fmt: skip
OFF = ATTACHED | {
    "attachment_id": OTHER, "detached_at": NOW, "detached_by": "Priya Raman", "reason": said("It belongs elsewhere"),
    "note": "It is the second page of another letter.",
}  # fmt: skip
DOCUMENT = {
    "document_id": ID, "kind": said("Medical record"), "name": NAME, "media": "PDF", "size_bytes": 41_020, "at": THEN,
    "by": "Dele Adebayo", "patient_id": OTHER, "patient_name": "Walter Ochoa", "making": None, "unshown": None,
    "of": 12, "pages": tuple(made("PageItem", number=n, width=1275, height=1650) for n in (1, 2)), "newer": None,
    "older": 11,
    "attached": (made("AttachedItem", **ATTACHED),), "detached": (made("AttachedItem", **OFF),), "may_attach": True,
    "reasons": (("other", said("Another reason")),),
}  # fmt: skip
LINKS = {ID: "/office/claims/1", OTHER: None}


def shown(kind: str, **more):
    context = {"page": made("DocumentPage", **DOCUMENT | more), "links": LINKS, "frame": frame("staff")}
    return ("staff/documents/show.html", kind, context)


SAMPLES = (
    shown("pages"),
    shown("stored", making=made("Progress", done=0, of=0), pages=(), of=0, older=None),
    shown("drawing", making=made("Progress", done=2, of=12), older=None),
    shown(
        "locked", unshown=said("It is locked with a password."), pages=(), of=0, older=None, attached=(), detached=()
    ),
    shown("broken", unshown=said("It is damaged."), newer=1, may_attach=False),
    (
        "staff/encounters/code.html",
        "papers",
        {"page": made("CodePage", **CODE), "documents": made("Part", **PART), "frame": frame("staff")},
    ),
    (
        "staff/claims/show.html",
        "papers",
        {"page": made("ClaimPage", **CLAIM), "documents": EMPTY, "frame": frame("staff")},
    ),
    (
        "staff/accounts/show.html",
        "papers",
        {"page": made("AccountPage", **ACCOUNT), "documents": READER, "frame": frame("staff")},
    ),
)
