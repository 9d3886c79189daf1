"""Deliveries: what is accepted and rejected, whole or not at all, and who is told."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import wiring
from app.identity.roles import Role
from app.kernel import events
from app.kernel.actor import Actor
from app.kernel.db import Database
from app.kernel.errors import Conflict, Forbidden, Invalid
from app.kernel.money import Money
from app.parts import buying, buying_checks, checks, purchasing, receipts, reservations, stock
from app.parts.buying_models import PurchaseOrder, ReceiptLine
from app.parts.deliveries import Delivery, Piece
from app.parts.errors import MoreThanOrdered
from app.parts.events import PartsArrived
from app.parts.models import Balance, Movement, Part, Place, PlaceKind
from app.parts.purchase_states import OrderState, state_of
from app.robots.slot_models import Control
from app.stores.models import Store
from tests.makers.buying import a_bin, a_part, a_sent_order, a_supplier
from tests.parts.conftest import an_actor


@pytest.fixture
def actuator(session: Session, manager: Actor) -> Part:
    return a_part(session, manager, "ACT-1", control=Control.SERIAL)


@pytest.fixture
def order(session: Session, manager: Actor, knee: Part, actuator: Part) -> PurchaseOrder:
    """Line 1: five knees; line 2: two actuators."""
    return a_sent_order(session, manager, a_supplier(session, manager), {knee: 5, actuator: 2})


def deliver(
    session: Session, actor: Actor, order: PurchaseOrder, *pieces: Piece, confirmed: bool = False
) -> None:
    receipts.book(session, actor, order, Delivery(pieces, "LS-77", confirmed=confirmed))


def breaches(session: Session) -> list[str]:
    return [*checks.breaches(session), *buying_checks.breaches(session)]


def state(session: Session, order: PurchaseOrder) -> OrderState:
    return state_of(order, purchasing.lines_of(session, order))


def test_a_part_of_an_order_leaves_the_rest_open(
    session: Session, manager: Actor, order: PurchaseOrder, knee: Part
) -> None:
    deliver(session, manager, order, Piece(1, 3), Piece(2, serial="A-1"))

    assert state(session, order) is OrderState.PARTLY
    assert stock.free(session, knee.id) == 3
    assert buying.incoming(session, [knee.id])[knee.id].awaited == 2

    deliver(session, manager, order, Piece(1, 2), Piece(2, serial="A-2"))

    assert state(session, order) is OrderState.RECEIVED
    assert buying.incoming(session, [knee.id]) == {}
    assert breaches(session) == []


def test_rejected_pieces_lie_in_quarantine_and_stay_awaited(
    session: Session, manager: Actor, order: PurchaseOrder, knee: Part
) -> None:
    deliver(session, manager, order, Piece(1, 4), Piece(1, 1, rejected_for="cracked"))

    lying = session.execute(
        select(Place.kind, Balance.quantity)
        .join(Place, Place.id == Balance.place_id)
        .where(Balance.part_id == knee.id, Balance.bounded.is_(True))
    ).all()
    assert sorted((str(kind), quantity) for kind, quantity in lying) == [
        ("bin", 4),
        ("quarantine", 1),
    ]
    assert buying.incoming(session, [knee.id])[knee.id].awaited == 1
    assert breaches(session) == []


def test_more_than_ordered_is_asked_and_only_who_orders_may_say_yes(
    session: Session, manager: Actor, store: Store, order: PurchaseOrder, knee: Part
) -> None:
    technician = an_actor(store, Role.TECHNICIAN)

    with pytest.raises(MoreThanOrdered, match=r"5 ordered, 6 came\. Confirm"):
        deliver(session, manager, order, Piece(1, 6))
    with pytest.raises(MoreThanOrdered, match="Ask who may order"):
        deliver(session, technician, order, Piece(1, 6), confirmed=True)
    deliver(session, manager, order, Piece(1, 6), confirmed=True)

    assert stock.free(session, knee.id) == 6
    assert breaches(session) == []


def test_who_may_not_receive_does_not(session: Session, store: Store, order: PurchaseOrder) -> None:
    with pytest.raises(Forbidden):
        deliver(session, an_actor(store, Role.SALES), order, Piece(1, 1))


def test_a_serial_that_is_here_does_not_come_in_again(
    session: Session, manager: Actor, order: PurchaseOrder, actuator: Part
) -> None:
    deliver(session, manager, order, Piece(2, serial="A-1"))
    later = a_sent_order(
        session, manager, a_supplier(session, manager, "Gear House"), {actuator: 1}
    )

    with pytest.raises(Conflict, match=r"A-1 came in before\. It is here: Store room\."):
        deliver(session, manager, later, Piece(1, serial=" a-1 "))


def test_a_serial_twice_in_one_delivery_marks_both_and_books_nothing(
    session: Session, manager: Actor, order: PurchaseOrder
) -> None:
    with pytest.raises(Invalid) as refused:
        deliver(
            session, manager, order, Piece(1, 1), Piece(2, serial="A-1"), Piece(2, serial="a-1")
        )

    assert set(refused.value.problems) == {"pieces.1", "pieces.2"}
    assert session.scalar(select(Movement.id)) is None


def test_what_was_promised_is_kept_on_the_shelf_in_the_order_of_promising(
    session: Session, manager: Actor, order: PurchaseOrder, knee: Part
) -> None:
    for owner, quantity in (("order:1", 2), ("ticket:T-1001", 2)):
        buying.reserve_incoming(
            session, manager, knee.id, quantity=quantity, owner=owner, holder="Jana"
        )

    deliver(session, manager, order, Piece(1, 3))

    kept = [
        (blocker.reservation.owner, blocker.reservation.quantity)
        for blocker in reservations.blockers(session, knee.id)
    ]
    assert sorted(kept) == [("order:1", 2), ("ticket:T-1001", 1)]
    assert stock.free(session, knee.id) == 0
    assert buying.incoming(session, [knee.id])[knee.id].reserved == 1
    assert breaches(session) == []


def test_it_is_told_that_parts_arrived(
    session: Session,
    manager: Actor,
    order: PurchaseOrder,
    knee: Part,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    heard: list[PartsArrived] = []
    monkeypatch.setattr(events, "_listeners", {PartsArrived: [lambda _, news: heard.append(news)]})

    deliver(session, manager, order, Piece(1, 2), Piece(1, 1, rejected_for="bent"))

    assert [(news.part_id, news.quantity, news.reference) for news in heard] == [
        (knee.id, 2, "purchase:1")
    ]


def test_pieces_cost_what_the_delivery_note_says(
    session: Session, manager: Actor, order: PurchaseOrder, knee: Part
) -> None:
    deliver(session, manager, order, Piece(1, 3, price=Money(1_250, "EUR")))

    line = session.scalars(select(ReceiptLine)).one()
    movement = session.get_one(Movement, line.movement_id)
    assert (line.price_minor, movement.value_minor) == (1_250, 3_750)
    assert session.get_one(Part, knee.id).valued_minor == 3_750


def test_an_order_that_has_come_is_not_received_again(
    session: Session, manager: Actor, order: PurchaseOrder
) -> None:
    whole = (Piece(1, 5), Piece(2, serial="A-1"), Piece(2, serial="A-2"))
    deliver(session, manager, order, *whole)

    with pytest.raises(Conflict, match="PO-1 has come already: GR-1, booked by Petra Krause"):
        deliver(session, manager, order, *whole)


def test_what_was_booked_cannot_be_changed_behind_the_ledgers_back(
    session: Session, manager: Actor, order: PurchaseOrder
) -> None:
    deliver(session, manager, order, Piece(1, 3))
    purchasing.lines_of(session, order)[0].accepted = 2
    session.flush()

    assert any("PO-1" in breach for breach in buying_checks.breaches(session))


def test_pieces_of_a_lot_keep_it(session: Session, manager: Actor) -> None:
    cable = a_part(session, manager, "CABLE-1", control=Control.LOT)
    order = a_sent_order(session, manager, a_supplier(session, manager), {cable: 5})

    with pytest.raises(Invalid, match="say the lot"):
        deliver(session, manager, order, Piece(1, 5))
    deliver(session, manager, order, Piece(1, 2, lot="25A"), Piece(1, 3, lot="25B"))

    lots = session.execute(
        select(Balance.lot, Balance.quantity)
        .join(Place, Place.id == Balance.place_id)
        .where(Place.kind == PlaceKind.BIN)
        .order_by(Balance.lot)
    ).all()
    assert [tuple(row) for row in lots] == [("25A", 2), ("25B", 3)]


def test_of_two_who_book_the_same_delivery_at_once_one_does(
    session: Session,
    database: Database,
    manager: Actor,
    order: PurchaseOrder,
    knee: Part,
) -> None:
    session.commit()

    def book(number: int) -> bool:
        try:
            # no queue of writers here: the lock on the order has to do
            with database.transaction() as clerk:
                pieces = (Piece(1, 5), Piece(2, serial="A-1"), Piece(2, serial="A-2"))
                mine = purchasing.by_number(clerk, manager, order.number)
                receipts.book(clerk, manager, mine, Delivery(pieces, f"LS-{number}"))
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(4) as clerks:
        booked = list(clerks.map(book, range(4)))

    assert booked.count(True) == 1
    assert stock.free(session, knee.id) == 5
    assert breaches(session) == []


def test_what_was_booked_by_mistake_is_awaited_again(
    session: Session, manager: Actor, order: PurchaseOrder, knee: Part
) -> None:
    wiring.connect()
    whole = (Piece(1, 5), Piece(2, serial="A-1"), Piece(2, serial="A-2"))
    deliver(session, manager, order, *whole)
    wrong = session.scalars(select(ReceiptLine).order_by(ReceiptLine.id)).first()
    assert wrong

    receipts.undo(session, manager, order, wrong.id, reason="counted wrong")

    assert stock.free(session, knee.id) == 0
    assert buying.incoming(session, [knee.id])[knee.id].awaited == 5
    assert state(session, order) is OrderState.PARTLY
    with pytest.raises(Conflict, match="already reversed"):
        receipts.undo(session, manager, order, wrong.id, reason="again")
    deliver(session, manager, order, Piece(1, 5))
    assert state(session, order) is OrderState.RECEIVED
    assert breaches(session) == []


def test_a_delivery_goes_where_its_part_lies(
    session: Session, manager: Actor, order: PurchaseOrder, knee: Part
) -> None:
    a_bin(session, manager, "A-01")
    home = a_bin(session, manager, "B-02")
    stock.receive(session, manager, knee.id, quantity=1, reason="first", place=home)

    deliver(session, manager, order, Piece(1, 2), Piece(2, serial="A-1"))

    places = dict(
        session.execute(
            select(Part.number, Place.code)
            .join(Movement, Movement.part_id == Part.id)
            .join(Place, Place.id == Movement.to_place_id)
            .where(Movement.reference == "purchase:1")
        ).all()
    )
    assert places == {"KNEE-L": "B-02", "ACT-1": "A-01"}
