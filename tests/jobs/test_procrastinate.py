"""What holds the two halves of the engine for several machines together."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import version

from portal.gateways import procrastinate as gateway
from portal.jobs import procrastinate_worker as door


def test_what_is_enqueued_is_what_is_run():
    assert gateway.TASK == door._TASK


def test_the_tables_are_those_of_the_pinned_version():
    migration = import_module("migrations.versions.0002_procrastinate")
    assert f"Procrastinate {version('procrastinate')} " in migration.__doc__, (
        "the pin was raised: add a migration that runs the package's own steps since then, and name its version here"
    )
