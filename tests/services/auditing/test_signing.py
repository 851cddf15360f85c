"""The signing key is replaced: announced, both sign, the old one ends; verifiers with the list believe every head."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from audit.checkpoint import VerifierKey, read_anchors
from audit.witness import make_key, opened, server
from portal import config, runtime
from portal.domain.errors import Refused
from portal.runtime import VERIFIER, next_file
from portal.services.auditing import checking, signing, upkeep
from tests.databases import World
from tests.services.auditing.test_cells import url
from tests.services.test_unit_of_work import events, patient


def stated(world: World) -> Path:
    return world.runtime.settings.anchor_file.parent / VERIFIER


def turn(world: World, **more) -> signing.Change:
    first = world.runtime.settings.signing_key_file
    return signing.rotate(
        world.units, world.runtime.parts, world.machine("keys"), config.numbered(first), next_file(first),
        stated(world), **more,
    )  # fmt: skip


def work(world: World, sign) -> None:
    with world.write("patient:change") as uow:
        number = f"M-{len(events(world))}"
        patient(uow, "Okonkwo", number)
    sign()


def verified(world: World, *keys: VerifierKey):
    listed = list(keys) or runtime.public_keys([stated(world)])
    return checking.check(url(world), [world.runtime.parts.anchor_file], listed)


def test_a_new_key_follows_the_old_one_and_every_head_verifies(world: World):
    sign = runtime.signer(world.runtime)  # as a worker that runs all the time
    work(world, sign)
    old = runtime.public_keys([stated(world)])[0]
    begun = turn(world)
    assert begun.stage == "begun"
    told = events(world)[-1]
    assert told["objects"] == [{"type": "signing-key", "id": begun.key.public.hex()}]
    assert begun.key.first == told["seq"] + 1
    with pytest.raises(Refused) as refused:
        turn(world)
    assert refused.value.code == "unsigned"
    work(world, sign)
    assert verified(world).ok
    assert verified(world, old).ok, "who has the old key only still believes what both sign"
    assert turn(world).until == world.clock.now() + signing.OVERLAP
    world.clock.forward(days=30)
    work(world, sign)
    ended = turn(world)
    assert ended.stage == "ended"
    assert list(config.numbered(world.runtime.settings.signing_key_file)) == [2]
    work(world, sign)
    notes = [each.note.count("\u2014 ") for each in read_anchors(world.runtime.parts.anchor_file)[0]]
    assert notes == [1, 2, 2, 1]
    report = verified(world)
    assert report.ok, report.problems
    assert {each.code for each in verified(world, old).problems} == {"signature"}, "the old key signs no longer"
    spans = [(each.first, each.last) for each in runtime.public_keys([stated(world)])]
    assert spans == [(0, report.size - 2), (begun.key.first, None)]
    runtime.signer(world.runtime)
    assert [(each.first, each.last) for each in runtime.public_keys([stated(world)])] == spans, "the list stays"


def test_a_head_of_the_old_key_after_its_end_is_not_believed(world: World, tmp_path: Path):
    sign = runtime.signer(world.runtime)
    work(world, sign)
    first = world.runtime.settings.signing_key_file
    stolen = tmp_path / "stolen.key"
    stolen.write_bytes(first.read_bytes())
    turn(world)
    work(world, sign)
    assert turn(world, overlap=signing.OVERLAP * 0).stage == "ended"
    with world.write("patient:change") as uow:
        patient(uow, "Forged", "M-forged")
    upkeep.tick(
        world.units, world.runtime.parts,
        [runtime.Ed25519PrivateKey.from_private_bytes(stolen.read_bytes())],
    )  # fmt: skip
    assert {each.code for each in verified(world).problems} == {"signature"}


def test_broken_off_before_the_file_is_there_it_goes_on_with_the_same_key(world: World, monkeypatch):
    sign = runtime.signer(world.runtime)
    work(world, sign)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(Path, "rename", killed)
        with pytest.raises(KeyboardInterrupt):
            turn(world)
    listed = runtime.public_keys([stated(world)])
    work(world, sign)
    assert verified(world).ok
    again = turn(world)
    assert again.key.public == listed[-1].public
    assert len(runtime.public_keys([stated(world)])) == 2
    work(world, sign)
    assert verified(world).ok


def test_a_key_that_the_log_does_not_announce_is_told(world: World):
    sign = runtime.signer(world.runtime)
    work(world, sign)
    turn(world)
    work(world, sign)
    old, new = runtime.public_keys([stated(world)])
    early = VerifierKey(new.name, new.type, new.public, first=1)
    assert [each.code for each in verified(world, old, early).problems] == ["key"]


def test_a_witness_with_the_list_goes_on_over_the_change(world: World, tmp_path: Path):
    sign = runtime.signer(world.runtime)
    work(world, sign)
    turn(world)
    work(world, sign)
    public = make_key(tmp_path / "w.key", "w.example")
    logs = runtime.public_keys([stated(world)])
    here = server(opened(tmp_path / "w.key", tmp_path / "seen", logs, lambda: datetime.now(UTC)), "127.0.0.1", 0)
    thread = threading.Thread(target=here.serve_forever, args=(0.02,))
    thread.start()
    try:
        place = f"http://127.0.0.1:{here.server_address[1]}"
        assert upkeep.ask_witness(world.units, world.runtime.parts, place, [public]) == len(events(world))
        turn(world, overlap=signing.OVERLAP * 0)
        work(world, sign)
        assert upkeep.ask_witness(world.units, world.runtime.parts, place, [public]) == len(events(world))
    finally:
        here.shutdown()
        thread.join()
        here.server_close()
