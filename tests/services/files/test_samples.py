"""Every sample of what comes in goes through the inbox: none breaks it, none is lost, each is told for what it is."""

from __future__ import annotations

import pytest

from portal.jobs.handlers import Tools
from portal.jobs.schedule import collecting
from portal.models.interchanges import InterchangeRow
from portal.services import interchanges
from portal.services.files import reading, showing
from tests.databases import World
from tests.make import claims as make
from tests.make import work
from tests.make.x12 import SAMPLES, Row, rows

KINDS = ("ta1", "999", "271", "277", "277ca", "278", "835")
OURS = [row for row in rows() if row.name.split("-")[0] in KINDS]


@pytest.mark.slow
@pytest.mark.skipif(not OURS, reason="the X12 samples are not here: name their folder in CANDOR_X12_SAMPLES")
def test_every_sample_goes_through_the_inbox(sqlite_world: World, caplog: pytest.LogCaptureFixture):
    world = sqlite_world
    with world.write("partner:edit") as uow:
        make.partner(uow, world.practice_id)
    folder = world.runtime.settings.edi / "clearing" / "in"
    folder.mkdir(parents=True)
    bodies = {row.name: (SAMPLES / row.name).read_bytes() for row in OURS}
    for name, body in bodies.items():
        (folder / name).write_bytes(body)
    look, tools = collecting(), Tools(world.units, world.runtime.parts, lambda: None)
    look(tools)
    taken = look(tools)
    world.clock.forward(minutes=61)
    assert taken + look(tools) == len(bodies)
    assert list(folder.iterdir()) == []
    work.drain(world)
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == []
    with world.read("interchange:view") as uow:
        stored = {
            uow.read(row, InterchangeRow.name_sealed): (row, uow.read(row, InterchangeRow.body_sealed))
            for row in uow.entities(uow.select(InterchangeRow))
        }
        wrong = []
        for row in OURS:
            file, body = stored[row.name]
            codes = {finding.code for finding in interchanges.findings_of(uow, file)}
            wrong += [f"{row.name}: {fault}" for fault in _faults(row, file, codes)]
            assert body == bodies[row.name], "the original is kept byte for byte"
            showing.show(uow, file.id)
    assert wrong == []


def _faults(row: Row, file: InterchangeRow, codes: set[str]) -> list[str]:
    """What of a stored file is not as the index of the samples says."""
    kind = row.name.split("-")[0].upper()
    faults = []
    both = kind == "TA1" and row.counts[3] > 0  # an interchange's answer and its groups' in one file
    if file.kind != ("mixed" if both else kind) and "set-aside" not in codes:
        faults.append(f"told for {file.kind!r}")
    if file.state == "RECEIVED":
        faults.append("not read through")
    read = {each for one in reading.IMPORTS for each in one.kinds}
    if kind not in read and file.state != "KEPT":
        faults.append(f"{file.state} without a reader")
    sets = row.counts[3]
    if kind == "835" and file.state in {"APPLIED", "PARTLY"} and file.items != sets:
        faults.append(f"{file.items} payments of {sets}")
    if row.envelope and kind in read and not codes:
        faults.append(f"no finding, but {row.envelope}")
    return faults
