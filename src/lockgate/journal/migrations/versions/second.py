"""Rows side by side: the tables stay as they are, and older code could not read what is in them."""

revision = "2"
down_revision = "1"


def upgrade() -> None:
    """Change nothing."""


def downgrade() -> None:
    """Refuse: what was kept side by side since could not be read."""
    raise NotImplementedError("older code cannot read rows that are kept side by side")
