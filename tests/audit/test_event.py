"""Events: exact bytes, refused shapes, cutting and parting."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.canonical import TEXT_LIMIT, canonical, clip, instant
from audit.event import (
    Auth,
    Basis,
    Disclosure,
    Event,
    Net,
    Object,
    Query,
    Source,
    parse,
    session_mark,
    split,
)
from tests.audit.acts import act, ident

WHEN = "2026-03-02T15:00:00.000000Z"
FULL = Event(
    type="rest",
    subtype="statement:read",
    action="R",
    outcome=4,
    reason="out-of-reach",
    actor="0" * 31 + "a",
    actor_role="biller",
    acting_for="initiator",
    practices=[b"\x02" * 16, b"\x01" * 16, b"\x02" * 16],
    org=b"\x03" * 16,
    session=session_mark(b"secret"),
    auth=Auth("aal2", "oidc", 340),
    net=Net("192.0.2.7", "ab" * 8),
    request_id=b"\x04" * 16,
    source=Source("node-1", "0.1.0"),
    purpose="HPAYMT",
    basis=Basis("assigned", b"\x05" * 16),
    subjects=["0" * 32],
    objects=[Object("route", "x"), Object(12, b"\x07" * 16, (9, 10)), Object(2, b"\x06" * 16, (), None, b"\x08" * 32)],
    query=Query(b"\x01\xff", 73, 2),
    disclosure=Disclosure(b"\x09" * 16, None, "payment", "PATRQT"),
    count=3,
    digest=b"\x0a" * 32,
)


def test_golden_body() -> None:
    """These bytes are the format: a change of them is a change of every stored leaf."""
    assert FULL.to_body(7, WHEN, WHEN) == (
        b'{"acting_for":"initiator","action":"R","actor":"0000000000000000000000000000000a","actor_role":"biller",'
        b'"auth":{"aal":"aal2","age":340,"method":"oidc"},'
        b'"basis":{"code":"assigned","ref":"05050505050505050505050505050505"},'
        b'"clock":"2026-03-02T15:00:00.000000Z","count":3,"digest":"' + b"0a" * 32 + b'",'
        b'"disclosure":{"description":"payment","purpose":"PATRQT","recipient":"09090909090909090909090909090909"},'
        b'"net":{"addr":"192.0.2.7","ua":"abababababababab"},'
        b'"objects":[{"after":"' + b"08" * 32 + b'","id":"06060606060606060606060606060606","type":2},'
        b'{"fields":[9,10],"id":"07070707070707070707070707070707","type":12},{"id":"x","type":"route"}],'
        b'"org":"03030303030303030303030303030303","outcome":4,'
        b'"practices":["01010101010101010101010101010101","02020202020202020202020202020202"],"purpose":"HPAYMT",'
        b'"query":{"scanned":73,"sealed":"01ff","shown":2},"reason":"out-of-reach",'
        b'"recorded":"2026-03-02T15:00:00.000000Z","request_id":"04040404040404040404040404040404","seq":7,'
        b'"session":"2bb80d537b1da3e3","source":{"node":"node-1","release":"0.1.0"},'
        b'"subjects":["00000000000000000000000000000000"],"subtype":"statement:read","type":"rest","v":1}'
    )


def test_absent_is_left_out() -> None:
    assert act(actor="anonymous").to_body(0, WHEN) == (
        b'{"action":"R","actor":"anonymous","outcome":0,"recorded":"2026-03-02T15:00:00.000000Z","seq":0,'
        b'"subtype":"claim:read","type":"rest","v":1}'
    )


values = st.recursive(
    st.integers(-(2**53) + 1, 2**53 - 1) | st.booleans() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(max_codepoint=127)), inner),
    max_leaves=20,
)


@given(values)
def test_canonical_equals_rfc_8785(value: object) -> None:
    assert canonical(value) == rfc8785.dumps(value)


@given(st.text(max_size=400), st.lists(st.binary(min_size=16, max_size=16), max_size=8), st.text(max_size=50))
@settings(max_examples=60)
def test_bodies_equal_rfc_8785_and_parse_back(seen: str, subjects: list[bytes], where: str) -> None:
    body = act(subjects=subjects, objects=[Object(3, seen)], net=Net(where)).to_body(5, WHEN)
    said = parse(body)
    assert body == rfc8785.dumps(said)
    assert said.get("subjects", []) == sorted({each.hex() for each in subjects})
    assert parse(body)["seq"] == 5


@pytest.mark.parametrize(
    "fields",
    [
        {"type": "REST"},
        {"subtype": "claim read"},
        {"subtype": "x" * 81},
        {"action": "X"},
        {"outcome": 1},
        {"outcome": True},
        {"reason": "Because of <b>"},
        {"actor": "nurse@example.org"},
        {"actor": "system:"},
        {"purpose": "FUN"},
        {"basis": Basis("curiosity")},
        {"subjects": [b"short"]},
        {"subjects": ["G" * 32]},
        {"subjects": ["A" * 32]},
        {"session": "the whole token"},
        {"count": -1},
        {"count": 2**53},
        {"count": 1.0},
        {"digest": b"x"},
        {"objects": [Object(3, "x", after=b"short")]},
        {"objects": [Object(-3, "x")]},
        {"auth": Auth("aal2", "oidc", -1)},
    ],
)
def test_what_is_out_of_shape_is_refused_at_once(fields: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="not"):
        act(**fields)


def test_T98_text_chosen_by_a_prober_is_escaped_and_cut_with_a_mark() -> None:
    nasty = 'a\r\nb"c\\d\u2028e\x00\ud800'
    event = act(
        objects=[Object(3, nasty), Object(3, "y" * 1_000_000)],
        net=Net.seen("z" * 5000, "Mozilla" * 150_000),
        basis=Basis("self", "w" * 999),
    )
    body = event.to_body(1, WHEN)
    assert b"\n" not in body
    assert b"\r" not in body
    assert b'a\\r\\nb\\"c\\\\d\xe2\x80\xa8e\\u0000?' in body
    said = json.loads(body)
    assert said["objects"][1]["id"] == "y" * 180 + "…[999820 cut]"
    assert said["net"]["addr"].endswith("…[4820 cut]")
    assert len(said["net"]["ua"]) == 16
    assert len(body) < 2000


@given(st.text(st.characters(), max_size=3 * TEXT_LIMIT))
def test_clipping_twice_changes_nothing(text: str) -> None:
    assert clip(clip(text)) == clip(text)
    assert len(clip(text)) <= TEXT_LIMIT


def test_more_than_500_subjects_become_parts() -> None:
    subjects = [ident(str(each)) for each in range(1201)]
    event = act(subjects=subjects, objects=[Object(3, b"x" * 16)], query=Query(b"s", 9, 9), count=1201)
    parts = [parse(each.to_body(at, WHEN)) for at, each in enumerate(split(event))]
    assert [each["part"] for each in parts] == [{"i": 1, "n": 3}, {"i": 2, "n": 3}, {"i": 3, "n": 3}]
    assert [len(each["subjects"]) for each in parts] == [500, 500, 201]
    assert sorted(subject for each in parts for subject in each["subjects"]) == sorted(each.hex() for each in subjects)
    assert ["objects" in each for each in parts] == ["query" in each for each in parts] == [True, False, False]
    whole = act(subjects=subjects[:500])
    assert split(whole) == [whole]


def test_an_object_named_twice_is_one_with_first_before_and_last_after() -> None:
    row, a, b, c = b"r" * 16, b"a" * 32, b"b" * 32, b"c" * 32

    def merged(*objects: Object) -> dict[str, object]:
        (found,) = parse(act(objects=objects).to_body(0, WHEN))["objects"]
        return {key: value for key, value in found.items() if key not in {"id", "type"}}

    assert merged(Object(3, row, (2, "all")), Object(3, row.hex(), (1,))) == {"fields": [1, 2, "all"]}
    assert merged(Object(3, row, (), a, b), Object(3, row, (), b, c)) == {"before": a.hex(), "after": c.hex()}
    assert merged(Object(3, row, (), None, b), Object(3, row, (), b, c)) == {"after": c.hex()}
    assert merged(Object(3, row, (), a, b), Object(3, row, (), b, None)) == {"before": a.hex()}
    assert merged(Object(3, row, (), None, b), Object(3, row, (), b, None)) == {}


@pytest.mark.parametrize("body", [b"{}", b"[]", b'{"v":1, "a":2}', b'{"v":2}', b"\xff", b'{"v":1,"a":1,"a":2}', b""])
def test_what_is_not_canonical_is_no_body(body: bytes) -> None:
    with pytest.raises(ValueError):
        parse(body)


def test_instants() -> None:
    assert instant(datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC)) == "2026-01-02T03:04:05.000006Z"
    assert instant(datetime(2026, 1, 2, tzinfo=timezone(timedelta(hours=-6)))) == "2026-01-02T06:00:00.000000Z"
    with pytest.raises(ValueError, match="naive"):
        instant(datetime(2026, 1, 2))  # noqa: DTZ001 -- the naive one is what is tried
