"""Bills verified, questions to providers, and checks of coders by sample.

Revision 0010.
"""

from __future__ import annotations

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bills verified, questions to providers, and checks of coders by sample."""
