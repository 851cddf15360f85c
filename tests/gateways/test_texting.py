"""Text messages through real sockets: what went, what surely did not, what nobody can tell, and who may answer."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from portal.domain.messages.mail import MailDelayed, MailRefused, MailUncertain
from portal.domain.messages.texting import Reply, ReplyRefused
from portal.gateways.texting import FolderTexter, HttpTexter, Words
from portal.language.speaker import LOCALES

WORDS = Words(Path(__file__).resolve().parents[2] / "templates" / "text")
KEY, SECRET = "0f" * 16, "of the house"
MESSAGE = {
    "recipient": "5035550177", "template": "notice_past_due", "language": "en_US", "key": KEY,
    "parameters": {"practice": "Juniper & Ridge", "url": "https://pay.example", "stop": "https://pay.example/stop/x"},
}  # fmt: skip


@contextmanager
def service(status: int | None) -> Iterator[tuple[int, list[tuple[dict[str, str], dict[str, str]]]]]:
    """A service that answers with a status, or hangs up without one."""
    got: list[tuple[dict[str, str], dict[str, str]]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            got.append((dict(self.headers), body))
            if status is not None:
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server.server_address[1], got
        finally:
            server.shutdown()
            thread.join()


def texter(port: int) -> HttpTexter:
    return HttpTexter(f"http://127.0.0.1:{port}/send?a=b", SECRET, WORDS)


def test_a_message_arrives_with_its_key_and_its_words_are_known_by_their_digest():
    with service(202) as (port, got):
        digest = texter(port).send(**MESSAGE)
    [(headers, body)] = got
    assert headers["Authorization"] == f"Bearer {SECRET}"
    assert (body["to"], body["key"]) == ("+15035550177", KEY)
    assert "Juniper & Ridge" in body["text"]
    assert "STOP" in body["text"]
    assert digest == hashlib.sha256(body["text"].encode()).digest()


@pytest.mark.parametrize(
    ("status", "became"),
    [(400, MailRefused), (404, MailRefused), (401, MailDelayed), (429, MailDelayed), (503, MailDelayed),
     (500, MailUncertain), (None, MailUncertain)],
)  # fmt: skip
def test_every_answer_has_its_meaning(status, became):
    with service(status) as (port, _), pytest.raises(became) as raised:
        texter(port).send(**MESSAGE)
    assert "5035550177" not in str(raised.value)


def test_a_service_that_is_not_there_is_asked_later():
    with service(200) as (port, _):
        pass
    with pytest.raises(MailDelayed):
        texter(port).send(**MESSAGE)


@pytest.mark.parametrize("url", ["http://texts.example/send", "ftp://127.0.0.1/", "https:///send"])
def test_nothing_goes_in_clear_to_another_machine(url):
    with pytest.raises(ValueError, match="CANDOR_SMS_URL"):
        HttpTexter(url, SECRET, WORDS)


@pytest.mark.parametrize("number", ["", "911", "15035550177", "+15035550177", "0035550177"])
def test_what_is_no_number_gets_nothing(number, tmp_path):
    with pytest.raises(MailRefused):
        FolderTexter(tmp_path, WORDS).send(**MESSAGE | {"recipient": number})
    assert list(tmp_path.iterdir()) == []


def test_the_folder_holds_each_message_once_in_the_readers_language(tmp_path):
    texts = set()
    for language in LOCALES:
        for _ in range(2):
            FolderTexter(tmp_path, WORDS).send(**MESSAGE | {"language": language})
        [file] = tmp_path.iterdir()
        texts.add(json.loads(file.read_text())["text"])
    assert len(texts) == len(LOCALES)
    with pytest.raises(ReplyRefused):
        FolderTexter(tmp_path, WORDS).reply(b"{}", "", 0)


def signed(body: bytes, at: int, secret: str = SECRET) -> str:
    return f"t={at},v1={hmac.new(secret.encode(), str(at).encode() + b'.' + body, 'sha256').hexdigest()}"


def test_only_a_signed_and_fresh_answer_is_taken():
    body = json.dumps({"from": "+1 (503) 555-0177", "text": "STOP"}).encode()
    line = texter(1)
    assert line.reply(body, signed(body, 1_000), 1_100.0) == Reply("5035550177", "STOP")
    for signature, at, code in (
        (signed(body, 1_000), 1_400.0, "late"), (signed(body, 1_000, "x"), 1_000.0, "unsigned"),
        (signed(b"{}", 1_000), 1_000.0, "unsigned"), ("", 1_000.0, "unsigned"), ("t=1,v1=ü", 1_000.0, "unsigned"),
        ("t=\uff19,v1=a", 1_000.0, "unsigned"),
    ):  # fmt: skip
        with pytest.raises(ReplyRefused) as raised:
            line.reply(body, signature, at)
        assert raised.value.code == code
    for bad in (b"{", b"[]", b'{"from": "911", "text": "STOP"}', b'{"text": "STOP"}'):
        with pytest.raises(ReplyRefused, match="unreadable"):
            line.reply(bad, signed(bad, 1_000), 1_000.0)
