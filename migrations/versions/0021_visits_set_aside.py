"""Which services of a visit stood until it was set aside, so that they stand again when it is taken up.

Revision 0021.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Which services of a visit stood until it was set aside; of those set aside before, nobody knows."""
    op.add_column("charge", sa.Column("stood", sa.Boolean(), nullable=True))
