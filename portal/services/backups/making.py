"""Making a backup, checking one, and restoring one into an empty place."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import select

from portal.access.actors import Actor
from portal.domain.errors import Refused
from portal.domain.texts import T_
from portal.models.keys import KekRow
from portal.services.backups import manifests, stores
from portal.services.backups.manifests import FORMAT, Manifest
from portal.services.keys import rotation
from portal.services.parts import Parts
from portal.services.unit_of_work.units import Units

KEEP_DAYS: Final = 90
ANCHORS: Final = "anchors.jsonl"
_NEEDED: Final = ("pending", "active", "decrypt-only")

LogCheck = Callable[[str, Sequence[Path]], Sequence[str]]
"""Checks the log of a store by its URL against anchor files and says what is wrong (`auditing.checking.faults`)."""


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup on disk."""

    folder: Path
    manifest: Manifest


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore came to: which backup, and how many data keys that it brought back were shredded again."""

    id: str
    shredded_again: int


def create(
    units: Units, actor: Actor, parts: Parts, url: str, target: Path, *, register: Path, keep_days: int = KEEP_DAYS
) -> Backup:
    """Copy the store and the anchors into a new folder under `target`, with a manifest; no key goes with it.

    `url` is the store's, on PostgreSQL its owner's. `register` lies outside the data. Sign the log first
    (`auditing.upkeep.tick`), so that the copy ends with a signed head. Raises Refused.
    """
    now, id_ = units.clock.now(), secrets.token_hex(16)
    with units.housekeeping() as session:
        keks = select(KekRow.tenant, KekRow.purpose, KekRow.generation, KekRow.wrapped)
        rows = session.execute(keks.where(KekRow.state.in_(_NEEDED))).all()
    # A disabled key is named by nothing any more: nightly backups must not keep it from being destroyed.
    keys = sorted([row.tenant.hex(), row.purpose, row.generation] for row in rows)
    roots = rotation.root_generations(row.wrapped for row in rows)
    folder = target / f"candor-{now:%Y%m%dT%H%M%SZ}-{id_[:8]}"
    engine = stores.engine_of(url)
    expires = now + timedelta(days=keep_days)
    bare = Manifest(FORMAT, id_, now.isoformat(), expires.isoformat(), engine, parts.release, keys, {}, roots)
    manifests.register(register, bare, folder)
    aside = folder.with_name(folder.name + ".partial")
    aside.mkdir(parents=True, mode=0o700)
    try:
        stores.copy_out(url, aside / stores.FILES[engine])
        if parts.anchor_file.exists():
            shutil.copyfile(parts.anchor_file, aside / ANCHORS)
        files = {path.name: manifests.digest(path) for path in sorted(aside.iterdir())}
        manifest = Manifest(FORMAT, id_, bare.made_at, bare.expires_at, engine, parts.release, keys, files, roots)
        manifests.write(aside, manifest)
        aside.rename(folder)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise
    with units.write(actor, "backup:create", kind="export") as uow:
        uow.note("backup", id_)
        uow.trail.digest = bytes.fromhex(files[stores.FILES[engine]]["sha256"])
        uow.trail.count = len(files)
    return Backup(folder, manifest)


def verify(folder: Path, check_log: LogCheck | None = None) -> list[str]:
    """What is wrong with a backup, in English; empty when nothing is.

    Every file against the manifest, the engine's own check, and with `check_log` the log and every row against it (for
    a PostgreSQL dump only after it was restored). Nothing is written. Raises Refused for what is no backup.
    """
    manifest = manifests.read(folder)
    faults = _files(folder, manifest)
    name = stores.FILES[manifest.engine]
    if not (folder / name).exists():
        return faults
    faults += stores.sound(folder / name, manifest.engine)
    if check_log is not None and not faults and manifest.engine == stores.SQLITE:
        anchors = [folder / ANCHORS] if (folder / ANCHORS).exists() else []
        faults += check_log(f"sqlite:///{folder.absolute() / name}", anchors)
    return faults


def restore(
    folder: Path, url: str, *, anchor_file: Path, after: Callable[[], int], check_log: LogCheck | None = None
) -> Restored:
    """Put a backup into an empty place; then `after` must open it and shred again what was shredded since.

    `after` is `keys.shredding.reapply` over a runtime of the restored store, and gives its number. The anchors that
    stand go aside under a name of their own, for they know of more than the restored log holds: they are the evidence
    of what was lost. Raises Refused for a damaged backup or a place that is not empty: nothing was changed then.
    """
    faults = verify(folder, check_log)
    if faults:
        raise Refused(T_("The backup is damaged: {told}. Nothing was restored.", told=faults[0]), code="damaged")
    manifest = manifests.read(folder)
    stores.copy_in(folder / stores.FILES[manifest.engine], url)
    if anchor_file.exists():
        anchor_file.rename(anchor_file.with_name(f"{anchor_file.name}.before-{manifest.id[:8]}-{secrets.token_hex(4)}"))
    if (folder / ANCHORS).exists():
        anchor_file.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(folder / ANCHORS, anchor_file)
    return Restored(manifest.id, after())


def tell(units: Units, actor: Actor, restored: Restored) -> None:
    """The restored log begins with the event of its own restore."""
    with units.write(actor, "backup:restore", kind="import") as uow:
        uow.note("backup", restored.id)
        uow.trail.count = restored.shredded_again


def _files(folder: Path, manifest: Manifest) -> list[str]:
    faults = []
    for name, said in manifest.files.items():
        path = folder / name
        if not path.is_file():
            faults.append(f"{name} is missing")
        elif manifests.digest(path) != said:
            faults.append(f"{name} was changed")
    if stores.FILES[manifest.engine] not in manifest.files:
        faults.append("the manifest names no store")
    return faults
