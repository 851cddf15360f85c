"""The walk with kept maps says what pyx12's own entry says, also on a second file and on broken ones."""

from __future__ import annotations

import io
import json
import random
from typing import Any

import pytest
from pyx12.params import ParamsBase
from pyx12.x12n_document import x12n_document

from portal.x12.maps import errors_of
from tests.make.x12 import CLAIM, payment, remittance

GOOD = remittance(payment("90", CLAIM), payment("90", CLAIM)).decode()


def theirs(text: str) -> dict[str, Any]:
    parameters = ParamsBase()
    parameters.set("exclude_external_codes", "remark_code,claim_status,claim_status_cat,pos")
    errors = io.StringIO()
    x12n_document(parameters, io.StringIO(text), None, None, None, errors)
    answer: dict[str, Any] = json.loads(errors.getvalue())
    return answer


def shaken(seed: int) -> str:
    """A sound remittance with some segments lost, doubled, moved or with an element of their own kind cut."""
    chance = random.Random(seed)
    segments = GOOD.split("~")
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(3, len(segments) - 4)
        what = chance.randrange(4)
        if what == 0:
            del segments[at]
        elif what == 1:
            segments.insert(at, segments[at])
        elif what == 2:
            segments.insert(chance.randrange(3, len(segments) - 4), segments.pop(at))
        else:
            segments[at] = segments[at].rpartition("*")[0] or segments[at]
    return "~".join(segments)


@pytest.mark.parametrize("seed", [None, 1, 2, 3, 4, 5, 6])
def test_the_kept_map_says_what_a_fresh_one_says(seed: int | None) -> None:
    text = GOOD if seed is None else shaken(seed)
    assert errors_of(text, "005010X221A1", "HP") == theirs(text)
