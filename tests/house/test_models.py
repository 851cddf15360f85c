"""About the tables themselves: classes, codes, reaches, field sets, migrations, triggers."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import LargeBinary, inspect, text

from audit import ddl, table
from migrations.versions import __path__ as versions
from portal.access.fields import OPENABLE
from portal.access.reaches import ALL, Reach
from portal.models import catalog
from portal.models.types import SealedType
from tests.databases import World
from tests.house.schema import page

MODELS = sorted(catalog.models().items())
INSTALLATION = {
    "card_event", "code", "code_block", "code_release", "code_word", "coverage_policy", "factor", "global_period",
    "grant", "installation", "invitation", "job", "job_key", "kek", "legal_hold", "mail", "mue", "ncci_pairs", "payer",
    "poverty_level", "session", "subject_key", "throttle", "user",
}  # fmt: skip


@pytest.mark.parametrize(("name", "model"), MODELS)
def test_every_column_has_a_class_and_a_code_of_its_own(name, model):
    codes = [column.info["code"] for column in model.__table__.columns]
    assert len(codes) == len(set(codes))
    assert all(1 <= code < 256 for code in codes)
    for column in model.__table__.columns:
        assert column.info["class"] in {"open", "sealed", "index", "derived"}
        assert (
            (column.info["class"] == "sealed") == column.key.endswith("_sealed") == isinstance(column.type, SealedType)
        )
        assert (column.info["class"] == "index") == column.key.endswith("_index")
        if column.info["class"] == "index":
            assert isinstance(column.type, LargeBinary)
            assert set(column.info["of"]) <= set(model.__table__.columns.keys())


def test_table_codes_are_used_once():
    codes = [model.table_code for _, model in MODELS]
    assert len(codes) == len(set(codes))


@pytest.mark.parametrize(("name", "model"), MODELS)
def test_every_table_states_its_reach(name, model):
    assert "reached_by" in model.__dict__ or model.reached_by.practice in model.__table__.columns
    model.within(Reach(ALL))
    assert ("practice_id" not in model.__table__.columns and name != "practice") == (
        name in INSTALLATION - {"grant", "job", "legal_hold", "mail", "session"}
    ), "a row of a practice's business names its practice; what belongs to the installation is listed here"


def test_field_sets_name_fields_that_exist_and_every_field_is_opened_by_somebody():
    sealed = {
        f"{name}.{column.key.removesuffix('_sealed')}"
        for name, model in MODELS
        for column in model.__table__.columns
        if column.info["class"] == "sealed"
    }
    named = frozenset().union(*OPENABLE.values())
    assert named <= sealed, named - sealed
    assert sealed <= named, sealed - named


def test_the_schema_page_is_true():
    assert Path("docs/schema.md").read_text() == page(), "run: python -m tests.house.schema > docs/schema.md"


def test_models_equal_the_head_of_the_migrations(world: World):
    with world.runtime.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False, "include_name": _ours})
        assert compare_metadata(context, [catalog.metadata, table.metadata]) == []


def _ours(name, kind, parents):
    return kind != "table" or not name.startswith("procrastinate")


def test_append_only_triggers_stand_at_head(world: World):
    dialect = world.runtime.engine.dialect.name
    wanted = ddl.triggers(dialect)
    for name, unique in catalog.APPEND_ONLY.items():
        wanted += ddl.append_only(name, [each if len(each) > 1 else each[0] for each in unique], dialect)
    query = (
        "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        if dialect == "sqlite"
        else "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
    )
    with world.runtime.engine.connect() as connection:
        standing = set(connection.execute(text(query)).scalars())
    assert set(ddl.trigger_names(wanted)) <= standing


def test_the_application_role_owns_nothing(world: World):
    engine = world.runtime.engine
    if engine.dialect.name != "postgresql":
        pytest.skip("roles are PostgreSQL's")
    with engine.connect() as connection:
        owned = connection.execute(text("SELECT count(*) FROM pg_tables WHERE tableowner = current_user")).scalar()
        assert owned == 0
        assert "audit_event" in inspect(connection).get_table_names()


def test_migrations_are_numbered_one_after_the_other():
    names = sorted(path.name for path in Path(next(iter(versions))).glob("[0-9]*.py"))
    assert [int(name[:4]) for name in names] == list(range(1, len(names) + 1))
