"""A recall of a component lot finds its robots at the same cost in a small store and a large one.

Counted in steps of SQLite's machine, which are the same each time; `bench` measures the time.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from app.kernel import clock
from app.kernel.actor import Actor
from app.robots import campaignlists, campaigns, meant
from app.robots.bodyplan import SlotClass
from app.robots.bulletin_models import Bulletin
from app.robots.bulletincriteria import Criterion
from app.robots.models import Unit
from app.robots.slot_models import Component, Occupant, Slot
from app.robots.states import UnitState
from app.stores.models import Store
from tests.makers.bulletins import a_bulletin
from tests.makers.robots import a_maker, a_model
from tests.makers.slots import a_plan

pytestmark = pytest.mark.only_on("sqlite")

CARRIERS = 20
BAD_LOT, BAD_BELT_LOT = "bad", "worse"
CRITERIA = (
    Criterion(part_number="AK-80", lot=BAD_LOT),
    Criterion(lot=BAD_LOT),
    Criterion(part_number="BELT-1", lot=BAD_BELT_LOT),
    Criterion(part_number="BELT-1", lot=BAD_BELT_LOT, serials="S1.."),
    Criterion(serials="S1..S20"),
    Criterion(serials="S000001.."),
)


@dataclass
class Steps:
    """How many steps were made, to the nearest hundred."""

    count: int = 0


@contextmanager
def counted(session: Session) -> Iterator[Steps]:
    steps = Steps()
    raw = session.connection().connection.dbapi_connection
    assert raw is not None

    def more() -> int:
        steps.count += 100
        return 0

    raw.set_progress_handler(more, 100)
    yield steps
    raw.set_progress_handler(None, 0)


def fill(session: Session, store: Store, first: int, last: int) -> None:
    """Robots with an actuator and a belt without a serial each; the first 20 have bad ones."""
    model = a_model(session)
    slots = list(session.scalars(select(Slot.id).order_by(Slot.place)))
    now = clock.now()
    numbers = range(first, last + 1)
    unit = {
        "store_id": store.id, "maker_id": model.maker_id, "model_id": model.id,
        "state": UnitState.AVAILABLE, "holding": "stock", "custody": "store",
        "hardware_revision": "B", "cost_minor": 0, "currency": "EUR", "firmware": "1.4",
    }  # fmt: skip
    component = {
        "store_id": store.id, "series": "part:ak-80", "slot_class": SlotClass.ACTUATOR,
        "part_number": "AK-80", "part_key": "ak-80", "name": "", "lot": "", "firmware": "",
        "registered_at": now,
    }  # fmt: skip
    seat = {
        "store_id": store.id, "component_id": None, "part_number": "", "part_key": "", "lot": "",
        "lot_key": "", "firmware": "", "as_built": False, "since": now, "reference": "",
        "reason": "", "fitted_by": "", "removal_reference": "", "removal_reason": "",
        "removed_by": "",
    }  # fmt: skip
    session.execute(
        insert(Unit),
        [
            unit | {"id": number, "serial": f"S{number:06d}", "serial_key": f"s{number:06d}"}
            for number in numbers
        ],
    )
    session.execute(
        insert(Component),
        [
            component
            | {
                "id": number,
                "serial": f"K{number}",
                "serial_key": f"k{number}",
                "lot_key": BAD_LOT if number <= CARRIERS else f"a{number // 20}",
            }
            for number in numbers
        ],
    )
    belt = {"part_number": "BELT-1", "part_key": "belt-1", "slot_id": slots[1]}
    session.execute(
        insert(Occupant),
        [
            seat | {"unit_id": number, "slot_id": slots[0], "component_id": number}
            for number in numbers
        ]
        + [
            seat
            | belt
            | {
                "unit_id": number,
                "lot_key": BAD_BELT_LOT if number <= CARRIERS else f"b{number // 20}",
            }
            for number in numbers
        ],
    )


def steps_for(session: Session, actor: Actor, bulletin: Bulletin) -> tuple[int, int]:
    """How many robots wait, and in how many steps that is known."""
    with counted(session) as steps:
        found = campaignlists.one(session, actor, bulletin).progress.total.open
    return found, steps.count


def test_a_lot_costs_the_same_among_ten_times_as_many_robots(
    session: Session, store: Store, manager: Actor
) -> None:
    # given
    a_plan(session, a_model(session))
    fill(session, store, 1, 300)
    bulletins = [
        a_bulletin(session, manager, a_maker(session), criterion, code=str(number))
        for number, criterion in enumerate(CRITERIA)
    ]
    few = [steps_for(session, manager, bulletin) for bulletin in bulletins]
    # when
    fill(session, store, 301, 3_000)
    # then
    many = [steps_for(session, manager, bulletin) for bulletin in bulletins]
    assert [found for found, _ in many] == [CARRIERS] * 5 + [3_000]
    for (_, before), (_, after) in zip(few[:5], many[:5], strict=True):
        assert after <= before * 1.05 + 100, (few, many)


def test_a_range_of_serials_is_a_range_of_an_index(
    session: Session, store: Store, manager: Actor
) -> None:
    bulletin = a_bulletin(session, manager, a_maker(session), Criterion(serials="A9..A12"))
    criteria = campaigns.criteria_of(session, [bulletin.id])[bulletin.id]
    robots = meant.robots_of(store.id, bulletin, criteria, meant.Built())
    query = select(robots).compile(session.connection(), compile_kwargs={"literal_binds": True})
    plan = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {query}").all()
    assert "ix_units_serial_order (store_id=? AND maker_id=? AND serial_order>?" in str(plan)
