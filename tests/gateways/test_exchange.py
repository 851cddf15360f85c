from __future__ import annotations

import os
from pathlib import Path

import pytest

from portal.domain.transport import TransportFault
from portal.gateways.exchange import MOST_BYTES, FolderExchange


@pytest.fixture
def exchange(tmp_path: Path) -> FolderExchange:
    return FolderExchange(tmp_path / "edi")


def waiting(tmp_path: Path, name: str, body: bytes = b"ISA") -> Path:
    folder = tmp_path / "edi" / "house" / "in"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_bytes(body)
    return path


def test_a_file_appears_whole_under_its_name_and_nothing_beside_it(exchange: FolderExchange, tmp_path: Path):
    out = tmp_path / "edi" / "house" / "out"
    exchange.lay("house", "1.837", b"ISA*1~")
    assert [path.name for path in out.iterdir()] == [".1.837.part"], "nobody takes it for whole"
    exchange.hand("house", "1.837", b"ISA*1~")
    assert [(path.name, path.read_bytes()) for path in out.iterdir()] == [("1.837", b"ISA*1~")]
    exchange.lay("house", "1.837", b"ISA*1~")
    exchange.hand("house", "1.837", b"ISA*1~")
    assert [path.name for path in out.iterdir()] == ["1.837"]
    (out / "1.837").unlink()
    exchange.hand("house", "1.837", b"ISA*1~")
    assert list(out.iterdir()) == [], "what the partner took does not come a second time"


def test_another_file_of_the_same_name_is_refused_loudly_and_left(exchange: FolderExchange, tmp_path: Path):
    exchange.lay("house", "1.837", b"ISA*1~")
    other = tmp_path / "edi" / "house" / "out" / "1.837"
    other.write_bytes(b"ISA*2~")
    with pytest.raises(TransportFault, match="other-bytes"):
        exchange.hand("house", "1.837", b"ISA*1~")
    assert other.read_bytes() == b"ISA*2~"


def test_a_write_that_fails_leaves_no_file_to_be_taken(
    exchange: FolderExchange, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def full(_handle: int) -> None:
        raise OSError(28, "no space left")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="no space"):
        exchange.lay("house", "1.837", b"ISA*1~")
    out = tmp_path / "edi" / "house" / "out"
    assert [path.name for path in out.iterdir() if not path.name.startswith(".")] == []


def test_whole_files_wait_in_order_and_others_are_left_alone(exchange: FolderExchange, tmp_path: Path):
    for name in ("b.999", "a.ta1", ".hidden", "c.part", "d.tmp"):
        waiting(tmp_path, name)
    folder = tmp_path / "edi" / "house" / "in"
    (folder / "sub").mkdir()
    (folder / "e.999").symlink_to(folder / "b.999")
    assert exchange.names("house") == ["a.ta1", "b.999"]
    assert exchange.names("nobody") == []


def test_size_and_time_of_a_file_are_told_unread(exchange: FolderExchange, tmp_path: Path):
    os.utime(waiting(tmp_path, "a.835", b"first"), ns=(5, 1_000_000_007))
    assert exchange.stamp("house", "a.835") == (5, 1_000_000_007)
    with pytest.raises(FileNotFoundError):
        exchange.stamp("house", "b.835")


def test_a_file_taken_in_is_put_away_and_never_written_over(exchange: FolderExchange, tmp_path: Path):
    for body in (b"first", b"second"):
        waiting(tmp_path, "a.999", body)
        assert exchange.take("house", "a.999") == body
        exchange.done("house", "a.999")
        assert exchange.names("house") == []
    away = tmp_path / "edi" / "house" / "done"
    assert sorted(path.read_bytes() for path in away.iterdir()) == [b"first", b"second"]


@pytest.mark.parametrize("name", ["../x", "a/b", "..", ".", "", ".hidden", "a\\b", "a\0b", "/etc/passwd"])
def test_no_name_leads_elsewhere(exchange: FolderExchange, tmp_path: Path, name: str):
    for call in (
        lambda: exchange.lay(name, "1.837", b""),
        lambda: exchange.lay("house", name, b""),
        lambda: exchange.hand("house", name, b""),
        lambda: exchange.take("house", name),
        lambda: exchange.done("house", name),
        lambda: exchange.names(name),
    ):
        with pytest.raises(ValueError, match="plain name"):
            call()
    assert not (tmp_path / "x").exists()


def test_a_folder_that_is_a_link_out_of_the_exchange_is_refused(exchange: FolderExchange, tmp_path: Path):
    (tmp_path / "edi").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "edi" / "house").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ValueError, match="leads out"):
        exchange.lay("house", "1.837", b"x")
    assert list((tmp_path / "elsewhere").rglob("*.837")) == []


def test_a_link_among_the_waiting_files_is_not_read(exchange: FolderExchange, tmp_path: Path):
    secret = tmp_path / "secret"
    secret.write_bytes(b"key")
    waiting(tmp_path, "a.999")
    (tmp_path / "edi" / "house" / "in" / "b.999").symlink_to(secret)
    with pytest.raises(FileNotFoundError):
        exchange.take("house", "b.999")


def test_no_more_of_a_file_is_read_than_shows_it_to_be_too_large(exchange: FolderExchange, tmp_path: Path):
    path = waiting(tmp_path, "huge.835")
    os.truncate(path, 4 * MOST_BYTES)
    assert len(exchange.take("house", "huge.835")) == MOST_BYTES


@pytest.mark.parametrize("name", ["a" * 255, "\u00e9" * 120 + ".835", "remit.835"])
def test_done_files_of_one_name_are_all_kept_however_long_or_many(tmp_path: Path, name: str):
    exchange = FolderExchange(tmp_path)
    assert exchange.names("house") == []
    for number in range(12):
        (tmp_path / "house" / "in" / name).write_bytes(bytes([number]))
        exchange.done("house", name)
    assert sorted(path.read_bytes() for path in (tmp_path / "house" / "done").iterdir()) == [
        bytes([n]) for n in range(12)
    ]
