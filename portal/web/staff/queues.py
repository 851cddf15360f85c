"""The queues of a role: what waits, finding it, taking, giving and putting off, one item, saved filters, exports."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request, url_for

from portal.access import policy
from portal.domain import work as rules
from portal.domain.errors import Refused
from portal.domain.sampling import CHARGES, CODING
from portal.domain.texts import T_, Text
from portal.domain.work import Narrowing
from portal.language.speaker import Speaker
from portal.services.contacts import showing as contacts
from portal.services.messages import desk as messages
from portal.services.patients import searching
from portal.services.sampling import own
from portal.services.unit_of_work.work import UnitOfWork
from portal.services.users import tries
from portal.services.work import bulk, counts, filters, items, showing, taking
from portal.services.work.showing import FoundPage
from portal.services.work.taking import Do, Order, Preview
from portal.web.guard import Desk, desks, reads, writes
from portal.web.replies import File, Go, Page, Reply
from portal.web.staff import forms

blueprint = Blueprint("queues", __name__, url_prefix="/queues")
work_blueprint = Blueprint("work", __name__)

_ASKS_MORE = {Do.SKIP, Do.DUE}
"""Steps that ask for a day first."""


@work_blueprint.get("", endpoint="show")
@reads("queue:view")
def work(uow: UnitOfWork) -> Reply:
    """Everything that waits for people of this person's roles."""
    exact = {
        check: own.brief(uow, check)
        for check, permission in ((CODING, "encounter:code"), (CHARGES, "charge:enter"))
        if policy.decide(uow.actor, permission).allowed
    }
    return Page("staff/work.html", counts.work(uow), {"exact": exact})


@blueprint.get("/find", endpoint="ask")
@reads("queue:view")
def ask(_uow: UnitOfWork) -> Reply:
    """The form to search the queues by."""
    return Page("staff/queue_found.html", FoundPage("", None, more=False))


@blueprint.post("/find")
@desks("queue:view")
def find(desk: Desk) -> Reply:
    """What waits of the patients that fit; what is searched for is posted, so that none of it stands in an address."""
    q = request.form.get("q", "")
    if searching.by_name(q):
        tries.refuse_haste(desk.units, desk.actor, "queue:view", desk.request)
    with desk.read("queue:view", kind="query") as uow:
        patients, scanned = searching.found(uow, q)
        return Page("staff/queue_found.html", showing.find(uow, q.strip(), patients, scanned))


@blueprint.get("/<queue>")
@reads("queue:view")
def show(uow: UnitOfWork, queue: str) -> Reply:
    """One queue, in the view that the address names."""
    after, before = (forms.id_of(request.args.get(name, "")) for name in ("after", "before"))
    return Page("staff/queue.html", showing.show(uow, queue, _narrowed(), after=after, before=before))


@blueprint.post("/<queue>")
@desks("queue:assign")
def act(desk: Desk, queue: str) -> Reply:
    """One item is taken, given or put back at once; of several it is shown first what will happen to which."""
    order, chosen = _order(), _items()
    if request.form.get("all"):
        with desk.write("queue:assign") as uow:
            page = bulk.look(uow, queue, _narrowed(), order)
        return _asked(page, order)
    if not chosen:
        return Go(_here(queue), T_("Nothing is selected."), "note")
    if len(chosen) == 1 and order.do not in _ASKS_MORE:
        try:
            with desk.write("queue:assign") as uow:
                return _done(order, taking.carry_out(uow, queue, chosen, order), _here(queue))
        except Refused as refused:  # it is with a colleague: the page says so first, whatever the list showed
            if refused.code != "with-a-colleague":
                raise
    return _preview(desk, queue, order, chosen)


@blueprint.post("/<queue>/do")
@desks("queue:assign")
def carry_out(desk: Desk, queue: str) -> Reply:
    """Do what the page before showed; what is missing or wrong is asked for again."""
    order, chosen = _order(), _items()
    back = forms.id_of(request.args.get("item", ""))
    here = _here(queue) if back is None else url_for("staff.queues.item", queue=queue, item_id=back)
    try:
        with desk.write("queue:assign") as uow:
            return _done(order, taking.carry_out(uow, queue, chosen, order), here)
    except Refused as refused:
        if refused.code == "with-a-colleague":
            return _preview(desk, queue, order, chosen)
        if refused.code not in {"skip-day", "due-day", "reason-missing"}:
            raise
        return _preview(desk, queue, order, chosen, refused)


@blueprint.post("/<queue>/bulk/<id:bulk_id>")
@desks("queue:assign")
def begin(desk: Desk, queue: str, bulk_id: bytes) -> Reply:
    """Begin with everything in a view what the page before showed; what is missing or wrong is asked for again."""
    order = _order()
    try:
        with desk.write("queue:assign") as uow:
            page = bulk.begin(uow, queue, bulk_id, order)
    except Refused as refused:
        if refused.code not in {"skip-day", "due-day", "reason-missing"}:
            raise
        with desk.read("queue:assign") as uow:
            return _asked(bulk.looked(uow, queue, bulk_id), order, refused)
    if page.state == "done" and not page.skipped:
        return _done(order, page.changed, _here(queue))
    return Go(url_for("staff.queues.bulk", queue=queue, bulk_id=bulk_id))


@blueprint.get("/<queue>/bulk/<id:bulk_id>", endpoint="bulk")
@reads("queue:view")
def show_bulk(uow: UnitOfWork, queue: str, bulk_id: bytes) -> Reply:
    """How far a step with everything in a view has come, and what it changed and passed."""
    return Page("staff/queue_bulk.html", bulk.show(uow, queue, bulk_id))


@blueprint.post("/<queue>/bulk/<id:bulk_id>/stop")
@writes("queue:assign")
def stop_bulk(uow: UnitOfWork, queue: str, bulk_id: bytes) -> Reply:
    """Stop it: what was not come to yet stays as it is."""
    bulk.stop(uow, queue, bulk_id)
    return Go(url_for("staff.queues.bulk", queue=queue, bulk_id=bulk_id))


@blueprint.post("/<queue>/next", endpoint="next")
@writes("queue:assign")
def take_next(uow: UnitOfWork, queue: str) -> Reply:
    """Take the first item that is with nobody, and open it."""
    item_id = taking.take_next(uow, queue, _narrowed())
    if item_id is None:
        return Go(_here(queue), T_("Nothing here is with nobody, or it is put off."), "note")
    return Go(url_for("staff.queues.item", queue=queue, item_id=item_id), T_("This is with you now."))


@blueprint.get("/<queue>/<id:item_id>")
@reads("queue:view")
def item(uow: UnitOfWork, queue: str, item_id: bytes) -> Reply:
    """One item: why it waits, where it leads, what was done with it."""
    page = items.show(uow, queue, item_id)
    part = contacts.part_of_item(uow, page.row.kind, page.row.target_id, page.leads.claim_id)
    more = {"contacts": part, "messages": messages.part_of_item(uow, item_id)}
    return Page("staff/queue_item.html", page, {"skips": tuple(rules.SKIP_REASONS.items()), **more})


@blueprint.post("/<queue>/<id:item_id>")
@writes("queue:assign")
def note(uow: UnitOfWork, queue: str, item_id: bytes) -> Reply:
    """Add a note to an item."""
    taking.note(uow, queue, item_id, request.form.get("words", ""))
    return Go(url_for("staff.queues.item", queue=queue, item_id=item_id), T_("Your note is kept."))


@blueprint.post("/<queue>/filters")
@writes("queue:assign")
def keep(uow: UnitOfWork, queue: str) -> Reply:
    """Keep the view that the address names."""
    filters.keep(uow, queue, _narrowed(), request.form.get("name", ""))
    return Go(_here(queue), T_("The filter is kept. Only you see it."))


@blueprint.post("/<queue>/filters/<id:filter_id>")
@writes("queue:assign")
def drop(uow: UnitOfWork, queue: str, filter_id: bytes) -> Reply:
    """Drop a saved filter of one's own."""
    filters.drop(uow, queue, filter_id)
    return Go(_here(queue), T_("The filter is dropped."))


@blueprint.post("/<queue>/export")
@reads("queue:export", kind="export")
def export(uow: UnitOfWork, queue: str) -> Reply:
    """The view that the address names as a file; its entry in the log is written before a byte of it leaves."""
    made = showing.export(uow, queue, _narrowed(), Speaker("en_US", "UTC").text)
    return File(made.name, "text/csv; charset=utf-8", made.body)


def _narrowed() -> Narrowing:
    return rules.narrowing(request.args)


def _here(queue: str) -> str:
    values: dict[str, Any] = dict(_narrowed().pairs())
    return url_for("staff.queues.show", queue=queue, **values)


def _items() -> list[bytes]:
    return _ids("item")


def _ids(name: str) -> list[bytes]:
    return [found for each in request.form.getlist(name) if (found := forms.id_of(each)) is not None]


def _order() -> Order:
    """What the form asks for; raises Refused for a button that is none."""
    given = request.form
    try:
        do = Do(given.get("do", ""))
    except ValueError:
        raise Refused(T_("This form is not complete. Open the page again."), code="form") from None
    return Order(
        do, given.get("to", ""), given.get("reason", ""), given.get("day", ""), given.get("words", ""),
        frozenset(_ids("over")),
    )  # fmt: skip


def _preview(desk: Desk, queue: str, order: Order, chosen: list[bytes], refused: Refused | None = None) -> Page:
    with desk.read("queue:assign") as uow:
        page = taking.preview(uow, queue, chosen, order)
    return _asked(page, order, refused)


def _asked(page: Preview, order: Order, refused: Refused | None = None) -> Page:
    """What a step would do, and what is still to be said of it."""
    form = forms.Form({"reason": order.reason, "day": order.day, "words": order.words})
    if refused is not None:
        form.errors["reason" if refused.code == "reason-missing" else "day"] = [refused.text]
    more = {"form": form, "skips": tuple(rules.SKIP_REASONS.items()), "narrowing": _narrowed(), "most": bulk.MOST}
    return Page("staff/queue_preview.html", page, more, 200 if refused is None else 422)


def _done(order: Order, changed: int, here: str) -> Go:
    if not changed:
        return Go(here, T_("Nothing changed: it was so already."), "note")
    return Go(here, _said(order.do, changed))


def _said(do: Do, n: int) -> Text:
    match do:
        case Do.TAKE:
            return T_("{n} item is with you now.", "{n} items are with you now.", n=n)
        case Do.GIVE:
            return T_("{n} item is with your colleague now.", "{n} items are with your colleague now.", n=n)
        case Do.PUT_BACK:
            return T_("{n} item is anybody's again.", "{n} items are anybody's again.", n=n)
        case Do.SKIP:
            return T_("{n} item is put off.", "{n} items are put off.", n=n)
    return T_("{n} item has a new due day.", "{n} items have a new due day.", n=n)
