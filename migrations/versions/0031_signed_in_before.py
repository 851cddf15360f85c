"""When somebody signed in before, so that a patient's first page can say what is new.

Revision 0031.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Two instants of a sign-in; nobody knows those of before."""
    for name in ("signed_in_at", "signed_in_before_at"):
        op.add_column("user", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
