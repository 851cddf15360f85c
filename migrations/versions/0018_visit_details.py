"""What the office corrected of a facility's or dentist's visit.

Revision 0018.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Beside the proposal, which is never changed."""
    op.add_column("encounter", sa.Column("details_sealed", sa.LargeBinary(), nullable=True))
