"""Setting up: the installation, its database, practices, payers, partners, prices and people."""

from __future__ import annotations

import json
import os
import secrets
import tomllib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import click

from portal import config, runtime
from portal.access.actors import system
from portal.cli.desk import Bench, english, opened, options, reason
from portal.domain.claims import Address
from portal.domain.errors import TradeError
from portal.domain.money import parse_cents
from portal.domain.tables import read_csv
from portal.services import payers as payer_service
from portal.services import practices as practice_service
from portal.services.users import accounts

_QUESTIONS = (
    ("mode", "Mode (development or production)", "development"),
    ("code", "A short code for the first practice, such as juniper", None),
    ("name", "Its name", None),
    ("npi", "Its NPI (10 digits)", None),
    ("ein", "Its EIN (9 digits)", None),
    ("taxonomy", "Its taxonomy code", "207Q00000X"),
    ("phone", "Its phone (10 digits)", None),
    ("line1", "Street", None),
    ("city", "City", None),
    ("state", "State (2 letters)", None),
    ("postal_code", "ZIP (9 digits)", None),
    ("time_zone", "Time zone", "America/Chicago"),
    ("admin_email", "Email of the first administrator", None),
    ("admin_name", "Name of the first administrator", None),
)


def make_keys(folder: Path) -> list[str]:
    """Make the keys that are missing: root, signing and web; 32 random bytes each, mode 0400."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    made = []
    for name in ("root.key", "signing.key", "web.key"):
        path = folder / name
        if not config.numbered(path):  # a later generation may stand in its place
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
            with os.fdopen(handle, "wb") as file:
                file.write(secrets.token_bytes(32))
            made.append(name)
    return made


def establish(running: runtime.Runtime, mode: str) -> None:
    """The installation's first row and keys, once."""
    with running.units.write(system("setup"), "practice:edit", kind="key") as uow:
        practice_service.found_installation(uow, running.roots, mode)


@click.command(epilog="Example: ./candor setup --from practice.toml")
@click.option("--from", "answers_file", type=click.Path(exists=True, dir_okay=False, path_type=Path), default=None,
              help="A TOML file with the answers, instead of being asked.")  # fmt: skip
@reason("HOPERAT")
def setup(answers_file: Path | None) -> None:
    """Set an installation up: keys, database, first practice, and a one-time link for the first administrator."""
    given: Mapping[str, Any] = tomllib.loads(answers_file.read_text()) if answers_file else {}
    answers: dict[str, str] = {}
    for name, question, usual in _QUESTIONS:
        answers[name] = str(given[name]) if name in given else usual if answers_file and usual else click.prompt(
            question, default=usual
        )  # fmt: skip
    home = Path(os.environ.get("CANDOR_HOME", "var")).absolute()
    home.mkdir(parents=True, exist_ok=True)
    _write_settings(home / config.FILE, {"mode": answers["mode"], **given.get("settings", {})})
    for name in make_keys(home / "keys"):
        click.echo(f"made {home / 'keys' / name}; keep a copy apart from the data")
    try:
        settings = config.load()
    except config.SettingsError as error:
        raise click.UsageError("\n".join(error.faults)) from error
    runtime.migrate(settings)
    with opened("setup", any_practice=True) as bench:
        establish(bench.runtime, settings.mode)
    with opened("setup", any_practice=True) as bench:
        practice_id = _first_practice(bench, answers)
        with bench.runtime.units.write(bench.actor, "user:invite") as uow:
            _, token = accounts.invite(
                uow, email=answers["admin_email"], name=answers["admin_name"], role="administrator"
            )
        click.echo(f"practice {answers['code']} ({practice_id.hex()}) is set up")
        click.echo(f"first administrator, one use, 7 days: {settings.public_url}/join/{token}")


def _write_settings(path: Path, values: Mapping[str, Any]) -> None:
    if not path.exists():
        path.write_text("".join(f"{name} = {json.dumps(value)}\n" for name, value in values.items()))


def _first_practice(bench: Bench, answers: Mapping[str, str]) -> bytes:
    with bench.runtime.units.write(bench.actor, "practice:edit") as uow:
        standing = practice_service.practice_codes(uow)
        for id_, code, _ in standing:
            if code == answers["code"]:
                return id_
        return practice_service.add_practice(uow, bench.runtime.roots, _practice_facts(answers)).id


def _practice_facts(answers: Mapping[str, str]) -> practice_service.Practice:
    a = answers
    address = Address(a["line1"], a["city"], a["state"], a["postal_code"], a.get("line2", ""))
    return practice_service.Practice(
        code=a["code"], name=a["name"], npi=a["npi"], ein=a["ein"], taxonomy=a["taxonomy"], phone=a["phone"],
        time_zone=a["time_zone"], address=address,
    )  # fmt: skip


@click.group()
def db() -> None:
    """The database."""


@db.command(epilog="Example: ./candor db upgrade")
def upgrade() -> None:
    """Bring the database to the newest migration, as the role that owns it."""
    try:
        runtime.migrate(config.load())
    except config.SettingsError as error:
        raise click.UsageError("\n".join(error.faults)) from error
    click.echo("the database is at the newest migration")


@click.group()
def practices() -> None:
    """Practices of this installation."""


def _practice_options(command: Any) -> Any:
    for name in (
        "name",
        "npi",
        "ein",
        "taxonomy",
        "phone",
        "line1",
        "line2",
        "city",
        "state",
        "postal-code",
        "time-zone",
    ):
        command = click.option(f"--{name}", default=None)(command)
    return click.option("--json", "as_json", is_flag=True)(command)


@practices.command(epilog="Example: ./candor practices add cedar --name 'Cedar Clinic' --npi 1234567893 …")
@click.argument("code")
@_practice_options
def add(code: str, as_json: bool, **given: str | None) -> None:
    """Add a practice with its own keys."""
    wanted = ("name", "npi", "ein", "taxonomy", "phone", "line1", "city", "state", "postal_code", "time_zone")
    if missing := [name for name in wanted if not given.get(name)]:
        raise click.UsageError("missing: " + ", ".join(f"--{name.replace('_', '-')}" for name in missing))
    with opened("practices.add", any_practice=True, as_json=as_json) as bench:
        answers = {name: value or "" for name, value in given.items()} | {"code": code}
        with bench.runtime.units.write(bench.actor, "practice:edit") as uow:
            row = practice_service.add_practice(uow, bench.runtime.roots, _practice_facts(answers))
        bench.say({"practice": row.id.hex(), "code": code}, f"practice {code} is set up")


@practices.command(epilog="Example: ./candor practices edit juniper --phone 5035550142")
@click.argument("code")
@_practice_options
def edit(code: str, as_json: bool, **given: str | None) -> None:
    """Change what is stated of a practice."""
    with opened("practices.edit", any_practice=True, as_json=as_json) as bench:
        with bench.runtime.units.write(bench.actor, "practice:edit") as uow:
            row = practice_service.practice_by_code(uow, code)
            changes: dict[str, Any] = {name: value for name, value in given.items() if value and name in {
                "name", "npi", "ein", "taxonomy", "phone", "time_zone"}}  # fmt: skip
            parts = {name: value for name, value in given.items() if value and name in row.address}
            if parts:
                changes["address"] = Address(**(row.address | parts))
            practice_service.edit_practice(uow, code, **changes)
        bench.say({"code": code, "changed": sorted(changes)}, f"practice {code} is changed")


@click.group()
def payers() -> None:
    """Payers of this installation."""


@payers.command(epilog="Example: ./candor payers load payers.csv")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True)
def load(file: Path, as_json: bool) -> None:
    """Load payers from CSV: code,name,kind,filing_limit_days,appeal_levels,remittance_ids."""
    with opened("payers.load", any_practice=True, as_json=as_json) as bench:
        rows = _table(file, ("code", "name", "kind", "filing_limit_days"))
        with bench.runtime.units.write(bench.actor, "payer:edit") as uow:
            changed = payer_service.load(uow, rows)
        bench.say({"payers": len(rows), "changed": changed}, f"{len(rows)} payers read, {changed} changed")


@click.group()
def partners() -> None:
    """Trading partners of a practice."""


@partners.command("add", epilog="Example: ./candor partners add clearing --sender JUNIPER --receiver QUICKCLEAR …")
@click.argument("code")
@click.option("--name", required=True)
@click.option("--sender", required=True, help="ISA06 and GS02.")
@click.option("--receiver", required=True, help="ISA08 and GS03.")
@click.option("--sender-qualifier", default="ZZ")
@click.option("--receiver-qualifier", default="ZZ")
@click.option("--contact", required=True, help="The submitter's contact (PER02).")
@click.option("--contact-phone", required=True, help="Ten digits (PER04).")
@click.option("--submitter", required=True, help="The submitter's name (NM103 of 1000A).")
@click.option("--usage", type=click.Choice(["P", "T"]), default="P", help="ISA15: production or test.")
@click.option("--folder", required=True, help="Folder below the installation's edi folder.")
@options
def add_partner(code: str, practice: str | None, as_user: str | None, as_json: bool, **given: str) -> None:
    """Add a trading partner: envelope ids, submitter, production or test, folder."""
    with opened("partners.add", practice=practice, as_user=as_user, as_json=as_json) as bench:
        facts = practice_service.PartnerFacts(
            code=code, name=given["name"], sender_id=given["sender"], receiver_id=given["receiver"],
            group_sender=given["sender"], group_receiver=given["receiver"], submitter_name=given["submitter"],
            submitter_contact=given["contact"], submitter_phone=given["contact_phone"], folder=given["folder"],
            usage=given["usage"], sender_qualifier=given["sender_qualifier"],
            receiver_qualifier=given["receiver_qualifier"],
        )  # fmt: skip
        with bench.runtime.units.write(bench.actor, "partner:edit") as uow:
            row = practice_service.add_partner(uow, bench.actor.practice_id or b"", facts)
        bench.say({"partner": row.id.hex()}, f"partner {code} is set up")


@click.group()
def charges() -> None:
    """The practice's prices."""


@charges.command("load", epilog="Example: ./candor charges load prices.csv --effective 2026-01-01")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--effective", required=True, type=click.DateTime(["%Y-%m-%d"]))
@options
def load_charges(file: Path, effective: Any, practice: str | None, as_user: str | None, as_json: bool) -> None:
    """Load the practice's prices from CSV: code,modifier,amount."""
    with opened("charges.load", practice=practice, as_user=as_user, as_json=as_json) as bench:
        rows = _table(file, ("code", "amount"))
        prices = [(row["code"], row.get("modifier", ""), _cents(row["amount"], at)) for at, row in enumerate(rows, 2)]
        from_date: date = effective.date()
        with bench.runtime.units.write(bench.actor, "price:load") as uow:
            changed = practice_service.load_prices(uow, bench.actor.practice_id or b"", prices, from_date)
        bench.say({"prices": len(prices), "changed": changed}, f"{len(prices)} prices read, {changed} changed")


@click.group()
def users() -> None:
    """People and what they may."""


@users.command(epilog="Example: ./candor users invite noor@juniper.example --name 'Noor Haddad' --role biller")
@click.argument("email")
@click.option("--name", required=True)
@click.option("--role", required=True)
@click.option("--payer", default=None, help="The payer's code, for a payer's user.")
@options
@reason("HOPERAT")
def invite(
    email: str, name: str, role: str, payer: str | None, practice: str | None, as_user: str | None, as_json: bool
) -> None:
    """Invite somebody with a role; prints a one-time link."""
    alone = role in {"administrator", "payer-user"}
    with opened("users.invite", practice=practice, as_user=as_user, as_json=as_json, any_practice=alone) as bench:
        with bench.runtime.units.write(bench.actor, "user:invite") as uow:
            payer_id = payer_service.by_code(uow, payer).id if payer else None
            user_id, token = accounts.invite(
                uow, email=email, name=name, role=role, practice_id=None if alone else bench.actor.practice_id,
                payer_id=payer_id,
            )  # fmt: skip
        link = f"{bench.runtime.settings.public_url}/join/{token}"
        bench.say({"user": user_id.hex(), "link": link}, f"one use, 7 days: {link}")


def _table(file: Path, wanted: tuple[str, ...]) -> list[dict[str, str]]:
    try:
        return read_csv(file.read_text(encoding="utf-8-sig"), wanted)
    except (TradeError, UnicodeDecodeError) as error:
        said = english(error.text) if isinstance(error, TradeError) else f"{file}: not UTF-8 text"
        raise click.UsageError(said) from error


def _cents(text: str, line: int) -> int:
    try:
        return parse_cents(text.replace("$", "").replace(",", "").strip())
    except ValueError:
        raise click.UsageError(f"line {line}: {text!r} is not an amount") from None
