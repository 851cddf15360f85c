"""Setting up a second factor, passwords, one-time links, registration, one's own sessions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from flask import session, url_for

from portal.access.actors import Actor
from portal.domain.devices import Device
from portal.domain.errors import Refused
from portal.domain.texts import T_, Text
from portal.domain.users import ROLE_WORDS
from portal.services.users import accounts, enrolment, people, proxies, registration, sessions, signing
from portal.services.users.accounts import LEAST
from portal.web.auth.blueprint import blueprint
from portal.web.auth.forms import Form, given, new_password
from portal.web.auth.qr import square
from portal.web.auth.signing import half, let_in, present
from portal.web.guard import Desk, desks, opens
from portal.web.replies import Go, Page, Reply
from portal.web.shell import speaker


@dataclass(frozen=True, slots=True)
class EnrolTotpPage:
    """See `templates/auth/enrol_totp.html`."""

    qr_path: str
    qr_size: int
    secret: str
    account: str


@dataclass(frozen=True, slots=True)
class RecoveryCodesPage:
    """See `templates/auth/recovery_codes.html`."""

    codes: tuple[str, ...]
    next: str


@dataclass(frozen=True, slots=True)
class ForgotPage:
    """See `templates/auth/forgot.html`."""

    sent: bool


@dataclass(frozen=True, slots=True)
class ResetPage:
    """See `templates/auth/reset.html`."""

    token: str
    least: int = LEAST


@dataclass(frozen=True, slots=True)
class InvitationPage:
    """See `templates/auth/invitation.html`."""

    token: str
    email: str
    role: Text
    practice_name: str
    least: int = LEAST


@dataclass(frozen=True, slots=True)
class RegisterPage:
    """See `templates/auth/register.html`."""

    phone: str | None
    refused: bool
    least: int = LEAST


@dataclass(frozen=True, slots=True)
class ChangePasswordPage:
    """See `templates/auth/change_password.html`."""

    least: int = LEAST


@dataclass(frozen=True, slots=True)
class SessionItem:
    """One of one's own sessions."""

    id: str
    device: Text
    address: str
    began_at: datetime
    last_at: datetime
    current: bool


@dataclass(frozen=True, slots=True)
class SessionsPage:
    """See `templates/auth/sessions.html`."""

    email: str
    codes_left: int
    sessions: tuple[SessionItem, ...]


def _enrol(desk: Desk, form: Form | None = None, status: int = 200) -> Page:
    begun = enrolment.begin(desk.units, desk.request, half(desk).user_id or b"", waiting=_waiting())
    session["enrolling"] = begun.factor_id.hex()
    path, size = square(begun.uri)
    page = EnrolTotpPage(path, size, begun.secret, begun.account)
    return Page("auth/enrol_totp.html", page, {"form": form} if form else {}, status)


def _waiting() -> bytes | None:
    """The factor that this session is setting up."""
    return bytes.fromhex(session["enrolling"]) if "enrolling" in session else None


def _may_enrol(desk: Desk) -> Actor | None:
    """Who may set up a factor now: whoever has none yet, or has just proved the present one; else None or Denied."""
    actor = half(desk)
    if actor.assurance == "aal2":
        desk.units.allow(actor, "factor:change", request=desk.request)
    elif signing.enrolled(desk.units, actor.user_id or b""):
        return None
    return actor


@blueprint.get("/second-factor/set-up")
@opens("the owner of a right password sets up a second factor; shows nothing else")
def enrol_totp(desk: Desk) -> Reply:
    """A QR code for an authenticator app; somebody who has a factor already gives it first."""
    return Go(url_for("auth.second_factor")) if _may_enrol(desk) is None else _enrol(desk)


@blueprint.post("/second-factor/set-up", endpoint="enrol_totp_post")
@opens("proves the new second factor")
def enrol_totp_post(desk: Desk) -> Reply:
    """The first code proves the factor; recovery codes are shown once."""
    actor, form, mine = _may_enrol(desk), given("code"), present().standing
    if actor is None:
        return Go(url_for("auth.second_factor"))
    try:
        codes = enrolment.prove(
            desk.units, desk.request, actor.user_id or b"", form.data["code"], waiting=_waiting(),
            session=mine.id if mine else None,
        )  # fmt: skip
    except Refused as refused:
        return _enrol(desk, form.wrong("code", refused.text), 422)
    onward = let_in(desk, actor.user_id or b"", "pwd-totp").location
    return Page("auth/recovery_codes.html", RecoveryCodesPage(codes, onward))


@blueprint.post("/recovery-codes")
@desks("factor:change")
def recovery_codes(desk: Desk) -> Reply:
    """New recovery codes; the old ones are dead."""
    codes = enrolment.new_recovery_codes(desk.units, desk.request, desk.actor.user_id or b"")
    return Page("auth/recovery_codes.html", RecoveryCodesPage(codes, url_for("auth.sessions")))


@blueprint.get("/forgot")
@opens("the form for a forgotten password")
def forgot(_desk: Desk) -> Reply:
    """Asks for the email."""
    return Page("auth/forgot.html", ForgotPage(sent=False))


@blueprint.post("/forgot", endpoint="forgot_post")
@opens("mails a link; the answer is the same whether or not there is an account")
def forgot_post(desk: Desk) -> Reply:
    """The same answer for everybody."""
    accounts.ask_reset(desk.units, desk.request, given("email").data["email"], desk.parts.public_url)
    return Page("auth/forgot.html", ForgotPage(sent=True))


@blueprint.get("/reset/<token>")
@opens("the form behind a mailed link")
def reset(desk: Desk, token: str) -> Reply:
    """A new password; the second factor stays."""
    accounts.look_at(desk.units, desk.request, token, "reset")
    return Page("auth/reset.html", ResetPage(token))


@blueprint.post("/reset/<token>", endpoint="reset_post")
@opens("sets a new password by a mailed link")
def reset_post(desk: Desk, token: str) -> Reply:
    """Set; every session ends; sign in anew."""
    form = given("password", "again")
    try:
        accounts.accept(desk.units, desk.request, token, kind="reset", password=new_password(form))
    except Refused as refused:
        return _wrong_password("auth/reset.html", ResetPage(token), form, refused)
    return Go(url_for("auth.sign_in"), T_("Your password is new. Sign in with it."))


@blueprint.get("/join/<token>")
@opens("the form behind an invitation")
def invitation(desk: Desk, token: str) -> Reply:
    """Name and password of somebody invited."""
    return Page("auth/invitation.html", _invited(desk, token))


@blueprint.post("/join/<token>", endpoint="invitation_post")
@opens("accepts an invitation")
def invitation_post(desk: Desk, token: str) -> Reply:
    """In with a password; a second factor comes next."""
    form = given("name", "password", "again")
    page = _invited(desk, token)
    try:
        name = form.data["name"].strip() or None
        user_id = accounts.accept(desk.units, desk.request, token, kind="join", password=new_password(form), name=name)
    except Refused as refused:
        return _wrong_password("auth/invitation.html", page, form, refused)
    return _to_factor(desk, user_id)


@blueprint.get("/register")
@opens("the form to open a patient's sign-in with a mailed code")
def register(_desk: Desk) -> Reply:
    """Code, last name, birth date, email, password."""
    return Page("auth/register.html", RegisterPage(None, refused=False))


@blueprint.post("/register", endpoint="register_post")
@opens("opens a patient's sign-in with a mailed code")
def register_post(desk: Desk) -> Reply:
    """One generic answer to whatever does not fit."""
    form = given("code", "last_name", "birth_date", "email", "password", "again")
    try:
        birth_date = date.fromisoformat(form.data["birth_date"])
    except ValueError:
        birth_date = None
    try:
        opens_ = proxies.join if proxies.known(desk.units, desk.request, form.data["code"]) else registration.register
        user_id = opens_(
            desk.units, desk.request, code=form.data["code"], last_name=form.data["last_name"], birth_date=birth_date,
            email=form.data["email"], password=new_password(form), language=speaker().locale,
        )  # fmt: skip
    except Refused as refused:
        page = RegisterPage(None, refused=refused.code == "registration")
        return _wrong_password("auth/register.html", page, form, refused)
    return _to_factor(desk, user_id)


@blueprint.get("/sessions", endpoint="sessions")
@desks("session:manage")
def sessions_page(desk: Desk) -> Reply:
    """One's own sessions and factors."""
    user_id = desk.actor.user_id or b""
    with desk.read("session:manage") as uow:
        email, left = people.email_of(uow, user_id), enrolment.codes_left(uow, user_id)
    mine = present().standing
    items = tuple(
        SessionItem(
            row.id.hex(), Device(row.browser, row.system).text, row.address, row.created_at, row.last_active_at,
            mine is not None and row.id == mine.id,
        )
        for row in sessions.of_user(desk.units, user_id)
    )  # fmt: skip
    return Page("auth/sessions.html", SessionsPage(email, left, items))


@blueprint.post("/sessions/<id:session_id>/end")
@desks("session:manage")
def end_session(desk: Desk, session_id: bytes) -> Reply:
    """End one of one's own sessions."""
    sessions.end_one(desk.units, desk.actor.user_id or b"", session_id)
    return Go(url_for("auth.sessions"), T_("That device is signed out."))


@blueprint.post("/sessions/end-all")
@desks("session:manage")
def sign_out_everywhere(desk: Desk) -> Reply:
    """Out on every device, this one too."""
    sessions.end_all(desk.units, desk.actor.user_id or b"")
    signing.told_out(desk.units, desk.request, desk.actor)
    present().leave()
    return Go(url_for("auth.sign_in"))


@blueprint.get("/password")
@desks("session:manage")
def change_password(_desk: Desk) -> Reply:
    """The form to change one's password."""
    return Page("auth/change_password.html", ChangePasswordPage())


@blueprint.post("/password", endpoint="change_password_post")
@desks("session:manage")
def change_password_post(desk: Desk) -> Reply:
    """Changed; every other session ends."""
    form = given("present", "password", "again")
    mine = present().standing
    try:
        accounts.change_password(
            desk.units, desk.request, desk.actor.user_id or b"", present=form.data["present"], new=new_password(form),
            session=mine.id if mine else b"",
        )  # fmt: skip
    except Refused as refused:
        name = "present" if refused.code == "wrong" else "password"
        return Page("auth/change_password.html", ChangePasswordPage(), {"form": form.wrong(name, refused.text)}, 422)
    return Go(url_for("auth.sessions"), T_("Your password is changed; other devices are signed out."))


def _invited(desk: Desk, token: str) -> InvitationPage:
    found = accounts.look_at(desk.units, desk.request, token, "join")
    return InvitationPage(token, found.email, ROLE_WORDS[found.role], found.practice_name or "Candor")


def _to_factor(desk: Desk, user_id: bytes) -> Go:
    """A password was just set: a session at the first level, and on to the second factor."""
    present().rotate(signing.enter(desk.units, present().token, user_id, assurance="aal1", method="pwd"))
    return Go(url_for("auth.second_factor" if signing.enrolled(desk.units, user_id) else "auth.enrol_totp"))


def _wrong_password(template: str, page: object, form: Form, refused: Refused) -> Page:
    if refused.code == "expired":
        raise refused
    field = {"again": "again", "password": "password", "email": "email"}.get(refused.code, "code")
    return Page(template, page, {"form": form.wrong(field, refused.text)}, 422)
