"""Opening a patient's sign-in: whose it is, and in which language the practice writes from then on."""

from __future__ import annotations

from portal.models.patients import PatientRow
from portal.models.users import UserRow
from portal.services.users import registration
from tests.databases import World
from tests.make import accounts


def test_bills_and_letters_speak_the_language_in_which_the_sign_in_was_opened(world: World):
    patient_id = accounts.owing(world)
    with world.write("registration:issue") as uow:
        assert uow.get(PatientRow, patient_id).language == "en_US"
        user_id = registration.sign_up(uow, patient_id, email="ada@mail.example", language="es_US")
    with world.read("account:view") as uow:
        assert uow.get(PatientRow, patient_id).language == "es_US"
        assert uow.get(UserRow, user_id).language == "es_US"
