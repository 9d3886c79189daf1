"""Unpacking by scanner: what each scan means, and who books."""

import pytest
from sqlalchemy.orm import Session

from app.identity.roles import Role
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, NotFound, Refused
from app.parts import purchasing, receiving, stock
from app.parts.buying_models import PurchaseOrder
from app.parts.models import Part
from app.parts.receiving import Booking, Heard, Scan
from app.robots.slot_models import Control
from app.stores.models import Store
from tests.makers.buying import a_part, a_price, a_supplier
from tests.parts.conftest import an_actor


@pytest.fixture
def actuator(session: Session, manager: Actor) -> Part:
    return a_part(session, manager, "ACT-1", control=Control.SERIAL)


@pytest.fixture
def cable(session: Session, manager: Actor) -> Part:
    return a_part(session, manager, "CABLE-1", control=Control.LOT)


@pytest.fixture
def order(
    session: Session, manager: Actor, knee: Part, actuator: Part, cable: Part
) -> PurchaseOrder:
    """Five knees, two actuators, ten cables; the supplier calls the knee TW-99."""
    supplier = a_supplier(session, manager)
    order = purchasing.draft(session, manager, supplier)
    for part, quantity, number in ((knee, 5, "TW-99"), (actuator, 2, ""), (cable, 10, "")):
        a_price(session, manager, supplier, part, number=number)
        purchasing.add_line(session, manager, order, part, quantity=quantity)
    purchasing.send(session, manager, order)
    return order


class Clerk:
    """Somebody with a scanner: the line of one scan is where the next one stands."""

    def __init__(self, session: Session, actor: Actor, order: PurchaseOrder) -> None:
        self.session, self.actor, self.order = session, actor, order
        self.heard = Heard()

    def scan(self, *codes: str, rejected_for: str = "", scan_id: str = "") -> Heard:
        for code in codes:
            scan = Scan(code, self.heard.position, rejected_for, scan_id)
            self.heard = receiving.scan(self.session, self.actor, self.order, scan)
        return self.heard

    def counted(self) -> list[tuple[int, int]]:
        table = receiving.table_of(self.session, self.order)
        return [(row.accepted, row.rejected) for row in table.lines]


@pytest.fixture
def clerk(session: Session, manager: Actor, order: PurchaseOrder) -> Clerk:
    return Clerk(session, manager, order)


def test_a_piece_is_called_by_our_number_the_suppliers_or_its_gtin(clerk: Clerk) -> None:
    clerk.scan("knee-l", "tw99", "4006381333931", "(01)04006381333931")

    assert clerk.counted() == [(4, 0), (0, 0), (0, 0)]


def test_the_same_scan_sent_twice_counts_once(clerk: Clerk) -> None:
    clerk.scan("KNEE-L", scan_id="one")
    clerk.scan("KNEE-L", scan_id="one")

    assert clerk.counted()[0] == (1, 0)


def test_serials_follow_their_part(clerk: Clerk) -> None:
    said = clerk.scan("ACT-1").said
    clerk.scan("A-1", "A-2")

    assert str(said) == "ACT-1: now scan the serial number."
    assert clerk.counted()[1] == (2, 0)
    with pytest.raises(Conflict, match="in this delivery already"):
        clerk.scan("a-1")


def test_one_gs1_code_says_part_and_serial(session: Session, clerk: Clerk, actuator: Part) -> None:
    actuator.gtin = "4012345678901"
    session.flush()

    clerk.scan("]d2010401234567890121A-77")

    assert clerk.counted()[1] == (1, 0)


def test_a_lot_is_scanned_and_its_quantity_typed(clerk: Clerk) -> None:
    clerk.scan("CABLE-1", "25A", "*6", "25B", "*4")

    assert clerk.counted()[2] == (10, 0)


def test_a_quantity_is_a_whole_number_of_pieces(clerk: Clerk) -> None:
    clerk.scan("KNEE-L")

    with pytest.raises(Refused, match="not a whole number"):
        clerk.scan("*1,5")
    with pytest.raises(Refused, match="scan each serial"):
        clerk.scan("ACT-1", "*2")


def test_a_part_that_was_not_ordered_is_told(session: Session, clerk: Clerk) -> None:
    a_part(session, clerk.actor, "OTHER")

    with pytest.raises(Refused, match="OTHER is not on this order"):
        clerk.scan("OTHER")
    with pytest.raises(NotFound, match="on no line"):
        clerk.scan("KNEE-L", "whatever")


def test_rejected_pieces_are_counted_apart(clerk: Clerk) -> None:
    clerk.scan("KNEE-L", "KNEE-L")
    clerk.scan("KNEE-L", rejected_for="cracked")

    assert clerk.counted()[0] == (2, 1)


def test_the_orders_own_label_ends_the_delivery(clerk: Clerk) -> None:
    assert clerk.scan("PO-1").is_end
    assert clerk.scan("https://store.example/parts/orders/1").is_end


def test_what_was_scanned_is_booked_and_the_table_is_clear(
    session: Session, clerk: Clerk, order: PurchaseOrder, knee: Part
) -> None:
    clerk.scan("KNEE-L", "*5", "ACT-1", "A-1")

    receiving.book(session, clerk.actor, order, Booking(note_number="LS-1"))

    assert stock.free(session, knee.id) == 5
    assert receiving.table_of(session, order).scans == 0


def test_of_two_who_receive_the_same_order_one_books_and_the_other_sees_it(
    session: Session, store: Store, clerk: Clerk, order: PurchaseOrder, knee: Part
) -> None:
    clerk.scan("KNEE-L", "*3")
    looked_at = receiving.table_of(session, order).seen
    other = Clerk(session, an_actor(store, Role.PARTS), order)
    other.scan("ACT-1", "A-1")

    with pytest.raises(Conflict, match="Meanwhile"):
        receiving.book(session, clerk.actor, order, Booking(seen=looked_at))
    receiving.book(session, other.actor, order, Booking())
    with pytest.raises(Conflict, match="Petra Krause booked GR-1"):
        receiving.book(session, clerk.actor, order, Booking(seen=looked_at))

    assert stock.free(session, knee.id) == 3
