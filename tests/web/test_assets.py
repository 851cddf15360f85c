"""What a browser fetches beside a page: compressed for whoever takes it, kept for long, and small on a phone."""

from __future__ import annotations

import gzip
from io import BytesIO

import pytest
from fontTools.ttLib import TTFont

from portal.app import create_app
from portal.domain.letters import PRINTED
from tests.databases import World
from tests.house.font import TARGET, cut


@pytest.fixture
def browser(sqlite_world: World):
    return create_app(sqlite_world.runtime).test_client()


def test_a_style_sheet_comes_packed_to_whoever_takes_it_and_is_the_same(browser):
    plain = browser.get("/static/candor.css", headers={"Accept-Encoding": "identity"})
    packed = browser.get("/static/candor.css", headers={"Accept-Encoding": "gzip, br"})
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert plain.headers["Vary"] == packed.headers["Vary"] == "Accept-Encoding"
    assert len(packed.data) * 3 < len(plain.data)


def test_no_page_is_packed_as_it_holds_a_secret_beside_what_somebody_typed(browser):
    assert "Content-Encoding" not in browser.get("/sign-in", headers={"Accept-Encoding": "gzip"}).headers


def test_the_typeface_is_the_cut_of_its_wheel_and_a_page_with_it_stays_small(browser):
    sent = browser.get("/static/fonts/public-sans.woff2")
    assert sent.headers["Content-Type"] == "font/woff2"
    assert "max-age=31536000" in sent.headers["Cache-Control"]
    assert sent.data == TARGET.read_bytes()
    kept, made = (TTFont(BytesIO(body)) for body in (sent.data, cut()))
    assert kept.getBestCmap() == made.getBestCmap()
    assert set(map(ord, "ÁÉÍÑÓÚÜáéíñóúü¿¡“”$0123456789")) <= set(kept.getBestCmap()) <= set(map(ord, PRINTED))
    assert [(axis.minValue, axis.maxValue) for axis in kept["fvar"].axes] == [(400, 700)]
    assert len(sent.data) < 30_000
