"""Keys by command: shown, replaced one kind at a time, renewed and shredded for one subject."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import click

from portal.cli.copies import record_of, register_of
from portal.cli.desk import Bench, opened, options
from portal.config import SettingsError, numbered
from portal.runtime import VERIFIER, next_file, next_root
from portal.services.auditing import signing
from portal.services.backups import manifests
from portal.services.keys import reindexing, renewing, rotation, shredding

INSTALLATION = bytes(16)
"""The tenant of users, factors and payers."""


@click.group()
def keys() -> None:
    """Keys of tenants and subjects."""


@keys.command(epilog="Example: ./candor keys status --json")
@click.option("--json", "as_json", is_flag=True)
def status(as_json: bool) -> None:
    """Every generation with its state, and how many subject keys or tokens name it; which roots are still needed."""
    with _machine("keys.status", as_json) as bench:
        with bench.runtime.units.read(bench.actor, "key:manage", kind="key") as uow:
            found = rotation.status(uow, bench.runtime.roots)
            rows = [
                {
                    "tenant": each.tenant.hex(), "purpose": each.purpose, "generation": each.generation,
                    "state": each.state, "root": each.root, "subjects": each.subject_keys,
                    "tokens": reindexing.naming(uow, each.tenant, range(each.generation, each.generation + 1))
                    if each.purpose == "index" else 0,
                }
                for each in found.generations
            ]  # fmt: skip
        settings = bench.runtime.settings
        needed = {each.root for each in found.generations} | manifests.roots_named(register_of(settings), _now(bench))
        spare = sorted(numbered(settings.root_key_file).keys() - needed - {found.root_generation})
        words = [f"root: {found.root} (generation {found.root_generation})"]
        words += [
            f"{row['tenant']} {row['purpose']:6} {row['generation']:5} {row['state']:12} root {row['root']}"
            f" {row['subjects']:7} subjects {row['tokens']:8} tokens"
            for row in rows
        ]
        words += [f"root {each}: no key and no unexpired backup names it, its file may go" for each in spare]
        said = {"root": found.root, "root_generation": found.root_generation, "spare_roots": spare, "keys": rows}
        bench.say(said, "\n".join(words))


@keys.command(epilog="Example: ./candor keys rotate --kind index --practice juniper")
@click.option("--kind", type=click.Choice(["practice", "index", "root", "signing"]), default="practice",
              show_default=True, help="Which key: the one over the subjects' keys, the one of look-ups, the root, "
              "the one that signs the log.")  # fmt: skip
@click.option("--installation", is_flag=True, help="The installation's own key (users), instead of a practice's.")
@click.option("--overlap-days", type=click.IntRange(0), default=signing.OVERLAP.days, show_default=True,
              help="How long both signing keys sign.")  # fmt: skip
@options
def rotate(
    kind: str, installation: bool, overlap_days: int, practice: str | None, as_user: str | None, as_json: bool
) -> None:
    """Replace a key while people work; broken off, it goes on when run again."""
    if kind == "root":
        _new_root(as_json)
        return
    alone = installation or kind == "signing"
    if alone and practice:
        raise click.UsageError("--practice names another key than the one asked for")
    with opened("keys.rotate", practice=practice, as_user=as_user, as_json=as_json, any_practice=alone) as bench:
        if kind == "signing":
            _rotate_signing(bench, timedelta(days=overlap_days))
            return
        tenant = INSTALLATION if installation else bench.actor.practice_id or b""
        if kind == "index":
            _rotate_index(bench, tenant)
            return
        done = rotation.rotate(bench.runtime.units, bench.actor, bench.runtime.roots, tenant, _named(bench))
        said = {"generation": done.generation, "rewrapped": done.rewrapped, "disabled": list(done.disabled)}
        bench.say(said, f"generation {done.generation}: {done.rewrapped} subject keys brought over")


def _rotate_index(bench: Bench, tenant: bytes) -> None:
    done = reindexing.rotate(bench.runtime.units, bench.actor, bench.runtime.roots, tenant, _named(bench))
    said = {
        "generation": done.generation, "rows": done.rows, "broken": done.broken, "waiting": done.waiting,
        "disabled": list(done.disabled), "destroyed": list(done.destroyed),
    }  # fmt: skip
    words = [f"generation {done.generation}: {done.rows} rows have new tokens"]
    if done.broken:
        words.append(f"{done.broken} rows do not open and keep the old ones: an alert tells which")
    if done.waiting:
        words.append(f"{done.waiting} rows or one-time codes still name an older one, which stays readable")
    elif not done.disabled:
        words.append("run it again after an hour to retire the older one")
    bench.say(said, "\n".join(words))


def _rotate_signing(bench: Bench, overlap: timedelta) -> None:
    settings = bench.runtime.settings
    first = settings.signing_key_file
    done = signing.rotate(
        bench.runtime.units, bench.runtime.parts, bench.actor, numbered(first), next_file(first),
        settings.anchor_file.parent / VERIFIER, overlap,
    )  # fmt: skip
    until = done.until.isoformat() if done.until else None
    words = {
        "begun": "a new key signs beside the old one; give verifiers and witnesses the new verifier.key, keep a copy of"
        " the new signing key offline, and run this again when the overlap is over",
        "overlapping": f"both keys sign until {until}; run this again then",
        "ended": "the old key signs no longer and its file is gone; take it from the offline copies too",
    }[done.stage]
    bench.say({"stage": done.stage, "key": done.key.line(), "until": until}, f"{words}\n{done.key.line()}")


@keys.command(epilog="Example: ./candor keys renew 3f0c…")
@click.argument("subject")
@click.option("--json", "as_json", is_flag=True)
def renew(subject: str, as_json: bool) -> None:
    """Give one subject a new key and seal its rows again; broken off, it goes on when run again.

    The worker drops the old key an hour later; rows that law forbids to change keep it.
    """
    id_ = _subject(subject)
    with _machine("keys.renew", as_json) as bench:
        done = renewing.renew(bench.runtime.units, bench.actor, id_)
        words = f"version {done.version}: {done.rows} rows sealed again"
        if done.kept:
            words += f"; {done.kept} rows that are never changed keep the old version"
        bench.say({"version": done.version, "rows": done.rows, "kept": done.kept}, words)


@keys.command(epilog="Example: ./candor keys rewrap --new-root")
@click.option("--new-root", is_flag=True, help="Make the next root key file first.")
@click.option("--json", "as_json", is_flag=True)
def rewrap(new_root: bool, as_json: bool) -> None:
    """Wrap every tenant key under the newest root key."""
    if new_root:
        _new_root(as_json)
    else:
        _rewrap(as_json)


def _new_root(as_json: bool) -> None:
    with _machine("keys.rewrap", as_json) as bench:
        try:
            click.echo(f"made {next_root(bench.runtime.settings)}; keep a copy apart from the data", err=True)
        except SettingsError as error:
            raise click.UsageError("\n".join(error.faults)) from error
    _rewrap(as_json)


def _rewrap(as_json: bool) -> None:
    with _machine("keys.rewrap", as_json) as bench:
        done = rotation.rewrap(bench.runtime.units, bench.actor, bench.runtime.roots)
        bench.say({"rewrapped": done}, f"{done} tenant keys wrapped anew")


@keys.command(epilog="Example: ./candor keys shred 3f… --reason 'retention over, list 12'")
@click.argument("subject")
@click.option("--reason", required=True)
@click.option("--json", "as_json", is_flag=True)
def shred(subject: str, reason: str, as_json: bool) -> None:
    """Make everything of one subject unreadable for ever; refused while the law keeps the records."""
    id_ = _subject(subject)
    with _machine("keys.shred", as_json) as bench:
        done = shredding.shred(
            bench.runtime.units, bench.actor, id_, record=record_of(bench.runtime.settings), reason=reason
        )
        bench.say({"keys": done.keys}, f"{done.keys} data keys are gone")


def _subject(text: str) -> bytes:
    if len(text) != 32:
        raise click.UsageError("SUBJECT is an id of 32 hex digits")
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise click.UsageError("SUBJECT is an id of 32 hex digits") from None


def _named(bench: Bench) -> frozenset[manifests.Slot]:
    """The tenant keys that unexpired backups need."""
    return manifests.keys_named(register_of(bench.runtime.settings), _now(bench))


def _now(bench: Bench) -> Any:
    return bench.runtime.parts.clock.now()


@contextmanager
def _machine(job: str, as_json: bool) -> Iterator[Bench]:
    with opened(job, any_practice=True, as_json=as_json) as bench:
        yield bench
