"""Calibration: jobs over a part of their points, and what a store asks of new robots."""

import sqlalchemy as sa
from alembic import op

from app.kernel.db import UtcDateTime

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column(
        "calibration_jobs", sa.Column("points", sa.Text(), server_default="", nullable=False)
    )
    op.create_index(
        "ix_readings_certificate",
        "readings",
        ["equipment_certificate_id", "job_id", "point_id", "phase"],
    )
    op.create_table(
        "presale_procedures",
        sa.Column("id", KEY, nullable=False),
        sa.Column("store_id", KEY, nullable=False),
        sa.Column("procedure_id", KEY, nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("made_by", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_presale_procedures_store_id_stores")
        ),
        sa.ForeignKeyConstraint(
            ["procedure_id"],
            ["procedures.id"],
            name=op.f("fk_presale_procedures_procedure_id_procedures"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_presale_procedures")),
        sa.UniqueConstraint(
            "store_id", "procedure_id", name=op.f("uq_presale_procedures_store_id_procedure_id")
        ),
    )
