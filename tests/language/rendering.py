"""Templates rendered as the doors would, with a stand-in for the routes and frozen pages of invented people."""

from __future__ import annotations

from dataclasses import make_dataclass
from functools import cache
from pathlib import Path
from urllib.parse import urlencode

import jinja2

from portal.domain.texts import T_
from portal.language.speaker import Speaker
from portal.language.templating import install
from tests.templates import kept_templates

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = ROOT / "templates"
ZONE = "America/Los_Angeles"
COMPILED = kept_templates("samples")
"""Apart from those of the application, which compiles them with settings of its own."""


@cache
def _shape(kind: str, *names: str) -> type:
    return make_dataclass(kind, names, frozen=True)


def made(kind: str, /, **fields):
    """A frozen dataclass instance with these fields and no others, as services hand them out."""
    return _shape(kind, *fields)(**fields)


def url_for(endpoint: str, **values) -> str:
    """An address that names its endpoint; values must be plain."""
    assert all(isinstance(value, (str, int)) for value in values.values()), (endpoint, values)
    return f"/{endpoint.replace('.', '/')}" + (f"?{urlencode(values)}" if values else "")


def environment(locale: str) -> jinja2.Environment:
    speaker = Speaker(locale, ZONE)
    env = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        bytecode_cache=COMPILED,
        autoescape=jinja2.select_autoescape(["html"]),
        undefined=jinja2.StrictUndefined,
    )
    install(env, lambda: speaker)
    env.globals.update(url_for=url_for, csrf_token=lambda: "a-token")
    return env


def nav(*labels: str, current: int = 0):
    return tuple(
        made("NavItem", label=T_("{it}", it=label), url=f"/{label.lower()}", current=i == current)
        for i, label in enumerate(labels)
    )


def frame(audience: str, *, notices=(), demo: bool = False):
    """The frame of a page for a stranger, a patient, staff, a payer's user, an officer or an administrator."""
    hats = {
        "staff": (
            "Juniper Ridge, as biller",
            "Nadia Brandt",
            "biller",
            ("Work", "Claims", "Remittances", "Patients", "Bills", "Edits"),
        ),
        "payer": ("Bluestem Health Plan, with Juniper Ridge", "Owen Pratt", "reviewer", ("Claims", "Remittances")),
        "compliance": ("Juniper Ridge, as compliance officer", "Helen Moss", "compliance officer", ("Access log",)),
        "admin": ("Administration", "Sam Keller", "administrator", ("Users",)),
    }
    hat, person, role, labels = hats.get(audience, (None, None, None, ()))
    if audience == "patient":
        person, labels = "Teresa Marlowe", ("Home", "Bills", "Visits", "Payments", "Who looked")
    return made(
        "Frame",
        practice_name="Juniper Ridge Family Practice",
        practice_address="214 Alder Street, Millbrook, OR 97001",
        phone="(503) 555-0142",
        phone_href="+15035550142",
        hours=T_("Weekdays 8 to 5."),
        home="/",
        nav=nav(*labels[: 4 if hat else None]),
        more=nav(*labels[4:], current=1) if hat else (),
        hat=T_("{hat}", hat=hat) if hat else None,
        person=person,
        role=T_("{role}", role=role) if role else None,
        can_change_hat=audience == "admin",
        demo=demo,
        here="/here?a=1&b=2",
        notices=notices,
        nonce="bm9uY2U",
    )
