"""Code sets beyond ICD-10-CM and HCPCS, with the tables of NCCI, MUE and fee schedules.

Revision 0003.
"""

from __future__ import annotations

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Code sets beyond ICD-10-CM and HCPCS, with the tables of NCCI, MUE and fee schedules."""
