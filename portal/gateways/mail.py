"""Mail by SMTP, or into a folder where none is set up; the words come from templates and hold nothing protected."""

from __future__ import annotations

import hashlib
import ipaddress
import os
import re
import smtplib
import ssl
from collections.abc import Mapping
from contextlib import suppress
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from portal.domain.messages.mail import MailDelayed, MailRefused, MailUncertain
from portal.language import templating
from portal.language.speaker import Speaker

_KEY = re.compile(r"[0-9a-f]{32}")
_TIMEOUT_SECONDS = 20.0


class Letters:
    """Makes mails of `templates/mail/NAME.txt`, each with a block `subject` and a block `body`."""

    def __init__(self, templates: Path, sender: str) -> None:
        """`templates` is the folder of mail templates, `sender` the address that mail comes from."""
        self._environment = Environment(
            loader=FileSystemLoader(templates),
            undefined=StrictUndefined,
            autoescape=select_autoescape(("html",)),  # the mails are .txt: plain, and never HTML
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._speaker = Speaker("en_US", "UTC")
        templating.install(self._environment, lambda: self._speaker)
        self._sender = sender
        self.domain = sender.rpartition("@")[2].rstrip(">")

    def write(
        self, *, recipient: str, template: str, language: str, parameters: Mapping[str, Any], key: str
    ) -> EmailMessage:
        """One mail; raises MailRefused for a recipient that is no single address."""
        if _KEY.fullmatch(key) is None:
            raise ValueError("the key of a mail is 32 hex digits")
        self._speaker = Speaker(language, "UTC")
        found = self._environment.get_template(f"{template}.txt")
        context = found.new_context(dict(parameters))
        subject, body = ("".join(found.blocks[name](context)) for name in ("subject", "body"))
        mail = EmailMessage(policy=SMTP)
        try:
            mail["To"] = recipient
            addresses = mail["To"].addresses
            if len(addresses) != 1 or not addresses[0].domain or not recipient.isascii():
                raise MailRefused("not one address that SMTP carries without extensions")
        except ValueError:  # a line break in the address
            raise MailRefused("not an address") from None
        mail["From"] = self._sender
        mail["Subject"] = " ".join(subject.split())
        mail["Date"] = formatdate()
        # the same mail has the same id, so that whoever gets it twice can tell
        mail["Message-ID"] = f"<{key}@{self.domain}>"
        mail["Auto-Submitted"] = "auto-generated"
        if "stop" in parameters:  # RFC 2369 and, for one press in the reader's own program, RFC 8058
            mail["List-Unsubscribe"] = f"<{parameters['stop']}>"
            mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        mail.set_content(body.strip() + "\n", cte="quoted-printable")
        mail["Content-Language"] = self._speaker.tag  # after the content, whose setting clears such headers
        return mail


class FolderMailer:
    """Puts each mail into a folder as NAME.eml, for installations without SMTP and for the demonstration."""

    def __init__(self, folder: Path, letters: Letters) -> None:
        self._folder, self._letters = folder, letters

    def send(self, *, recipient: str, template: str, language: str, parameters: Mapping[str, Any], key: str) -> bytes:
        """Write one mail under its key, whole and on disk before returning; the same key writes the same file."""
        mail = self._letters.write(
            recipient=recipient, template=template, language=language, parameters=parameters, key=key
        )
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            aside = self._folder / f".{key}.aside"
            with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(mail.as_bytes())
                file.flush()
                os.fsync(file.fileno())
            aside.replace(self._folder / f"{key}.eml")
            handle = os.open(self._folder, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
        except OSError as error:
            raise MailDelayed(type(error).__name__) from error
        return digest(mail)


class SmtpMailer:
    """Sends by one SMTP server: over TLS unless the server is on this machine, signed in where the address says so."""

    def __init__(self, url: str, letters: Letters, *, trust: ssl.SSLContext | None = None) -> None:
        """`url` is `smtp://[user:password@]host[:port]` (STARTTLS, port 587) or `smtps://…` (TLS from the start, 465).

        `trust` replaces the machine's certificate authorities. Raises ValueError for another kind of address.
        """
        parts = urlsplit(url)
        if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
            raise ValueError("CANDOR_SMTP_URL must be smtp://[user:password@]host[:port] or smtps://…")
        self._host, self._direct = parts.hostname, parts.scheme == "smtps"
        self._port = parts.port or (465 if self._direct else 587)
        self._user, self._password = unquote(parts.username or ""), unquote(parts.password or "")
        self._here = _loopback(parts.hostname)
        self._letters = letters
        self._trust = trust or ssl.create_default_context()

    def send(self, *, recipient: str, template: str, language: str, parameters: Mapping[str, Any], key: str) -> bytes:
        """Send one mail; raises MailRefused, MailDelayed or MailUncertain."""
        mail = self._letters.write(
            recipient=recipient, template=template, language=language, parameters=parameters, key=key
        )
        handed = False
        server: smtplib.SMTP | None = None
        try:
            server = self._connect()
            _expect(server.mail(mail["From"].addresses[0].addr_spec))
            _expect(server.rcpt(mail["To"].addresses[0].addr_spec))
            handed = True
            _expect(server.data(mail.as_bytes()))
        except smtplib.SMTPResponseException as error:  # a clear answer, unless it cannot be read (below 0)
            if handed and error.smtp_code < 0:
                raise MailUncertain("SMTP answer") from error
            raise _turned_down(error.smtp_code) from error
        except (smtplib.SMTPException, OSError) as error:
            raise (MailUncertain if handed else MailDelayed)(type(error).__name__) from error
        finally:
            if server is not None:
                _leave(server)
        return digest(mail)

    def _connect(self) -> smtplib.SMTP:
        # named by the sender's domain: the library would look this machine's own name up and tell it
        names: dict[str, Any] = {"local_hostname": self._letters.domain, "timeout": _TIMEOUT_SECONDS}
        server = (
            smtplib.SMTP_SSL(self._host, self._port, context=self._trust, **names)
            if self._direct
            else smtplib.SMTP(self._host, self._port, **names)
        )
        try:
            server.ehlo_or_helo_if_needed()
            if not self._direct and (server.has_extn("starttls") or not self._here):
                server.starttls(context=self._trust)  # raises where the server does not offer it: nothing goes in clear
                server.ehlo()
            if self._user:
                server.login(self._user, self._password)
        except BaseException:
            _leave(server)
            raise
        return server


def digest(mail: EmailMessage) -> bytes:
    """SHA-256 of a mail's subject and words, by which one can tell later what was written."""
    words = "\n".join([str(mail["Subject"]), *mail.get_content().splitlines()])
    return hashlib.sha256(words.encode()).digest()


def _expect(answer: tuple[int, bytes]) -> None:
    if not 200 <= answer[0] < 300:
        raise smtplib.SMTPResponseException(*answer)


def _leave(server: smtplib.SMTP) -> None:
    with suppress(smtplib.SMTPException, OSError):
        server.quit()
    server.close()


def _turned_down(code: int) -> Exception:
    """RFC 5321 4.2.1: 4yz is for now, 5yz for good. Only the number is told; the words may quote the address."""
    # sign-in refused (534, 535, 538) is our setting's fault, not this mail's: it goes once that is mended
    later = 400 <= code < 500 or code in {530, 534, 535, 538} or code < 0
    return (MailDelayed if later else MailRefused)(f"SMTP {code}")


def _loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
