"""A real SFTP server on loopback, kept to one folder, in a thread of its own; asyncssh, not our client."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import asyncssh

from portal.domain.transport import Server
from portal.domain.transport import server as stated


class SftpServer:
    """Serves `root` to one user with one key until it is stopped.

    `breaks` is asked with the count of bytes written so far and breaks the connection off when it says so.
    """

    def __init__(self, root: Path, client_key: Path) -> None:
        self.root, self.user = root, "juniper"
        self.host_key = asyncssh.generate_private_key("ssh-ed25519")
        self.breaks: Callable[[int], bool] = lambda _written: False
        self.logins: list[str] = []
        for name in ("in", "out"):
            (root / name).mkdir(parents=True)
        self._client = asyncssh.read_private_key(client_key).convert_to_public()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._serving: Any = None
        self._connections: list[Any] = []
        self.port = 0
        self.start()

    def start(self) -> None:
        """Serve, again on the same port when it was stopped."""
        self._serving = self._run(self._listen())
        self.port = self._serving.get_port()

    def stop(self) -> None:
        """Serve no more: whoever comes now is refused by the machine."""
        self._run(self._leave())

    def close(self) -> None:
        """Stop for ever, and end what is still connected."""
        self.stop()
        self._run(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def place(self, **more: Any) -> Server:
        """The server as an administrator states it: partners put files for us into `out` and look for ours in `in`."""
        key = self.host_key.export_public_key().decode()
        return stated(
            f"{self.user}@127.0.0.1:{self.port}",
            more.pop("host_key", key),
            **({"inbox": "/out", "outbox": "/in"} | more),
        )

    def _run(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(20)

    async def _leave(self) -> None:
        self._serving.close()  # within the loop: it ends connections of its own accord at the same moment
        await self._serving.wait_closed()

    async def _end(self) -> None:
        for connection in self._connections:
            connection.abort()
            await connection.wait_closed()
        await asyncio.sleep(0)  # the loop closes their sockets behind their backs

    async def _listen(self) -> Any:
        outer = self

        class Door(asyncssh.SSHServer):
            def connection_made(self, connection: Any) -> None:
                outer._connections.append(connection)

            def begin_auth(self, username: str) -> bool:
                outer.logins.append(username)
                return True

            def public_key_auth_supported(self) -> bool:
                return True

            def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
                return username == outer.user and key == outer._client

        class Files(asyncssh.SFTPServer):
            def __init__(self, channel: Any) -> None:
                super().__init__(channel, chroot=str(outer.root).encode())
                self._written = 0

            def write(self, file_obj: object, offset: int, data: bytes) -> int:
                self._written += len(data)
                if outer.breaks(self._written):
                    self.channel.get_connection().abort()
                return super().write(file_obj, offset, data)

        return await asyncssh.listen(
            "127.0.0.1", self.port, server_host_keys=[self.host_key], server_factory=Door, sftp_factory=Files,
            reuse_address=True,
        )  # fmt: skip


def client_key(folder: Path) -> Path:
    """An Ed25519 key in OpenSSH's form."""
    path = folder / "sftp.key"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(asyncssh.generate_private_key("ssh-ed25519").export_private_key())
    path.chmod(0o400)
    return path
