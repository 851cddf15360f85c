"""A sealed value that was not opened can be used for nothing, and what is stored sealed was sealed."""

from __future__ import annotations

import copy
import json
import logging
import pickle
from dataclasses import asdict, dataclass

import pytest
from jinja2 import Environment
from sqlalchemy import insert, text
from sqlalchemy.exc import StatementError
from sqlalchemy.orm import Session

from portal.crypto.errors import SealBroken
from portal.models.patients import PatientRow
from portal.models.types import Box, SealedType, SealedValueError
from tests.databases import World
from tests.services.test_unit_of_work import patient

BOX = Box(b"\1" * 66)
OTHER = Box(b"\2" * 66)


@dataclass
class Held:
    box: Box


REFUSED = {
    "str": lambda: str(BOX),
    "format": lambda: f"{BOX}",
    "percent": lambda: "%s" % BOX,  # noqa: UP031 - this is what is tried
    "equal": lambda: BOX == OTHER,
    "unequal": lambda: BOX != OTHER,
    "less": lambda: BOX < OTHER,
    "in": lambda: OTHER in (BOX, BOX),
    "contains": lambda: b"x" in BOX,
    "sorted": lambda: sorted([BOX, OTHER]),
    "bool": lambda: bool(BOX),
    "len": lambda: len(BOX),
    "iter": lambda: list(BOX),
    "bytes": lambda: bytes(BOX),
    "hash": lambda: {BOX},
    "key": lambda: {BOX: 1},
    "copy": lambda: copy.copy(BOX),
    "deepcopy": lambda: copy.deepcopy(BOX),
    "asdict": lambda: asdict(Held(BOX)),
    "pickle": lambda: pickle.dumps(BOX),
    "json": lambda: json.dumps(BOX, default=str),
    "join": lambda: "".join(map(str, [BOX])),
    "jinja": lambda: Environment(autoescape=True).from_string("{{ it }}").render(it=BOX),
    "jinja if": lambda: Environment(autoescape=True).from_string("{% if it %}x{% endif %}").render(it=BOX),
    "tojson": lambda: Environment(autoescape=True).from_string("{{ it|tojson }}").render(it=BOX),
    "sql equal": lambda: PatientRow.last_name_sealed == "x",
    "sql like": lambda: PatientRow.last_name_sealed.like("x%"),
    "sql columns": lambda: PatientRow.last_name_sealed == PatientRow.first_name_sealed,
    "sql in": lambda: PatientRow.last_name_sealed.in_([BOX]),
    "sql order": PatientRow.last_name_sealed.desc,
    "sql concat": lambda: PatientRow.last_name_sealed + "x",
    "sql reverse": lambda: "x" + PatientRow.last_name_sealed,
    "sql between": lambda: PatientRow.birth_date_sealed.between("a", "b"),
}


@pytest.mark.parametrize("use", sorted(REFUSED))
def test_a_box_can_be_used_for_nothing(use):
    with pytest.raises((SealedValueError, TypeError)) as refused:
        REFUSED[use]()
    assert "\\x01" not in str(refused.value)


def test_a_box_can_be_asked_whether_it_is_there_and_shown_in_a_traceback():
    assert BOX is not None
    assert repr(BOX) == repr([BOX])[1:-1] == "<sealed>"
    assert str(PatientRow.email_sealed.is_(None)) == "patient.email_sealed IS NULL"
    assert not hasattr(BOX, "__dict__")


def test_a_box_in_a_log_message_does_not_come_out(caplog):
    with pytest.raises(SealedValueError), caplog.at_level(logging.INFO):
        logging.getLogger("t").info("name %s", BOX)
    assert "\1" not in caplog.text


def test_what_is_not_sealed_is_not_stored_and_its_words_are_in_no_error(world: World):
    with world.write("patient:change") as uow:
        id_ = patient(uow).id
    canary = "Okonkwo-Canary"
    engine = world.runtime.engine
    with Session(engine) as session, pytest.raises(StatementError) as refused:
        session.execute(insert(PatientRow), [{"id": b"\7" * 16, "last_name_sealed": canary}])
    assert canary not in f"{refused.value!s}{refused.value!r}"
    with pytest.raises(StatementError) as refused, world.write("patient:change") as uow:
        uow.get(PatientRow, id_).last_name_sealed = canary  # type: ignore[assignment]
    assert canary not in f"{refused.value!s}{refused.value!r}"
    assert engine.hide_parameters


@pytest.mark.parametrize(
    "content", ["plain text", "", 42, 1.5, b"", b"\1", b"\1" * 33, b"\1" * 66, b"\1\1" + bytes(64)]
)
def test_T62_T67_what_was_put_into_the_column_from_outside_is_broken_and_not_shown(sqlite_world: World, content):
    world = sqlite_world
    with world.write("patient:change") as uow:
        id_ = patient(uow).id
    with world.runtime.engine.begin() as connection:
        connection.execute(text("UPDATE patient SET last_name_sealed = :content"), {"content": content})
    with pytest.raises(SealBroken) as refused, world.read("account:view") as uow:
        uow.read(uow.get(PatientRow, id_), PatientRow.last_name_sealed)
    assert str(content or "?") not in str(refused.value)


def test_T62_every_flipped_byte_and_every_cut_is_the_same_error(world: World):
    with world.write("patient:change") as uow:
        row = patient(uow)
        id_, blob = row.id, row.last_name_sealed.blob
    spoiled = [blob[:at] + bytes([blob[at] ^ 1]) + blob[at + 1 :] for at in range(len(blob))]
    spoiled += [blob[:-1], blob[1:], blob + b"\0", blob * 2, blob[:18]]
    words = set()
    with world.read("account:view") as uow:
        for each in spoiled:
            with pytest.raises(SealBroken) as refused:
                uow.open(Box(each), PatientRow.last_name_sealed, row=id_, subject=id_)
            words.add(str(refused.value))
    assert len(words) == 1


def test_T59_a_value_opens_in_its_own_place_only(world: World):
    with world.write("patient:change") as uow:
        one, two = patient(uow), patient(uow, "Zhao", "M-9")
        box, ids = one.last_name_sealed, (one.id, two.id)
    with world.read("account:view") as uow:
        assert uow.open(box, PatientRow.last_name_sealed, row=ids[0], subject=ids[0]) == "Okonkwo"
        for attribute, row, subject, practice in (
            (PatientRow.last_name_sealed, ids[1], ids[1], None),
            (PatientRow.last_name_sealed, ids[1], ids[0], None),
            (PatientRow.last_name_sealed, ids[0], ids[1], None),
            (PatientRow.first_name_sealed, ids[0], ids[0], None),
            (PatientRow.last_name_sealed, ids[0], ids[0], bytes(16)),
        ):
            with pytest.raises(SealBroken):
                uow.open(box, attribute, row=row, subject=subject, practice=practice)


def test_T82_one_value_has_another_token_in_every_index_and_practice(world: World):
    with world.read("account:search") as uow:
        tokens = [uow.token(rule, "12345678", practice=uow.practice_id) for rule in ("mrn", "account", "member-id")]
        tokens.append(uow.token("mrn", "12345678", practice=bytes(16)))
        assert len({token[4:] for token in tokens}) == len(tokens)
        assert uow.token("mrn", " 1234-5678 ") == tokens[0]
        assert {(token[:4], len(token)) for token in tokens} == {(b"\0\0\0\1", 20)}
        assert uow.tokens("mrn", "1234 5678") == {tokens[0]}


def test_sealed_columns_bind_only_a_box():
    bound = SealedType().process_bind_param
    assert bound(BOX, None) == BOX.blob
    assert bound(None, None) is None
    for plain in ("x", b"x", 1, ["x"], object()):
        with pytest.raises(SealedValueError):
            bound(plain, None)
