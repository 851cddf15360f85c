"""Entry of `./candor`: groups load when called, so that `x12 check` and `--help` need no settings and no database."""

from __future__ import annotations

import gc
import importlib
import os
from types import ModuleType

import click

_COMMANDS = {
    "acks": ("portal.cli.trade", "acks"),
    "audit": ("portal.cli.oversight", "audit"),
    "authorizations": ("portal.cli.authorizations", "authorizations"),
    "backup": ("portal.cli.copies", "backup"),
    "charges": ("portal.cli.office", "charges"),
    "claims": ("portal.cli.trade", "claims"),
    "codes": ("portal.cli.code_sets", "codes"),
    "db": ("portal.cli.office", "db"),
    "demo": ("portal.cli.showing", "demo"),
    "keys": ("portal.cli.keys", "keys"),
    "partners": ("portal.cli.partners", "partners"),
    "payers": ("portal.cli.office", "payers"),
    "practices": ("portal.cli.office", "practices"),
    "remittances": ("portal.cli.trade", "remittances"),
    "routes": ("portal.cli.doors", "routes"),
    "serve": ("portal.cli.serving", "serve"),
    "setup": ("portal.cli.founding", "setup"),
    "statements": ("portal.cli.trade", "statements"),
    "users": ("portal.cli.office", "users"),
    "visits": ("portal.cli.trade", "visits"),
    "worker": ("portal.cli.serving", "worker"),
    "x12": ("portal.cli.reading", "x12"),
}


class Candor(click.Group):
    """Loads a group's module only when it is called or its help is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click hands it in
        """All commands, in order."""
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click hands it in
        """The command of a name."""
        if cmd_name not in _COMMANDS:
            return None
        module, name = _COMMANDS[cmd_name]
        found: click.Command = getattr(_loaded(module), name)
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Names with their first sentence."""
        rows = []
        for name in self.list_commands(ctx):
            command = self.get_command(ctx, name)
            if command is not None:
                rows.append((name, command.get_short_help_str(70)))
        with formatter.section("Commands"):
            formatter.write_dl(rows)


def _loaded(module: str) -> ModuleType:
    """A module, with all that it imports; nothing of it is garbage, and looking for some was a sixth of every start."""
    searching = gc.isenabled()
    gc.disable()
    try:
        return importlib.import_module(module)
    finally:
        gc.freeze()
        if searching:
            gc.enable()


@click.command(cls=Candor, epilog="Example: ./candor x12 check remittance.edi --json")
def main() -> None:
    """Candor: patients read and pay, staff work the revenue cycle, payers answer, officers see who saw what."""


if __name__ == "__main__":
    os.umask(0o077)  # data, keys and mails are for the account that runs Candor alone
    main(prog_name="./candor")
