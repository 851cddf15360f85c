"""Visits and days that payers grant, and the days that claims take of them.

Revision 0024.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What limits approvals besides units; what was counted before has no days, and is read as of its claim's."""
    for table in ("authorization", "authorization_line"):
        op.add_column(table, sa.Column("limits", sa.JSON(), nullable=True))
    for name in ("served_from", "served_to", "stay_from", "stay_to"):
        op.add_column("authorization_use", sa.Column(name, sa.Date(), nullable=True))
