"""On PostgreSQL, the tables of the job engine; on SQLite nothing: jobs lie in our own table.

Revision 0002. What Procrastinate 3.10.0 brings is run as it stands. A later version changes its own tables by steps of
its own; whoever raises the pin adds a migration that runs them (a test holds the two together).
"""

from __future__ import annotations

from importlib.resources import files

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TABLES = ("procrastinate_jobs", "procrastinate_events", "procrastinate_workers", "procrastinate_periodic_defers")


def upgrade() -> None:
    """Make the engine's tables and let the application's role use them."""
    bind = op.get_bind()
    if bind.dialect.name != "postgresql":
        return
    # read as a resource: an installation on SQLite has no such package
    schema = files("procrastinate").joinpath("sql", "schema.sql").read_text(encoding="utf-8")
    bind.connection.driver_connection.execute(schema)
    role = op.get_context().config.attributes.get("application_role")
    if role:
        for table in TABLES:
            op.execute(f'GRANT SELECT, INSERT, UPDATE, DELETE ON "{table}" TO {role}')
        for table in ("procrastinate_jobs", "procrastinate_events", "procrastinate_periodic_defers"):
            op.execute(f"GRANT USAGE ON SEQUENCE {table}_id_seq TO {role}")
