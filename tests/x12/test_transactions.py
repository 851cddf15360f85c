"""Which transaction and guide a set is."""

from __future__ import annotations

import pytest

from portal.x12.envelope import walk
from portal.x12.reader import read
from tests.make.x12 import CLAIM, payment, remittance

GOOD = remittance(payment("90", CLAIM))


@pytest.mark.parametrize(
    ("st03", "gs01", "gs08", "kind", "expected"),
    [
        ("837*0001*005010X222A1", "HC", "005010X222A1", "837P", []),
        ("837*0001*005010X223A2", "HC", "005010X223A2", "837I", []),
        ("837*0001", "HC", "005010X224A2", "837D", []),
        ("837*0001*005010X222", "HC", "005010X222", "837P", ["guide-not-adopted"]),
        ("837*0001*005010X222A1", "HC", "005010X223A2", "837P", ["guide-differs"]),
        ("277*0001*005010X214", "HN", "005010X214", "277CA", []),
        ("277*0001*005010X212", "HN", "005010X212", "277", []),
        ("276*0001*005010X212", "HR", "005010X212", "276", []),
        ("271*0001*005010X279A1", "HS", "005010X279A1", "271", ["functional-id"]),
        ("999*0001*005010X231", "FA", "005010X231", "999", []),
        ("997*0001", "FA", "004010", "997", []),
        ("835*0001*005010X222A1", "HP", "005010X222A1", "835", ["guide-kind"]),
        ("834*0001*005010X220A1", "BE", "005010X220A1", "834", ["guide-unknown", "functional-id"]),
    ],
)
def test_kind_and_guide(st03: str, gs01: str, gs08: str, kind: str, expected: list[str]) -> None:
    frame = GOOD[:106].decode()
    data = f"{frame}GS*{gs01}*A*B*20260101*0900*1*X*{gs08}~ST*{st03}~SE*2*0001~GE*1*1~IEA*1*000000001~"
    envelope = walk(read(data.encode()))
    assert envelope.findings == ()
    (one,) = envelope.sets
    assert one.kind == kind
    assert [finding.code for finding in one.findings] == expected


@pytest.mark.parametrize(
    ("line", "kind"), [("SV1*HC:G0438*5", "837P"), ("SV2*0300**5", "837I"), ("SV3*AD:X*5", "837D")]
)
def test_without_a_guide_the_service_lines_name_the_kind(line: str, kind: str) -> None:
    frame = GOOD[:106].decode()
    data = f"{frame}GS*HC*A*B*20260101*0900*1*X*005010~ST*837*0001~{line}~SE*3*0001~GE*1*1~IEA*1*000000001~"
    assert [one.kind for one in walk(read(data.encode())).sets] == [kind]
