"""Every command is classified: it takes a reason, because it opens what is sealed, or it says why it opens nothing."""

from __future__ import annotations

from collections.abc import Iterator

import click

from audit.event import PURPOSES
from portal.cli import desk
from portal.cli.__main__ import main


def commands(group: click.Group, before: tuple[str, ...] = ()) -> Iterator[tuple[str, click.Command]]:
    """Every command that does something, by its words."""
    context = click.Context(group)
    for name in group.list_commands(context):
        found = group.get_command(context, name)
        assert found is not None
        if isinstance(found, click.Group):
            yield from commands(found, (*before, name))
        else:
            yield " ".join((*before, name)), found


def reason_of(command: click.Command) -> click.Option | None:
    """The `--reason` of a command, where it takes a code."""
    for each in command.params:
        if each.name == "reason" and isinstance(each, click.Option) and isinstance(each.type, click.Choice):
            return each
    return None


def test_every_command_takes_a_reason_or_says_why_it_opens_nothing():
    found = dict(commands(main))
    takes = {name for name, command in found.items() if reason_of(command)}
    assert takes & desk.OPENS_NOTHING.keys() == set(), "takes a reason for opening nothing"
    assert found.keys() - takes == desk.OPENS_NOTHING.keys(), "not classified: see portal/cli/desk.py"


def test_a_reason_is_implied_or_demanded_and_known_to_the_log():
    assert desk.REASONS.keys() <= PURPOSES
    for name, command in commands(main):
        option = reason_of(command)
        if option is not None:
            assert option.required or option.default in desk.REASONS, name
