"""What a form says of another way to be reached: an address, a phone number, an email."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from portal.domain.errors import Refused
from portal.services.patients import changing


def given(form: Mapping[str, str]) -> dict[str, Any]:
    """Address (or None), phone, email and words of a form; raises Refused `elsewhere` for what nobody can reach."""
    values = changing.tidy(form)
    address = {part: values[part] for part in ("line1", "line2", "city", "state", "postal_code")}
    named = any(address.values())
    # without an address, only what is written is looked at
    wrong = [each for said in changing.faults(values if named else values | _SOUND).values() for each in said]
    if wrong:
        raise Refused(wrong[0], code="elsewhere")
    return {
        "address": address if named else None, "phone": values["phone"], "email": values["email"],
        "words": form.get("words", ""),
    }  # fmt: skip


_SOUND = {"line1": "1", "city": "1", "state": "OR", "postal_code": "97001"}
