"""What commands share: the runtime, who acts in which practice, and how results and faults are said."""

from __future__ import annotations

import getpass
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, TypeVar

import click

from portal import config
from portal.access.actors import Actor, system
from portal.config import numbered
from portal.domain.errors import TradeError
from portal.domain.texts import Text
from portal.language.speaker import Speaker
from portal.runtime import KEY_FAULTS, LOG_FAULTS, STORE_FAULTS, Runtime, running, signer
from portal.services import practices
from portal.services.unit_of_work.units import Unavailable
from portal.services.users import commanding

Command = TypeVar("Command", bound=Callable[..., Any])

FINDINGS, USAGE = 1, 2
_REASON = "portal.reason"

REASONS: Mapping[str, str] = MappingProxyType({
    "HPAYMT": "payment", "HOPERAT": "operations", "PATRQT": "the patient asked", "HCOMPL": "compliance",
    "HLEGAL": "a legal matter", "RECORDMGT": "keeping records", "HSYSADMIN": "looking after the system",
})  # fmt: skip
"""Why a command opens sealed fields, as HL7 v3 PurposeOfUse."""

OPENS_NOTHING: Mapping[str, str] = MappingProxyType({
    "audit check-report": "compares digests in a file, without a store or keys of ours",
    "audit export": "events go out as they stand, what is sealed in them stays so; it asks for a reason of its own",
    "audit hold": "seals why; it asks for that itself",
    "audit purge": "removes bodies and lets keys go",
    "audit verify": "compares digests, without keys",
    "audit witness": "knows heads of the log only",
    "audit witness-key": "makes a key",
    "backup create": "copies what is sealed",
    "backup restore": "puts back what is sealed",
    "backup verify": "compares digests",
    "charges load": "prices are open",
    "codes load": "code sets are open",
    "db upgrade": "migrations never open a value",
    "demo": "invented people, and each step of its story acts in a role of its own",
    "keys renew": "seals one subject anew; nothing of it is shown to anybody",
    "keys rewrap": "wraps keys anew",
    "keys rotate": "wraps keys and makes tokens anew; nothing is shown to anybody",
    "keys shred": "lets keys go; it asks for a reason of its own",
    "keys status": "counts keys",
    "partners add": "partners are open",
    "partners edit": "partners are open",
    "partners key": "makes a key and shows its public half",
    "partners list": "partners are open",
    "payers load": "payers are open",
    "authorizations load": "rules about asking in advance are open",
    "practices add": "practices are open",
    "practices edit": "practices are open",
    "practices facility": "names and addresses of facilities are open",
    "routes": "opens no store",
    "serve": "each page and job has the purpose of its permission",
    "worker": "each job has the purpose of its permission",
    "x12 check": "reads a file that lies in the clear, and no store",
})  # fmt: skip
"""Commands without `--reason`, and why they need none; nothing sealed is opened to what acts for them."""


@dataclass(frozen=True, slots=True)
class Bench:
    """A command at work: the runtime, the actor, and whether results are printed as JSON."""

    runtime: Runtime
    actor: Actor
    as_json: bool

    def say(self, result: Any, words: str = "") -> None:
        """Print a result: JSON for scripts, else words for people."""
        click.echo(json.dumps(result, sort_keys=True) if self.as_json else words or result)


def acting(command: Command) -> Command:
    """`--json` and `--as`, for commands that act in the whole installation."""
    command = click.option("--as", "as_user", default=None, help="Act as this user (email); else as the system.")(
        command
    )
    return click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")(command)


def options(command: Command) -> Command:
    """The same and `--practice`, for commands that act in a practice."""
    return acting(
        click.option("--practice", default=None, help="The practice's code, where there are several.")(command)
    )


def reason(purpose: str | None = None) -> Callable[[Command], Command]:
    """`--reason CODE`, for every command that opens sealed fields (SECURITY 3.5).

    `purpose` is what it is for where that follows from what it does; a command that hands out what it opens has none,
    and the code must be given.
    """

    def keep(context: click.Context, _option: click.Parameter, value: str) -> None:
        context.meta[_REASON] = value

    words = ", ".join(f"{code} {words}" for code, words in REASONS.items())
    stated: dict[str, Any] = {"required": True} if purpose is None else {"default": purpose, "show_default": True}
    return click.option(
        "--reason", type=click.Choice(list(REASONS)), expose_value=False, callback=keep,
        help=f"Why sealed fields are opened; the log keeps it. {words}.", **stated,
    )  # fmt: skip


def english(text: Text) -> str:
    """A Text on a terminal."""
    return Speaker("en_US", "UTC").text(text)


def progress(label: str, items: Any) -> Any:
    """A progress bar on a terminal; silent elsewhere."""
    return click.progressbar(items, label=label, file=sys.stderr, hidden=not sys.stderr.isatty())


@contextmanager
def opened(
    job: str,
    *,
    practice: str | None = None,
    as_user: str | None = None,
    as_json: bool = False,
    any_practice: bool = False,
) -> Iterator[Bench]:
    """A bench over the present settings; faults are said on standard error with the exit code they deserve.

    Nothing sealed is opened for a command that takes no `reason`.
    """
    why = click.get_current_context().meta.get(_REASON, "")
    try:
        settings = config.load()
        with running(settings) as runtime:
            actor = replace(system(job, initiator=getpass.getuser()), purpose=why, opens=bool(why))
            if not any_practice:
                actor = replace(actor, practice_id=_practice(runtime, actor, practice))
            if as_user is not None:
                actor = commanding.as_user(runtime.units, as_user, actor)
            try:
                yield Bench(runtime, actor, as_json)
            finally:
                sign(runtime)
    except config.SettingsError as error:
        for fault in error.faults:
            click.echo(fault, err=True)
        sys.exit(USAGE)
    except LOG_FAULTS as error:
        click.echo(f"THE LOG WAS CHANGED: {error}. Run ./candor audit verify.", err=True)
        sys.exit(FINDINGS)
    except KEY_FAULTS as error:
        click.echo(f"{error}. Without its root key nothing can be opened: see CANDOR_ROOT_KEY_FILE.", err=True)
        sys.exit(USAGE)
    except TradeError as error:
        click.echo(english(error.text), err=True)
        sys.exit(FINDINGS)
    except STORE_FAULTS as error:
        click.echo(
            f"The database cannot be used ({type(error).__name__}). Is it there, and at this release? Nothing was done:"
            " try ./candor db upgrade.",
            err=True,
        )
        sys.exit(USAGE)
    except Unavailable:
        click.echo("The audit log cannot be written, so nothing was done. Check the disk and the database.", err=True)
        sys.exit(FINDINGS)


def sign(runtime: Runtime) -> None:
    """Sign and anchor what the log holds, as each command does at its end (SECURITY 3.4).

    Left to the worker where the installation is not set up yet, or where whoever commands may not read the key.
    """
    files = numbered(runtime.settings.signing_key_file).values()
    if runtime.parts.installation != bytes(16) and files and all(os.access(file, os.R_OK) for file in files):
        signer(runtime)()


def _practice(runtime: Runtime, actor: Actor, code: str | None) -> bytes | None:
    """The practice of a code, or the only one there is."""
    with runtime.units.read(actor, "practice:edit", defer=True) as uow:
        found = practices.practice_codes(uow)
    if code is None and len(found) == 1:
        return found[0][0]
    for id_, known, _ in found:
        if known == code:
            return id_
    known = ", ".join(each[1] for each in found) or "none yet; run ./candor setup"
    raise click.UsageError(f"Name the practice with --practice CODE (there are: {known}).")
