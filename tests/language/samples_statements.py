"""Bills of the office: the list, a run looked at, written and let go, and the rules of the practice."""

from __future__ import annotations

from datetime import date

from portal.domain.money import Money
from portal.domain.statements.cycle import Cycle
from tests.language.rendering import frame, made
from tests.language.samples_office import DAY, said
from tests.language.samples_patient import ID, NOW, form, state

BILLS = tuple(
    made(
        "StatementItem", statement_id=ID, number=f"1042-{n}", patient_id=ID, patient_name="Teresa Marlowe", made_on=DAY,
        due_on=date(2026, 12, 12), days_left=24, amount=Money(8640), open_now=Money(8640 * n),
        state=state("PAID", "Paid"), document_id=ID if n else None, replaced_by=None if n else ID,
    )
    for n in (0, 1)
)  # fmt: skip
READY = made(
    "ReadyAccount", patient_id=ID, name="Teresa Marlowe", owed=Money(8640), oldest=date(2026, 9, 14), last=None
)


def run(**more):
    given = {
        "run_id": ID, "run_on": DAY, "started_at": NOW, "started_by": "Priya Raman", "asked": 4, "made": 3,
        "printed": 2, "waiting": 2, "passed": 1, "stopped": False, "over": False,
    }  # fmt: skip
    return made("RunItem", **(given | more))


def run_page(some: bool):
    return {
        "page": made(
            "RunPage", run_on=DAY, due_on=date(2026, 12, 12), count=3 if some else 0, total=Money(25920),
            ready=(READY,) if some else (), by_hand=some, runs=(run(), run(asked=None), run(over=True)) if some else (),
            left_out=(made("LeftOut", text=said("Billed in the last 25 days"), count=4),) if some else (),
        ),
        "to_print": made(
            "ToPrint", waiting=3 if some else 0, most=2,
            batches=(made("Batch", batch_id=ID, count=4, first=DAY, last=DAY),) if some else (),
        ),
    }  # fmt: skip


def progress(**more):
    of = run(**more)
    return {
        "page": made(
            "ProgressPage", run=of, total=Money(25920), released=1, waiting=BILLS[1:] if of.over and of.waiting else ()
        )
    }


WRONG = {"version": "2", "cycle_days": "3", "due_days": "21", "least": "5", "weekdays": "1,2", "by_hand": "1"}
_PAGES = [
    *(
        (
            "staff/statements/list.html", name,
            {
                "page": made("StatementsPage", statements=items, ready=1, may_run=True, newer=None, older=None),
                "may_follow_up": bool(items), "may_set_steps": bool(items),
            },
        )
        for name, items in (("some", BILLS), ("none", ()))
    ),
    ("staff/statements/run.html", "some", run_page(True)),
    ("staff/statements/run.html", "none", run_page(False)),
    ("staff/statements/progress.html", "counting", progress(asked=None)),
    ("staff/statements/progress.html", "running", progress()),
    ("staff/statements/progress.html", "waiting", progress(over=True)),
    ("staff/statements/progress.html", "all-out", progress(over=True, waiting=0)),
    ("staff/statements/progress.html", "stopped", progress(over=True, stopped=True)),
    *(
        (
            "staff/statements/cycle.html", name,
            {
                "page": made("CyclePage", cycle=Cycle(weekdays=(0,)), least=Money(500), version=2, may_edit=may),
                "form": form(("form",), **WRONG) if wrong else None,
            },
        )
        for name, may, wrong in (("may", True, False), ("looks", False, False), ("wrong", True, True))
    ),
]  # fmt: skip
SAMPLES = [(template, name, {"frame": frame("staff"), **context}) for template, name, context in _PAGES]
