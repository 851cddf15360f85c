"""The project's own files and what they say, read without git so that the tests also pass in an unpacked archive."""

from __future__ import annotations

import ast
import os
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@cache
def files() -> tuple[Path, ...]:
    """Every file that is not ignored by `.gitignore` (plain names and patterns of names), relative to the top."""
    ignored = [line.rstrip("/") for line in (ROOT / ".gitignore").read_text().splitlines() if line]
    found: list[Path] = []
    for folder, folders, names in os.walk(ROOT):
        folders[:] = sorted(n for n in folders if n != ".git" and not any(fnmatch(n, p) for p in ignored))
        found += [Path(folder, n).relative_to(ROOT) for n in names if not any(fnmatch(n, p) for p in ignored)]
    return tuple(sorted(found))


def modules(*tops: str) -> list[Path]:
    """The Python files under these top-level folders."""
    return [path for path in files() if path.suffix == ".py" and path.parts[0] in tops]


@cache
def parsed(path: Path) -> ast.Module:
    """The syntax tree of a file of ours."""
    return ast.parse((ROOT / path).read_text(), filename=str(path))


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    """Every node of it, the outer before the inner."""
    return tuple(ast.walk(parsed(path)))


def module_name(path: Path) -> str:
    """`portal/x12/__init__.py` is `portal.x12`."""
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def imports(path: Path) -> tuple[tuple[int, str], ...]:
    """Line and full name of everything a file imports, wherever in the file; `from a import b` gives `a.b`.

    Relative imports are not used here (the linter refuses them).
    """
    found: list[tuple[int, str]] = []
    for node in nodes(path):
        if isinstance(node, ast.Import):
            found += ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.module, f"{path}:{node.lineno} imports relatively"
            found += ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)
    return tuple(found)


def within(name: str, rooms: tuple[str, ...]) -> bool:
    """Whether a dotted name is one of these rooms or lies in one."""
    return any(name == room or name.startswith(room + ".") for room in rooms)
