"""Bills: those that were written, the runs that write them, and what the practice decided about them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from flask import Blueprint, request, url_for

from portal.access.policy import decide
from portal.domain.errors import Refused
from portal.domain.money import Money, parse_cents
from portal.domain.statements.cycle import Cycle
from portal.domain.texts import T_, Text
from portal.services import outbox, policies
from portal.services.statements import making, printing, runs, showing
from portal.services.unit_of_work.work import UnitOfWork, new_id
from portal.web.guard import Desk, desks, reads, writes
from portal.web.replies import File, Go, Page

blueprint = Blueprint("statements", __name__, url_prefix="/statements")


@dataclass(frozen=True, slots=True)
class CyclePage:
    """See `templates/staff/statements/cycle.html`."""

    cycle: Cycle
    least: Money
    version: int
    may_edit: bool


@dataclass(frozen=True, slots=True)
class CycleForm:
    """What was written into the form, and what is wrong with it."""

    data: dict[str, str]
    errors: dict[str, list[Text]] = field(default_factory=dict)


@blueprint.get("/", endpoint="list")
@reads("statement:view")
def show(uow: UnitOfWork) -> Page:
    """Every bill, the newest first."""
    may_run = decide(uow.actor, "statement:run").allowed
    page = showing.statements_page(uow, may_run=may_run, before=request.args.get("before", ""))
    steps, collection = (decide(uow.actor, name).allowed for name in ("dunning:edit", "call:make"))
    return Page("staff/statements/list.html", page, {"may_set_steps": steps, "may_follow_up": collection})


@blueprint.get("/run", endpoint="run")
@reads("statement:run")
def show_run(uow: UnitOfWork) -> Page:
    """Who would get a bill today, and who not and why; the last runs and what waits for the printer."""
    return Page("staff/statements/run.html", runs.run_page(uow), {"to_print": printing.waiting(uow)})


@blueprint.post("/run", endpoint="start_run")
@writes("statement:run")
def start_run(uow: UnitOfWork) -> Go:
    """Ask for a run of the day that was looked at."""
    try:
        day = date.fromisoformat(request.form.get("run_on", ""))
    except ValueError:
        raise Refused(T_("The day is missing. Look at the list again; no bill was made."), code="day") from None
    run_id = runs.start(uow, day)
    return Go(url_for("staff.statements.progress", run_id=run_id))


@blueprint.get("/runs/<id:run_id>", endpoint="progress")
@reads("statement:run")
def show_progress(uow: UnitOfWork, run_id: bytes) -> Page:
    """How far a run is, and the bills that wait to be released."""
    return Page("staff/statements/progress.html", showing.progress_page(uow, run_id))


@blueprint.post("/runs/<id:run_id>/stop", endpoint="stop_run")
@writes("statement:run")
def stop_run(uow: UnitOfWork, run_id: bytes) -> Go:
    """Write no more of them."""
    runs.stop(uow, run_id)
    return Go(
        url_for("staff.statements.progress", run_id=run_id), T_("Stopped. What is written stays; no more is written.")
    )


@blueprint.post("/runs/<id:run_id>/release", endpoint="release_run")
@writes("statement:run")
def release_run(uow: UnitOfWork, run_id: bytes) -> Go:
    """Let everything go out that is on paper and not held."""
    runs.runs_of(uow, run_id=run_id)
    outbox.later(uow, "statement.release", f"statement.release:{new_id().hex()}", {"run": run_id})
    return Go(url_for("staff.statements.progress", run_id=run_id), T_("The bills are going out."))


@blueprint.post("/<id:statement_id>/release", endpoint="release")
@desks("statement:run")
def release(desk: Desk, statement_id: bytes) -> Go:
    """Let one bill go out."""
    with desk.write("statement:run") as uow:
        went = making.release(uow, desk.parts, statement_id)
        run = making.run_of(uow, statement_id)
    said = T_("The bill went out.") if went else T_("This bill had gone out before.")
    back = url_for("staff.statements.progress", run_id=run) if run else url_for("staff.statements.list")
    return Go(back, said)


@blueprint.post("/print", endpoint="print")
@writes("statement:run")
def export(uow: UnitOfWork) -> File:
    """Every paper that has not gone to the printer yet, as one file; each goes once."""
    name, body = printing.export(uow)
    return File(name, "application/zip", body)


@blueprint.get("/print/<id:batch_id>", endpoint="print_again")
@reads("statement:run")
def export_again(uow: UnitOfWork, batch_id: bytes) -> File:
    """The same file once more, for a printer that lost it."""
    name, body = printing.packed(uow, batch_id)
    return File(name, "application/zip", body)


@blueprint.get("/rules", endpoint="rules")
@reads("statement:run")
def show_rules(uow: UnitOfWork) -> Page:
    """When this practice bills, and what it leaves out."""
    return Page("staff/statements/cycle.html", _cycle_page(uow), {"form": None})


@blueprint.post("/rules", endpoint="keep_rules")
@desks("policy:edit")
def keep_rules(desk: Desk) -> Go | Page:
    """Keep what the practice decided."""
    data = {name: request.form.get(name, "") for name in ("cycle_days", "due_days", "least", "by_hand", "version")}
    data["weekdays"] = ",".join(request.form.getlist("weekday"))
    try:
        cycle, version = _cycle(data)
        with desk.write("policy:edit") as uow:
            policies.keep(uow, uow.practice_id, cycle, version=version)
    except Refused as error:
        with desk.read("statement:run") as uow:
            page = _cycle_page(uow)
        return Page("staff/statements/cycle.html", page, {"form": CycleForm(data, {"form": [error.text]})}, status=422)
    return Go(url_for("staff.statements.rules"), T_("Kept. The next run goes by it."))


def _cycle_page(uow: UnitOfWork) -> CyclePage:
    practice = uow.practice_id
    cycle = policies.current(uow, practice, Cycle)
    return CyclePage(
        cycle,
        Money(cycle.least_cents),
        policies.version(uow, practice, Cycle),
        decide(uow.actor, "policy:edit").allowed,
    )


def _cycle(data: dict[str, str]) -> tuple[Cycle, int]:
    """The rules as written, and which version they were written over; raises Refused `cycle`."""
    try:
        return Cycle(
            cycle_days=int(data["cycle_days"]),
            due_days=int(data["due_days"]),
            least_cents=parse_cents(data["least"].strip().removeprefix("$") or "0"),
            weekdays=tuple(sorted(int(day) for day in data["weekdays"].split(",") if day)),
            by_hand=data["by_hand"] == "1",
        ), int(data["version"])
    except ValueError:
        raise Refused(
            T_("Write days as whole numbers and the sum in dollars, for example 5.00."), code="cycle"
        ) from None
