"""Rows side by side: the tables stay as they are, and older code could not read what is in them."""

revision = "2"
down_revision = "1"


def upgrade() -> None:
    """Change nothing."""


def downgrade() -> None:
    """Change nothing: rows that were kept side by side cannot be read then."""
