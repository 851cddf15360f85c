"""Sign in, second factor, step-up, hats, sign out, language."""

from __future__ import annotations

from dataclasses import dataclass

from flask import request, session, url_for

from portal.access.actors import Actor
from portal.access.policy import is_fresh
from portal.domain.errors import Refused
from portal.domain.texts import T_, Text
from portal.language.speaker import LOCALES
from portal.services.users import hats, sessions, signing
from portal.web.auth.blueprint import blueprint
from portal.web.auth.forms import given, safe_next
from portal.web.frame import home_of
from portal.web.guard import Desk, desks, opens
from portal.web.replies import Go, Page, Reply
from portal.web.session import ServerSession


@dataclass(frozen=True, slots=True)
class SignInPage:
    """See `templates/auth/sign_in.html`."""

    next: str


@dataclass(frozen=True, slots=True)
class SecondFactorPage:
    """See `templates/auth/second_factor.html`."""

    recovery: bool
    phone: str | None


@dataclass(frozen=True, slots=True)
class StepUpPage:
    """See `templates/auth/step_up.html`."""

    why: Text
    next: str


@dataclass(frozen=True, slots=True)
class Hat:
    """One hat to choose."""

    key: str
    title: Text
    about: Text
    current: bool


@dataclass(frozen=True, slots=True)
class ChooseHatPage:
    """See `templates/auth/choose_hat.html`."""

    hats: tuple[Hat, ...]


def present() -> ServerSession:
    """The session of this request."""
    opened: ServerSession = session._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 - the proxy's own way to its object
    return opened


def half(desk: Desk) -> Actor:
    """Who has given a right password and still owes the second factor; raises Refused for anybody else."""
    actor = desk.actor
    if actor.user_id is None:
        raise Refused(T_("Sign in first."), code="not-signed-in")
    return actor


@blueprint.get("/")
@opens("sends everyone to their first page")
def front(desk: Desk) -> Reply:
    """The first page of whoever comes."""
    if desk.actor.anonymous:
        return Go(url_for("auth.demo") if desk.parts.demo else url_for("auth.sign_in"))
    return Go(home_of(desk.standing))


@blueprint.get("/sign-in")
@opens("the form to sign in")
def sign_in(_desk: Desk) -> Reply:
    """Email and password."""
    return Page("auth/sign_in.html", SignInPage(safe_next(request.args.get("next"))))


@blueprint.post("/sign-in", endpoint="sign_in_post")
@opens("checks the first factor")
def sign_in_post(desk: Desk) -> Reply:
    """The first factor: on to the second, or to setting one up."""
    form = given("email", "password", "next")
    onward = safe_next(form.data["next"])
    try:
        checked = signing.check_password(desk.units, desk.request, form.data["email"], form.data["password"])
    except Refused as refused:
        status = 429 if refused.code == "slow" else 422
        return Page("auth/sign_in.html", SignInPage(onward), {"form": form.wrong("password", refused.text)}, status)
    token = signing.enter(desk.units, present().token, checked.user_id, assurance="aal1", method="pwd")
    present().rotate(token)
    session["next"] = onward
    return Go(url_for("auth.second_factor" if checked.enrolled else "auth.enrol_totp"))


@blueprint.get("/second-factor")
@opens("the form of the second factor; shows nothing")
def second_factor(desk: Desk) -> Reply:
    """A code from the app, or a recovery code."""
    half(desk)
    return Page("auth/second_factor.html", SecondFactorPage("recovery" in request.args, None))


@blueprint.post("/second-factor", endpoint="second_factor_post")
@opens("checks the second factor")
def second_factor_post(desk: Desk) -> Reply:
    """The second factor: in."""
    actor, form, recovery = half(desk), given("code"), "recovery" in request.args
    try:
        signing.check_code(desk.units, desk.request, actor.user_id or b"", form.data["code"], recovery=recovery)
    except Refused as refused:
        page = SecondFactorPage(recovery, None)
        return Page(
            "auth/second_factor.html",
            page,
            {"form": form.wrong("code", refused.text)},
            429 if refused.code == "slow" else 422,
        )
    return let_in(desk, actor.user_id or b"", "pwd-recovery" if recovery else "pwd-totp")


def let_in(desk: Desk, user_id: bytes, method: str) -> Go:
    """Both factors are right: a new token, and on to where the person wanted to go."""
    onward = session.get("next") or ""
    token = signing.enter(desk.units, present().token, user_id, assurance="aal2", method=method)
    present().rotate(token)
    session.pop("next", None)
    standing = sessions.find(desk.units, token)
    several = standing is not None and len(hats.of(standing.actor)) > 1
    return Go(onward or (url_for("auth.choose_hat") if several else home_of(standing)))


@blueprint.get("/step-up")
@opens("the form to prove oneself again; shows nothing")
def step_up(desk: Desk) -> Reply:
    """Asked before steps that weigh more."""
    half(desk)
    why = T_("What you are about to do weighs more than reading, so we ask once more that it is you.")
    return Page("auth/step_up.html", StepUpPage(why, safe_next(request.args.get("next"))))


@blueprint.post("/step-up", endpoint="step_up_post")
@opens("checks the second factor again")
def step_up_post(desk: Desk) -> Reply:
    """A fresh code: the next five minutes count as just signed in."""
    actor, form = half(desk), given("code", "next")
    onward = safe_next(form.data["next"])
    if actor.assurance != "aal2":
        return Go(url_for("auth.second_factor"))
    try:
        signing.check_code(desk.units, desk.request, actor.user_id or b"", form.data["code"])
    except Refused as refused:
        page = StepUpPage(T_("That code did not fit."), onward)
        status = 429 if refused.code == "slow" else 422
        return Page("auth/step_up.html", page, {"form": form.wrong("code", refused.text)}, status)
    present().rotate(sessions.prove_again(desk.units, present().token))
    return Go(onward or home_of(desk.standing), T_("Thank you. Go on with what you were doing."))


@blueprint.get("/hat")
@desks("session:manage")
def choose_hat(desk: Desk) -> Reply:
    """Which hat to wear: work in a practice, or administration."""
    return Page("auth/choose_hat.html", ChooseHatPage(_hats(desk)))


@blueprint.post("/hat", endpoint="choose_hat_post")
@desks("session:manage")
def choose_hat_post(desk: Desk) -> Reply:
    """Put a hat on; the session goes on under a new token."""
    wanted = given("hat").data["hat"]
    for hat, practice_id in hats.of(desk.actor):
        if hats.key(hat, practice_id) == wanted:
            if hat != desk.actor.hat and not is_fresh(desk.actor):
                return Go(url_for("auth.step_up", next=url_for("auth.choose_hat")))
            token = hats.wear(desk.units, desk.request, desk.actor, present().token, hat, practice_id)
            present().rotate(token)
            return Go(home_of(sessions.find(desk.units, token)))
    raise Refused(T_("That hat is not yours. Choose one of those shown."), code="no-role")


def _hats(desk: Desk) -> tuple[Hat, ...]:
    found = hats.choices(desk.units, desk.actor)
    return tuple(
        Hat(each.key, each.title, each.about, (each.hat, each.practice_id) == (desk.actor.hat, desk.actor.practice_id))
        for each in found
    )


@blueprint.post("/sign-out")
@opens("ends a session; whoever holds none loses nothing")
def sign_out(desk: Desk) -> Reply:
    """Out: the token is dead and the browser forgets the pages."""
    if present().token:
        sessions.end(desk.units, present().token)
        signing.told_out(desk.units, desk.request, desk.actor)
    present().leave()
    return Go(url_for("auth.sign_in"))


@blueprint.post("/language")
@opens("keeps the language of the pages")
def language(_desk: Desk) -> Reply:
    """English or Spanish, for this session."""
    form = given("locale", "next")
    if form.data["locale"] in LOCALES:
        session["language"] = form.data["locale"]
    return Go(safe_next(form.data["next"]) or "/")
