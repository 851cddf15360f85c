"""The page of what is loaded."""

from __future__ import annotations

from datetime import date

from portal.domain.texts import T_
from tests.language.rendering import frame, made
from tests.language.samples_patient import THEN


def release(title: str, **more: object) -> object:
    values = {
        "title": T_(title), "payer": "", "effective": date(2026, 10, 1), "count": 98_186,
        "file_name": "icd10cm_order_2027.txt", "by": "Ruth Calloway", "at": THEN, "holds": True, "later": False,
    }  # fmt: skip
    return made("LoadedRelease", **(values | more))


SAMPLES = [
    (
        "staff/codes/list.html",
        "some",
        {
            "frame": frame("staff"),
            "page": made(
                "LoadedPage",
                releases=(
                    release("Diagnoses, ICD-10-CM", effective=date(2027, 4, 1), holds=False, later=True),
                    release("Diagnoses, ICD-10-CM"),
                    release("Services, HCPCS level II", holds=False),
                    release("Fee schedule", payer="Bluestem Health Plan", file_name="fees.csv", count=1),
                ),
                missing=(T_("Services, CPT"), T_("Provider taxonomy")),
            ),
        },
    ),
    ("staff/codes/list.html", "none", {"frame": frame("staff"), "page": made("LoadedPage", releases=(), missing=())}),
]
