"""Oversight by command: the log verified and exported, keys, backups."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import click

from audit.verify import verify as verify_log
from portal.cli.copies import record_of, register_of
from portal.cli.desk import FINDINGS, USAGE, Bench, opened, options
from portal.cli.witnessing import witness, witness_key
from portal.runtime import STORE_FAULTS, VERIFIER, WITNESS, next_root, public_keys
from portal.services.auditing import cells as cell_service
from portal.services.auditing import exports
from portal.services.auditing.searching import Wanted
from portal.services.backups import manifests
from portal.services.keys import rotation, shredding

_FILE = click.Path(exists=True, path_type=Path)


@click.group()
def audit() -> None:
    """The log of every access."""


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

    Loads no settings and no keys; reads the database or export read-only.
    """
    home = Path(os.environ.get("CANDOR_HOME", "var"))
    url = database or f"sqlite:///{(home / 'data' / 'candor.db').absolute()}"
    folder = home / "anchors"
    anchors = anchors or tuple(path for path in (folder / "audit.jsonl",) if path.exists())
    keys = keys or tuple(path for path in (folder / VERIFIER,) if path.exists())
    witnesses = witnesses or tuple(path for path in (folder / WITNESS,) if path.exists())
    source: Any = export_file or url
    try:
        report = verify_log(
            source, anchors, public_keys(keys), cell_service.cells(url) if cells else None,
            cell_tables=cell_service.tables() if cells else None, witness_keys=public_keys(witnesses),
        )  # fmt: skip
    except STORE_FAULTS as error:
        click.echo(f"the log cannot be read: {type(error).__name__}; see --database, --export or CANDOR_HOME", err=True)
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
        wanted = Wanted(since=_day(since), until=_day(until))
        with bench.runtime.units.read(bench.actor, "audit:export", kind="export") as uow:
            made = exports.make(uow, wanted, reason)
        target.write_bytes(made.body)
        bench.say(
            {"events": made.count, "sha256": made.digest, "file": str(target)}, f"{made.count} events in {target}"
        )


def _day(moment: Any) -> date | None:
    return None if moment is None else moment.date()


@click.group()
def keys() -> None:
    """Keys of tenants and subjects."""


@keys.command(epilog="Example: ./candor keys status --json")
@click.option("--json", "as_json", is_flag=True)
def status(as_json: bool) -> None:
    """Every generation with its state, and how many subject keys name it."""
    with _machine("keys.status", as_json) as bench:
        with bench.runtime.units.read(bench.actor, "key:manage", kind="key") as uow:
            found = rotation.status(uow, bench.runtime.roots)
        rows = [
            {
                "tenant": each.tenant.hex(), "purpose": each.purpose, "generation": each.generation,
                "state": each.state, "root": each.root, "subjects": each.subject_keys,
            }
            for each in found.generations
        ]  # fmt: skip
        words = [f"root: {found.root} (generation {found.root_generation})"]
        words += [
            f"{row['tenant']} {row['purpose']:6} {row['generation']:3} {row['state']:12} {row['subjects']:7} subjects"
            for row in rows
        ]
        bench.say({"root": found.root, "root_generation": found.root_generation, "keys": rows}, "\n".join(words))


@keys.command(epilog="Example: ./candor keys rotate --practice juniper")
@options
def rotate(practice: str | None, as_user: str | None, as_json: bool) -> None:
    """Give a practice a new key and bring its subject keys over, in batches; broken off, it goes on when run again."""
    with opened("keys.rotate", practice=practice, as_user=as_user, as_json=as_json) as bench:
        tenant = bench.actor.practice_id or b""
        named = manifests.keys_named(register_of(bench.runtime.settings), bench.runtime.parts.clock.now())
        done = rotation.rotate(bench.runtime.units, bench.actor, bench.runtime.roots, tenant, named)
        said = {"generation": done.generation, "rewrapped": done.rewrapped, "disabled": list(done.disabled)}
        bench.say(said, f"generation {done.generation}: {done.rewrapped} subject keys brought over")


@keys.command(epilog="Example: ./candor keys rewrap --new-root")
@click.option("--new-root", is_flag=True, help="Make the next root key file first.")
@click.option("--json", "as_json", is_flag=True)
def rewrap(new_root: bool, as_json: bool) -> None:
    """Wrap every tenant key under the newest root key."""
    if new_root:
        with _machine("keys.rewrap", as_json) as bench:
            click.echo(f"made {next_root(bench.runtime.settings)}; keep a copy apart from the data", err=True)
    with _machine("keys.rewrap", as_json) as bench:
        done = rotation.rewrap(bench.runtime.units, bench.actor, bench.runtime.roots)
        bench.say({"rewrapped": done}, f"{done} tenant keys wrapped anew")


@keys.command(epilog="Example: ./candor keys shred 3f… --reason 'retention over, list 12'")
@click.argument("subject")
@click.option("--reason", required=True)
@click.option("--json", "as_json", is_flag=True)
def shred(subject: str, reason: str, as_json: bool) -> None:
    """Make everything of one subject unreadable for ever; refused while the law keeps the records."""
    try:
        id_ = bytes.fromhex(subject)
    except ValueError:
        raise click.UsageError("SUBJECT is an id of 32 hex digits") from None
    with _machine("keys.shred", as_json) as bench:
        done = shredding.shred(
            bench.runtime.units, bench.actor, id_, record=record_of(bench.runtime.settings), reason=reason
        )
        bench.say({"keys": done.keys}, f"{done.keys} data keys are gone")


@contextmanager
def _machine(job: str, as_json: bool) -> Iterator[Bench]:
    with opened(job, any_practice=True, as_json=as_json) as bench:
        yield bench
