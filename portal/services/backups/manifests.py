"""What a backup says of itself, and the register of backups outside the data, which says what old keys are still for.

manifest.json   format, id, made_at, expires_at, engine, release, keys, files (SHA-256 and size of each),
                roots
register        JSON Lines: id, made_at, expires_at, folder, keys, roots; it outlives the data: a restore forgets none
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from portal.domain.errors import Refused
from portal.domain.texts import T_

FORMAT: Final = "candor-backup/1"
NAME: Final = "manifest.json"
_CHUNK: Final = 1 << 20

Slot = tuple[bytes, int, int]
"""Tenant, purpose, generation of a tenant key."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What is in a backup; instants in ISO 8601, keys as [tenant hex, purpose, generation], nothing protected."""

    format: str
    id: str
    made_at: str
    expires_at: str
    engine: str
    release: str
    keys: list[list[Any]]
    files: dict[str, dict[str, Any]]
    roots: list[int] = field(default_factory=list)
    """Generations of the root that its keys are wrapped under."""

    def slots(self) -> frozenset[Slot]:
        """The tenant keys without which the backup does not open."""
        return frozenset((bytes.fromhex(tenant), purpose, generation) for tenant, purpose, generation in self.keys)


def digest(path: Path) -> dict[str, Any]:
    """SHA-256 in hex and size of a file."""
    found, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while part := file.read(_CHUNK):
            found.update(part)
            size += len(part)
    return {"sha256": found.hexdigest(), "bytes": size}


def write(folder: Path, manifest: Manifest) -> None:
    """Write the manifest, on disk before this returns."""
    _durable(folder / NAME, json.dumps(asdict(manifest), indent=1, sort_keys=True), "w")


def read(folder: Path) -> Manifest:
    """The manifest of a backup; raises Refused for a folder that is none."""
    try:
        said = json.loads((folder / NAME).read_text(encoding="utf-8"))
        manifest = Manifest(**said)
    except (OSError, ValueError, TypeError):
        raise Refused(
            T_("{folder} is not a backup: its manifest cannot be read.", folder=str(folder)), code="no-backup"
        ) from None
    if manifest.format != FORMAT:
        raise Refused(T_("{folder} is a backup of another format.", folder=str(folder)), code="no-backup")
    return manifest


def register(path: Path, manifest: Manifest, folder: Path) -> None:
    """Put a backup into the register before it is made: a backup that then fails costs nothing but patience."""
    path.parent.mkdir(parents=True, exist_ok=True)
    said = {
        "id": manifest.id, "made_at": manifest.made_at, "expires_at": manifest.expires_at, "folder": str(folder),
        "keys": manifest.keys, "roots": manifest.roots,
    }  # fmt: skip
    _durable(path, json.dumps(said, sort_keys=True) + "\n", "a")


def keys_named(path: Path, now: datetime) -> frozenset[Slot]:
    """Tenant keys that backups in the register need which have not expired; `keys.rotation.retire` asks for them."""
    found: set[Slot] = set()
    for said in _lines(path):
        if datetime.fromisoformat(said["expires_at"]) > now:
            found |= {(bytes.fromhex(tenant), purpose, generation) for tenant, purpose, generation in said["keys"]}
    return frozenset(found)


def roots_named(path: Path, now: datetime) -> frozenset[int]:
    """Generations of the root that backups in the register need which have not expired."""
    live = (said for said in _lines(path) if datetime.fromisoformat(said["expires_at"]) > now)
    return frozenset(generation for said in live for generation in said.get("roots", ()))


def _lines(path: Path) -> Iterable[dict[str, Any]]:
    if path.exists():
        yield from (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line)


def _durable(path: Path, text: str, mode: str) -> None:
    with path.open(mode, encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
