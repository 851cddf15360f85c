"""Setting an installation up: its settings, keys, database, first practice and first administrator."""

from __future__ import annotations

import json
import os
import secrets
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from portal import config, runtime
from portal.access.actors import system
from portal.cli.desk import FINDINGS, Bench, english, opened, reason
from portal.domain.claims import Address
from portal.domain.errors import TradeError
from portal.services import practices as practice_service
from portal.services.users import accounts

_SETTINGS = (
    ("mode", "Mode (development or production)", "development"),
    ("database_url", "Database: nothing for a file of its own (SQLite), or postgresql://…", ""),
    ("keys", "Folder of the keys, outside of the data", "keys"),
)
_ON_POSTGRES = (("database_owner_url", "The same database, as the role that owns the tables", None),)
_IN_PRODUCTION = (
    ("public_url", "Address under which people reach the portal (https://…)", None),
    ("tls", "Who speaks TLS: write `terminated` when a proxy in front does", "terminated"),
    ("trusted_proxies", "How many proxies stand in front", "1"),
)
_FACTS = (
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
_KEYS = ("root_key_file", "signing_key_file", "web_secret_file")


def _plain(value: object) -> bool:
    """Whether an answer is a number, or a text that a file of settings can hold."""
    return isinstance(value, int | float) or (isinstance(value, str) and value.isprintable())


Questions = tuple[tuple[str, str, str | None], ...]


class _Answers:
    """What a file says, else what is asked; all that a file leaves out is named together."""

    def __init__(self, file: Path | None) -> None:
        said = tomllib.loads(file.read_text(encoding="utf-8")) if file else {}
        given = said.pop("settings", {})
        named = {name: said.pop(name) for name, *_ in (*_SETTINGS, *_ON_POSTGRES, *_IN_PRODUCTION) if name in said}
        within = given if isinstance(given, dict) else {"settings": given}
        self._twice = sorted(name for name in named if name in within and named[name] != within[name])
        self.settings: dict[str, Any] = named | within
        self._said, self._file, self._missing = said, file, list[str]()

    def to(self, questions: Questions) -> dict[str, str]:
        return {name: self._one(*question) for question in questions if (name := question[0]) not in self.settings}

    def _one(self, name: str, words: str, usual: str | None) -> str:
        if name in self._said:
            return str(self._said[name])
        if self._file is None:
            return str(click.prompt(words, default=usual))
        if usual is None:
            self._missing.append(name)
        return usual or ""

    def complete(self) -> None:
        unknown = sorted((self._said.keys() - {name for name, *_ in _FACTS}) | (self.settings.keys() - config.NAMES))
        odd = sorted(name for name, value in (self._said | self.settings).items() if not _plain(value))
        faults = [f"missing in {self._file}: {', '.join(self._missing)}"] if self._missing else []
        faults += [f"said twice, and differently, in {self._file}: {', '.join(self._twice)}"] if self._twice else []
        faults += [f"neither a text nor a number in {self._file}: {', '.join(odd)}"] if odd else []
        faults += [f"unknown in {self._file}: {', '.join(unknown)}"] if unknown else []
        if faults:
            raise click.UsageError("\n".join(faults))

    def agree(self, home: Path) -> None:
        """Settings that stand are not changed here: answers that would have them otherwise are refused by name."""
        try:
            stands = tomllib.loads((home / config.FILE).read_text())
        except (OSError, ValueError) as error:
            raise click.UsageError(f"{home / config.FILE}: cannot be read: {error}") from error
        otherwise = sorted(name for name, value in self.settings.items() if str(value) != str(stands.get(name, "")))
        if otherwise:
            raise click.UsageError(
                f"{home / config.FILE} stands already and says otherwise than {self._file}: {', '.join(otherwise)}. "
                "Nothing was done. Change the settings there, or take them out of the answers."
            )


@click.command(epilog="Example: ./candor setup --from practice.toml")
@click.option("--from", "answers_file", type=click.Path(exists=True, dir_okay=False, path_type=Path), default=None,
              help="A TOML file with the answers, instead of being asked.")  # fmt: skip
@reason("HOPERAT")
def setup(answers_file: Path | None) -> None:
    """Set an installation up: keys, database, first practice, and a one-time link for the first administrator.

    Run again it goes on where it stopped: settings and keys that stand are left alone, and answers that would change
    settings are refused.
    """
    try:
        answers = _Answers(answers_file)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise click.UsageError(f"{answers_file}: {error}") from error
    home = Path(os.environ.get("CANDOR_HOME", "var")).absolute()
    stands = (home / config.FILE).exists()
    values = {} if stands else _settings(answers)
    facts = answers.to(_FACTS)
    answers.complete()
    if stands:
        answers.agree(home)
    practice = _practice(facts)
    settings = _put_in_place(home, values)
    try:
        runtime.migrate(settings)
    except runtime.STORE_FAULTS as error:
        raise click.UsageError(
            f"The database of {home / config.FILE} cannot be used ({type(error).__name__}). Nothing was made in it."
        ) from error
    founder = system("setup")
    with (
        opened("setup", any_practice=True) as bench,
        bench.runtime.units.write(founder, "practice:edit", kind="key") as uow,
    ):
        practice_service.found_installation(uow, bench.runtime.roots, settings.mode)
    with opened("setup", any_practice=True) as bench:
        practice_id = _first_practice(bench, practice)
        with bench.runtime.units.write(bench.actor, "user:invite") as uow:
            _, token = accounts.invite(uow, email=facts["admin_email"], name=facts["admin_name"], role="administrator")
        click.echo(f"practice {practice.code} ({practice_id.hex()}) is set up")
        link = f"one use, 7 days: {settings.public_url}/join/{token}" if token else "has an account already"
        click.echo(f"first administrator, {link}")


def _settings(answers: _Answers) -> dict[str, Any]:
    """What is to stand in the settings' file."""
    values = answers.settings | answers.to(_SETTINGS)
    if str(values["database_url"]).startswith("postgresql"):
        values |= answers.to(_ON_POSTGRES)
    if values["mode"] == config.PRODUCTION:
        values |= answers.to(_IN_PRODUCTION)
    return {name: value for name, value in values.items() if value != ""}


def _practice(facts: Mapping[str, str]) -> practice_service.Practice:
    """The first practice as stated; checked before anything is made."""
    where = Address(facts["line1"], facts["city"], facts["state"], facts["postal_code"])
    practice = practice_service.Practice(
        code=facts["code"], name=facts["name"], npi=facts["npi"], ein=facts["ein"], taxonomy=facts["taxonomy"],
        phone=facts["phone"], time_zone=facts["time_zone"], address=where,
    )  # fmt: skip
    faults: list[TradeError] = [*practice_service.practice_faults(practice)]
    try:
        accounts.check_email(facts["admin_email"])
    except TradeError as error:
        faults.append(error)
    if faults:
        click.echo("\n".join(english(fault.text) for fault in faults), err=True)
        sys.exit(FINDINGS)
    return practice


def _put_in_place(home: Path, values: Mapping[str, Any]) -> config.Settings:
    """Settings and keys that are missing; with settings that cannot be used both are taken away again."""
    home.mkdir(parents=True, exist_ok=True)
    file = home / config.FILE
    if values:  # the address of a database may hold its password
        _put(
            file,
            "".join(f"{name} = {json.dumps(value, ensure_ascii=False)}\n" for name, value in values.items()).encode(),
            0o600,
        )
    settings, faults = config.draft(os.environ)
    made = [] if faults else make_keys(settings)
    try:
        usable = config.load()
    except config.SettingsError as error:
        for path in [*made, *([file] if values else [])]:
            path.unlink()
        raise click.UsageError("\n".join(error.faults)) from error
    for path in made:
        click.echo(f"made {path}; keep a copy apart from the data")
    return usable


def make_keys(settings: config.Settings) -> list[Path]:
    """Make the keys that are missing: root, signing and web; 32 random bytes each, mode 0400."""
    made: list[Path] = []
    for name in _KEYS:
        path: Path = getattr(settings, name)
        if config.numbered(path) or (name == "root_key_file" and settings.root_key):
            continue  # a later generation may stand in its place, or the environment holds it
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _put(path, secrets.token_bytes(32), 0o400)
        made.append(path)
    return made


def _put(path: Path, content: bytes, mode: int) -> None:
    """Write a file whole or not at all, on the disk before this returns: a key cut short would pass for one."""
    aside = path.with_name(f".{path.name}.new")
    aside.unlink(missing_ok=True)  # of a run that was killed
    with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    aside.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _first_practice(bench: Bench, practice: practice_service.Practice) -> bytes:
    with bench.runtime.units.write(bench.actor, "practice:edit") as uow:
        for id_, code, _ in practice_service.practice_codes(uow):
            if code == practice.code:
                return id_
        return practice_service.add_practice(uow, bench.runtime.roots, practice).id
