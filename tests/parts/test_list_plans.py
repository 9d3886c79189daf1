"""Each list of parts looks through its own index, however many parts there are."""

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.parts.models import IS_ARCHIVED, IS_CORE, IS_IN_USE, IS_LOW, IS_OUT


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize(
    ("condition", "index"),
    [
        (IS_IN_USE, "ix_parts_in_use"),
        (IS_LOW, "ix_parts_low"),
        (IS_OUT, "ix_parts_out"),
        (IS_CORE, "ix_parts_core"),
        (IS_ARCHIVED, "ix_parts_archived"),
    ],
)
def test_a_list_looks_through_its_own_index(session: Session, condition: str, index: str) -> None:
    listed = f"SELECT id FROM parts WHERE store_id = 1 AND {condition} ORDER BY name_key, id"
    plan = session.execute(text(f"EXPLAIN QUERY PLAN {listed} LIMIT 51")).all()
    assert index in plan[0].detail
