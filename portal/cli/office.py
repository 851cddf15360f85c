"""Furnishing: practices, payers, partners, prices and people; the database brought up to date."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import click

from portal import config, runtime
from portal.cli.desk import acting, english, opened, options, reason
from portal.domain.claims import Address
from portal.domain.errors import TradeError
from portal.domain.laboratories import KINDS
from portal.domain.money import parse_cents
from portal.domain.tables import read_csv
from portal.services import facilities, laboratories
from portal.services import payers as payer_service
from portal.services import practices as practice_service
from portal.services.users import accounts


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


_OF_PRACTICES = ("name", "npi", "ein", "taxonomy", "phone", "time_zone")
_OF_ADDRESSES = ("line1", "line2", "city", "state", "postal_code")


def _practice_options(command: Any) -> Any:
    remit = [f"remit_{name}" for name in _OF_ADDRESSES]
    for name in reversed((*_OF_PRACTICES, *_OF_ADDRESSES, *remit)):
        words = "Of the address that payments go to, where it is another." if name in remit else None
        command = click.option(f"--{name.replace('_', '-')}", default=None, help=words)(command)
    return acting(command)


_OF_CERTIFICATES = {
    "number": "A CLIA number, as 11D1234567.",
    "kind": f"Its type: {', '.join(KINDS)}.",
    "place": "The place of service it is for, as 11; without, all places.",
    "valid_from": "Its first day, as 2026-01-01.",
    "valid_to": "Its last day.",
}


def _certificate_options(command: Any) -> Any:
    for name, words in reversed(_OF_CERTIFICATES.items()):
        option = f"--clia-{name.removeprefix('valid_')}" if name != "number" else "--clia"
        command = click.option(option, f"clia_{name}", default=None, help=words)(command)
    return command


@practices.command(epilog="Example: ./candor practices add cedar --name 'Cedar Clinic' --npi 1234567893 …")
@click.argument("code")
@_practice_options
def add(code: str, as_user: str | None, as_json: bool, **given: str | None) -> None:
    """Add a practice with its own keys."""
    wanted = (*_OF_PRACTICES, *(name for name in _OF_ADDRESSES if name != "line2"))
    if missing := [name for name in wanted if not given.get(name)]:
        raise click.UsageError("missing: " + ", ".join(f"--{name.replace('_', '-')}" for name in missing))
    with opened("practices.add", any_practice=True, as_user=as_user, as_json=as_json) as bench:
        facts = practice_service.Practice(
            code=code, **{name: given[name] or "" for name in _OF_PRACTICES},
            address=_address({}, "", given) or Address("", "", "", ""), remit_to=_address({}, "remit_", given),
        )  # fmt: skip
        with bench.runtime.units.write(bench.actor, "practice:edit") as uow:
            row = practice_service.add_practice(uow, bench.runtime.roots, facts)
        bench.say({"practice": row.id.hex(), "code": code}, f"practice {code} is set up")


@practices.command(epilog="Example: ./candor practices edit juniper --phone 5035550142")
@click.argument("code")
@click.option(
    "--clia-end",
    default=None,
    help="Ends the certificate of this CLIA number on --clia-to; --clia-place, of one place.",
)
@_certificate_options
@_practice_options
def edit(code: str, as_user: str | None, as_json: bool, **given: str | None) -> None:
    """Change what is stated of a practice, or keep or end a certificate of its laboratory."""
    if given["clia_end"] and any(given[f"clia_{name}"] for name in ("number", "kind", "valid_from")):
        raise click.UsageError("--clia-end goes with --clia-to and --clia-place only")
    with opened("practices.edit", any_practice=True, as_user=as_user, as_json=as_json) as bench:
        with bench.runtime.units.write(bench.actor, "practice:edit") as uow:
            row = practice_service.practice_by_code(uow, code)
            changes: dict[str, Any] = {name: given[name] for name in _OF_PRACTICES if given[name]}
            for field, standing, prefix in (("address", row.address, ""), ("remit_to", row.remit_to or {}, "remit_")):
                if any(given[prefix + name] for name in _OF_ADDRESSES):
                    changes[field] = _address(standing, prefix, given)
            practice_service.edit_practice(uow, code, **changes)
            certificate = {name: given[f"clia_{name}"] or "" for name in _OF_CERTIFICATES}
            if number := given["clia_end"]:
                laboratories.end(uow, row.id, number, certificate["valid_to"], place=certificate["place"])
                changes["clia"] = number
            elif any(certificate.values()):
                laboratories.keep(uow, row.id, certificate)
                changes["clia"] = certificate
        bench.say({"code": code, "changed": sorted(changes)}, f"practice {code} is changed")


_OF_FACILITIES = {
    "name": "Its name.",
    "npi": "Its NPI, where it has one.",
    "line1": "Street and number.",
    "line2": "A second line of the address.",
    "city": "City.",
    "state": "Two letters.",
    "postal_code": "All nine digits.",
    "places": "Places of service there, as '21 22 23'.",
    "from": "The first day on which the practice works there.",
    "to": "The last day.",
}


def _facility_options(command: Any) -> Any:
    for name, words in reversed(_OF_FACILITIES.items()):
        needed = name not in {"npi", "line2", "to"}
        given = f"valid_{name}" if name in {"from", "to"} else name
        command = click.option(f"--{name.replace('_', '-')}", given, default="", required=needed, help=words)(command)
    return acting(command)


@practices.command(epilog="Example: ./candor practices facility juniper --name 'Cedar Hospital' --places '21 22 23' …")
@click.argument("code")
@_facility_options
def facility(code: str, as_user: str | None, as_json: bool, **given: str) -> None:
    """Keep a facility where the practice's clinicians work; claims from there name it."""
    with opened("practices.facility", any_practice=True, as_user=as_user, as_json=as_json) as bench:
        with bench.runtime.units.write(bench.actor, "practice:edit") as uow:
            row = practice_service.practice_by_code(uow, code)
            kept = facilities.keep(uow, row.id, given)
        bench.say({"facility": kept.hex(), "code": code}, f"{given['name']} is on the list of practice {code}")


def _address(standing: Mapping[str, str], prefix: str, given: Mapping[str, str | None]) -> Address | None:
    """An address with what is given of it; None when nothing is."""
    parts = {name: given[prefix + name] or standing.get(name, "") for name in _OF_ADDRESSES}
    return Address(**parts) if any(parts.values()) else None


@click.group()
def payers() -> None:
    """Payers of this installation."""


@payers.command(epilog="Example: ./candor payers load payers.csv")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@acting
def load(file: Path, as_user: str | None, as_json: bool) -> None:
    """Load payers from CSV: code,name,kind,filing_limit_days,appeal_levels,remittance_ids."""
    with opened("payers.load", any_practice=True, as_user=as_user, as_json=as_json) as bench:
        rows = _table(file, ("code", "name", "kind", "filing_limit_days"))
        with bench.runtime.units.write(bench.actor, "payer:edit") as uow:
            changed = payer_service.load(uow, rows)
        bench.say({"payers": len(rows), "changed": changed}, f"{len(rows)} payers read, {changed} changed")


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
    """Invite somebody with a role; prints a one-time link, but for who has an account."""
    alone = role in {"administrator", "payer-user"}
    with opened("users.invite", practice=practice, as_user=as_user, as_json=as_json, any_practice=alone) as bench:
        with bench.runtime.units.write(bench.actor, "user:invite") as uow:
            payer_id = payer_service.by_code(uow, payer).id if payer else None
            user_id, token = accounts.invite(
                uow, email=email, name=name, role=role, practice_id=None if alone else bench.actor.practice_id,
                payer_id=payer_id,
            )  # fmt: skip
        link = f"{bench.runtime.settings.public_url}/join/{token}" if token else None
        said = f"one use, 7 days: {link}" if link else "they have an account; the role is theirs from now on"
        bench.say({"user": user_id.hex(), "link": link}, said)


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
