"""Which loaded files list only what changed, so that those before them are shown as holding.

Revision 0026.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Whether a release lists all; of those loaded before, nobody knows, and they are taken as whole."""
    for table in ("code_release", "fee_schedule"):
        op.add_column(table, sa.Column("whole", sa.Boolean(), nullable=True))
