"""Data vouchers in lists: of a store, of a customer; and as a file."""

from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import Row, Select, select
from sqlalchemy.orm import Session

from app.customers.models import Customer
from app.customers.panels import Panel, PanelRow
from app.kernel import csvfile
from app.kernel.actor import Actor
from app.kernel.text import Text, msg
from app.payments import entitlements
from app.payments.entitlement_models import Entitlement, EntitlementMove, MoveKind
from app.payments.entitlements import Left
from app.payments.measured import Measured
from app.robots.models import Unit
from app.stores import desk
from app.web import paging

KIND_LABELS: dict[MoveKind, Text] = {
    MoveKind.ISSUED: msg("Voucher issued"),
    MoveKind.DRAWN: msg("Drawn"),
    MoveKind.REVERSED: msg("Undone"),
    MoveKind.WITHDRAWN: msg("Taken away"),
}
CSV = ("number", "day", "kind", "amount", "left", "unit", "reference", "note", "by")
_SHOWN = 20


@dataclass(frozen=True, slots=True)
class EntitlementRow:
    """A data voucher with whose it is, the robot that it is for, and what is left today."""

    entitlement: Entitlement
    customer: Customer
    serial: str
    granted: Measured
    left: Left

    @property
    def page(self) -> str:
        return f"/entitlements/{self.entitlement.number}"

    @property
    def state(self) -> tuple[Text, str]:
        if not self.left.balance.milli:
            return msg("used up"), "info"
        return (msg("expired"), "warn") if self.left.is_over else (msg("open"), "ok")


_balance = (
    select(EntitlementMove.balance_milli)
    .where(EntitlementMove.entitlement_id == Entitlement.id)
    .order_by(EntitlementMove.number.desc())
    .limit(1)
    .correlate(Entitlement)
    .scalar_subquery()
)


def page(
    session: Session, actor: Actor, *, cursor: str | None, customer_id: int | None = None
) -> paging.Page[EntitlementRow]:
    """Those of a store, or of one customer, the newest first, 50 at a time."""
    actor.require("customers.view")
    query = _rows().where(Entitlement.store_id == actor.store_id)
    if customer_id is not None:
        query = query.where(Entitlement.customer_id == customer_id)
    if cursor:
        (last,) = paging.decode(cursor, int)
        query = query.where(Entitlement.id < last)
    rows = _as_rows(session, actor, query.limit(paging.PAGE + 1))
    shown = rows[: paging.PAGE]
    following = paging.encode(shown[-1].entitlement.id) if len(rows) > paging.PAGE else None
    return paging.Page(shown, following)


def row_of(session: Session, actor: Actor, entitlement: Entitlement) -> EntitlementRow:
    """One of them."""
    actor.require("customers.view")
    (row,) = _as_rows(session, actor, _rows().where(Entitlement.id == entitlement.id))
    return row


def statement_file(session: Session, entitlement: Entitlement) -> bytes:
    """Every move, for a spreadsheet."""
    return csvfile.csv_bytes(
        CSV,
        [
            (
                move.number,
                move.day.isoformat(),
                move.kind.value,
                Decimal(move.amount_milli) / 1000,
                Decimal(move.balance_milli) / 1000,
                entitlement.unit.value,
                move.reference,
                move.note,
                move.by,
            )
            for move in entitlements.moves_of(session, entitlement)
        ],
    )


def panel(session: Session, actor: Actor, customer: Customer) -> Panel:
    """Those of a customer, on the customer's page."""
    query = _rows().where(
        Entitlement.store_id == actor.store_id, Entitlement.customer_id == customer.id
    )
    return Panel(
        title=msg("Data vouchers"),
        nothing=msg("None: they come with what is sold, or as a gift."),
        rows=[
            PanelRow(
                name=str(row.entitlement.number),
                href=row.page,
                facts=(
                    row.entitlement.name,
                    row.left.balance.said,
                    msg("of"),
                    row.granted.said,
                ),
                state=row.state,
            )
            for row in _as_rows(session, actor, query.limit(_SHOWN))
        ],
    )


def chapter(session: Session, actor: Actor, customer: Customer) -> object:
    """Every data voucher with its moves, for the copy of a customer's data."""
    found = session.scalars(
        select(Entitlement)
        .where(Entitlement.store_id == actor.store_id, Entitlement.customer_id == customer.id)
        .order_by(Entitlement.id)
    )
    return [
        {
            "number": one.number,
            "name": one.name,
            "unit": one.unit.value,
            "expires_on": one.expires_on,
            "moves": [
                {
                    "number": move.number,
                    "day": move.day,
                    "kind": move.kind.value,
                    "amount": Measured(move.amount_milli, one.unit).plain,
                    "left": Measured(move.balance_milli, one.unit).plain,
                    "for": move.reference,
                }
                for move in entitlements.moves_of(session, one)
            ],
        }
        for one in list(found)
    ]


def _rows() -> Select[Entitlement, Customer, str | None, int]:
    return (
        select(Entitlement, Customer, Unit.serial, _balance)
        .join(Customer, Customer.id == Entitlement.customer_id)
        .outerjoin(Unit, Unit.id == Entitlement.unit_id)
        .order_by(Entitlement.id.desc())
    )


def _as_rows(
    session: Session, actor: Actor, query: Select[Entitlement, Customer, str | None, int]
) -> list[EntitlementRow]:
    today = desk.business_day_of(desk.store_of(session, actor.store_id))

    def row(found: Row[Entitlement, Customer, str | None, int]) -> EntitlementRow:
        one, customer, serial, balance = found
        return EntitlementRow(
            entitlement=one,
            customer=customer,
            serial=serial or "",
            granted=Measured(one.granted_milli, one.unit),
            left=Left(Measured(balance, one.unit), entitlements.is_over(one, today)),
        )

    return [row(found) for found in session.execute(query)]
