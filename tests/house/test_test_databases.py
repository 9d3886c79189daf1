"""Each test with a database has one of its own, as the migrations build it."""

import pytest
from sqlalchemy import inspect, text
from sqlalchemy.orm import Session

from app.kernel import migrating
from app.kernel.db import Database
from app.tables import metadata


def test_a_fresh_database_stands_at_the_newest_migration(database_url: str) -> None:
    assert migrating.is_current(database_url)


def test_a_fresh_database_has_every_table(database: Database) -> None:
    assert set(metadata.tables) <= set(inspect(database.reader).get_table_names())


@pytest.mark.parametrize("turn", [1, 2])
def test_what_a_test_writes_no_other_test_sees(session: Session, turn: int) -> None:
    session.execute(text("CREATE TABLE traces (turn INTEGER)"))
    session.execute(text("INSERT INTO traces VALUES (:turn)"), {"turn": turn})
    session.commit()

    assert session.scalars(text("SELECT turn FROM traces")).all() == [turn]


@pytest.mark.only_on("sqlite")
def test_a_test_can_be_kept_to_one_engine(database: Database) -> None:
    assert database.is_sqlite
