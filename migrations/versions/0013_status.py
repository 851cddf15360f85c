"""Questions to payers about the status of claims, and claims for a second payer.

Revision 0013.
"""

from __future__ import annotations

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Questions to payers about the status of claims, and claims for a second payer."""
