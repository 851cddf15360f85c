"""Words for people, kept apart from the sentence: an English message id with named parameters.

`portal.language` turns a Text into a finished sentence of a locale. `T_` marks a message for extraction.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from portal.domain.money import Money

Parameter: TypeAlias = "str | int | date | datetime | Money | Text"


@dataclass(frozen=True, slots=True)
class Text:
    """One message: `message` is the English id in `{name}` format, `plural` its plural id, chosen by `parameters["n"]`.

    Parameters are typed (Money, date, int, str, Text), never preformatted, so that each locale writes them its own way.
    """

    message: str
    parameters: Mapping[str, Parameter] = field(default_factory=lambda: MappingProxyType({}))
    plural: str | None = None

    def __str__(self) -> str:
        """The English sentence, plainly filled in; for logs of findings and for tests, never for pages."""
        message = self.message
        if self.plural is not None and self.parameters.get("n") != 1:
            message = self.plural
        return message.format(**{name: str(value) for name, value in self.parameters.items()})


def T_(message: str, /, plural: str | None = None, **parameters: Parameter) -> Text:  # noqa: N802 - the name that gettext extraction looks for
    """Make a Text and mark its message for extraction: `T_("{n} claim sent", "{n} claims sent", n=3)`."""
    return Text(message, MappingProxyType(parameters), plural)
