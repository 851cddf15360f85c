"""Text messages by an HTTP service, or into a folder where none is set up; the words hold nothing protected.

The service takes JSON `{"to", "text", "key"}` by POST with a bearer token, and answers 2xx once it has taken
the message; `key` is the same when one message is handed over again. What it sends back is signed with the same secret.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import ipaddress
import json
import os
import re
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from portal.domain.messages.mail import MailDelayed, MailRefused, MailUncertain
from portal.domain.messages.texting import Reply, ReplyRefused
from portal.language import templating
from portal.language.speaker import Speaker

_KEY = re.compile(r"[0-9a-f]{32}")
_PHONE = re.compile(r"[2-9][0-9]{9}")
_TIMEOUT_SECONDS = 15.0
_MOST_LETTERS = 480
"""Three parts of a long message; what is longer costs more and is read by fewer."""
_LATE_SECONDS = 300


class Words:
    """Makes messages of `templates/text/NAME.txt`, each with a block `body`."""

    def __init__(self, templates: Path) -> None:
        self._environment = Environment(
            loader=FileSystemLoader(templates),
            undefined=StrictUndefined,
            autoescape=select_autoescape(("html",)),  # the messages are .txt: plain, and never HTML
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._speaker = Speaker("en_US", "UTC")
        templating.install(self._environment, lambda: self._speaker)

    def write(self, *, recipient: str, template: str, language: str, parameters: Mapping[str, Any], key: str) -> str:
        """One message; raises MailRefused for what is no US telephone number."""
        if _KEY.fullmatch(key) is None:
            raise ValueError("the key of a message is 32 hex digits")
        if _PHONE.fullmatch(recipient) is None:
            raise MailRefused("not a telephone number")
        self._speaker = Speaker(language, "UTC")
        found = self._environment.get_template(f"{template}.txt")
        text = " ".join("".join(found.blocks["body"](found.new_context(dict(parameters)))).split())
        if len(text) > _MOST_LETTERS:
            raise MailRefused("too long")
        return text


def texter(url: str, secret_file: Path | None, home: Path, templates: Path) -> FolderTexter | HttpTexter:
    """The service at an address, with its secret; without one, messages lie as files in the folder `texts`."""
    words = Words(templates / "text")
    if url and secret_file is not None:
        return HttpTexter(url, secret_file.read_text().strip(), words)
    return FolderTexter(home / "texts", words)


class FolderTexter:
    """Puts each message into a folder as KEY.json, for installations without a service and for the demonstration."""

    def __init__(self, folder: Path, words: Words) -> None:
        self._folder, self._words = folder, words

    def send(self, *, recipient: str, template: str, language: str, parameters: Mapping[str, Any], key: str) -> bytes:
        """Write one message under its key, whole before returning; the same key writes the same file."""
        text = self._words.write(
            recipient=recipient, template=template, language=language, parameters=parameters, key=key
        )
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            aside = self._folder / f".{key}.aside"
            with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
                json.dump({"to": recipient, "text": text, "key": key}, file, ensure_ascii=False)
                file.flush()
                os.fsync(file.fileno())
            aside.replace(self._folder / f"{key}.json")
        except OSError as error:
            raise MailDelayed(type(error).__name__) from error
        return hashlib.sha256(text.encode()).digest()

    def reply(self, body: bytes, signature: str, at: float) -> Reply:  # noqa: ARG002 - as the real one takes them
        """Nobody answers into a folder."""
        raise ReplyRefused("not-set-up")


class HttpTexter:
    """Hands messages to a service of the practice's choice."""

    def __init__(self, url: str, secret: str, words: Words) -> None:
        """`url` is `https://…`, or `http://` on this machine; raises ValueError for another address."""
        parts = urlsplit(url)
        here = parts.scheme == "http" and _loopback(parts.hostname or "")
        if not parts.hostname or not (parts.scheme == "https" or here):
            raise ValueError("CANDOR_SMS_URL must be an https:// address, or http:// on this machine")
        self._host, self._port, self._plain = parts.hostname, parts.port, here
        self._path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._secret, self._words = secret, words

    def send(self, *, recipient: str, template: str, language: str, parameters: Mapping[str, Any], key: str) -> bytes:
        """Send one message; raises MailRefused, MailDelayed or MailUncertain."""
        text = self._words.write(
            recipient=recipient, template=template, language=language, parameters=parameters, key=key
        )
        body = json.dumps({"to": f"+1{recipient}", "text": text, "key": key}).encode()
        headers = {"Authorization": f"Bearer {self._secret}", "Content-Type": "application/json"}
        connection = self._connection()
        handed = False
        try:
            connection.connect()
            handed = True
            connection.request("POST", self._path, body, headers)
            answer = connection.getresponse()
            answer.read(65_536)
        except (http.client.HTTPException, OSError) as error:
            raise (MailUncertain if handed else MailDelayed)(type(error).__name__) from error
        finally:
            connection.close()
        if not 200 <= answer.status < 300:
            raise _turned_down(answer.status)
        return hashlib.sha256(text.encode()).digest()

    def reply(self, body: bytes, signature: str, at: float) -> Reply:
        """What somebody answered, where `t=SECONDS,v1=HEX` signs `SECONDS.body` by HMAC-SHA256 and is fresh."""
        said = dict(part.partition("=")[::2] for part in signature.split(","))
        seconds, given = said.get("t", ""), said.get("v1", "")
        if not (seconds.isascii() and seconds.isdigit() and len(seconds) < 12 and given.isascii()):
            raise ReplyRefused("unsigned")
        wanted = hmac.new(self._secret.encode(), seconds.encode() + b"." + body, "sha256").hexdigest()
        if not hmac.compare_digest(wanted, given):
            raise ReplyRefused("unsigned")
        if abs(at - int(seconds)) > _LATE_SECONDS:
            raise ReplyRefused("late")
        try:
            told = json.loads(body)
            number, text = str(told["from"]), str(told["text"])
        except (ValueError, KeyError, TypeError):
            raise ReplyRefused("unreadable") from None
        digits = "".join(sign for sign in number if sign.isascii() and sign.isdigit())
        digits = digits[1:] if len(digits) == 11 and digits.startswith("1") else digits
        if _PHONE.fullmatch(digits) is None:
            raise ReplyRefused("unreadable")
        return Reply(digits, text[:200])

    def _connection(self) -> http.client.HTTPConnection:
        if self._plain:
            return http.client.HTTPConnection(self._host, self._port, timeout=_TIMEOUT_SECONDS)
        trust = ssl.create_default_context()
        return http.client.HTTPSConnection(self._host, self._port, timeout=_TIMEOUT_SECONDS, context=trust)


def _turned_down(status: int) -> Exception:
    """For now, or for good: who is not let in, is asked too much or is broken takes it later (RFC 9110, 15)."""
    later = status in {401, 403, 408, 425, 429} or status in {502, 503}
    if later:
        return MailDelayed(f"HTTP {status}")
    return MailUncertain(f"HTTP {status}") if status >= 500 else MailRefused(f"HTTP {status}")


def _loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
