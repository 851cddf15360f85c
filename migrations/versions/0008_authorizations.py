"""Prior authorization: rules, requests, what was granted and used.

Revision 0008.
"""

from __future__ import annotations

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Prior authorization: rules, requests, what was granted and used."""
