"""A partner's SFTP server in the shape of the exchange: files are laid aside, then given their name; paramiko."""

from __future__ import annotations

import base64
import logging
import socket
import stat
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import paramiko
from paramiko.sftp import CMD_CLOSE, CMD_HANDLE, CMD_NAME, CMD_OPENDIR, CMD_READDIR

from portal.domain.texts import T_, Text
from portal.domain.transport import Server, TransportFault
from portal.gateways.exchange import MOST_BYTES, done_names, single, whole_name

CONNECT_SECONDS = 10.0
SILENT_SECONDS = 20.0
"""So long a server may say nothing within a step."""
LONGEST_SECONDS = 240.0
"""So long one connection is used: below the time after which a worker takes a file for left behind."""
MOST_NAMES = 5_000
"""So many files of a folder are looked at in one visit; the others come with the next."""
_CHUNK = 32 * 1024

logging.getLogger("paramiko").setLevel(logging.CRITICAL)  # it tells each refusal at length; the fault says it once


class SftpExchange:
    """Opens sessions with partners' servers; the key is an OpenSSH Ed25519 file, read at each opening."""

    def __init__(self, key_file: Path) -> None:
        self._key_file = key_file

    @contextmanager
    def __call__(self, folder: str, server: Server) -> Iterator[_Session]:
        """One session with one partner, to be used as `folder` of the exchange; closed at the end of the block.

        The server must show the pinned host key before anything is told to it: another raises TransportFault
        `host-key`, and neither name nor key of ours was sent. Everything that goes wrong is a TransportFault.
        """
        key = self._key()
        over = time.monotonic() + LONGEST_SECONDS
        with _told(server):
            transport = _transport(server)
        try:
            with _told(server):
                _sign_in(transport, server, key)
                client = _client(transport)
            yield _Session(client, folder, server, over)
        finally:
            transport.close()

    def _key(self) -> paramiko.Ed25519Key:
        try:
            return paramiko.Ed25519Key(filename=str(self._key_file))
        except (OSError, paramiko.SSHException, ValueError):
            text = T_(
                "The key that signs in at servers of partners is missing or unreadable; run ./candor partners key."
            )
            raise TransportFault("key-missing", text) from None


class _Session:
    """The three folders of one partner on its server."""

    def __init__(self, client: _Client, folder: str, server: Server, over: float) -> None:
        self._client, self._folder, self._server, self._over = client, folder, server, over

    def lay(self, folder: str, name: str, body: bytes) -> None:
        """Write a file aside in the outbox; its size is then what the server says."""
        aside = self._aside(folder, name)
        with _told(self._server):
            with self._client.open(aside, "wb") as file:
                file.set_pipelined(True)
                for start in range(0, len(body), _CHUNK):
                    self._in_time()
                    file.write(body[start : start + _CHUNK])
            if self._size(aside) != len(body):
                raise _fault("refused", self._server)

    def hand(self, folder: str, name: str, body: bytes) -> None:
        """Give a file that was laid aside its name; see `FolderExchange.hand`."""
        aside, path = self._aside(folder, name), self._path(folder, self._server.outbox, name)
        with _told(self._server):
            if self._size(path) is None:
                if self._size(aside) is not None:
                    self._client.rename(aside, path)  # plain SFTP rename never writes over another file
                else:  # it went, and the partner has taken it; unless there is no outbox at all
                    self._client.stat(self._server.outbox)
            elif self._bytes(path, len(body) + 1) != body:
                text = T_(
                    "{server} has another file of the name {name} already.", server=self._server.address, name=name
                )
                raise TransportFault("other-bytes", text)
            else:
                with suppress(FileNotFoundError):
                    self._client.remove(aside)

    def names(self, folder: str) -> Sequence[str]:
        """Files in the inbox that are whole, by name; links, folders and odd names are left alone.

        Bytes of a name that are no UTF-8 stand in it as surrogates (PEP 383), as in names of files here.
        """
        found: list[str] = []
        with _told(self._server):
            for name, mode in self._client.entries(self._path(folder, self._server.inbox)):
                self._in_time()
                if stat.S_ISREG(mode) and whole_name(name):
                    found.append(name)
                if len(found) == MOST_NAMES:
                    break
        return sorted(found)

    def stamp(self, folder: str, name: str) -> tuple[int, int]:
        """Size in bytes and time of the last change, in seconds, of a file in the inbox."""
        with _told(self._server, name):
            found = self._client.lstat(self._path(folder, self._server.inbox, name))
            return found.st_size or 0, int(found.st_mtime or 0)

    def take(self, folder: str, name: str) -> bytes:
        """The bytes of a file in the inbox; of one that is too large for any import, one byte more than that."""
        path = self._path(folder, self._server.inbox, name)
        with _told(self._server, name):
            return self._bytes(path, MOST_BYTES)

    def done(self, folder: str, name: str) -> None:
        """Move a file from the inbox to where done ones lie, under a number where its name is taken, or remove it."""
        path = self._path(folder, self._server.inbox, name)
        with _told(self._server, name):
            if not self._server.done:
                self._client.remove(path)
                return
            self._unless_there(self._server.done)
            targets = (self._path(folder, self._server.done, each) for each in done_names(name))
            self._client.rename(path, next(target for target in targets if self._size(target) is None))

    def _path(self, folder: str, place: str, name: str = "") -> bytes:
        if folder != self._folder:
            raise ValueError("this session is with another partner")
        return _wire(f"{place.rstrip('/')}/{single(name)}" if name else place)

    def _aside(self, folder: str, name: str) -> bytes:
        return self._path(folder, self._server.outbox) + _wire(f"/.{single(name)}.part")

    def _size(self, path: bytes) -> int | None:
        try:
            size: int | None = self._client.lstat(path).st_size
        except FileNotFoundError:
            return None
        return size

    def _bytes(self, path: bytes, most: int) -> bytes:
        """So many bytes of a file, asked for one after the other: a server's own word on its size is not believed."""
        found, length = [], 0
        with self._client.open(path, "rb") as file:
            while length < most and (chunk := file.read(min(_CHUNK, most - length))):
                self._in_time()
                found.append(chunk)
                length += len(chunk)
        return b"".join(found)

    def _unless_there(self, folder: str) -> None:
        try:
            self._client.stat(folder)
        except FileNotFoundError:
            self._client.mkdir(folder, 0o700)

    def _in_time(self) -> None:
        if time.monotonic() > self._over:
            raise _fault("timeout", self._server)


def _transport(server: Server) -> paramiko.Transport:
    """A connection that speaks SSH and has shown the pinned key; only Ed25519 host keys are talked about at all."""
    connection = socket.create_connection((server.host, server.port), timeout=CONNECT_SECONDS)
    transport = paramiko.Transport(connection)
    transport.banner_timeout = transport.handshake_timeout = transport.auth_timeout = SILENT_SECONDS
    transport.channel_timeout = SILENT_SECONDS
    transport.get_security_options().key_types = ("ssh-ed25519",)
    try:
        transport.start_client(timeout=SILENT_SECONDS)
        shown = transport.get_remote_server_key().asbytes()
    except paramiko.IncompatiblePeer:
        shown = b""  # it has no key of that kind
    except BaseException:
        transport.close()
        raise
    if shown != base64.b64decode(server.host_key.split()[1]):
        transport.close()
        raise _fault("host-key", server)
    return transport


def _sign_in(transport: paramiko.Transport, server: Server, key: paramiko.Ed25519Key) -> None:
    try:
        left = transport.auth_publickey(server.user, key)
    except paramiko.AuthenticationException:
        raise _fault("login", server) from None
    if left:  # it wants a password besides: we have none
        raise _fault("login", server)


def _wire(path: str) -> bytes:
    """A path as a server wrote it, with every byte that is no UTF-8."""
    return path.encode("utf-8", "surrogateescape")


class _Client(paramiko.SFTPClient):  # type: ignore[misc]  # the library states no types
    """What the library does, for servers that write names and words in whatever letters they please.

    It reads both as UTF-8 only, and one name that is none would hide all others.
    """

    def entries(self, path: bytes) -> Iterator[tuple[str, int]]:
        """Names of a folder with their modes, 0 for one that is not told; asked for part by part."""
        kind, answer = self._request(CMD_OPENDIR, path)
        if kind != CMD_HANDLE:
            raise paramiko.SFTPError("no handle")
        handle = answer.get_string()
        with suppress(EOFError):  # so it says that there are no more
            while True:
                kind, answer = self._request(CMD_READDIR, handle)
                if kind != CMD_NAME:
                    raise paramiko.SFTPError("no names")
                for _ in range(answer.get_int()):
                    name, _long = answer.get_string().decode("utf-8", "surrogateescape"), answer.get_string()
                    yield name, paramiko.SFTPAttributes._from_msg(answer).st_mode or 0  # noqa: SLF001 - its own reader
        self._request(CMD_CLOSE, handle)

    def _convert_status(self, msg: paramiko.Message) -> None:
        """Raise what a status means; the words beside it, in whatever letters, go no further."""
        plain = paramiko.Message()
        plain.add_int(msg.get_int())
        plain.add_string(msg.get_string().decode("ascii", "replace"))
        plain.rewind()
        super()._convert_status(plain)


def _client(transport: paramiko.Transport) -> _Client:
    client: _Client | None = _Client.from_transport(transport)
    channel = client.get_channel() if client is not None else None
    if client is None or channel is None:
        raise paramiko.SSHException("no channel")
    channel.settimeout(SILENT_SECONDS)
    return client


_SAID: dict[str, Callable[[str], Text]] = {
    "unreachable": lambda server: T_("{server} could not be reached.", server=server),
    "timeout": lambda server: T_("{server} did not answer in time.", server=server),
    "broken-off": lambda server: T_("The connection with {server} broke off.", server=server),
    "login": lambda server: T_("{server} does not let our key in.", server=server),
    "folder": lambda server: T_("A folder on {server} is missing or closed to us.", server=server),
    "file": lambda server: T_("A file on {server} is closed to us.", server=server),
    "refused": lambda server: T_("{server} refused a step; its disk may be full.", server=server),
    "host-key": lambda server: T_(
        "{server} showed another host key than the one that is set up. Nothing was sent. Ask the partner by telephone "
        "whether it changed its key, and if so, set up the new one.",
        server=server,
    ),
}  # fmt: skip


def _fault(code: str, server: Server, said: str = "") -> TransportFault:
    return TransportFault(code, _SAID[said or code](server.address))


@contextmanager
def _told(server: Server, name: str = "") -> Iterator[None]:
    """Whatever the library, the network or the server raise, as one TransportFault that says where.

    Of a file `name` that is not there FileNotFoundError comes up: another worker was faster.
    """
    try:
        yield
    except (TransportFault, ValueError):
        raise
    except FileNotFoundError:
        if name:
            raise
        raise _fault("folder", server) from None
    except TimeoutError:
        raise _fault("timeout", server) from None
    except PermissionError:
        raise _fault("folder", server, "file" if name else "") from None
    except (ConnectionRefusedError, socket.gaierror):
        raise _fault("unreachable", server) from None
    except OSError as error:
        network = error.errno is not None  # what the server says of a step comes without
        closed = "closed" in str(error)  # as what the library says of its own socket does
        raise _fault("unreachable" if network else "broken-off" if closed else "refused", server) from None
    except (paramiko.SSHException, EOFError):
        raise _fault("broken-off", server) from None
