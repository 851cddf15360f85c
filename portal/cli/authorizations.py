"""Rules about asking payers in advance, by command."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from portal.cli.desk import opened, options
from portal.services.authorizations import rules

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def authorizations() -> None:
    """What payers want to be asked in advance."""


@authorizations.command("load", epilog="Example: ./candor authorizations load rules.csv --try")
@click.argument("file", type=_FILE)
@click.option("--try", "rehearse", is_flag=True, help="Only say what would change.")
@options
def load(file: Path, practice: str | None, as_user: str | None, as_json: bool, rehearse: bool) -> None:
    """Load which services need it: a CSV with payer, code, place, from, to, needed; switched at once, or refused.

    Every payer that the file names has the rules of the file from then on; those of other payers stand.
    """
    with opened("authorizations.load", practice=practice, as_user=as_user, as_json=as_json) as bench:
        with file.open("rb") as source, bench.runtime.units.write(bench.actor, "authorization:edit") as uow:
            done = rules.load(uow, source, file.name, rehearse=rehearse)
        bench.say(asdict(done), ", ".join(f"{number:,} {what}" for what, number in asdict(done).items()))
