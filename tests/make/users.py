"""People of every role and browsers in which they are signed in, without the seconds that two factors take."""

from __future__ import annotations

import os
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer

from portal.access import roles
from portal.models.patients import PatientLinkRow
from portal.services.users import accounts, grants, registration, sessions, signing

_SECRET_OF_FORMS = "f" * 40
_AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:131.0) Gecko/20100101 Firefox/131.0"


def user(
    world: Any, role: str, *, patient_id: bytes | None = None, payer_id: bytes | None = None, named: str = ""
) -> bytes:
    """Somebody with one role in the practice of a `World`: a patient of `patient_id`, a payer's user of `payer_id`."""
    name = f"{role}-{os.urandom(3).hex()}"
    if role == roles.PATIENT:
        with world.write("registration:issue") as uow:
            assert patient_id is not None
            return registration.sign_up(uow, patient_id, email=f"{name}@mail.example", language="en_US")
    if role == roles.GUARANTOR:
        assert patient_id is not None
        with world.write("registration:issue") as uow:
            row = accounts.create_user(uow, email=f"{name}@mail.example", name=name.title(), state="ACTIVE")
            uow.flush()
            uow.new(
                PatientLinkRow, practice_id=world.practice_id, user_id=row.id, patient_id=patient_id,
                relation="guarantor", scope="billing", valid_from=uow.today(),
            )  # fmt: skip
            return row.id
    with world.write("user:invite") as uow:
        row = accounts.create_user(uow, email=f"{name}@juniper.example", name=named or name.title(), state="ACTIVE")
        uow.flush()
        bound = {"payer_id": payer_id} if role == roles.PAYER_USER else {"practice_id": world.practice_id}
        grants.give(uow, row.id, role, **({} if role == roles.ADMINISTRATOR else bound))
        return row.id


def browser(flask: Flask, world: Any, user_id: bytes | None, *, assurance: str = "aal2") -> FlaskClient:
    """A browser in which this person has just signed in up to a level; a session as the store makes it."""
    token = sessions.open_form(world.units, address="127.0.0.1", agent=_AGENT, data={})
    assert token is not None
    if user_id is not None:
        token = signing.enter(world.units, token, user_id, assurance=assurance, method="pwd-totp")
    sessions.save(world.units, token, {"csrf_token": _SECRET_OF_FORMS})
    client = flask.test_client()
    client.set_cookie("sid", token)
    return client


def form_key(flask: Flask) -> str:
    """The token that the forms of such a browser carry."""
    return URLSafeTimedSerializer(flask.secret_key, salt="wtf-csrf-token").dumps(_SECRET_OF_FORMS)
