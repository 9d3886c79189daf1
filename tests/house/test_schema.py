"""What all tables have in common, by the models and in the database itself."""

import re

import pytest
from sqlalchemy import BigInteger, Float, Numeric, Table, func, inspect, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app import tables
from app.kernel.db import Base
from tests.kernel.tables import triggers_of
from tests.makers.sales import a_counter, a_robot
from tests.makers.whole_sales import sold_and_handed_over

ALL = sorted(tables.metadata.tables.values(), key=lambda table: table.name)


def ledgers() -> list[str]:
    """Tables whose models say that they only ever grow."""
    return sorted(
        mapper.local_table.name
        for mapper in Base.registry.mappers
        if isinstance(mapper.local_table, Table)
        and re.search(r"append-only|never changed", mapper.class_.__doc__ or "", re.IGNORECASE)
    )


def names_in(table: Table) -> set[str]:
    """Names of a table's constraints and indexes."""
    return {str(getattr(thing, "name", None)) for thing in (*table.constraints, *table.indexes)}


def guards_of(table: str) -> set[str]:
    return {f"tr_{table}_no_update", f"tr_{table}_no_delete"}


# What was measured is no money: its figures are floats, and exact as text beside them.
MEASURED = {"calibration_results", "impact_items"}


def test_no_column_holds_a_fraction_of_a_cent() -> None:
    for table in ALL:
        for column in () if table.name in MEASURED else table.columns:
            assert not isinstance(column.type, Float), f"{table}.{column.name}"
            assert not isinstance(column.type, Numeric), f"{table}.{column.name}"
            if column.name.endswith("_minor"):
                assert isinstance(column.type, BigInteger), f"{table}.{column.name}"


def test_every_constraint_and_index_has_a_name() -> None:
    """DB-07: a later migration must be able to say what it drops."""
    for table in ALL:
        for name in names_in(table):
            assert name != "None", table.name
            # PostgreSQL cuts longer names, and two of them may then be one
            assert len(name) <= 63, name


def test_no_deletion_takes_other_rows_along() -> None:
    """DB-05."""
    for table in ALL:
        for key in table.foreign_keys:
            assert (key.ondelete, key.onupdate) == (None, None), f"{table}.{key.parent.name}"


def test_what_says_that_it_only_grows_is_guarded(session: Session) -> None:
    for table in ledgers():
        assert guards_of(table) <= set(triggers_of(session, table)), table


def test_ledgers_and_documents_refuse_change(session: Session) -> None:
    """On both engines, by triggers, also for who speaks SQL."""
    counter = a_counter(session)
    sold_and_handed_over(session, counter, a_robot(session, counter))
    session.commit()
    refused = set()
    for table in ALL:
        guarded = guards_of(table.name) <= set(triggers_of(session, table.name))
        if not guarded or not session.scalar(select(func.count()).select_from(table)):
            continue
        first = next(iter(table.primary_key.columns)).name
        for statement in (f"UPDATE {table} SET {first} = {first}", f"DELETE FROM {table}"):
            with pytest.raises(DBAPIError, match="append-only"), session.begin_nested():
                session.execute(text(statement))
        refused.add(table.name)

    assert {
        *("audit_entries", "journal_entries", "postings", "sale_taxes", "issued_documents"),
        *("movements", "unit_events", "cash_movements", "inspections", "handovers"),
    } <= refused


def test_the_database_has_every_constraint_of_the_models(session: Session) -> None:
    seen = inspect(session.get_bind())
    for table in ALL:
        found = (
            *seen.get_check_constraints(table.name),
            *seen.get_unique_constraints(table.name),
            *seen.get_foreign_keys(table.name),
            *seen.get_indexes(table.name),
        )
        there = {str(one["name"]) for one in found}
        missing = {name for name in names_in(table) - there if not name.startswith("pk_")}
        assert not missing, table.name
