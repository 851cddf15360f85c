"""What an 837P tells besides its lines: in the guide's order, from lines that agree, and never half of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from portal.domain.claims import Address, Facility, Rendering
from portal.domain.professional import Professional
from portal.x12.guides import validate
from tests.x12.strategies import BILLING, CLAIM
from tests.x12.test_claims import again, found, written
from tests.x12.test_dental import DENTIST
from tests.x12.test_institutional import FACILITY

PLACE = Facility("CEDAR HOSPITAL", "1245319599", Address("1 CEDAR WAY", "MILLBROOK", "OR", "970991234"))
WHO = Rendering("1990000006", "ROE", "ANN")
TOLD = Professional(
    date(2025, 1, 1), date(2024, 12, 31), date(2024, 12, 1), date(2025, 1, 1), date(2025, 1, 4), ("AA", "EM"), "OR"
)
FULL = replace(
    CLAIM, place="21", facility=PLACE, referring=WHO, supervising=Rendering("1245319599", "POE"), exception="3",
    professional=TOLD, rendering=Rendering("1234567802", "OKAFOR", "ADA"),
)  # fmt: skip
NAMES = "NM1*DN*1*ROE*ANN****XX*1990000006~"
WHERE = "NM1*77*2*CEDAR HOSPITAL*****XX*1245319599~N3*1 CEDAR WAY~N4*MILLBROOK*OR*970991234~"


def test_it_goes_as_the_guide_has_it() -> None:
    data = written(FULL)
    text = data.decode()
    assert validate(data) == ()
    assert (
        "CLM*ACCT1*125***21:B:1*Y*A*Y*Y**AA:EM::OR~DTP*431*D8*20250101~DTP*439*D8*20241231~DTP*484*D8*20241201~"
        "DTP*435*D8*20250101~DTP*096*D8*20250104~REF*4N*3~HI*"
    ) in text
    rendering = "NM1*82*1*OKAFOR*ADA****XX*1234567802~"
    assert f"{NAMES}{rendering}{WHERE}NM1*DQ*1*POE*****XX*1245319599~LX*1~" in text
    assert found(data) == [FULL]


def test_facilities_and_dentists_name_where_and_who_sent_the_patient_too() -> None:
    for claim in (FACILITY, replace(DENTIST, supervising=WHO)):
        whole = replace(claim, facility=PLACE, referring=WHO, exception="3")
        assert validate(written(whole)) == ()
        assert found(written(whole)) == [whole]


def test_the_billing_providers_own_address_is_no_other_place() -> None:
    own = Facility("ANY NAME", BILLING.npi, BILLING.address)
    assert b"NM1*77" not in written(replace(CLAIM, facility=own))
    assert b"NM1*77" in written(replace(CLAIM, facility=replace(own, address=PLACE.address)))
    at = BILLING.address
    typed = replace(at, line1=f" {at.line1.title()} ", city=at.city.lower(), postal_code=at.postal_code[:5])
    assert b"NM1*77" not in written(replace(CLAIM, facility=replace(own, address=typed)))
    assert b"NM1*77" not in written(replace(CLAIM, facility=replace(own, address=typed, npi="")))
    assert b"NM1*77" in written(replace(CLAIM, facility=replace(own, npi=PLACE.npi)))
    assert b"NM1*77" in written(replace(CLAIM, facility=replace(own, address=replace(at, line2="SUITE 9"))))
    assert b"NM1*77" in written(replace(CLAIM, facility=replace(own, address=None)))


def test_what_every_line_names_is_the_claims_and_what_differs_is_told() -> None:
    line = replace(CLAIM.lines[0], control="L2")
    plain = written(replace(CLAIM, lines=(CLAIM.lines[0], line), charge_cents=25_000)).decode()
    for name, code, value in ((WHERE, "line-facility", "facility"), (NAMES, "line-referring", "referring"),
                              (NAMES.replace("*DN*", "*DQ*"), "line-supervising", "supervising")):  # fmt: skip
        each = plain.replace("REF*6R*L1~", f"REF*6R*L1~{name}").replace("REF*6R*L2~", f"REF*6R*L2~{name}")
        reading = again(each.encode())
        assert reading.claims[0] != again(plain.encode()).claims[0]
        assert getattr(reading.claims[0], value) == getattr(replace(FULL, supervising=WHO), value)
        assert [finding.code for finding in reading.findings] == ["se-count"]
        some = again(plain.replace("REF*6R*L2~", f"REF*6R*L2~{name}").encode())
        assert getattr(some.claims[0], value) is None
        assert {finding.code for finding in some.findings} == {"se-count", code}


def test_what_cannot_be_read_is_told() -> None:
    data = written(FULL).decode()
    for old, new, code in (
        ("DTP*435*D8*20250101", "DTP*435*D8*2025", "date"),
        ("*AA:EM::OR", "*AA:EM:OA:OR", "related-cause"),
        ("*AA:EM::OR", "*AA:XX::OR", "related-cause"),
    ):
        assert old in data
        assert code in {finding.code for finding in again(data.replace(old, new).encode()).findings}, new
