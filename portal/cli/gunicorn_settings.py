"""What gunicorn reads at its start (`-c python:portal.cli.gunicorn_settings`); the rest stands on its line."""

from __future__ import annotations

import gc
from typing import Any

from gunicorn.http import wsgi

from portal.cli.logs import CONFIG

gc.disable()  # until all is loaded: nothing of it is garbage
worker_class = "gthread"
preload_app = True
"""Settings are read and keys unwrapped once; a fault ends the start with its words instead of a worker's death."""
control_socket_disable = True
"""By default a socket for commands would be opened in the user's home."""
logconfig_dict = CONFIG
timeout = 120
graceful_timeout = 30


class Unnamed(wsgi.Response):  # type: ignore[misc]  # gunicorn has no types
    """An answer that does not say what serves it; gunicorn has no setting for that."""

    def default_headers(self) -> list[str]:
        """The server's own headers but `Server`."""
        return [line for line in super().default_headers() if not line.startswith("Server:")]


wsgi.Response = Unnamed


def when_ready(server: Any) -> None:
    """Before the first worker is forked: no connection of the store goes with it (SQLite's locks would be lost)."""
    server.app.wsgi().extensions["candor"].engine.dispose()
    gc.freeze()  # what every worker shares stays shared
    gc.enable()


def post_fork(server: Any, _worker: Any) -> None:
    """A worker that replaces another is forked later: it forgets, without closing, what the first process may hold."""
    server.app.wsgi().extensions["candor"].engine.dispose(close=False)
