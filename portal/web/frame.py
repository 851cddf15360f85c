"""What every page has around it: whose page, which hat, where to go, what was just said."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from flask import current_app, g, request, session, url_for

from portal.access import roles
from portal.access.permissions import PERMISSIONS
from portal.access.policy import decide
from portal.domain.practices import phone_written
from portal.domain.texts import T_, Text, from_json
from portal.domain.users import ROLE_WORDS
from portal.services.users import hats, people
from portal.services.users.sessions import Standing
from portal.web import headers
from portal.web.guard import Desk


@dataclass(frozen=True, slots=True)
class NavItem:
    """One place to go."""

    label: Text
    url: str
    current: bool


@dataclass(frozen=True, slots=True)
class Notice:
    """Something just done, told once."""

    tone: str
    text: Text
    undo_url: str | None = None
    undo_items: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """See the comment at the head of `templates/base.html`."""

    practice_name: str
    practice_address: str | None
    phone: str | None
    phone_href: str | None
    hours: Text | None
    home: str
    nav: tuple[NavItem, ...]
    more: tuple[NavItem, ...]
    hat: Text | None
    person: str | None
    role: Text | None
    can_change_hat: bool
    demo: bool
    here: str
    notices: tuple[Notice, ...]
    nonce: str


_PATIENT_NAV = (
    (T_("Home"), "patient.home"), (T_("Visits"), "patient.visits"), (T_("Payments"), "patient.payments"),
    (T_("Messages"), "patient.messages"), (T_("Documents"), "patient.documents"),
    (T_("Bills I pay"), "patient.guaranteed"), (T_("Pay in parts"), "patient.plans"),
    (T_("Help with bills"), "patient.help"),
    (T_("How we reach you"), "patient.contact"), (T_("Who sees my bills"), "patient.people"),
    (T_("Who looked"), "patient.access"), (T_("My data"), "patient.data"),
)  # fmt: skip
_OTHER_NAV = (
    (T_("Work"), "staff.work.show"), (T_("Claims"), "staff.claims.list"),
    (T_("Authorizations"), "staff.authorizations.list"), (T_("Remittances"), "staff.remittances.list"),
    (T_("Deposits"), "staff.deposits.list"), (T_("Patients"), "staff.accounts.search"),
    (T_("Bills"), "staff.statements.list"), (T_("Files"), "staff.imports.list"), (T_("Codes"), "staff.codes.list"),
    (T_("Code checks"), "staff.sampling.codes"), (T_("Charge checks"), "staff.sampling.charges"),
    (T_("Edits"), "staff.edits.list"), (T_("Contracts"), "staff.contracts.list"),
    (T_("Payers"), "staff.contacts.list"), (T_("Partners"), "staff.partners.list"),
    (T_("Claims"), "payer.claims.list"), (T_("Requests"), "payer.authorizations.list"),
    (T_("Remittances"), "payer.remittances.list"), (T_("Log"), "compliance.log.search"),
    (T_("State of the log"), "compliance.log.health"), (T_("People"), "admin.users.list"),
    (T_("Practices"), "admin.practices.list"), (T_("Partners"), "admin.partners.list"),
)  # fmt: skip

_DAILY = (
    "patient.home", "patient.visits", "patient.payments", "patient.messages",
    "staff.work.show", "staff.claims.list", "staff.remittances.list", "staff.accounts.search",
)  # fmt: skip
"""What stays in the row where not all can: with "More" it is one row on a phone."""
_ROW = 5
"""So many places stand in the row, all of them, where there are no more."""
_LIES_WITH = MappingProxyType({
    "staff.letters": "staff.contacts.list", "staff.coverage": "staff.accounts.search",
    "staff.account_holds": "staff.accounts.search", "staff.consents": "staff.accounts.search",
    "staff.calls": "staff.work.show", "staff.collection": "staff.statements.list",
    "staff.dunning": "staff.statements.list", "staff.notices": "staff.work.show",
    "staff.documents": "staff.accounts.search", "staff.restrictions": "staff.accounts.search",
})  # fmt: skip
"""Where pages belong whose address does not lie under that of their item."""


def home_of(standing: Standing | None) -> str:
    """The first page of whoever has signed in."""
    actor = standing.actor if standing else None
    held = actor.roles() if actor else frozenset()
    for role, endpoint in (
        (roles.PATIENT, "patient.home"), (roles.GUARANTOR, "patient.guaranteed"),
        (roles.PAYER_USER, "payer.claims.list"),
        (roles.COMPLIANCE_OFFICER, "compliance.log.search"), (roles.ADMINISTRATOR, "admin.users.list"),
    ):  # fmt: skip
        if role in held and not held & roles.STAFF:
            return _url(endpoint) or "/"
    return (_url("staff.work.show") if held & roles.STAFF else None) or _url("auth.sign_in") or "/"


def frame() -> Frame:
    """The frame of the present request."""
    desk: Desk | None = g.get("desk")
    # A page that says the store failed asks it for nothing.
    standing = desk.standing if desk and "bare" not in g else None
    actor = standing.actor if standing and not standing.actor.anonymous else None
    held = actor.roles() if actor else frozenset()
    letterhead = standing.practice if standing else None
    staff = bool(held & (roles.STAFF | {roles.COMPLIANCE_OFFICER, roles.ADMINISTRATOR, roles.PAYER_USER}))
    # Who works in a practice is told as what they are there, though they answer for an insurer elsewhere.
    told = held - {roles.PAYER_USER} if actor and actor.practice_id else held
    role = next((each for each in roles.NARROWEST_FIRST if each in told), None)
    signed_in = actor is not None and actor.assurance == "aal2"
    nav, more = _nav(desk, held) if desk and signed_in else ((), ())
    word = ROLE_WORDS[role] if role else None
    name = letterhead.name if letterhead else ""
    payers = ", ".join(standing.payers) if standing and role == roles.PAYER_USER else ""
    return Frame(
        practice_name=name or "Candor",
        practice_address=_address(letterhead.address) if letterhead else None,
        phone=phone_written(letterhead.phone) if letterhead else None,
        phone_href=f"+1{letterhead.phone}" if letterhead else None,
        hours=None,
        home=home_of(standing) if signed_in else "/",
        nav=nav,
        more=more,
        hat=_hat(payers or name, word) if staff and word else None,
        person=people.name_of(desk.units, actor) if desk and actor and signed_in else None,
        role=word,
        can_change_hat=actor is not None and len(hats.of(actor)) > 1,
        demo=bool(desk and desk.parts.demo),
        here=request.full_path.rstrip("?"),
        notices=_notices(),
        nonce=headers.nonce(),
    )


def _hat(name: str, word: Text) -> Text:
    """The practice worked in, or the payer answered for, and the role."""
    return T_("{practice}, as {role}", practice=name, role=word) if name else T_("As {role}", role=word)


def _nav(desk: Desk, held: frozenset[str]) -> tuple[tuple[NavItem, ...], tuple[NavItem, ...]]:
    """The places that stand in the row, and those under "More"; the one where one is, is marked in either."""
    wanted = _PATIENT_NAV if held and held <= {roles.PATIENT, roles.GUARANTOR} else _OTHER_NAV
    daily = {url_for(each) for each in _DAILY if each in current_app.view_functions}
    if roles.PAYMENT_POSTER in held:  # whose day is money that came in: the claims are looked up
        daily = daily - {_url("staff.claims.list")} | {url_for("staff.deposits.list")}
    items: list[NavItem] = []
    for label, endpoint in wanted:
        view = current_app.view_functions.get(endpoint)
        declared = getattr(view, "declared", None)
        if declared is None or (
            declared.permission in PERMISSIONS and not decide(desk.actor, declared.permission).allowed
        ):
            continue
        items.append(NavItem(label, url_for(endpoint), current=False))
    # The longest address that the present one lies under is where one is: /office/claims is claims, not work.
    elsewhere = _LIES_WITH.get(request.blueprint or "")
    path = url_for(elsewhere) if elsewhere else request.path
    under = [each for each in items if f"{path.rstrip('/')}/".startswith(each.url.rstrip("/") + "/")]
    here = max(under, key=lambda each: len(each.url), default=None)
    marked = tuple(replace(each, current=each is here) for each in items)
    if len(marked) <= _ROW:
        return marked, ()
    return tuple(each for each in marked if each.url in daily), tuple(each for each in marked if each.url not in daily)


def _notices() -> tuple[Notice, ...]:
    said = session.pop("notice", None) if session.get("notice") else None
    return (Notice(said["tone"], from_json(said["text"])),) if said else ()


def _address(address: dict[str, Any]) -> str:
    return f"{address['line1']}, {address['city']}"


def _url(endpoint: str) -> str | None:
    return url_for(endpoint) if endpoint in current_app.view_functions else None
