"""One question after each handover and each repair, its answer, and what is done about it."""

import sqlalchemy as sa
from alembic import op

from app.kernel.db import UtcDateTime, refusing_triggers

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
# Append-only, but for the one text that can be forgotten; what has to stay as it was.
FORGETTING = {
    "survey_answers": ("comment", ("id", "survey_id", "score", "language", "at")),
    "follow_up_notes": ("text", ("id", "follow_up_id", "at", "by")),
}


def upgrade() -> None:
    op.create_table(
        "survey_rules",
        sa.Column("id", KEY, nullable=False),
        sa.Column("store_id", KEY, nullable=False),
        sa.Column("asks", sa.Boolean(), nullable=False),
        sa.Column("quiet_days", sa.Integer(), nullable=False),
        sa.Column("valid_days", sa.Integer(), nullable=False),
        sa.Column("follow_up_days", sa.Integer(), nullable=False),
        sa.Column("least_answers", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "follow_up_days >= 1", name=op.f("ck_survey_rules_follow_up_takes_days")
        ),
        sa.CheckConstraint(
            "least_answers >= 5", name=op.f("ck_survey_rules_nobody_is_singled_out")
        ),
        sa.CheckConstraint("quiet_days >= 0", name=op.f("ck_survey_rules_quiet_not_negative")),
        sa.CheckConstraint("valid_days >= 1", name=op.f("ck_survey_rules_valid_for_some_days")),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_survey_rules_store_id_stores")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_survey_rules")),
        sa.UniqueConstraint("store_id", name=op.f("uq_survey_rules_store_id")),
    )
    op.create_table(
        "surveys",
        sa.Column("id", KEY, nullable=False),
        sa.Column("store_id", KEY, nullable=False),
        sa.Column("customer_id", KEY, nullable=False),
        sa.Column("occasion", sa.String(32), nullable=False),
        sa.Column("order_id", KEY, nullable=True),
        sa.Column("ticket_id", KEY, nullable=True),
        sa.Column("unit_id", KEY, nullable=False),
        sa.Column("model_id", KEY, nullable=False),
        sa.Column("staff_id", KEY, nullable=True),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.Column("revoked_by", sa.String(length=200), nullable=False),
        sa.CheckConstraint(
            "(occasion = 'handover') = (order_id IS NOT NULL)",
            name=op.f("ck_surveys_occasion_names_its_thing"),
        ),
        sa.CheckConstraint(
            "(revoked_at IS NULL) = (revoked_by = '')", name=op.f("ck_surveys_revoked_by_somebody")
        ),
        sa.CheckConstraint(
            "(order_id IS NULL) <> (ticket_id IS NULL)", name=op.f("ck_surveys_after_one_thing")
        ),
        sa.CheckConstraint("expires_at > asked_at", name=op.f("ck_surveys_open_for_a_while")),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_surveys_customer_id_customers")
        ),
        sa.ForeignKeyConstraint(
            ["model_id"], ["robot_models.id"], name=op.f("fk_surveys_model_id_robot_models")
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_surveys_order_id_orders")
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_surveys_staff_id_staff")),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_surveys_store_id_stores")
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name=op.f("fk_surveys_ticket_id_tickets")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_surveys_unit_id_units")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_surveys")),
        sa.UniqueConstraint("order_id", name=op.f("uq_surveys_order_id")),
        sa.UniqueConstraint("ticket_id", name=op.f("uq_surveys_ticket_id")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_surveys_token_hash")),
    )
    op.create_index("ix_surveys_asked", "surveys", ["store_id", "asked_at"], unique=False)
    op.create_index("ix_surveys_customer", "surveys", ["customer_id", "asked_at"], unique=False)
    op.create_index(
        "ix_surveys_model", "surveys", ["store_id", "model_id", "asked_at"], unique=False
    )
    op.create_index("ix_surveys_newest", "surveys", ["store_id", "id"], unique=False)
    op.create_table(
        "follow_ups",
        sa.Column("id", KEY, nullable=False),
        sa.Column("store_id", KEY, nullable=False),
        sa.Column("survey_id", KEY, nullable=False),
        sa.Column("opened_at", UtcDateTime(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("owner_id", KEY, nullable=True),
        sa.Column("done_at", UtcDateTime(), nullable=True),
        sa.Column("done_by", sa.String(length=200), nullable=False),
        sa.Column("outcome", sa.String(32), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(done_at IS NULL) = (outcome IS NULL) AND (done_at IS NULL) = (done_by = '')",
            name=op.f("ck_follow_ups_done_with_an_outcome"),
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["staff.id"], name=op.f("fk_follow_ups_owner_id_staff")
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_follow_ups_store_id_stores")
        ),
        sa.ForeignKeyConstraint(
            ["survey_id"], ["surveys.id"], name=op.f("fk_follow_ups_survey_id_surveys")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_follow_ups")),
        sa.UniqueConstraint("survey_id", name=op.f("uq_follow_ups_survey_id")),
    )
    op.create_index(
        "ix_follow_ups_done",
        "follow_ups",
        ["store_id", "id"],
        unique=False,
        sqlite_where=sa.text("done_at IS NOT NULL"),
        postgresql_where=sa.text("done_at IS NOT NULL"),
    )
    op.create_index(
        "ix_follow_ups_open",
        "follow_ups",
        ["store_id", "due_on", "id"],
        unique=False,
        sqlite_where=sa.text("done_at IS NULL"),
        postgresql_where=sa.text("done_at IS NULL"),
    )
    op.create_table(
        "survey_answers",
        sa.Column("id", KEY, nullable=False),
        sa.Column("survey_id", KEY, nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("length(comment) <= 2000", name=op.f("ck_survey_answers_comment_fits")),
        sa.CheckConstraint("score BETWEEN 0 AND 10", name=op.f("ck_survey_answers_score_in_range")),
        sa.ForeignKeyConstraint(
            ["survey_id"], ["surveys.id"], name=op.f("fk_survey_answers_survey_id_surveys")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_survey_answers")),
        sa.UniqueConstraint("survey_id", name=op.f("uq_survey_answers_survey_id")),
    )
    op.create_table(
        "follow_up_notes",
        sa.Column("id", KEY, nullable=False),
        sa.Column("follow_up_id", KEY, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["follow_up_id"],
            ["follow_ups.id"],
            name=op.f("fk_follow_up_notes_follow_up_id_follow_ups"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_follow_up_notes")),
    )
    op.create_index(
        "ix_follow_up_notes_follow_up", "follow_up_notes", ["follow_up_id", "id"], unique=False
    )
    # what was released in a month
    op.create_index("ix_ticket_releases_at", "ticket_releases", ["at", "ticket_id"], unique=False)
    dialect = op.get_bind().dialect.name
    for table, (forgotten, kept) in FORGETTING.items():
        for statement in _append_only(table, forgotten, kept, dialect=dialect):
            op.execute(statement)


def _append_only(table: str, forgotten: str, kept: tuple[str, ...], *, dialect: str) -> list[str]:
    """Refuses every change but that one text becomes empty."""
    same = " AND ".join(f'NEW."{name}" = OLD."{name}"' for name in kept)
    allowed = f"""{same} AND NEW."{forgotten}" = '' AND OLD."{forgotten}" <> ''"""
    kept_ones = [one for one in refusing_triggers(table, dialect=dialect) if "_no_delete" in one]
    trigger = f"tr_{table}_no_update"
    if dialect == "sqlite":
        return [
            *kept_ones,
            f"CREATE TRIGGER {trigger} BEFORE UPDATE ON {table} WHEN NOT ({allowed}) "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END",
        ]
    return [
        *kept_ones,
        f"CREATE FUNCTION refuse_all_but_forgetting_{table}() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN IF {allowed} THEN RETURN NEW; END IF; "
        "RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$",
        f"CREATE TRIGGER {trigger} BEFORE UPDATE ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION refuse_all_but_forgetting_{table}()",
    ]
