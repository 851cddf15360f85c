"""Questions in real time against a real little server: the envelope there and back, and what goes wrong on the way."""

from __future__ import annotations

import socket
import threading
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from portal.domain.realtime import Service, service
from portal.domain.transport import TransportFault
from portal.gateways.realtime import MOST_BYTES, RealtimeServices
from portal.sandbox.realtime import RealtimePayer
from tests.databases import StillClock

ID = bytes(range(16))
AT = datetime(2026, 8, 3, 14, 0, tzinfo=UTC)
QUESTION = b"ISA*00*~\r\nST*270*0001~\x1f"


@pytest.fixture
def payer() -> Iterator[RealtimePayer]:
    with RealtimePayer(
        lambda body: b"ISA" + body + b"\xc9~\n", user="juniper", password="s p&=", clock=StillClock()
    ) as it:
        yield it


def at(url: str) -> Service:
    return service(url, "juniper", sender="JUNIPER", receiver="PAYER")


def ask(url: str, password: str = "s p&=", seconds: float = 10) -> bytes:
    asked = RealtimeServices(answer_seconds=seconds)
    return asked(at(url), password, QUESTION, kind="270", id_=ID, at=AT)


def fault(url: str, **more) -> TransportFault:
    with pytest.raises(TransportFault) as found:
        ask(url, **more)
    assert "127.0.0.1" in str(found.value.text)
    assert "juniper" not in str(found.value.text)
    return found.value


def test_a_question_goes_in_the_envelope_and_its_answer_comes_out_byte_for_byte(payer: RealtimePayer):
    assert ask(payer.url) == b"ISA" + QUESTION + b"\xc9~"
    assert payer.asked == [{
        "PayloadType": "X12_270_Request_005010X279A1", "ProcessingMode": "RealTime",
        "PayloadID": str(uuid.UUID(bytes=ID)), "TimeStamp": "2026-08-03T14:00:00Z", "UserName": "juniper",
        "Password": "s p&=", "SenderID": "JUNIPER", "ReceiverID": "PAYER", "CORERuleVersion": "2.2.0",
        "Payload": QUESTION.decode(),
    }]  # fmt: skip


def test_what_the_service_refuses_is_told_without_its_words(payer: RealtimePayer):
    assert fault(payer.url, password="wrong").code == "login"
    for wrong, said in (("down", "503"), ("html", "200"), ("error", "PayloadTypeNotSupported")):
        payer.fault = wrong
        found = fault(payer.url)
        assert found.code == "refused"
        assert said in str(found.text)
    assert fault(payer.url.replace("/core", "/elsewhere")).code == "refused"


def talk(*said: bytes, close: bool = True, drips: bytes = b"") -> Iterator[str]:
    """A server that reads a request and says these bytes, and then `drips` again and again."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        over = threading.Event()

        def serve() -> None:
            line, _ = listening.accept()
            with line:
                line.recv(65536)
                for part in said:
                    line.sendall(part)
                while drips and not over.wait(0.02):
                    try:
                        line.sendall(drips)
                    except OSError:
                        return
                if not close:
                    over.wait(20)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/core"
        over.set()
        thread.join(20)


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: multipart/form-data; boundary=x\r\n"


@pytest.mark.parametrize(("said", "code", "close"), [
    ((), "unreachable", True),
    ((HEAD + b"Content-Length: 500\r\n\r\n--x\r\n",), "broken-off", True),
    ((HEAD + b"Content-Length: 500\r\n\r\n--x\r\n",), "timeout", False),
    ((b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",), "refused", True),
    ((b"HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n",), "login", True),
    ((HEAD + b"Content-Length: 9\r\n\r\n\x00\xff\x00\xff\x00\xff\x00\xff\x00",), "refused", True),
])  # fmt: skip
def test_a_line_that_breaks_or_lies_is_a_fault(said: tuple[bytes, ...], code: str, close: bool):
    for url in talk(*said, close=close):
        found = fault(url, seconds=0.4 if code == "timeout" else 10)
        assert found.code == code


@pytest.mark.parametrize(("said", "drips"), [
    (HEAD, b"X-More: 1\r\n"),
    (HEAD + b"X-Long: ", b"1"),
    (HEAD + b"Content-Length: 500000\r\n\r\n--x\r\n", b"1"),
    (HEAD + b"\r\n--x\r\n", b"1"),
], ids=["headers", "a header", "body", "a body without a length"])  # fmt: skip
def test_an_answer_that_drips_is_cut_off_when_its_time_is_over(said: bytes, drips: bytes):
    for url in talk(said, drips=drips):
        assert fault(url, seconds=0.3).code == "timeout"


def test_a_torn_envelope_is_refused():
    body = b"--x\r\nContent-Disposition: ;.*\r\n\r\nISA\r\n--x--\r\n"
    for url in talk(HEAD + b"Content-Length: %d\r\n\r\n" % len(body), body):
        assert fault(url).code == "refused"


def test_an_endless_answer_is_cut_off():
    body = b"x" * (MOST_BYTES + 100)
    for url in talk(HEAD + b"Content-Length: %d\r\n\r\n" % len(body), body):
        assert fault(url).code == "broken-off"


def test_nobody_there_is_unreachable():
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    assert fault(f"http://127.0.0.1:{port}/core").code == "unreachable"
