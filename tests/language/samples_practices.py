"""The administrator's page of practices and their certificates."""

from __future__ import annotations

from datetime import date

from portal.domain.texts import T_
from tests.language.rendering import frame, made
from tests.language.samples_office import ID
from tests.language.samples_patient import form

GIVEN = {"number": "11D1234567", "kind": "waiver", "place": "11", "valid_from": "2025-03-01", "valid_to": "2027-02-28"}
OTHER = "b" * 32


def certificate(id_: str, **more: object) -> object:
    values = {
        "certificate_id": id_, "version": 1, "number": "11D1234567", "kind": T_("Waiver"), "place": "11",
        "valid_from": date(2025, 3, 1), "valid_to": date(2027, 2, 28), "holds": True, "given": GIVEN,
    }  # fmt: skip
    return made("CertificateItem", **(values | more))


def practice(id_: str, *certificates: object, remit_to: str = "") -> object:
    return made(
        "PracticeItem", practice_id=id_, code="juniper", name="Juniper Ridge", npi="1234567893", ein="123456789",
        taxonomy="207Q00000X", phone="5035550142", address="214 Alder Street, Millbrook, OR 970010214",
        remit_to=remit_to, time_zone="America/Los_Angeles", certificates=certificates,
    )  # fmt: skip


SOME = (
    practice(ID, certificate("c" * 32), certificate("d" * 32, place="", valid_to=None, holds=False)),
    practice(OTHER, remit_to="PO Box 9, Millbrook, OR 970010009"),
)
SAMPLES = [
    (
        "admin/practices/list.html",
        kind,
        {"frame": frame("admin"), "page": made("PracticesPage", practices=some, kinds=(("waiver", T_("Waiver")),))}
        | more,
    )
    for kind, some, more in (
        ("some", SOME, {}),
        ("none", (), {}),
        ("refused", SOME, {"form": made("Form", about="c" * 32, **vars(form(errors=("number",), **GIVEN)))}),
        ("refused-new", SOME, {"form": made("Form", about=OTHER, **vars(form(errors=("kind",), **GIVEN)))}),
    )
]
