"""Goods go back to a supplier: from quarantine or a bin, or as old parts that are its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel import audit, clock, numbers
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, NotFound, Refused
from app.kernel.money import MOST_MINOR, Money
from app.kernel.text import msg
from app.parts import issuing, places, stock
from app.parts.buying_models import (
    CoreReturn,
    GoodsReceipt,
    PurchaseLine,
    PurchaseOrder,
    ReceiptLine,
    Supplier,
    SupplierReturn,
    SupplierReturnLine,
)
from app.parts.models import Balance, Movement, Part, Place, PlaceKind
from app.parts.moves import Move
from app.robots.slot_models import Component
from app.stores import desk
from app.web.forms import Reading
from app.web.paging import Page, decode, encode

SERIES = "supplier-return"
MOST_LISTED = 100
PAGE = 50
# From here a clerk sends goods back; what lies on a bench goes with its old part alone.
SENT_FROM = frozenset({PlaceKind.BIN, PlaceKind.VAN, PlaceKind.QUARANTINE})


@dataclass(frozen=True, slots=True)
class Lying:
    """Pieces in quarantine: what, since when, why, and whose they were."""

    balance: Balance
    part: Part
    place: Place
    component: Component | None
    lot: str
    rejected_for: str = ""
    supplier: Supplier | None = None
    price_minor: int = 0
    due_on: date | None = None


@dataclass(frozen=True, slots=True)
class Goods:
    """What goes back: pieces at a place, of a lot, or one component."""

    balance_id: int
    quantity: int


@dataclass(frozen=True, slots=True)
class ReturnInput:
    """Why, by which day it has to be there, and what the supplier should pay for it."""

    reason: str
    expected: Money
    due_on: date | None = None
    authorisation: str = ""


def label(row: SupplierReturn) -> str:
    return f"RT-{row.number}"


def reference(row: SupplierReturn) -> str:
    return f"return:{row.number}"


def quarantined(session: Session, actor: Actor) -> list[Lying]:
    """What lies in quarantine, with the delivery that it came by; two statements."""
    store = desk.store_of(session, actor.store_id)
    rows = session.execute(
        select(Balance, Part, Place, Component)
        .join(Part, Part.id == Balance.part_id)
        .join(Place, Place.id == Balance.place_id)
        .outerjoin(Component, Component.id == Balance.component_id)
        .where(
            Place.store_id == actor.store_id,
            Place.kind == PlaceKind.QUARANTINE,
            Balance.quantity > 0,
        )
        .order_by(Balance.id)
        .limit(MOST_LISTED)
    ).all()
    origins = _origins(session, [part.id for _, part, _, _ in rows])
    found = []
    for balance, part, place, component in rows:
        origin = origins.get((part.id, balance.component_id))
        if origin is None:
            found.append(Lying(balance, part, place, component, balance.lot))
            continue
        line, receipt, supplier = origin
        arrived = desk.business_day_of(store, receipt.at)
        due_on = arrived + timedelta(days=supplier.return_days) if supplier.return_days else None
        found.append(
            Lying(
                balance,
                part,
                place,
                component,
                line.lot or balance.lot,
                line.rejected_for,
                supplier,
                line.price_minor,
                due_on,
            )
        )
    return sorted(found, key=lambda lying: (lying.due_on is None, lying.due_on or date.max))


def send_back(
    session: Session,
    actor: Actor,
    supplier: Supplier,
    goods: Sequence[Goods],
    wanted: ReturnInput,
) -> SupplierReturn:
    """Pieces leave for the supplier. Raises Conflict for what is no longer there."""
    actor.require("purchases.edit")
    if not goods:
        raise Refused(msg("Choose what goes back."), field="form")
    row = _begin(session, actor, supplier, wanted)
    moves = _moves(session, actor, goods)
    movements = stock.book(session, actor, moves, reason=row.reason, reference=reference(row))
    _keep_lines(session, row, movements)
    _record(session, actor, row, supplier)
    return row


def send_core(
    session: Session, actor: Actor, supplier: Supplier, core: CoreReturn, wanted: ReturnInput
) -> SupplierReturn:
    """An old part goes to whom it belongs, from the bench or wherever it was put."""
    actor.require("purchases.edit")
    row = _begin(session, actor, supplier, wanted)
    there = places.standard(session, actor.store_id, PlaceKind.SUPPLIER)
    lying = _balance_of(session, core)
    if lying is None or lying[1].kind is PlaceKind.BENCH:
        movements = issuing.settle(
            session,
            actor,
            core.owner,
            core.part_id,
            quantity=core.quantity,
            component_id=core.component_id,
            lot=core.lot,
            to=there,
            reason=row.reason,
        )
    else:
        balance, place = lying
        component = session.get(Component, balance.component_id) if balance.component_id else None
        move = Move(core.part_id, core.quantity, place, there, core.lot, component)
        movements = stock.book(session, actor, [move], reason=row.reason, reference=reference(row))
    _keep_lines(session, row, movements)
    core.ended_at, core.return_id = clock.now(), row.id
    session.flush()
    _record(session, actor, row, supplier)
    return row


def credit(session: Session, actor: Actor, row: SupplierReturn, amount: Money) -> None:
    """What the supplier paid for it; nothing is an amount too."""
    actor.require("purchases.edit")
    if row.credited_at is not None:
        raise Conflict(msg("{number} has been credited already.", number=label(row)))
    if amount.currency != row.currency or not 0 <= amount.minor <= MOST_MINOR:
        raise Refused(msg("A credit is not less than nothing."), field="amount")
    row.credited_minor, row.credited_at = amount.minor, clock.now()
    row.credited_by = actor.name
    session.flush()
    audit.record(
        session,
        actor,
        "return.credited",
        subject=reference(row),
        before={"expected_minor": row.expected_minor},
        after={"credited_minor": amount.minor},
    )


def by_number(session: Session, actor: Actor, number: int) -> SupplierReturn:
    row = session.scalar(
        select(SupplierReturn).where(
            SupplierReturn.store_id == actor.store_id, SupplierReturn.number == number
        )
    )
    if row is None:
        raise NotFound(msg("There is no return {number}.", number=f"RT-{number}"))
    return row


def listed(
    session: Session, actor: Actor, *, cursor: str | None = None
) -> Page[tuple[SupplierReturn, Supplier]]:
    """All returns, the newest first."""
    query = (
        select(SupplierReturn, Supplier)
        .join(Supplier, Supplier.id == SupplierReturn.supplier_id)
        .where(SupplierReturn.store_id == actor.store_id)
        .order_by(SupplierReturn.number.desc())
        .limit(PAGE + 1)
    )
    if cursor:
        query = query.where(SupplierReturn.number < decode(cursor, int)[0])
    rows = [(row, supplier) for row, supplier in session.execute(query)]
    more = len(rows) > PAGE
    return Page(rows[:PAGE], encode(rows[PAGE - 1][0].number) if more else None)


def lines_of(
    session: Session, row: SupplierReturn
) -> list[tuple[SupplierReturnLine, Part, Component | None]]:
    rows = session.execute(
        select(SupplierReturnLine, Part, Component)
        .join(Part, Part.id == SupplierReturnLine.part_id)
        .outerjoin(Component, Component.id == SupplierReturnLine.component_id)
        .where(SupplierReturnLine.return_id == row.id)
        .order_by(SupplierReturnLine.position)
    )
    return [(line, part, component) for line, part, component in rows]


def _begin(
    session: Session, actor: Actor, supplier: Supplier, wanted: ReturnInput
) -> SupplierReturn:
    seen = Reading()
    reason = seen.text("reason", wanted.reason, required=True)
    authorisation = seen.text("authorisation", wanted.authorisation, most=64)
    if wanted.expected.currency != supplier.currency or not (
        0 <= wanted.expected.minor <= MOST_MINOR
    ):
        seen.refuse("expected", msg("A credit is not less than nothing."))
    seen.done()
    row = SupplierReturn(
        store_id=actor.store_id,
        number=numbers.allot(session, store_id=actor.store_id, series=SERIES),
        supplier_id=supplier.id,
        reason=reason,
        authorisation=authorisation,
        due_on=wanted.due_on,
        currency=supplier.currency,
        expected_minor=wanted.expected.minor,
        sent_at=clock.now(),
        sent_by=actor.name,
    )
    session.add(row)
    session.flush()
    return row


def _moves(session: Session, actor: Actor, goods: Sequence[Goods]) -> list[Move]:
    there = places.standard(session, actor.store_id, PlaceKind.SUPPLIER)
    rows = {
        balance.id: (balance, place, component)
        for balance, place, component in session.execute(
            select(Balance, Place, Component)
            .join(Place, Place.id == Balance.place_id)
            .outerjoin(Component, Component.id == Balance.component_id)
            .where(
                Balance.id.in_([each.balance_id for each in goods]),
                Place.store_id == actor.store_id,
            )
        )
    }
    moves = []
    for each in goods:
        if each.balance_id not in rows or rows[each.balance_id][1].kind not in SENT_FROM:
            raise Conflict(msg("This is no longer there; look again."), field="form")
        balance, place, component = rows[each.balance_id]
        moves.append(Move(balance.part_id, each.quantity, place, there, balance.lot, component))
    return moves


def _keep_lines(session: Session, row: SupplierReturn, movements: Sequence[Movement]) -> None:
    session.add_all(
        SupplierReturnLine(
            return_id=row.id,
            position=position,
            part_id=movement.part_id,
            movement_id=movement.id,
            quantity=movement.quantity,
            lot=movement.lot,
            component_id=movement.component_id,
        )
        for position, movement in enumerate(movements, start=1)
    )
    session.flush()


def _balance_of(session: Session, core: CoreReturn) -> tuple[Balance, Place] | None:
    """Where an old part with a serial lies; None for one without, which lies on its bench."""
    if core.component_id is None:
        return None
    row = session.execute(
        select(Balance, Place)
        .join(Place, Place.id == Balance.place_id)
        .where(Balance.component_id == core.component_id, Balance.quantity > 0)
    ).first()
    return None if row is None else (row[0], row[1])


_Origin = tuple[ReceiptLine, GoodsReceipt, Supplier]


def _origins(session: Session, part_ids: Sequence[int]) -> dict[tuple[int, int | None], _Origin]:
    """The latest rejected delivery of each part, and of each component."""
    rows = session.execute(
        select(ReceiptLine, GoodsReceipt, Supplier, PurchaseLine.part_id)
        .join(GoodsReceipt, GoodsReceipt.id == ReceiptLine.receipt_id)
        .join(PurchaseLine, PurchaseLine.id == ReceiptLine.line_id)
        .join(PurchaseOrder, PurchaseOrder.id == PurchaseLine.order_id)
        .join(Supplier, Supplier.id == PurchaseOrder.supplier_id)
        .where(PurchaseLine.part_id.in_(part_ids), ReceiptLine.rejected_for != "")
        .order_by(ReceiptLine.id)
    )
    return {
        (part_id, line.component_id): (line, receipt, supplier)
        for line, receipt, supplier, part_id in rows
    }


def _record(session: Session, actor: Actor, row: SupplierReturn, supplier: Supplier) -> None:
    audit.record(
        session,
        actor,
        "return.sent",
        subject=reference(row),
        after={"supplier": supplier.name, "expected_minor": row.expected_minor},
        reason=row.reason,
    )
