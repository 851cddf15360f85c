"""`demo`: an invented practice lives three months in seconds, then is served on this machine."""

from __future__ import annotations

import time
from datetime import date
from pathlib import Path

import click

from portal.demo.serving import free, serve
from portal.demo.stage import standing


@click.command(epilog="Example: ./candor demo --no-serve --dir /tmp/candor-demo")
@click.option(
    "--dir",
    "folder",
    default="var/demo",
    type=click.Path(file_okay=False, path_type=Path),
    help="Its folder; emptied first.",
)
@click.option("--seed", default=1, help="Another number, another practice.")
@click.option("--port", default=8000, help="Where it is served, on loopback only.")
@click.option("--no-serve", is_flag=True, help="Stop before serving.")
def demo(folder: Path, seed: int, port: int, no_serve: bool) -> None:
    """Invent a practice and three months of its work, and serve it on http://localhost:8000."""
    if not no_serve and not free(port):
        raise click.ClickException(f"port {port} is taken, perhaps by another demonstration; name another by --port")
    begun = time.monotonic()

    def say(what: str) -> None:
        click.echo(f"demo [{time.monotonic() - begun:5.1f} s] {what}", err=True)

    with standing(folder.absolute(), seed=seed, port=port, today=date.today(), say=say) as stage:  # noqa: DTZ011 - the demonstration lives on this machine's calendar
        say("ready: " + ", ".join(f"{what} {n}" for what, n in sorted(stage.story.said.items())))
        if not no_serve:
            serve(stage, port=port, say=say)
