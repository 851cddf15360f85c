"""People and what they may: listed, invited, ended. Nothing protected is shown here."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, request, url_for

from portal.access import roles
from portal.domain.errors import Refused
from portal.domain.texts import T_, Text
from portal.domain.users import ROLE_WORDS
from portal.services import outbox
from portal.services.unit_of_work.work import UnitOfWork
from portal.services.users import accounts, directory, sessions
from portal.web.guard import Desk, desks, reads
from portal.web.replies import Go, Page, Reply

_IN_A_PRACTICE = roles.STAFF | {roles.COMPLIANCE_OFFICER}

blueprint = Blueprint("users", __name__, url_prefix="/users")


@dataclass(frozen=True, slots=True)
class InvitePage:
    """See `templates/admin/users/invite.html`."""

    roles: tuple[tuple[str, Text], ...]
    practices: tuple[tuple[str, str], ...]
    payers: tuple[tuple[str, str], ...]
    link: str | None
    hours: int = int(accounts.JOIN_LIFETIME.total_seconds() // 3600)


@dataclass(slots=True)
class _Form:
    data: dict[str, str]
    errors: dict[str, list[Text]]


@blueprint.get("", endpoint="list")
@reads("user:view")
def list_(uow: UnitOfWork) -> Reply:
    """Everybody with a role."""
    before = request.args.get("before", "")
    after = bytes.fromhex(before) if len(before) == 32 else None
    return Page("admin/users/list.html", directory.people_page(uow, before=after))


@blueprint.get("/invite")
@reads("user:view")
def invite(uow: UnitOfWork) -> Reply:
    """The form."""
    return Page("admin/users/invite.html", _invite_page(uow, None))


@blueprint.post("/invite", endpoint="invite_post")
@desks("user:invite")
def invite_post(desk: Desk) -> Reply:
    """Invite somebody: a mail goes out, and the link is shown once."""
    given = {name: request.form.get(name, "").strip() for name in ("email", "role", "practice", "payer")}
    try:
        with desk.write("user:invite") as uow:
            user_id, token = accounts.invite(
                uow,
                email=given["email"],
                name=given["email"].split("@")[0],
                role=given["role"],
                practice_id=_id(given["practice"]) if given["role"] in _IN_A_PRACTICE else None,
                payer_id=_id(given["payer"]) if given["role"] == roles.PAYER_USER else None,
            )
            link = f"{desk.parts.public_url}/join/{token}"
            if token is not None:
                outbox.mail(
                    uow, "invitation", recipient=given["email"], subject_id=user_id, language="en_US",
                    parameters={"url": link},
                )  # fmt: skip
    except Refused as refused:
        field = {"email": "email", "practice-needed": "practice", "payer-needed": "payer"}.get(refused.code, "role")
        with desk.read("user:view") as uow:
            page = _invite_page(uow, None)
        return Page("admin/users/invite.html", page, {"form": _Form(given, {field: [refused.text]})}, 422)
    if token is None:
        return Go(url_for("admin.users.list"), T_("They have an account already; the role is theirs from now on."))
    with desk.read("user:view") as uow:
        return Page("admin/users/invite.html", _invite_page(uow, link))


@blueprint.post("/<id:user_id>/disable")
@desks("user:disable")
def disable(desk: Desk, user_id: bytes) -> Reply:
    """End somebody's access: at their next request they are out."""
    with desk.write("user:disable") as uow:
        accounts.disable(uow, user_id)
    sessions.end_all(desk.units, user_id)
    return Go(url_for("admin.users.list"), T_("Their access has ended; every device of theirs is signed out."))


def _invite_page(uow: UnitOfWork, link: str | None) -> InvitePage:
    practices, payers = directory.places(uow)
    words = tuple((role, ROLE_WORDS[role]) for role in roles.NARROWEST_FIRST if role in roles.GRANTABLE)
    return InvitePage(words, practices, payers, link)


def _id(text: str) -> bytes | None:
    try:
        found = bytes.fromhex(text)
    except ValueError:
        return None
    return found if len(found) == 16 else None
