"""Writes `docs/lives.md` from the state tables: `python -m tests.house.lives > docs/lives.md`."""

from __future__ import annotations

import sys

from portal.domain.lifecycle import mermaid
from portal.services.unit_of_work.lives import LIVES

HEAD = """# Lives

Written by `python -m tests.house.lives` from the state tables of `portal/domain`; a house test compares them. A move
that is not drawn does not exist. On each arrow: the permission, who takes the step (a person, the system, either), and
in brackets the guard that must hold.
"""


def page() -> str:
    parts = [HEAD]
    for table, life in sorted(LIVES.items()):
        parts.append(f"\n## {life.name} (table `{table}`)\n\n```mermaid\n{mermaid(life)}```\n")
        parts.append("| state | in words |\n| --- | --- |")
        parts += [f"| {state} | {life.words[state]} |" for state in life.states]
        if life.guards:
            parts.append("\n| guard | what is said when it does not hold |\n| --- | --- |")
            parts += [f"| {name} | {guard.text} |" for name, guard in life.guards.items()]
    return "\n".join(parts) + "\n"


if __name__ == "__main__":
    sys.stdout.write(page())
