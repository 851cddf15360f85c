"""`x12 check`: reads any X12 file and says what it holds and what is wrong; needs no settings and no database."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from portal.x12.check import check as check_bytes


@click.group()
def x12() -> None:
    """Read X12 files."""


@x12.command(epilog="Example: ./candor x12 check remittance.edi --json")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def check(file: Path, as_json: bool) -> None:
    """Read any X12 FILE: what it holds, whether it balances, and what is wrong where. Exit 1 on findings."""
    result = check_bytes(file.read_bytes())
    said = result.as_json()
    if as_json:
        click.echo(json.dumps(said))
    else:
        click.echo(f"{said['interchanges']} interchanges, {said['groups']} groups, {said['segments']} segments")
        for found in said["sets"]:
            balance = {None: "", True: ", balances", False: ", DOES NOT BALANCE"}[found["balances"]]
            click.echo(
                f"  {found['kind']} {found['guide']}: {found['claims']} claims, charge {found['charge']}{balance}"
            )
            for finding in found["findings"]:
                click.echo(f"    segment {finding['segment']}: {finding['text']} ({finding['code']})")
        for finding in said["findings"]:
            click.echo(f"  segment {finding['segment']}: {finding['text']} ({finding['code']})")
    sys.exit(0 if result.clean else 1)
