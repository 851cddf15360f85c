"""A small SMTP server on loopback (RFC 5321): STARTTLS, AUTH PLAIN, and faults when told."""

from __future__ import annotations

import base64
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass
class Server:
    """What it is told to do, and what it saw."""

    tls: ssl.SSLContext | None = None
    account: tuple[str, str] | None = None
    answers: dict[str, bytes] = field(default_factory=dict)
    """An answer instead of the usual one, by command; `hang up` ends the connection there."""
    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    secure: list[bool] = field(default_factory=list)
    opened: list[ssl.SSLSocket] = field(default_factory=list)

    def handle(self, connection: socketserver.StreamRequestHandler) -> None:
        stream, secret = connection.request, False
        reader = stream.makefile("rb")
        stream.sendall(b"220 here\r\n")
        while line := reader.readline():
            command, _, rest = line.decode().strip().partition(" ")
            command = command.upper()
            self.commands.append(command)
            told = self.answers.get(command)
            if told == b"hang up":
                return
            if told is not None:
                stream.sendall(told + b"\r\n")
            elif command == "EHLO":
                offers = ["250-here"]
                offers += ["250-STARTTLS"] if self.tls and not secret else []
                offers += ["250-AUTH PLAIN"] if self.account else []
                stream.sendall("\r\n".join([*offers, "250 SIZE 1000000", ""]).encode())
            elif command == "STARTTLS" and self.tls:
                stream.sendall(b"220 go on\r\n")
                stream, secret = self.tls.wrap_socket(stream, server_side=True), True
                self.opened.append(stream)
                reader = stream.makefile("rb")
            elif command == "AUTH" and self.account:
                wanted = base64.b64encode("\0{}\0{}".format(*self.account).encode()).decode()
                stream.sendall(b"235 in\r\n" if rest == f"PLAIN {wanted}" else b"535 no\r\n")
            elif command == "DATA":
                stream.sendall(b"354 go on\r\n")
                body = b""
                while (part := reader.readline()) not in {b".\r\n", b""}:
                    body += part.removeprefix(b".") if part.startswith(b"..") else part
                self.mails.append(message_from_bytes(body, policy=policy.default))
                self.secure.append(secret)
                told = self.answers.get("END", b"250 taken")
                if told == b"hang up":
                    return
                stream.sendall(told + b"\r\n")
            else:
                stream.sendall(b"221 bye\r\n" if command == "QUIT" else b"250 well\r\n")


@contextmanager
def smtp(**told) -> Iterator[Server]:
    """A server that runs while the block does."""
    server = Server(**told)

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            server.handle(self)

        def finish(self) -> None:
            for opened in server.opened:
                opened.close()
            super().finish()

    class Sockets(socketserver.ThreadingTCPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """A client that turns away, as one that trusts no such certificate does, is no fault here."""

    with Sockets(("127.0.0.1", 0), Handler) as sockets:
        server.port = sockets.server_address[1]
        thread = threading.Thread(target=sockets.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            sockets.shutdown()
            thread.join()


def certified(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's context with a certificate of 127.0.0.1, and a client's that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime.now(UTC) - timedelta(days=1))
        .not_valid_after(datetime.now(UTC) + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
        .public_bytes(serialization.Encoding.PEM)
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file = folder / "server.pem"
    file.write_bytes(made + secret)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(file)
    return server, ssl.create_default_context(cadata=made.decode())
