"""When the workshop is open: by weekday, and the days on which it is closed all the same.

And in what was once written on a ticket, the name of who brought the robot can be forgotten; all
else of it stays as it was written.
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

TICKET = "ticket_changes"
STAYS = ("id", "ticket_id", "version", "at", "by", "from_state", "to_state", "why")

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "workshop_days",
        sa.Column("id", KEY, nullable=False),
        sa.Column("store_id", KEY, nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("opens", sa.Integer(), nullable=True),
        sa.Column("closes", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "(opens IS NULL) = (closes IS NULL)", name=op.f("ck_workshop_days_both_or_none")
        ),
        sa.CheckConstraint(
            "opens >= 0 AND opens < closes AND closes <= 1440",
            name=op.f("ck_workshop_days_in_order"),
        ),
        sa.CheckConstraint("weekday BETWEEN 0 AND 6", name=op.f("ck_workshop_days_weekday")),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_workshop_days_store_id_stores")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workshop_days")),
        sa.UniqueConstraint("store_id", "weekday", name=op.f("uq_workshop_days_store_id_weekday")),
    )
    op.create_table(
        "workshop_closures",
        sa.Column("id", KEY, nullable=False),
        sa.Column("store_id", KEY, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("why", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_workshop_closures_store_id_stores")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workshop_closures")),
        sa.UniqueConstraint("store_id", "day", name=op.f("uq_workshop_closures_store_id_day")),
    )
    _let_names_go(op.get_bind().dialect.name)


def _let_names_go(dialect: str) -> None:
    """Only `brought_by` may become nothing, in `before` and `after`."""
    trigger = f"tr_{TICKET}_no_update"
    same = " AND ".join(f'NEW."{name}" IS NOT DISTINCT FROM OLD."{name}"' for name in STAYS)
    if dialect == "sqlite":
        same = same.replace("IS NOT DISTINCT FROM", "IS")
        rest = "json_remove({0}.\"{1}\", '$.brought_by')"
        name = "coalesce(json_extract(NEW.\"{0}\", '$.brought_by'), '')"
    else:
        rest = "({0}.\"{1}\"::jsonb - 'brought_by')"
        name = "coalesce(NEW.\"{0}\"::jsonb ->> 'brought_by', '')"
    forgets = " AND ".join(
        f"{rest.format('NEW', side)} = {rest.format('OLD', side)} AND {name.format(side)} = ''"
        for side in ("before", "after")
    )
    differs = '(NEW."before" <> OLD."before" OR NEW."after" <> OLD."after")'
    allowed = f"{same} AND {forgets} AND {differs}"
    if dialect == "sqlite":
        op.execute(f"DROP TRIGGER {trigger}")
        op.execute(
            f"CREATE TRIGGER {trigger} BEFORE UPDATE ON {TICKET} WHEN NOT ({allowed}) "
            f"BEGIN SELECT RAISE(ABORT, '{TICKET} is append-only'); END"
        )
        return
    op.execute(f"DROP TRIGGER {trigger} ON {TICKET}")
    op.execute(
        "CREATE FUNCTION refuse_all_but_forgetting() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN IF {allowed} THEN RETURN NEW; END IF; "
        "RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {trigger} BEFORE UPDATE ON {TICKET} "
        "FOR EACH ROW EXECUTE FUNCTION refuse_all_but_forgetting()"
    )
