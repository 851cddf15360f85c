"""The browser helpers find what they are there to find."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from playwright.sync_api import Page

from tests.browser import axe_findings, picture, sideways

GOOD = "<main><h1>Amount due</h1><p>$12.00</p></main>"
BAD = "<main><h1>Amount due</h1><img src=''><div style='width:700px'>wide</div></main>"


class Pages(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = BAD if self.path == "/bad" else GOOD
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Security-Policy", "default-src 'none'; img-src data:; style-src 'unsafe-inline'")
        self.end_headers()
        head = "<meta name=viewport content='width=device-width'><title>Candor</title><link rel=icon href='data:,'>"
        self.wfile.write(f"<!doctype html><html lang=en><head>{head}</head><body>{body}</body></html>".encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    thread = Thread(target=partial(server.serve_forever, poll_interval=0.02))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_sound_page_has_no_findings(page: Page, address: str) -> None:
    page.goto(address)
    assert axe_findings(page) == []
    assert sideways(page) == []


def test_faults_are_found_waived_by_name_and_measured(page: Page, address: str) -> None:
    page.goto(f"{address}/bad")
    assert any("image-alt" in finding for finding in axe_findings(page))
    assert not any("image-alt" in finding for finding in axe_findings(page, waived={"image-alt"}))
    assert sideways(page) == [320, 390]


def test_a_picture_is_a_png(page: Page, address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CANDOR_PICTURES", str(tmp_path))
    page.goto(address)
    picture(page, "amount-due")
    assert (tmp_path / "amount-due.png").read_bytes().startswith(b"\x89PNG")
