"""Contacts with payers: calls, letters, messages, and what comes next.

Revision 0012.
"""

from __future__ import annotations

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Contacts with payers: calls, letters, messages, and what comes next."""
