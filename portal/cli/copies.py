"""Backups by command: made, verified, restored; none of them ever holds a key."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from portal import config, runtime
from portal.access.actors import system
from portal.cli.desk import FINDINGS, english, opened, sign
from portal.config import Settings
from portal.domain.errors import TradeError
from portal.runtime import trusted_keys
from portal.services.auditing import checking
from portal.services.backups import making
from portal.services.keys import shredding

_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


def register_of(settings: Settings) -> Path:
    """Where it stands which backups there are and which keys they need: outside of the data."""
    return settings.home / "backups.jsonl"


def record_of(settings: Settings) -> Path:
    """Where it stands what was shredded, so that a restore does it again."""
    return settings.home / "shredded.jsonl"


def _check(settings: Settings) -> making.LogCheck:
    """Checks a log with this installation's public key."""
    return lambda url, anchors: checking.faults(url, anchors, trusted_keys(settings, anchors))


@click.group()
def backup() -> None:
    """Copies of the store."""


@backup.command(epilog="Example: ./candor backup create /mnt/backups")
@click.argument("target", type=click.Path(file_okay=False, path_type=Path))
@click.option("--keep-days", default=making.KEEP_DAYS, help="How long its keys must be kept.")
@click.option("--json", "as_json", is_flag=True)
def create(target: Path, keep_days: int, as_json: bool) -> None:
    """Copy the store and the anchors into a new folder below TARGET, with a manifest."""
    with opened("backup.create", any_practice=True, as_json=as_json) as bench:
        sign(bench.runtime)
        settings = bench.runtime.settings
        made = making.create(
            bench.runtime.units, bench.actor, bench.runtime.parts, settings.database_owner_url, target,
            register=register_of(settings), keep_days=keep_days,
        )  # fmt: skip
        bench.say({"folder": str(made.folder), "id": made.manifest.id}, f"backup in {made.folder}")


@backup.command(epilog="Example: ./candor backup verify /mnt/backups/candor-20261121T030000Z-1a2b3c4d")
@click.argument("folder", type=_FOLDER)
@click.option("--json", "as_json", is_flag=True)
def verify(folder: Path, as_json: bool) -> None:
    """Check a backup: every file, the store, its log and every row against the log. Exit 1 on any fault."""
    with opened("backup.verify", any_practice=True, as_json=as_json) as bench:
        faults = making.verify(folder, _check(bench.runtime.settings))
        bench.say({"ok": not faults, "faults": faults}, "\n".join(faults) or "nothing is wrong with this backup")
    sys.exit(FINDINGS if faults else 0)


@backup.command(epilog="Example: CANDOR_HOME=/srv/candor ./candor backup restore /mnt/backups/candor-…")
@click.argument("folder", type=_FOLDER)
def restore(folder: Path) -> None:
    """Put a backup into an empty place; what was shredded since is shredded again."""
    try:
        settings = config.load()
        restored = making.restore(
            folder, settings.database_owner_url, anchor_file=settings.anchor_file, after=lambda: _again(settings),
            check_log=_check(settings),
        )  # fmt: skip
    except config.SettingsError as error:
        raise click.UsageError("\n".join(error.faults)) from error
    except TradeError as error:
        click.echo(english(error.text), err=True)
        sys.exit(FINDINGS)
    with opened("backup.restore", any_practice=True) as bench:
        making.tell(bench.runtime.units, bench.actor, restored)
    click.echo(f"restored backup {restored.id}; {restored.shredded_again} data keys shredded again")


def _again(settings: Settings) -> int:
    with runtime.running(settings) as running:
        return shredding.reapply(running.units, system("backup.restore"), record_of(settings))
