"""Appointments without double booking, preventive plans, loaners, visits."""

import sqlalchemy as sa
from alembic import op

from app.kernel.db import UtcDateTime, refusing_triggers

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
# Two that stand at one moment share neither a bench nor a person.
SHARED = """
    NEW.ended_at IS NULL AND EXISTS (
        SELECT 1 FROM appointments AS other
        WHERE other.id IS NOT NEW.id AND other.ended_at IS NULL
        AND (other.bench_id = NEW.bench_id OR other.staff_id = NEW.staff_id)
        AND other.starts_at < NEW.ends_at AND NEW.starts_at < other.ends_at
    )
"""


def upgrade() -> None:
    op.create_table(
        "benches",
        sa.Column("id", KEY, nullable=False),
        sa.Column("store_id", KEY, nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("name_key", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("archived", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_benches_store_id_stores")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_benches")),
        sa.UniqueConstraint("store_id", "name_key", name=op.f("uq_benches_store_id_name_key")),
    )
    op.create_table(
        "service_plans",
        sa.Column("id", KEY, nullable=False),
        sa.Column("store_id", KEY, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("model_id", KEY, nullable=True),
        sa.Column("every_months", sa.Integer(), nullable=True),
        sa.Column("every_hours", sa.Integer(), nullable=True),
        sa.Column("every_cycles", sa.Integer(), nullable=True),
        sa.Column("occasion", sa.String(32), nullable=True),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("items", sa.Text(), nullable=False),
        sa.Column("archived", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "every_cycles BETWEEN 1 AND 1000000", name=op.f("ck_service_plans_cycles")
        ),
        sa.CheckConstraint(
            "every_hours BETWEEN 1 AND 1000000", name=op.f("ck_service_plans_hours")
        ),
        sa.CheckConstraint("every_months BETWEEN 1 AND 240", name=op.f("ck_service_plans_months")),
        sa.CheckConstraint(
            "every_months IS NOT NULL OR every_hours IS NOT NULL OR every_cycles IS NOT NULL OR occasion IS NOT NULL",
            name=op.f("ck_service_plans_has_an_interval"),
        ),
        sa.CheckConstraint("minutes BETWEEN 5 AND 2880", name=op.f("ck_service_plans_minutes")),
        sa.ForeignKeyConstraint(
            ["model_id"], ["robot_models.id"], name=op.f("fk_service_plans_model_id_robot_models")
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_service_plans_store_id_stores")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_plans")),
    )
    op.create_index("ix_service_plans_store", "service_plans", ["store_id", "id"], unique=False)
    op.create_table(
        "staff_skills",
        sa.Column("id", KEY, nullable=False),
        sa.Column("staff_id", KEY, nullable=False),
        sa.Column("tag", sa.String(length=32), nullable=False),
        sa.Column("tag_key", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f("fk_staff_skills_staff_id_staff")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_skills")),
        sa.UniqueConstraint("staff_id", "tag_key", name=op.f("uq_staff_skills_staff_id_tag_key")),
    )
    op.create_table(
        "unit_occasions",
        sa.Column("id", KEY, nullable=False),
        sa.Column("store_id", KEY, nullable=False),
        sa.Column("unit_id", KEY, nullable=False),
        sa.Column("occasion", sa.String(32), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_unit_occasions_store_id_stores")
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["units.id"], name=op.f("fk_unit_occasions_unit_id_units")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit_occasions")),
    )
    op.create_index(
        "ix_unit_occasions_unit", "unit_occasions", ["unit_id", "occasion", "at"], unique=False
    )
    op.create_table(
        "appointments",
        sa.Column("id", KEY, nullable=False),
        sa.Column("store_id", KEY, nullable=False),
        sa.Column("ticket_id", KEY, nullable=False),
        sa.Column("bench_id", KEY, nullable=False),
        sa.Column("staff_id", KEY, nullable=True),
        sa.Column("starts_at", UtcDateTime(), nullable=False),
        sa.Column("ends_at", UtcDateTime(), nullable=False),
        sa.Column("skill", sa.String(length=32), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("made_by", sa.String(length=200), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("ended_by", sa.String(length=200), nullable=False),
        sa.Column("why", sa.String(length=200), nullable=False),
        sa.CheckConstraint(
            "(ended_at IS NULL) = (ended_by = '')", name=op.f("ck_appointments_ended_by_somebody")
        ),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_appointments_in_order")),
        sa.ForeignKeyConstraint(
            ["bench_id"], ["benches.id"], name=op.f("fk_appointments_bench_id_benches")
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f("fk_appointments_staff_id_staff")
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_appointments_store_id_stores")
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name=op.f("fk_appointments_ticket_id_tickets")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appointments")),
    )
    op.create_index(
        "ix_appointments_bench", "appointments", ["bench_id", "starts_at"], unique=False
    )
    op.create_index(
        "ix_appointments_staff", "appointments", ["staff_id", "starts_at"], unique=False
    )
    op.create_index(
        "ix_appointments_store", "appointments", ["store_id", "starts_at", "id"], unique=False
    )
    op.create_index(
        "uq_appointments_ticket",
        "appointments",
        ["ticket_id"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "plan_tickets",
        sa.Column("id", KEY, nullable=False),
        sa.Column("ticket_id", KEY, nullable=False),
        sa.Column("plan_id", KEY, nullable=False),
        sa.Column("unit_id", KEY, nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("made_by", sa.String(length=200), nullable=False),
        sa.Column("done_on", sa.Date(), nullable=True),
        sa.Column("done_at", UtcDateTime(), nullable=True),
        sa.Column("hours_s", sa.BigInteger(), nullable=False),
        sa.Column("cycles", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "hours_s >= 0 AND cycles >= 0", name=op.f("ck_plan_tickets_counts_not_negative")
        ),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["service_plans.id"], name=op.f("fk_plan_tickets_plan_id_service_plans")
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name=op.f("fk_plan_tickets_ticket_id_tickets")
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["units.id"], name=op.f("fk_plan_tickets_unit_id_units")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_tickets")),
        sa.UniqueConstraint("ticket_id", "plan_id", name=op.f("uq_plan_tickets_ticket_id_plan_id")),
    )
    op.create_index("ix_plan_tickets_plan", "plan_tickets", ["plan_id", "done_on"], unique=False)
    op.create_index(
        "ix_plan_tickets_unit", "plan_tickets", ["unit_id", "plan_id", "id"], unique=False
    )
    op.create_table(
        "ticket_loans",
        sa.Column("id", KEY, nullable=False),
        sa.Column("ticket_id", KEY, nullable=False),
        sa.Column("loan_id", KEY, nullable=False),
        sa.ForeignKeyConstraint(
            ["loan_id"], ["loans.id"], name=op.f("fk_ticket_loans_loan_id_loans")
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name=op.f("fk_ticket_loans_ticket_id_tickets")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_loans")),
        sa.UniqueConstraint("loan_id", name=op.f("uq_ticket_loans_loan_id")),
    )
    op.create_index("ix_ticket_loans_ticket", "ticket_loans", ["ticket_id", "id"], unique=False)
    op.create_table(
        "ticket_visits",
        sa.Column("id", KEY, nullable=False),
        sa.Column("ticket_id", KEY, nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("contact", sa.String(length=200), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("made_by", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name=op.f("fk_ticket_visits_ticket_id_tickets")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_visits")),
        sa.UniqueConstraint("ticket_id", name=op.f("uq_ticket_visits_ticket_id")),
    )
    dialect = op.get_bind().dialect.name
    for statement in (
        *refusing_triggers("unit_occasions", dialect=dialect),
        *refusing_double_booking(dialect),
    ):
        op.execute(statement)


def refusing_double_booking(dialect: str) -> list[str]:
    """PostgreSQL's own constraint, which also holds between transactions; SQLite has one writer."""
    if dialect == "postgresql":
        return [
            f"ALTER TABLE appointments ADD CONSTRAINT ex_appointments_{column} EXCLUDE USING gist "
            f"(int8range({column}, {column}, '[]') WITH &&, "
            f"tstzrange(starts_at, ends_at) WITH &&) WHERE ({condition})"
            for column, condition in (
                ("bench_id", "ended_at IS NULL"),
                ("staff_id", "ended_at IS NULL AND staff_id IS NOT NULL"),
            )
        ]
    return [
        f"CREATE TRIGGER tr_appointments_{name} BEFORE {verb} ON appointments WHEN {SHARED} "
        "BEGIN SELECT RAISE(ABORT, 'appointments would overlap'); END"
        for name, verb in (("added", "INSERT"), ("changed", "UPDATE"))
    ]
