"""Compiled templates, kept for all workers of a run: each would compile hundreds anew."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from uuid import uuid4

from jinja2 import FileSystemBytecodeCache

_RUN = os.environ.get("PYTEST_XDIST_TESTRUNUID") or uuid4().hex


def kept_templates(kind: str) -> FileSystemBytecodeCache:
    """Where environments of one kind keep what they compile; others must not find it."""
    folder = Path(tempfile.gettempdir()) / f"candor-templates-{kind}-{_RUN}"
    folder.mkdir(mode=0o700, exist_ok=True)
    return FileSystemBytecodeCache(str(folder))
