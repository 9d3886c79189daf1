"""A signature that was drawn under the answer to an estimate."""

import sqlalchemy as sa
from alembic import op

from app.kernel.db import UtcDateTime, refusing_triggers

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "answer_signatures",
        sa.Column("id", KEY, nullable=False),
        sa.Column("estimate_id", KEY, nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "length(signature) > 0", name=op.f("ck_answer_signatures_something_is_drawn")
        ),
        sa.ForeignKeyConstraint(
            ["estimate_id"],
            ["estimates.id"],
            name=op.f("fk_answer_signatures_estimate_id_estimates"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answer_signatures")),
    )
    op.create_index(
        "ix_answer_signatures_estimate", "answer_signatures", ["estimate_id", "id"], unique=False
    )
    for statement in refusing_triggers("answer_signatures", dialect=op.get_bind().dialect.name):
        op.execute(statement)
