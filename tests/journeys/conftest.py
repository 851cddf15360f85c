"""A town for a story, with loud logs and temporary files that are seen."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import stripe

from portal.gateways.cards import Cards
from portal.gateways.paper import Paper
from tests.databases import World
from tests.journeys.town import Town
from tests.sandbox.processor import API_KEY, SECRET, processor


@pytest.fixture
def loud(caplog: pytest.LogCaptureFixture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.LogCaptureFixture:
    """All loggers say all they can, from before the store is opened; temporary files lie where they are seen."""
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    caplog.set_level(logging.DEBUG)
    for name in ("sqlalchemy", "werkzeug", "urllib3", "stripe", "candor", "weasyprint", "portal"):
        caplog.set_level(logging.DEBUG, name)
    return caplog


@pytest.fixture
def town(
    loud: object, sqlite_world: World, paper: Paper, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Town]:
    monkeypatch.setattr(stripe.HTTPClient, "INITIAL_DELAY", 0.001)
    monkeypatch.setattr(stripe.HTTPClient, "MAX_DELAY", 0.002)
    with processor(sqlite_world.clock) as server:  # type: ignore[arg-type]  # it tells the time
        cards = Cards(API_KEY, SECRET, api_url=server.url, timeout_seconds=(1.0, 0.5))
        made = Town(sqlite_world, server, cards, paper, tmp_path / "home")
        yield made
        made.stop()
        cards.close()
