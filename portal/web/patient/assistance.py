"""Help with bills: what there is, a quick check that keeps nothing, and applying in three short steps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

from flask import request, url_for

from portal.domain.assistance.incomes import Household, Income, read_incomes, read_size, read_words
from portal.domain.errors import NotFound, Refused
from portal.domain.texts import T_, Text
from portal.domain.typed import shown
from portal.services.assistance import applying, showing
from portal.services.assistance.applying import Upload
from portal.services.unit_of_work.units import Denied
from portal.services.unit_of_work.work import UnitOfWork
from portal.web.guard import Desk, desks, reads
from portal.web.patient.account import whose
from portal.web.patient.blueprint import blueprint
from portal.web.replies import Go, Page, Reply

_FIELDS: Final = frozenset({"size", "income", "words", "file", "guard:complete"})


@dataclass(frozen=True, slots=True)
class Form:
    """What was typed, and what is wrong with it."""

    data: dict[str, str]
    errors: dict[str, list[Text]] = field(default_factory=dict)


@blueprint.get("/help", endpoint="help")
@reads("own-help:view")
def show_help(uow: UnitOfWork) -> Page:
    """What help there is."""
    return Page("patient/help.html", showing.help_page(uow, whose(uow)))


@blueprint.post("/help/check", endpoint="check_help")
@reads("own-help:view")
def check(uow: UnitOfWork) -> Page:
    """The quick check: an answer on the page, and nothing kept."""
    patient_id = _patient(uow)
    page, given = showing.help_page(uow, patient_id), request.form
    data = {name: shown(value) for name, value in given.items()}
    try:
        incomes = read_incomes([("other", given.get("amount", ""), given.get("period", ""))])
        checked = showing.check(uow, patient_id, Household(read_size(given.get("size", "")), incomes))
    except Refused as refused:
        code = "amount" if refused.code == "income" else refused.code
        return Page("patient/help.html", page, {"form": Form(data, {code: [refused.text]})}, 422)
    return Page("patient/help.html", page, {"form": Form(data), "checked": checked})


@blueprint.post("/help", endpoint="begin_help")
@desks("own-help:make")
def begin(desk: Desk) -> Reply:
    """Begin an application, or go on with the one that was begun."""
    with desk.write("own-help:make") as uow:
        id_ = applying.begin(uow, _patient(uow)).id
    return Go(url_for("patient.help_application", assistance_id=id_))


@blueprint.get("/help/<id:assistance_id>", endpoint="help_application")
@reads("own-help:make")
def show(uow: UnitOfWork, assistance_id: bytes) -> Page:
    """One application: the step it is at, or how it stands."""
    page = showing.application_page(uow, assistance_id, request.args.get("step", ""))
    return Page("patient/help_application.html", page)


@blueprint.post("/help/<id:assistance_id>", endpoint="act_help")
@desks("own-help:make")
def act(desk: Desk, assistance_id: bytes) -> Reply:
    """One step with an application; what is wrong is told at its field, and what was kept before stays."""
    do = request.form.get("do", "")
    step = _STEPS.get(do)
    if step is None:
        raise Refused(T_("This form is not complete. Open the page again."), code="form")
    try:
        with desk.write("own-help:make") as uow:
            call, onward, said = step
            call(uow, assistance_id)
    except (Denied, NotFound):
        raise
    except Refused as refused:
        code = "file" if refused.code.startswith("file") else refused.code
        if code not in _FIELDS:
            raise
        with desk.read("own-help:make") as uow:
            page = showing.application_page(uow, assistance_id, _AT.get(do, ""))
        data = {name: shown(value) for name, value in request.form.items()}
        return Page("patient/help_application.html", page, {"form": Form(data, {code: [refused.text]})}, 422)
    return Go(url_for("patient.help_application", assistance_id=assistance_id, step=onward or None), said)


def _size(uow: UnitOfWork, id_: bytes) -> None:
    before = _household(uow, id_)
    applying.tell(uow, id_, replace(before, size=read_size(request.form.get("size", ""))), version=_version())


def _incomes(uow: UnitOfWork, id_: bytes) -> None:
    given = request.form
    columns = [given.getlist(name)[:20] for name in ("kind", "amount", "period")]
    incomes: tuple[Income, ...] = read_incomes(list(zip(*columns, strict=False)))
    none = given.get("none") == "1"
    if bool(incomes) == none:
        raise Refused(T_("Write what comes in, or tick that there is no income."), code="income")
    before = _household(uow, id_)
    words = read_words(given.get("words", ""))
    applying.tell(uow, id_, replace(before, incomes=incomes, no_income=none, words=words), version=_version())


def _file(uow: UnitOfWork, id_: bytes) -> None:
    given = request.files.get("file")
    if given is None or not given.filename:
        raise Refused(T_("Choose the file to send."), code="file")
    applying.attach(uow, id_, Upload(given.filename, given.read()))


def _send(uow: UnitOfWork, id_: bytes) -> None:
    applying.submit(uow, id_, version=_version())


def _withdraw(uow: UnitOfWork, id_: bytes) -> None:
    applying.withdraw(uow, id_, version=_version())


def _appeal(uow: UnitOfWork, id_: bytes) -> None:
    applying.appeal(uow, id_, request.form.get("words", ""), version=_version())


_Step = tuple[Callable[[UnitOfWork, bytes], None], str, Text | None]
_STEPS: Final[dict[str, _Step]] = {
    "size": (_size, "2", None),
    "incomes": (_incomes, "3", None),
    "file": (_file, "", T_("The paper is here. Only our billing office opens it.")),
    "send": (_send, "", T_("Sent. While we look at it, we ask you for no money.")),
    "withdraw": (_withdraw, "", T_("You took it back. You can apply again at any time.")),
    "appeal": (_appeal, "", T_("We look at it again. Until then we ask you for no money.")),
}
_AT: Final = {"size": "1", "incomes": "2", "file": "3", "send": "3"}
"""The step of the form that is shown again when something is wrong."""


def _household(uow: UnitOfWork, id_: bytes) -> Household:
    return showing.application_page(uow, id_).household


def _patient(uow: UnitOfWork) -> bytes:
    """Whom a form is about: it says so, so that two windows do not mix; raises NotFound for somebody else."""
    given = request.form.get("patient", "")
    for each in uow.reach.patients:
        if each.hex() == given:
            return each
    raise NotFound(T_("There is no such record, or it is not yours to see."), code="not-found")


def _version() -> int:
    given = request.form.get("version", "")
    if not (given.isascii() and given.isdigit() and len(given) < 10):
        raise Refused(T_("This form is not complete. Open the page again."), code="version")
    return int(given)
