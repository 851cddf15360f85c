"""What a machine may lack for a test: skipped with a reason, or failed where everything must be there."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest


def absent(what: str) -> NoReturn:
    """Skip the test because `what` is absent; fail it where `CANDOR_TEST_ALL` is set, as `.ci/run` does under CI."""
    if os.environ.get("CANDOR_TEST_ALL"):
        pytest.fail(f"must not be absent here: {what}", pytrace=False)
    pytest.skip(what)
