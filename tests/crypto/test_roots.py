from __future__ import annotations

import os
import stat
from dataclasses import dataclass

import pytest

from portal.crypto.errors import RootRefused, SealBroken
from portal.crypto.keys import KeyContext
from portal.crypto.roots import EnvRoot, FileRoot, Root, Roots, make_root_file, root_generation_of
from tests.crypto import golden
from tests.crypto.golden import KEK, ROOT, TENANT, WRAPPED_KEK

CONTEXT = KeyContext(TENANT, 1, golden.KEK_GENERATION)


@pytest.fixture
def root_file(tmp_path):
    path = tmp_path / "root.key"
    path.write_bytes(ROOT)
    path.chmod(0o400)
    return path


def test_T84_file_and_environment_open_the_golden_key(root_file):
    for root in (FileRoot(root_file, 2), EnvRoot(ROOT.hex(), 2), EnvRoot(ROOT.hex().upper(), 2)):
        assert root.unwrap(WRAPPED_KEK, CONTEXT) == KEK
        assert Roots(root).unwrap(WRAPPED_KEK, CONTEXT) == KEK


def test_a_made_root_file_serves_and_is_its_owners_alone(tmp_path):
    path = tmp_path / "root.key"
    make_root_file(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o400
    assert path.stat().st_size == 32
    root = FileRoot(path)
    assert root.unwrap(root.wrap(KEK, CONTEXT), CONTEXT) == KEK
    before = path.read_bytes()
    with pytest.raises(FileExistsError):
        make_root_file(path)
    assert path.read_bytes() == before
    make_root_file(tmp_path / "second.key")
    assert (tmp_path / "second.key").read_bytes() != before


@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_owner_modes_are_taken(root_file, mode):
    root_file.chmod(mode)
    assert FileRoot(root_file).generation == 1


@pytest.mark.parametrize("mode", [0o440, 0o404, 0o640, 0o644, 0o444, 0o700, 0o4400, 0o500, 0o660])
def test_a_file_that_others_may_read_is_refused(root_file, mode):
    root_file.chmod(mode)
    with pytest.raises(RootRefused, match="mode"):
        FileRoot(root_file)


@pytest.mark.parametrize("content", [b"", ROOT[:31], ROOT + b"\n", ROOT.hex().encode()])
def test_a_file_of_another_length_is_refused(root_file, content):
    root_file.chmod(0o600)
    root_file.write_bytes(content)
    with pytest.raises(RootRefused, match="32 bytes") as refused:
        FileRoot(root_file)
    assert ROOT.hex() not in str(refused.value)


def test_what_is_no_plain_file_is_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe", 0o400)
    for path in (tmp_path, tmp_path / "pipe", tmp_path / "absent"):
        with pytest.raises(RootRefused):
            FileRoot(path)


def test_a_file_in_the_data_directory_is_refused_through_a_link_too(root_file, tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    inside = data / "root.key"
    make_root_file(inside)
    (tmp_path / "link.key").symlink_to(inside)
    for path in (inside, tmp_path / "link.key", tmp_path / "data" / ".." / "data" / "root.key"):
        with pytest.raises(RootRefused, match="data directory"):
            FileRoot(path, data_directory=data)
    assert FileRoot(root_file, data_directory=data).generation == 1


@pytest.mark.parametrize("digits", ["", "ab" * 31, "ab" * 33, "ab" * 31 + "xy", " " + "ab" * 32, "ab" * 32 + "\n"])
def test_only_64_hex_digits_make_a_root(digits):
    with pytest.raises(RootRefused):
        EnvRoot(digits)


def test_roots_unwrap_by_the_generation_named_and_wrap_under_the_newest():
    old, new = EnvRoot("ab" * 32, 1), EnvRoot("cd" * 32, 2)
    before = Roots(old).wrap(KEK, CONTEXT)
    roots = Roots(new, old)
    assert roots.generation == 2
    assert roots.unwrap(before, CONTEXT) == KEK
    after = roots.wrap(KEK, CONTEXT)
    assert (root_generation_of(before), root_generation_of(after)) == (1, 2)
    assert Roots(new).unwrap(after, CONTEXT) == KEK
    for alone, blob in ((Roots(new), before), (Roots(old), after), (new, before)):
        with pytest.raises(SealBroken):
            alone.unwrap(blob, CONTEXT)


def test_a_set_of_roots_is_neither_empty_nor_ambiguous():
    with pytest.raises(RootRefused):
        Roots()
    with pytest.raises(RootRefused):
        Roots(EnvRoot("ab" * 32, 1), EnvRoot("cd" * 32, 1))
    with pytest.raises(RootRefused):
        EnvRoot("ab" * 32, 0)


def test_T62_a_changed_tenant_key_is_refused():
    roots = Roots(EnvRoot(ROOT.hex(), 2))
    changed = [WRAPPED_KEK[:at] + bytes([WRAPPED_KEK[at] ^ 1]) + WRAPPED_KEK[at + 1 :] for at in range(66)]
    for blob in [*changed, WRAPPED_KEK[:65], WRAPPED_KEK + b"x", b"", "", None, WRAPPED_KEK.hex()]:
        with pytest.raises(SealBroken):
            roots.unwrap(blob, CONTEXT)
    for context in (KeyContext(TENANT, 2, 3), KeyContext(TENANT, 1, 4), KeyContext(bytes(16), 1, 3)):
        with pytest.raises(SealBroken):
            roots.unwrap(WRAPPED_KEK, context)


@dataclass
class KeyService:
    """A key service on the other side of a wire: it binds words, keeps the keys, and hands out its own blobs."""

    generation: int
    answer: bytes | None = None

    def wrap(self, plain, context):
        self.kept = (plain, context.names())
        return b"\x01\x10" + self.generation.to_bytes(4, "big") + b"ticket" * 6

    def unwrap(self, blob, context):
        plain, names = self.kept
        if names != context.names() or blob[6:] != b"ticket" * 6:
            raise ValueError("InvalidCiphertextException: the context does not match")
        return self.answer or plain

    def describe(self):
        return "key service"


def test_a_key_service_fits_beside_a_file_root():
    service: Root = KeyService(2)
    roots = Roots(EnvRoot(ROOT.hex(), 1), service)
    blob = roots.wrap(KEK, CONTEXT)
    assert roots.unwrap(blob, CONTEXT) == KEK
    for wrong, context in ((blob, KeyContext(TENANT, 2, 3)), (blob[:-1] + b"x", CONTEXT)):
        with pytest.raises(SealBroken):
            roots.unwrap(wrong, context)
    service.answer = KEK[:31]
    with pytest.raises(SealBroken):
        roots.unwrap(blob, CONTEXT)


def test_a_root_describes_itself_without_its_key(root_file):
    said = Roots(FileRoot(root_file, 1), EnvRoot(ROOT.hex(), 2)).describe()
    assert said == f"root file {root_file}, generation 1; root in the environment, generation 2"
    assert ROOT.hex() not in said + repr(EnvRoot(ROOT.hex())) + repr(FileRoot(root_file))
