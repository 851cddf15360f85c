"""Small forms: what was given, and what is wrong with which field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from flask import request

from portal.domain.errors import Refused
from portal.domain.texts import T_, Text


@dataclass(slots=True)
class Form:
    """`data` and `errors` as the templates read them; secrets are never given back."""

    data: Mapping[str, str]
    errors: dict[str, list[Text]] = field(default_factory=dict)

    def wrong(self, name: str, text: Text) -> Form:
        """Say what is wrong with one field."""
        self.errors.setdefault(name, []).append(text)
        return self


def given(*names: str) -> Form:
    """The form of this request; each named field is one string, empty when missing."""
    return Form({name: request.form.get(name, "") for name in names})


def new_password(form: Form) -> str:
    """A new password typed twice alike; raises Refused `password`."""
    if form.data["password"] != form.data["again"]:
        raise Refused(T_("The two are not alike. Type the same password twice."), code="again")
    return form.data["password"]


def safe_next(wanted: str | None) -> str:
    """An address of ours to go on to; anything else is the first page (T46: //, backslash, scheme, userinfo)."""
    if not wanted or not wanted.startswith("/") or wanted.startswith(("//", "/\\")):
        return ""
    return "" if any(not 32 < ord(each) < 127 or each == "\\" for each in wanted) else wanted
