"""The end of a record's time by command: bodies of old events purged, legal holds placed and lifted."""

from __future__ import annotations

import click

from portal.cli.copies import register_of
from portal.cli.desk import opened, reason
from portal.runtime import bare_engine
from portal.services.auditing import holds as legal_holds
from portal.services.auditing import purging
from portal.services.backups import manifests


@click.command(epilog="Example: ./candor audit purge --years 10")
@click.option("--years", type=int, default=purging.YEARS, show_default=True, help="How old; never less than 6.")
@click.option("--json", "as_json", is_flag=True)
def purge(years: int, as_json: bool) -> None:
    """Remove the bodies of events older than the law asks for, and their months' keys; their hashes stay for ever."""
    with opened("audit.purge", any_practice=True, as_json=as_json) as bench:
        settings = bench.runtime.settings
        named = manifests.keys_named(register_of(settings), bench.runtime.parts.clock.now())
        engine = bare_engine(settings.database_owner_url)
        try:
            done = purging.purge(bench.runtime.units, engine, bench.actor, named, years)
        finally:
            engine.dispose()
        said = {
            "bodies": done.bodies, "held": done.held, "keys_disabled": done.keys_disabled,
            "keys_destroyed": done.keys_destroyed,
        }  # fmt: skip
        bench.say(
            said,
            f"{done.bodies} bodies are gone, {done.held} are held; of old months' keys {done.keys_disabled} are"
            f" disabled and {done.keys_destroyed} destroyed",
        )


@click.command(epilog="Example: ./candor audit holds --reason HLEGAL")
@reason()
@click.option("--json", "as_json", is_flag=True)
def holds(as_json: bool) -> None:
    """List the legal holds in force, each with the reason it was placed for."""
    with opened("audit.holds", any_practice=True, as_json=as_json) as bench:
        with bench.runtime.units.read(bench.actor, "audit:hold") as uow:
            found = legal_holds.standing(uow)
        rows = [
            {"subject": each.subject.hex(), "since": each.placed_at.isoformat(), "reason": each.reason}
            for each in found
        ]
        lines = [f"{row['subject']} since {row['since'][:10]}: {row['reason']}" for row in rows]
        bench.say(rows, "\n".join(lines) or "nothing is held")


@click.command(epilog="Example: ./candor audit hold 3f0c… --reason 'Case 26-118'")
@click.argument("subject")
@click.option("--reason", "why", default=None, help="Why; kept sealed.")
@click.option("--lift", is_flag=True, help="End the hold.")
@click.option("--json", "as_json", is_flag=True)
def hold(subject: str, why: str | None, lift: bool, as_json: bool) -> None:
    """Hold a patient's or user's records and their part of the log for the law."""
    if lift == bool(why):
        raise click.UsageError("give --reason to place a hold, or --lift to end one")
    with opened("audit.hold", any_practice=True, as_json=as_json) as bench:
        with bench.runtime.units.write(bench.actor, "audit:hold") as uow:
            if lift:
                legal_holds.lift(uow, _id(subject))
            else:
                legal_holds.place(uow, _id(subject), why or "")
        bench.say({"subject": subject, "held": not lift}, "the hold is lifted" if lift else "held until it is lifted")


def _id(text: str) -> bytes:
    try:
        found = bytes.fromhex(text)
    except ValueError:
        found = b""
    if len(found) != 16:
        raise click.UsageError("SUBJECT is an id of 32 hex digits")
    return found
