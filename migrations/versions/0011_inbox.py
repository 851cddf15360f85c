"""Folders of partners that are reached over SFTP, and what their files changed.

Revision 0011.
"""

from __future__ import annotations

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Folders of partners that are reached over SFTP, and what their files changed."""
