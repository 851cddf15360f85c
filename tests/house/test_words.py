"""What is written in the project holds on every machine and for every reader."""

from __future__ import annotations

import re

from tests.house.tree import ROOT, files

BINARY = {".png", ".pdf", ".ttf", ".woff2", ".ico", ".gz", ".zip"}
# put together here, so that this file does not hold what it looks for
REGISTRIES = "|".join(
    ("pypi" + r"\.org", "python" + r"hosted\.org", "file:" + r"///\w+/py" + "pi", r"--(?:extra-)?index" + "-url")
)
MACHINES = r"(?<![\w.$}~-])/(?:" + "|".join(("wo" + "rk", "ro" + "ot", "ho" + "me", "Use" + "rs")) + r")/\w"
UNFINISHED = r"\b(?:" + "|".join(("TO" + "DO", "FIX" + "ME", "X" * 3, "NotImplemented" + "Error")) + r")\b"


def found(pattern: str) -> list[str]:
    """File, line and text of every match in the text files of the project."""
    search = re.compile(pattern).search
    return [
        f"{path}:{number} {match[0]}"
        for path in files()
        if path.suffix not in BINARY
        for number, line in enumerate((ROOT / path).read_text(encoding="utf-8").splitlines(), 1)
        if (match := search(line))
    ]


def test_no_registry_is_named() -> None:
    assert found(REGISTRIES) == []


def test_no_path_of_one_machine_is_named() -> None:
    assert found(MACHINES) == []


def test_nothing_is_left_unfinished() -> None:
    assert found(UNFINISHED) == []
