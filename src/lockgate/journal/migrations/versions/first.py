"""Predictions and feedback."""

import sqlalchemy as sa
from alembic import op

revision = "1"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "predictions",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("made_at", sa.BigInteger, nullable=False),
        sa.Column("request_id", sa.String(128), nullable=False),
        sa.Column("version", sa.Text, nullable=False),
        sa.Column("served_by", sa.String(16), nullable=False),
        sa.Column("seconds", sa.Double, nullable=False),
        sa.Column("rows", sa.Integer, nullable=False),
        sa.Column("inputs", sa.Text, nullable=False),
        sa.Column("outputs", sa.Text, nullable=False),
    )
    op.create_table(
        "feedback",
        sa.Column("prediction", sa.String(32), primary_key=True),
        sa.Column("place", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("truth", sa.Text, nullable=False),
        sa.Column("given_at", sa.BigInteger, nullable=False),
    )


def downgrade() -> None:
    """Drop the tables, and all that is in them."""
    op.drop_table("feedback")
    op.drop_table("predictions")
