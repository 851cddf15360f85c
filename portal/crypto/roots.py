"""Where the root key comes from; it wraps the few tenant keys and never a field (SECURITY 2.2)."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from portal.crypto.errors import RootRefused, SealBroken
from portal.crypto.keys import KeyContext, unwrap_tenant_key, wrap_tenant_key
from portal.crypto.sealing import KEY_BYTES, number_of

_HEX_KEY = re.compile(r"[0-9A-Fa-f]{64}\Z")


class Root(Protocol):
    """A key outside the database that wraps tenant keys of 32 bytes, bound to their context.

    A wrapped key begins with 0x01, an algorithm byte and the root's generation (4, big endian), so that `Roots` finds
    the root it needs. Algorithm 0x01 is AES-256-GCM in this process; key services use 0x10 (AWS KMS) and 0x11 (Vault
    transit) and put their own ciphertext behind the six bytes. `unwrap` raises ValueError or SealBroken for what is
    not authentic; being out of reach may raise anything else.
    """

    @property
    def generation(self) -> int:
        """Number of this root, from 1; a rotated root has the next."""

    def wrap(self, plain: bytes, context: KeyContext) -> bytes:
        """Wrap one tenant key."""

    def unwrap(self, blob: bytes, context: KeyContext) -> bytes:
        """Give back a tenant key wrapped for the same context."""

    def describe(self) -> str:
        """Say in English what and where this root is, without key material."""


class _LocalRoot:
    """A root whose key lies in this process."""

    def __init__(self, key: bytes, generation: int, source: str) -> None:
        if not 0 < generation < 1 << 32:
            raise RootRefused(f"{source}: a root's generation is 1 or more")
        self._aead = AESGCM(key)
        self._generation = generation
        self._source = source

    @property
    def generation(self) -> int:
        return self._generation

    def wrap(self, plain: bytes, context: KeyContext) -> bytes:
        return wrap_tenant_key(self._aead, self._generation, context, plain)

    def unwrap(self, blob: bytes, context: KeyContext) -> bytes:
        if number_of(blob) != self._generation:
            raise SealBroken
        return unwrap_tenant_key(self._aead, context, blob)

    def describe(self) -> str:
        return f"{self._source}, generation {self._generation}"


class FileRoot(_LocalRoot):
    """A root of 32 raw bytes in a file that its owner alone may read (mode 0400 or 0600).

    `data_directory`, where given, must not hold the file: keys are kept apart from data (74 FR 19006).
    Raises RootRefused.
    """

    def __init__(self, path: Path | str, generation: int = 1, *, data_directory: Path | None = None) -> None:
        path = Path(path)
        if data_directory is not None and path.resolve().is_relative_to(data_directory.resolve()):
            raise RootRefused(f"root file {path} lies in the data directory")
        super().__init__(_read_root_file(path), generation, f"root file {path}")


class EnvRoot(_LocalRoot):
    """A root given as 64 hex digits, as in an environment variable; raises RootRefused."""

    def __init__(self, hex_digits: str, generation: int = 1) -> None:
        if not _HEX_KEY.match(hex_digits):
            raise RootRefused("root in the environment: 64 hex digits are needed")
        super().__init__(bytes.fromhex(hex_digits), generation, "root in the environment")


class Roots:
    """All generations of the root: each wrapped key is unwrapped by the one it names, new ones go under the newest.

    `find` is asked for a generation that a wrapped key names and that is not here: the root was rotated since.
    """

    def __init__(self, *roots: Root, find: Callable[[int], Root | None] | None = None) -> None:
        self._find = find
        self._roots = {root.generation: root for root in roots}
        if not roots:
            raise RootRefused("no root key is given")
        if len(self._roots) != len(roots):
            raise RootRefused("two root keys have the same generation")
        self._newest = self._roots[max(self._roots)]

    @property
    def generation(self) -> int:
        return self._newest.generation

    def wrap(self, plain: bytes, context: KeyContext) -> bytes:
        return self._newest.wrap(plain, context)

    def unwrap(self, blob: bytes, context: KeyContext) -> bytes:
        root = self._of(root_generation_of(blob))
        if root is None:
            raise SealBroken
        try:
            plain = root.unwrap(blob, context)
        except ValueError:
            raise SealBroken from None
        if len(plain) != KEY_BYTES:
            raise SealBroken
        return plain

    def _of(self, generation: int) -> Root | None:
        if generation not in self._roots and self._find is not None:
            found = self._find(generation)
            if found is not None:
                self._roots = {**self._roots, generation: found}
                self._newest = self._roots[max(self._roots)]
        return self._roots.get(generation)

    def describe(self) -> str:
        return "; ".join(self._roots[generation].describe() for generation in sorted(self._roots))


def root_generation_of(blob: bytes) -> int:
    """Read the root generation a wrapped tenant key names, to count what still needs an old root."""
    return number_of(blob)


def make_root_file(path: Path | str) -> None:
    """Make a new root file of mode 0400, durable before this returns; an existing file raises FileExistsError."""
    path = Path(path)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o400)
    try:
        os.fchmod(descriptor, 0o400)
        os.write(descriptor, os.urandom(KEY_BYTES))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    directory = os.open(path.parent, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def _read_root_file(path: Path) -> bytes:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as problem:
        raise RootRefused(f"root file {path}: {problem.strerror}") from None
    try:
        found = os.fstat(descriptor)  # of the opened file, so that nothing can be exchanged after the check
        if not stat.S_ISREG(found.st_mode):
            raise RootRefused(f"root file {path} is not a plain file")
        if stat.S_IMODE(found.st_mode) not in {0o400, 0o600}:
            raise RootRefused(f"root file {path} has mode {stat.S_IMODE(found.st_mode):04o}; 0400 is needed")
        key = os.read(descriptor, KEY_BYTES + 1)
    finally:
        os.close(descriptor)
    if len(key) != KEY_BYTES:
        raise RootRefused(f"root file {path} does not hold exactly 32 bytes")
    return key
