from __future__ import annotations

import pytest

from portal.domain.documents import MOST_BYTES, check_size
from portal.domain.errors import Refused


@pytest.mark.parametrize(("size", "code"), [(0, "file-empty"), (MOST_BYTES + 1, "file-too-large")])
def test_a_file_out_of_bounds_is_refused(size: int, code: str) -> None:
    with pytest.raises(Refused) as caught:
        check_size(size)
    assert caught.value.code == code


@pytest.mark.parametrize("size", [1, MOST_BYTES])
def test_a_file_within_bounds_passes(size: int) -> None:
    check_size(size)
