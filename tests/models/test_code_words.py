"""The migration that lists words of codes: what was loaded before it is found after it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import make_url, text

from portal import runtime
from portal.access.actors import system
from portal.config import Settings
from portal.runtime import ROOT
from portal.services import codes, practices
from tests.databases import ENGINES, settings_for

OLD = (
    ("E119", "Diabétes, plain", "2020-01-01"),
    ("I10", "High pressure", "2020-01-01"),
    ("E119", "Sugar", "2024-01-01"),
)


@pytest.fixture(params=ENGINES)
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    """A store without any table."""
    if request.param == "sqlite":
        yield settings_for(tmp_path)
        return
    postgres = request.getfixturevalue("postgres")
    owner, app = postgres.clone(postgres.template("words", lambda _url: None))
    try:
        yield settings_for(tmp_path, CANDOR_DATABASE_URL=app, CANDOR_DATABASE_OWNER_URL=owner)
    finally:
        postgres.drop(owner)


def until(settings: Settings, revision: str, *statements: tuple[str, dict[str, Any]]) -> None:
    """Migrate up to a revision, as the owner, and write rows as they were then."""
    settings.data.mkdir(parents=True, exist_ok=True)
    engine = runtime.bare_engine(settings.database_owner_url)
    config = Config(toml_file=ROOT / "pyproject.toml")
    config.set_main_option("script_location", str(ROOT / "migrations"))
    if settings.database_owner_url != settings.database_url:
        config.attributes["application_role"] = make_url(settings.database_url).username
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        for statement, values in statements:
            connection.execute(text(statement), values)
        connection.commit()
    engine.dispose()


def test_codes_loaded_before_are_found_by_their_words(settings: Settings):
    released = {"id": bytes(16), "day": "2020-01-01", "at": "2020-01-01 00:00:00+00:00", "digest": bytes(32)}
    release = (
        "INSERT INTO code_release (id, code_set, effective, file_name, digest, loaded_by, loaded_at, code_count)"
        " VALUES (:id, 'icd10cm', :day, 'f', :digest, 'x', :at, 3)"
    )
    code = (
        "INSERT INTO code (id, release_id, code_set, code, description, words, billable, valid_from, valid_to)"
        " VALUES (:id, :release, 'icd10cm', :code, :words, 'x', TRUE, :since, :until)"
    )
    rows = [
        {
            "id": bytes([n]) * 16, "release": bytes(16), "code": each, "words": words, "since": since,
            "until": "2023-12-31" if words == "Diabétes, plain" else None,
        }
        for n, (each, words, since) in enumerate(OLD, 1)
    ]  # fmt: skip
    until(settings, "0002", (release, released), *((code, row) for row in rows))
    runtime.migrate(settings)
    with runtime.running(settings) as first, first.units.write(system("setup"), "practice:edit") as uow:
        practices.found_installation(uow, first.roots, "development")
    with runtime.running(settings) as running, running.units.read(system("codes"), "code:search") as uow:

        def found(words: str, on: date) -> list[str]:
            return [each.code for each in codes.search(uow, words, "icd10cm", on)]

        assert found("diab pla", date(2022, 1, 1)) == ["E119"]
        assert found("diab pla", date(2024, 1, 1)) == []
        assert found("sugar", date(2024, 1, 1)) == ["E119"]
        assert found("pressure", date(2024, 1, 1)) == ["I10"]
