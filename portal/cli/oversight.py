"""Oversight by command: the log verified, exported and witnessed."""

from __future__ import annotations

import os
import sys
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import click

from audit import report
from audit.checkpoint import BadNote
from audit.verify import verify as verify_log
from portal import config
from portal.cli.desk import FINDINGS, USAGE, Bench, opened, options, sign
from portal.cli.purging import hold, holds, purge
from portal.cli.witnessing import witness, witness_key
from portal.runtime import STORE_FAULTS, VERIFIER, WITNESS, public_keys
from portal.services.auditing import cells as cell_service
from portal.services.auditing import exports
from portal.services.auditing.searching import Wanted

_FILE = click.Path(exists=True, path_type=Path)


@click.group()
def audit() -> None:
    """The log of every access."""


audit.add_command(purge)
audit.add_command(hold)
audit.add_command(holds)
audit.add_command(witness)
audit.add_command(witness_key)


@audit.command(epilog="Example: ./candor audit verify --cells")
@click.option("--database", default=None, help="URL of the store; else the one of CANDOR_HOME.")
@click.option("--export", "export_file", type=_FILE, default=None, help="An export instead of a database.")
@click.option("--anchors", type=_FILE, multiple=True, help="Anchor files; else those of CANDOR_HOME.")
@click.option("--key", "keys", type=_FILE, multiple=True, help="Files with public keys; else those of CANDOR_HOME.")
@click.option("--witness", "witnesses", type=_FILE, multiple=True,
              help="Files with public keys of witnesses; else those of CANDOR_HOME.")  # fmt: skip
@click.option("--cells", is_flag=True, help="Compare every protected row with the last event about it.")
@click.option("--json", "as_json", is_flag=True)
def verify(
    database: str | None, export_file: Path | None, anchors: tuple[Path, ...], keys: tuple[Path, ...],
    witnesses: tuple[Path, ...], cells: bool, as_json: bool,
) -> None:  # fmt: skip
    """Verify the log offline: order, leaves, roots, signatures, anchors, cosignatures. Exit 1 on a break.

    Names the first bad event. Where a witness's key is given, some head must bear its cosignature.

    Of the settings it takes only where store and anchors are, and loads no keys; reads database or export read-only.
    """
    settings, _ = config.draft(os.environ)
    url = database or settings.database_url
    folder = settings.anchor_file.parent
    anchors = anchors or tuple(path for path in (settings.anchor_file,) if path.exists())
    keys = keys or tuple(path for path in (folder / VERIFIER,) if path.exists())
    witnesses = witnesses or tuple(path for path in (folder / WITNESS,) if path.exists())
    source: Any = export_file or url
    try:
        report = verify_log(
            source, anchors, public_keys(keys), cell_service.cells(url) if cells else None,
            cell_tables=cell_service.tables() if cells else None, witness_keys=public_keys(witnesses),
        )  # fmt: skip
    except STORE_FAULTS as error:
        older = "; --cells needs a store of this release: run ./candor db upgrade first" if cells else ""
        where = f"see --database, --export or CANDOR_HOME{older}"
        click.echo(f"the log cannot be read: {type(error).__name__}; {where}", err=True)
        sys.exit(USAGE)
    problems = [{"seq": each.seq, "text": each.text} for each in report.problems]
    said = {
        "ok": report.ok, "size": report.size, "first_bad_seq": report.first_bad_seq, "problems": problems,
        "remarks": list(report.remarks), "witnessed": report.witnessed,
    }  # fmt: skip
    words = [f"{report.size} events, " + ("nothing is wrong" if report.ok else "THE LOG WAS CHANGED OR IS BROKEN")]
    if report.witnessed is not None:
        words.append(f"a witness cosigned the first {report.witnessed}")
    if report.first_bad_seq is not None:
        words.append(f"first bad event: {report.first_bad_seq}")
    words += [f"  {each['text']}" for each in problems[:50]] + [f"  remark: {each}" for each in report.remarks[:20]]
    Bench.say(_printer(as_json), said, "\n".join(words))
    sys.exit(0 if report.ok else FINDINGS)


@audit.command("check-report", epilog="Example: ./candor audit check-report who-looked.zip --key verifier.key")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--key", "keys", type=_FILE, multiple=True, help="Files with public keys; else those of CANDOR_HOME.")
@click.option("--json", "as_json", is_flag=True)
def check_report(file: Path, keys: tuple[Path, ...], as_json: bool) -> None:
    """Check a patient's list of who looked, with its proof, offline and without a store. Exit 1 where a line is false.

    Of lines that name other patients too only the place in the log is shown; the newest may not be signed yet.
    """
    if not keys:
        settings, _ = config.draft(os.environ)
        keys = tuple(path for path in (settings.anchor_file.parent / VERIFIER,) if path.exists())
    try:
        found = report.check(file.read_bytes(), public_keys(keys))
    except (BadNote, OSError) as problem:
        click.echo(f"the report cannot be checked: {problem}; give the log's public key with --key", err=True)
        sys.exit(USAGE)
    proved = f"{found.proved} lines are proved word by word, {found.kept_back} by their place alone"
    words = [f"{proved}, {found.unsigned} are not signed yet"]
    if found.removed_below:
        words.append(f"of the first {found.removed_below} events the words were let go: a line of then is not here")
    words += [f"  {each}" for each in found.problems[:50]]
    if found.problems:
        words.insert(0, "THE REPORT DOES NOT FIT THE LOG")
    Bench.say(_printer(as_json), asdict(found) | {"ok": not found.problems}, "\n".join(words))
    sys.exit(FINDINGS if found.problems else 0)


def _printer(as_json: bool) -> Any:
    return Bench(None, None, as_json)  # type: ignore[arg-type]  # printing needs neither runtime nor actor


@audit.command("export", epilog="Example: ./candor audit export log.zip --reason 'yearly review' --since 2026-01-01")
@click.argument("target", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--reason", required=True, help="What it is for; the log keeps it, sealed.")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), default=None)
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), default=None)
@options
def export_(
    target: Path, reason: str, since: Any, until: Any, practice: str | None, as_user: str | None, as_json: bool
) -> None:
    """Write events with inclusion proofs into a ZIP file that `audit verify --export` checks anywhere."""
    with opened("audit.export", practice=practice, as_user=as_user, as_json=as_json) as bench:
        sign(bench.runtime)  # only what is signed can be proved
        wanted = Wanted(since=_day(since), until=_day(until))
        with bench.runtime.units.read(bench.actor, "audit:export", kind="export") as uow:
            made = exports.make(uow, wanted, reason)
        target.write_bytes(made.body)
        bench.say(
            {"events": made.count, "sha256": made.digest, "file": str(target)}, f"{made.count} events in {target}"
        )


def _day(moment: Any) -> date | None:
    return None if moment is None else moment.date()
