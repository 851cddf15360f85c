"""How files reach a partner: its server, why it could not be reached, and when it is tried again."""

from __future__ import annotations

import base64
import binascii
import hashlib
import posixpath
import re
from dataclasses import dataclass
from datetime import timedelta
from pathlib import PurePosixPath

from portal.domain.errors import Refused
from portal.domain.texts import T_, Text

HOST_KEY_KIND = "ssh-ed25519"
TELL_AFTER = 4
"""Failures in a row after which a person is told, a quarter of an hour after the first."""
AT_ONCE = frozenset({"host-key", "login", "key-missing"})
"""What does not pass by itself: a person is told of the first."""
_FIRST_WAIT = timedelta(minutes=1)
_LONGEST_WAIT = timedelta(hours=1)
_HOST = re.compile(r"(?=.{1,253}\Z)[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|[0-9A-Fa-f:]{2,39}")
_USER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@-]{0,63}")
_ADDRESS = re.compile(
    r"(?P<user>[^@\s]+(?:@[^@\s]+)??)@(?:\[(?P<six>[^\]]+)\]|(?P<host>[^:\s@]+))(?::(?P<port>\d{1,5}))?"
)
_ED25519 = b"\x00\x00\x00\x0bssh-ed25519\x00\x00\x00\x20"
"""How the wire form of such a key begins (RFC 8709 section 4); 32 bytes follow."""


@dataclass(frozen=True, slots=True)
class Server:
    """A partner's SFTP server: who signs in where, the one host key it must show, and the folders to use on it.

    `host_key` is "ssh-ed25519 BASE64" without a comment. Without `done`, a file that was taken in is removed there.
    """

    host: str
    port: int
    user: str
    host_key: str
    inbox: str
    """Where the partner puts files for us."""
    outbox: str
    """Where it expects ours."""
    done: str = ""

    @property
    def address(self) -> str:
        """user@host:port, as people write it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.user}@{host}:{self.port}"

    @property
    def fingerprint(self) -> str:
        """The host key's SHA-256 as OpenSSH shows it, to be compared with what the partner says by telephone."""
        digest = hashlib.sha256(base64.b64decode(self.host_key.split()[1])).digest()
        return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")


class TransportFault(Exception):
    """A file could not be brought or fetched; `code` is from a closed list, the text says what and where.

    `unreachable`, `timeout`, `host-key`, `login`, `key-missing`, `folder`, `refused`, `disk`, `broken-off` stop
    a partner; `other-bytes` stops one file.
    """

    def __init__(self, code: str, text: Text) -> None:
        super().__init__(code)
        self.code = code
        self.text = text


def server(address: str, host_key: str, *, inbox: str, outbox: str, done: str = "") -> Server:
    """A partner's server as an administrator states it, `address` as user@host or user@host:port.

    Raises Refused `server-address`, `server-key`, `server-folder` with what is out of shape.
    """
    match = _ADDRESS.fullmatch(address.strip())
    host = (match["six"] or match["host"]) if match else ""
    port = int(match["port"] or 22) if match else 0
    if not match or not _HOST.fullmatch(host) or not _USER.fullmatch(match["user"]) or not 0 < port < 65536:
        raise Refused(
            T_("A server is written user@host or user@host:port, not {address}.", address=address[:200]),
            code="server-address",
        )
    folders = [_folder(path) for path in (inbox, outbox)] + ([_folder(done)] if done else [""])
    if len(set(folders)) < 3:
        raise Refused(
            T_("The folders for files in, files out and files done on the server must be different."),
            code="server-folder",
        )
    return Server(host, port, match["user"], pinned(host_key), *folders)


def pinned(text: str) -> str:
    """A host key as it is kept; reads one line of a known_hosts or .pub file too. Raises Refused `server-key`."""
    words = text.split()
    at = next((at for at, word in enumerate(words[:-1]) if word == HOST_KEY_KIND), None)
    try:
        wire = base64.b64decode(words[at + 1], validate=True) if at is not None else b""
    except (binascii.Error, ValueError):
        wire = b""
    if len(wire) != len(_ED25519) + 32 or not wire.startswith(_ED25519):
        raise Refused(
            T_("The server's host key must be an Ed25519 key: one line that begins with ssh-ed25519."),
            code="server-key",
        )
    return f"{HOST_KEY_KIND} {base64.b64encode(wire).decode()}"


def _folder(path: str) -> str:
    """A folder on a server, absolute or from where the user signs in; control characters and `..` are refused."""
    clean = posixpath.normpath(path.strip()) if path.strip() else ""
    if not clean or not clean.isprintable() or len(clean) > 200 or ".." in PurePosixPath(clean).parts:
        raise Refused(
            T_("{path} is not a folder on a server: write it as /folder or folder/below.", path=path[:200]),
            code="server-folder",
        )
    return clean


def wait(failures: int) -> timedelta:
    """How long the next try waits after so many failures in a row: 1, 2, 4, 8 minutes and so on, at most an hour."""
    return min(_FIRST_WAIT * (1 << min(failures - 1, 10)), _LONGEST_WAIT)
