"""The witness by command: it runs on another machine, with neither settings nor a database of the portal."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from audit import witness as audit_witness
from portal.cli.desk import USAGE
from portal.runtime import public_keys

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("witness-key", epilog="Example: ./candor audit witness-key witness.key --name witness.juniper.example")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--name", required=True, help="The witness's name, such as its host's; it stands in every signature.")
def witness_key(file: Path, name: str) -> None:
    """Make a witness's key; prints the public key for CANDOR_WITNESS_KEY, which also lies beside it as FILE.pub."""
    try:
        public = audit_witness.make_key(file, name)
    except FileExistsError:
        raise click.UsageError(f"{file} is there already; nothing was changed") from None
    except (ValueError, OSError) as error:
        raise click.UsageError(str(error)) from None
    click.echo(public.text())


@click.command(epilog="Example: ./candor audit witness witness.key --log verifier.key --state seen.json --port 8099")
@click.argument("key", type=_FILE)
@click.option("--log", "logs", type=_FILE, multiple=True, required=True,
              help="File with public keys of a log: the verifier.key beside its anchors.")  # fmt: skip
@click.option("--state", type=click.Path(dir_okay=False, path_type=Path), required=True,
              help="File in which it keeps what it saw; never put an older one in its place.")  # fmt: skip
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(0, 65535), default=8099, show_default=True)
def witness(key: Path, logs: tuple[Path, ...], state: Path, host: str, port: int) -> None:
    """Run a witness until stopped: it cosigns a log's head only while that log keeps growing.

    KEY is what `witness-key` made. Put a proxy that speaks TLS in front of it, or a tunnel.
    """
    try:
        made = audit_witness.opened(key, state, public_keys(logs), lambda: datetime.now(UTC))
        listening = audit_witness.server(made, host, port)
    except (OSError, ValueError) as error:
        click.echo(f"the witness does not start: {error}", err=True)
        sys.exit(USAGE)
    click.echo(f"{made.name} witnesses on http://{host}:{listening.server_address[1]} - stop with Ctrl-C", err=True)
    try:
        listening.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        listening.server_close()
