"""Contracts of payers with their days, and edits that a practice writes itself.

Revision 0009.
"""

from __future__ import annotations

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Contracts of payers with their days, and edits that a practice writes itself."""
