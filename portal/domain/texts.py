"""Words for people, kept apart from the sentence: an English message id with named parameters.

`portal.language` turns a Text into a finished sentence of a locale. `T_` marks a message for extraction.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, TypeAlias

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


def to_json(text: Text) -> dict[str, Any]:
    """A Text as plain JSON, to be stored and said later in the reader's own language."""
    return {
        "message": text.message,
        "plural": text.plural,
        "parameters": {name: _dump(value) for name, value in text.parameters.items()},
    }


def from_json(stored: Mapping[str, Any]) -> Text:
    """The Text that `to_json` stored."""
    parameters = {name: _load(value) for name, value in stored["parameters"].items()}
    return Text(stored["message"], MappingProxyType(parameters), stored["plural"])


def _dump(value: Parameter) -> Any:
    if isinstance(value, Text):
        return {"text": to_json(value)}
    if isinstance(value, datetime):
        return {"instant": value.isoformat()}
    if isinstance(value, date):
        return {"date": value.isoformat()}
    if isinstance(value, str | int):
        return value
    return {"cents": value.cents}


def _load(stored: Any) -> Parameter:
    if not isinstance(stored, dict):
        plain: str | int = stored
        return plain
    ((kind, value),) = stored.items()
    if kind == "text":
        return from_json(value)
    if kind == "instant":
        return datetime.fromisoformat(value)
    return date.fromisoformat(value) if kind == "date" else Money(value)
