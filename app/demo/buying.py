"""Buying in the demo store: two invented suppliers, an order that came in part, a draft, a wish."""

from datetime import date

from sqlalchemy.orm import Session

from app.demo.bodies import ACTUATOR
from app.demo.opening import Crew
from app.demo.parts import ARM_ACTUATOR, TENDON
from app.kernel.money import Money
from app.parts import buying, catalogue, prices, purchasing, receipts, suppliers
from app.parts.buying_models import Supplier
from app.parts.deliveries import Delivery, Piece
from app.parts.prices import PriceInput
from app.parts.suppliers import SupplierInput

_MOTUS = SupplierInput(
    name="Motus Parts BV",
    currency="EUR",
    lead_days=12,
    account="VB-20417",
    contact="Anouk de Vries",
    email="orders@motus-parts.example",
    phone="+31 20 555 0142",
    address="Demostraat 12\n1011 AB Amsterdam\nNL",
    return_days=30,
)
_HARBOUR = SupplierInput(
    name="Harbour Joint Supply",
    currency="CNY",
    lead_days=28,
    language="zh",
    contact="Lin Yue",
    email="sales@harbour-joint.example",
    address="Demo Road 8\nHangzhou\nCN",
)
_SINCE = date(2025, 1, 1)
# part: price of a piece at Motus (cents), its number there, minimum, pack; price at Harbour (fen)
_PRICES: tuple[tuple[str, int, str, int, int, int | None], ...] = (
    (ACTUATOR, 131_000, "MP-20418", 1, 1, 968_000),
    (ARM_ACTUATOR, 109_000, "MP-20360", 1, 1, 815_000),
    ("SBK-80", 4_120, "MP-30080", 2, 2, None),
    ("DEMO-HND-R", 214_000, "MP-41002", 1, 1, None),
    (TENDON, 2_150, "MP-50090", 1, 1, None),
    ("KSB-2", 375, "MP-60002", 12, 12, None),
    ("KH-14", 3_860, "MP-70014", 1, 1, 24_500),
    ("CABLE-ENC", 890, "MP-70003", 10, 10, None),
)


def meet_suppliers(session: Session, crew: Crew) -> None:
    """Mei enters two suppliers with their price lists."""
    motus = suppliers.add(session, crew.mei, _MOTUS)
    harbour = suppliers.add(session, crew.mei, _HARBOUR)
    for number, cents, theirs, minimum, pack, fen in _PRICES:
        _set(session, crew, motus, number, PriceInput(
            Money(cents, motus.currency), _SINCE, theirs, minimum, pack))  # fmt: skip
        if fen is not None:
            _set(session, crew, harbour, number, PriceInput(Money(fen, "CNY"), _SINCE))


def order(session: Session, crew: Crew) -> None:
    """What is low is ordered; a draft to the other supplier waits for the next boat."""
    motus = suppliers.by_name(session, crew.mei, _MOTUS.name)
    harbour = suppliers.by_name(session, crew.mei, _HARBOUR.name)
    first = purchasing.draft(session, crew.mei, motus)
    for number, quantity in ((ARM_ACTUATOR, 4), ("SBK-80", 8), ("KSB-2", 12), ("KH-14", 4)):
        part = catalogue.by_number(session, crew.mei, number)
        purchasing.add_line(session, crew.mei, first, part, quantity=quantity)
    purchasing.send(session, crew.mei, first)
    part = catalogue.by_number(session, crew.mei, ARM_ACTUATOR)
    buying.reserve_incoming(
        session, crew.mei, part.id, quantity=1, owner="aside:Loan fleet", holder=crew.emre.name
    )
    draft = purchasing.draft(session, crew.mei, harbour)
    part = catalogue.by_number(session, crew.mei, ACTUATOR)
    purchasing.add_line(session, crew.mei, draft, part, quantity=6)


def receive_a_half(session: Session, crew: Crew) -> None:
    """Two of four actuators come, the seals one too dear, and of the bumpers one is torn."""
    first = purchasing.by_number(session, crew.mei, 1)
    pieces = (
        Piece(1, serial="DEMO-AK60-3401"),
        Piece(1, serial="DEMO-AK60-3402"),
        Piece(2, 8, price=Money(4_290, first.currency)),
        Piece(3, 11),
        Piece(3, 1, rejected_for="Torn on arrival"),
    )
    receipts.book(session, crew.mei, first, Delivery(pieces, note_number="MP-LS-88213"))


def take_the_last_one(session: Session, crew: Crew) -> None:
    """Emre finds the last encoder cable, which the figures did not know."""
    part = catalogue.by_number(session, crew.emre, "CABLE-ENC")
    buying.took_last(session, crew.emre, part)


def _set(session: Session, crew: Crew, supplier: Supplier, number: str, price: PriceInput) -> None:
    part = catalogue.by_number(session, crew.mei, number)
    prices.set_price(session, crew.mei, supplier, part, price)
