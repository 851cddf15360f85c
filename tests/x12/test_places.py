"""Which claims a segment speaks of."""

from __future__ import annotations

from portal.x12.claims.places import claims_at
from portal.x12.reader import read
from tests.make.x12 import professional, segments

BODY = (
    "BHT*0019*00*1*20260101*1200*CH~HL*1**20*1~NM1*85*2*CLINIC~HL*2*1*22*0~SBR*P*18~CLM*A*1~LX*1~CLM*B*1~"
    "HL*3*1*22*1~SBR*P~HL*4*3*23*0~PAT*19~CLM*C*1~HL*5*3*23*0~PAT*19~CLM*D*1~SV1*HC:1*1~"
)


def test_a_segment_speaks_of_the_claims_below_it():
    document = read(professional(segments(BODY)))
    places = claims_at(document)
    told = [(segment.id, "".join(sorted(places.get(segment.position, ())))) for segment in document.segments]
    assert told == [
        ("ISA", ""), ("GS", ""), ("ST", "ABCD"), ("BHT", "ABCD"), ("HL", "ABCD"), ("NM1", "ABCD"),
        ("HL", "AB"), ("SBR", "AB"), ("CLM", "A"), ("LX", "A"), ("CLM", "B"),
        ("HL", "CD"), ("SBR", "CD"), ("HL", "C"), ("PAT", "C"), ("CLM", "C"), ("HL", "D"), ("PAT", "D"), ("CLM", "D"),
        ("SV1", "D"), ("SE", "ABCD"), ("GE", ""), ("IEA", ""),
    ]  # fmt: skip


def test_sets_are_kept_apart():
    first, second = (segments(f"HL*1**20*1~HL*2*1*22*0~CLM*{name}*1~") for name in "AB")
    document = read(professional(first, second))
    places = claims_at(document)
    assert [places[one.position] for one in document.segments if one.id == "SE"] == [{"A"}, {"B"}]
