from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from portal.x12.envelope import walk
from portal.x12.parting import parts
from portal.x12.reader import read

ISA = "ISA*00*          *00*          *ZZ*PAYER          *ZZ*OFFICE         *260803*1400*^*00501*{control:09d}*0*T*:~"
GUIDES = {"835": ("HP", "005010X221A1"), "999": ("FA", "005010X231A1"), "271": ("HB", "005010X279A1")}
KINDS = [*GUIDES, "TA1", "odd"]


def label_of(kind: str) -> str:
    return {"TA1": "answers", "999": "answers", "835": "money", "271": "coverage"}.get(kind, "")


def interchange(kinds: list[str], control: int = 1) -> str:
    """One interchange: a group for each kind; "odd" is a transaction of none."""
    body, groups = "", 0
    for at, kind in enumerate(kinds, 1):
        if kind == "TA1":
            body = f"TA1*{at:09d}*260803*1400*A*000~" + body
            continue
        groups += 1
        functional, guide = GUIDES.get(kind, ("ZZ", "X"))
        code = kind if kind in GUIDES else "999999"
        body += f"GS*{functional}*P*O*20260803*1400*{at}*X*{guide}~ST*{code}*{at:04d}*{guide}~SE*2*{at:04d}~GE*1*{at}~"
    return ISA.format(control=control) + body + f"IEA*{groups}*{control:09d}~"


def kinds_of(body: bytes) -> list[str]:
    envelope = walk(read(body))
    assert envelope.findings == (), [str(finding.text) for finding in envelope.findings]
    ta1 = [kind for one in envelope.interchanges for kind in ["TA1"] * len(one.ta1)]
    return ta1 + [one.kind for one in envelope.sets]


def test_a_file_of_one_kind_is_its_only_part_byte_for_byte():
    for body in (interchange(["835"]).encode(), b"Dear customer", interchange(["odd"]).encode(), b""):
        (part,) = parts(body, label_of)
        assert part.body == body


def test_two_interchanges_of_one_kind_stay_together_and_one_of_two_is_written_anew():
    whole = interchange(["835"], 1) + interchange(["835"], 2) + interchange(["TA1", "835", "999"], 3)
    found = parts(whole.encode(), label_of)
    assert [(part.label, kinds_of(part.body), part.first, part.last) for part in found] == [
        ("money", ["835", "835"], 1, 12),
        ("answers", ["TA1", "999"], 13, 23),
        ("money", ["835"], 13, 23),
    ]


def test_what_trailers_miscount_is_found_in_the_whole_and_not_in_the_parts():
    whole = interchange(["835", "999"]).replace("IEA*2*", "IEA*7*").encode()
    assert [finding.code for finding in walk(read(whole)).findings] == ["iea-count"]
    assert [kinds_of(part.body) for part in parts(whole, label_of)] == [["835"], ["999"]]


@settings(max_examples=60)
@given(st.lists(st.lists(st.sampled_from(KINDS), min_size=1, max_size=4), min_size=1, max_size=4))
def test_every_transaction_is_in_exactly_one_part(files: list[list[str]]):
    whole = "".join(interchange(kinds, at) for at, kinds in enumerate(files, 1)).encode()
    found = parts(whole, label_of)
    assert sorted(kind for part in found for kind in kinds_of(part.body)) == sorted(kinds_of(whole))
    for part in found:
        assert {label_of(kind) for kind in kinds_of(part.body)} - {""} <= {part.label}
    assert [part.first for part in found] == sorted(part.first for part in found)
