"""Serving: the web server with its worker, or a worker alone."""

from __future__ import annotations

import logging
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from typing import Any

import click

from portal import config
from portal.cli import logs
from portal.cli.desk import FINDINGS, USAGE
from portal.config import Settings
from portal.jobs.handlers import Tools
from portal.jobs.schedule import Schedule
from portal.jobs.worker import Worker
from portal.runtime import ROOT, Runtime, asker, conninfo, running, signer

_LOG = logging.getLogger("candor.serving")
_LOOK_SECONDS = 0.2
_AGAIN_SECONDS = 2.0


def _settings(given: Mapping[str, str] | None = None) -> Settings:
    """The settings, with what the command line says; faults are named together with exit code 2."""
    try:
        return config.load({**os.environ, **(given or {})})
    except config.SettingsError as error:
        for fault in error.faults:
            click.echo(fault, err=True)
        sys.exit(USAGE)


def _standing(runtime: Runtime) -> None:
    """Leave unless the installation has been set up."""
    if runtime.parts.installation == bytes(16):
        click.echo("This installation is not set up, or its database does not answer. Run ./candor setup.", err=True)
        sys.exit(FINDINGS)


@click.command(epilog="Example: ./candor serve --host 127.0.0.1 --port 8000 --workers 2")
@click.option("--host", default=None, help="Address to listen on; else CANDOR_HOST or 127.0.0.1.")
@click.option("--port", type=click.IntRange(1, 65535), default=None, help="Port; else CANDOR_PORT or 8000.")
@click.option("--workers", type=click.IntRange(1), default=2, show_default=True, help="Processes that answer.")
@click.option("--threads", type=click.IntRange(1), default=4, show_default=True, help="Threads of each of them.")
@click.option("--no-worker", is_flag=True, help="Start no worker; another machine has one.")
def serve(host: str | None, port: int | None, workers: int, threads: int, no_worker: bool) -> None:
    """Serve the portal by gunicorn, with one worker beside it, until stopped."""
    given = {"CANDOR_HOST": host, "CANDOR_PORT": str(port) if port else None}
    settings = _settings({name: value for name, value in given.items() if value is not None})
    with running(settings) as runtime:
        _standing(runtime)
    logs.configure()
    figures = settings.home / "metrics"
    shutil.rmtree(figures, ignore_errors=True)  # counts of processes that are gone
    figures.mkdir(parents=True)
    environment = os.environ | {
        "CANDOR_HOME": str(settings.home), "CANDOR_HOST": settings.host, "CANDOR_PORT": str(settings.port),
        "PROMETHEUS_MULTIPROC_DIR": str(figures),
    }  # fmt: skip
    server = [
        *("-m", "gunicorn", "-c", "python:portal.cli.gunicorn_settings", "--no-control-socket", "--chdir", str(ROOT)),
        *("--bind", f"{settings.host}:{settings.port}", "--workers", str(workers), "--threads", str(threads)),
        "wsgi:application",
    ]
    click.echo(f"serving on http://{settings.host}:{settings.port} - stop with Ctrl-C", err=True)
    sys.exit(_side_by_side(server, None if no_worker else ["-m", "portal.cli", "worker"], environment))


def _side_by_side(server: list[str], worker: list[str] | None, environment: Mapping[str, str]) -> int:
    """Run both until a signal comes or the server ends; a worker that dies is started again. The server's exit code."""
    over = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: over.set())
    serving = _started(server, environment)
    working = _started(worker, environment) if worker else None
    again = 0.0
    while serving.poll() is None and not over.is_set():
        time.sleep(_LOOK_SECONDS)
        if worker is not None and working is not None and working.poll() is not None and time.monotonic() > again:
            _LOG.error("worker ended and is started again")
            again = time.monotonic() + _AGAIN_SECONDS
            working = _started(worker, environment)
    for each in (serving, working):
        if each is not None and each.poll() is None:
            each.terminate()
    code = serving.wait()
    if working is not None:
        working.wait()
    return 0 if over.is_set() else code


def _started(arguments: list[str], environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    # A group of its own: Ctrl-C reaches this process, which then lets each end what it has in hand. -P: a folder that
    # is named as ours and stands where the command was typed is not taken for ours.
    path = os.pathsep.join(filter(None, [str(ROOT), environment.get("PYTHONPATH", "")]))
    return subprocess.Popen(  # noqa: S603 - our own interpreter and modules
        [sys.executable, "-P", *arguments], env={**environment, "PYTHONPATH": path}, stdin=subprocess.DEVNULL,
        process_group=0,
    )  # fmt: skip


@click.command(epilog="Example: ./candor worker")
def worker() -> None:
    """Run jobs until stopped: the embedded engine on SQLite, Procrastinate on PostgreSQL."""
    settings = _settings()
    logs.configure()
    with running(settings) as runtime:
        _standing(runtime)
        try:
            tools = Tools(runtime.units, runtime.parts, signer(runtime), asker(runtime))
        except config.SettingsError as error:
            click.echo("\n".join(error.faults), err=True)
            sys.exit(USAGE)
        engine = _engine(runtime, tools)
        # In a thread, so that the signal's handler never meets a lock that its own thread holds.
        working = threading.Thread(target=engine.run, args=(lambda: _LOG.info("worker ready"),), name="worker")
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: engine.stop())
        working.start()
        while working.is_alive():
            working.join(_LOOK_SECONDS)
        _LOG.info("worker ended")


def _engine(runtime: Runtime, tools: Tools) -> Any:
    if runtime.settings.sqlite:
        return Worker(tools, Schedule())
    from portal.jobs.procrastinate_worker import ProcrastinateWorker  # noqa: PLC0415 - PostgreSQL's packages only

    return ProcrastinateWorker(tools, conninfo(runtime), Schedule())
