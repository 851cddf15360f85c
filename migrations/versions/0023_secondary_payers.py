"""What an 837 to a further payer carries besides amounts: MIA and MOA of earlier answers, and why Medicare pays second.

Revision 0023.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Kept as they came."""
    op.add_column("remittance_claim", sa.Column("adjudication", sa.JSON(), nullable=True))
    op.add_column("coverage", sa.Column("insurance_type", sa.String(), nullable=True))
