"""Serving the demonstration on loopback, with its worker and the world outside in the same process."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable

from werkzeug.serving import make_server

from portal.app import create_app
from portal.demo.stage import Stage
from portal.jobs.schedule import Schedule
from portal.jobs.worker import Worker

HOST = "127.0.0.1"
LOOK_SECONDS = 3.0


def free(port: int) -> bool:
    """Whether nobody listens on the port: asked before a story of a minute is told, in a folder emptied for it."""
    with socket.socket() as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((HOST, port))
        except OSError:
            return False
    return True


def serve(stage: Stage, *, port: int, say: Callable[[str], None]) -> None:
    """Serve until interrupted; the webhook of the card processor finds its way back here."""
    stage.clock.go_live()
    app = create_app(stage.runtime)
    server = make_server(HOST, port, app, threaded=True)
    stage.processor.webhook_url = f"http://{HOST}:{server.server_port}/webhooks/cards"
    worker = Worker(stage.tools, Schedule())
    over = threading.Event()
    threads = [
        threading.Thread(target=worker.run, daemon=True),
        threading.Thread(target=_answer_files, args=(stage, over), daemon=True),
    ]
    for thread in threads:
        thread.start()
    say(f"serving on http://localhost:{server.server_port} - stop with Ctrl-C")
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        say("stopped")
    finally:
        worker.stop()
        over.set()
        server.server_close()
        for thread in threads:
            thread.join(timeout=10)


def _answer_files(stage: Stage, over: threading.Event) -> None:
    """The clearinghouse looks for files every few seconds, so that what is sent here is answered too."""
    while not over.wait(LOOK_SECONDS):
        stage.story.house.collect()
