"""The administrator's pages of practices, their certificates and facilities."""

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

AT = {
    "name": "Cedar Hospital", "npi": "1245319599", "line1": "1 Cedar Way", "line2": "", "city": "Salem", "state": "OR",
    "postal_code": "973010012", "places": "21 22", "valid_from": "2026-01-01", "valid_to": "",
}  # fmt: skip


def facility(id_: str, **more: object) -> object:
    values = {
        "facility_id": id_, "version": 1, "name": "Cedar Hospital", "npi": "1245319599", "places": "21 22",
        "address": "1 Cedar Way, Salem, OR 97301-0012", "valid_from": date(2026, 1, 1), "valid_to": None, "holds": True,
        "given": AT,
    }  # fmt: skip
    return made("FacilityItem", **(values | more))


PLACES = (facility("c" * 32), facility("d" * 32, valid_to=date(2026, 3, 31), holds=False))
SAMPLES += [
    (
        "admin/practices/facilities.html",
        kind,
        {
            "frame": frame("admin"),
            "page": made("FacilitiesPage", practice_id=ID, practice_name="Juniper Ridge", facilities=some),
        }
        | more,
    )
    for kind, some, more in (
        ("some", PLACES, {}),
        ("none", (), {}),
        ("refused", PLACES, {"form": made("Form", about="c" * 32, **vars(form(errors=("npi",), **AT)))}),
        ("refused-new", PLACES, {"form": made("Form", about=ID, **vars(form(errors=("places",), **AT)))}),
    )
]
