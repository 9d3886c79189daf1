"""Certificates: frozen bytes in a chain."""

import sqlalchemy as sa
from alembic import op

from app.kernel.db import UtcDateTime, refusing_triggers

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "calibration_certificates",
        sa.Column("id", KEY, nullable=False),
        sa.Column("store_id", KEY, nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("job_id", KEY, nullable=False),
        sa.Column("unit_id", KEY, nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "original",
                "amendment",
                "replacement",
                name="certificatekind",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("supersedes_id", KEY, nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("snapshot", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("previous_sha256", sa.String(length=64), nullable=False),
        sa.Column("languages", sa.String(length=16), nullable=False),
        sa.Column("pdf", sa.LargeBinary(), nullable=False),
        sa.Column("pdf_sha256", sa.String(length=64), nullable=False),
        sa.Column("dcc", sa.LargeBinary(), nullable=False),
        sa.Column("dcc_sha256", sa.String(length=64), nullable=False),
        sa.Column("is_signed_xml", sa.Boolean(), nullable=False),
        sa.Column("is_interval_agreed", sa.Boolean(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("issued_at", UtcDateTime(), nullable=False),
        sa.Column("issued_by", sa.String(length=200), nullable=False),
        sa.Column("issuer_id", KEY, nullable=True),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.CheckConstraint(
            "(kind = 'original') = (supersedes_id IS NULL)",
            name=op.f("ck_calibration_certificates_original_or_supersedes"),
        ),
        sa.CheckConstraint(
            "kind = 'original' OR reason <> ''",
            name=op.f("ck_calibration_certificates_changed_for_a_reason"),
        ),
        sa.ForeignKeyConstraint(
            ["issuer_id"], ["staff.id"], name=op.f("fk_calibration_certificates_issuer_id_staff")
        ),
        sa.ForeignKeyConstraint(
            ["job_id"],
            ["calibration_jobs.id"],
            name=op.f("fk_calibration_certificates_job_id_calibration_jobs"),
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_calibration_certificates_store_id_stores")
        ),
        sa.ForeignKeyConstraint(
            ["supersedes_id"],
            ["calibration_certificates.id"],
            name=op.f("fk_calibration_certificates_supersedes"),
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["units.id"], name=op.f("fk_calibration_certificates_unit_id_units")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calibration_certificates")),
        sa.UniqueConstraint("code", name=op.f("uq_calibration_certificates_code")),
        sa.UniqueConstraint(
            "store_id", "number", name=op.f("uq_calibration_certificates_store_id_number")
        ),
        sa.UniqueConstraint(
            "store_id", "sequence", name=op.f("uq_calibration_certificates_store_id_sequence")
        ),
        sa.UniqueConstraint(
            "supersedes_id", name=op.f("uq_calibration_certificates_supersedes_id")
        ),
    )
    op.create_index(
        "ix_calibration_certificates_job",
        "calibration_certificates",
        ["job_id", "id"],
        unique=False,
    )
    op.create_index(
        "ix_calibration_certificates_newest",
        "calibration_certificates",
        ["store_id", "id"],
        unique=False,
    )
    op.create_index(
        "ix_calibration_certificates_unit",
        "calibration_certificates",
        ["unit_id", "id"],
        unique=False,
    )
    op.create_table(
        "certificate_withdrawals",
        sa.Column("id", KEY, nullable=False),
        sa.Column("certificate_id", KEY, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_certificate_withdrawals_for_a_reason")),
        sa.ForeignKeyConstraint(
            ["certificate_id"],
            ["calibration_certificates.id"],
            name=op.f("fk_certificate_withdrawals_certificate"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificate_withdrawals")),
        sa.UniqueConstraint(
            "certificate_id", name=op.f("uq_certificate_withdrawals_certificate_id")
        ),
    )

    dialect = op.get_bind().dialect.name
    for table in ("calibration_certificates", "certificate_withdrawals"):
        for statement in refusing_triggers(table, dialect=dialect):
            op.execute(statement)
