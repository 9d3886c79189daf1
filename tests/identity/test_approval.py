"""Four eyes: whose PIN counts, and against whom a wrong one counts."""

import pytest
from sqlalchemy.orm import Session

from app.identity import approval, staff, tries
from app.kernel.actor import Actor
from app.kernel.db import Database
from app.kernel.errors import Refused
from tests.identity.conftest import House

BIG = "counter.big_discount"


@pytest.fixture
def seller(session: Session, house: House) -> Actor:
    session.commit()
    return house.seller


def test_a_manager_is_the_second_person_by_pin_alone(
    database: Database, house: House, seller: Actor
) -> None:
    found = approval.second_person(database, seller, pin="4812", permission=BIG)

    assert found.staff_id == house.petra.id


@pytest.mark.parametrize("pin", ["4711", "0000", ""])
def test_the_askers_own_pin_and_nobodys_are_no_second_person(
    database: Database, seller: Actor, pin: str
) -> None:
    with pytest.raises(Refused) as refusal:
        approval.second_person(database, seller, pin=pin, permission=BIG)

    assert refusal.value.field == "pin"


def test_five_wrong_pins_lock_the_one_who_asks(
    database: Database, session: Session, house: House, seller: Actor
) -> None:
    for _ in range(5):
        with pytest.raises(Refused, match="not right"):
            approval.second_person(database, seller, pin="0000", permission=BIG)

    with pytest.raises(Refused, match="Too many wrong tries"):
        approval.second_person(database, seller, pin="4812", permission=BIG)

    staff.unlock(session, house.manager, house.jana)
    assert tries.minutes_locked(session, tries.of_approval(house.jana.id)) == 0
