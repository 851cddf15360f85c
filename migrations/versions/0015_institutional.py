"""Kinds of visits, and to whom a payer sent a claim on.

Revision 0015.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Kinds of visits, and to whom a payer sent a claim on."""
    op.add_column("encounter", sa.Column("kind", sa.String(), nullable=True))
    op.add_column("remittance_claim", sa.Column("crossover", sa.String(), nullable=True))
