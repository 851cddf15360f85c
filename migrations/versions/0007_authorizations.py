"""Prior authorization: rules, requests, what was granted and used.

Revision 0007.
"""

from __future__ import annotations

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Prior authorization: rules, requests, what was granted and used."""
