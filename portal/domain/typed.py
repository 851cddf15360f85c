"""What people typed into forms: line ends made alike, strange signs turned down, no more letters than there is room."""

from __future__ import annotations

import unicodedata

from portal.domain.errors import Refused
from portal.domain.texts import T_

_LINE_ENDS = {"\n", "\r", "\t"}


def plain(typed: str, field: str, most: int) -> str | None:
    """Typed words with line ends made alike; None for none. Raises Refused for signs no keyboard has, and too many."""
    text = typed.replace("\r\n", "\n").replace("\r", "\n").strip()
    if any(_strange(sign) for sign in text):
        raise Refused(T_("There is a sign in it that cannot be kept. Type it anew."), code=field)
    if len(text) > most:
        raise Refused(T_("It is longer than {n} letters. Make it shorter.", n=most), code=field)
    return text or None


def one_line(typed: str, field: str, most: int) -> str | None:
    """`plain` words of a field that has one line: what was pasted on several is one again."""
    return plain(" ".join(typed.split()), field, most)


def shown(typed: str) -> str:
    """What was typed, to be shown once more beside what is wrong with it: without signs that no page takes."""
    return "".join(sign for sign in typed if not _strange(sign))


def _strange(sign: str) -> bool:
    return unicodedata.category(sign) in {"Cc", "Cs", "Cn"} and sign not in _LINE_ENDS
