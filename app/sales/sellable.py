"""May this robot be sold just now, and if not, why."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.text import msg
from app.robots import addresses, concerned, loans
from app.robots.models import Unit
from app.robots.states import UNIT_STATE_LABELS, Custody, UnitState
from app.sales.errors import NotSellable
from app.sales.models import Order, UnitSale

_HANDED_OUT = {UnitState.SOLD, UnitState.HANDED_OVER}


def require(session: Session, unit: Unit) -> None:
    """Raises NotSellable or OutOnLoan with the reason, and a link to what has to happen first."""
    here = addresses.robot_page(unit.serial)
    if unit.state is UnitState.AVAILABLE:
        loans.require_in_house(session, unit)
        if unit.custody is Custody.BENCH:
            raise NotSellable(msg("{serial} is in the workshop.", serial=unit.serial), link=here)
        _require_no_stop_sale(session, unit)
        return
    if unit.state in _HANDED_OUT:
        sold = session.scalar(
            select(Order.number)
            .join(UnitSale, UnitSale.order_id == Order.id)
            .where(UnitSale.unit_id == unit.id, UnitSale.returned_at.is_(None))
        )
        raise NotSellable(
            msg("{serial} was sold with sale {number}.", serial=unit.serial, number=sold or "–"),
            link=f"/sales/{sold}" if sold else here,
        )
    if unit.state is UnitState.EXPECTED:
        raise NotSellable(msg("{serial} has not been received yet.", serial=unit.serial), link=here)
    if unit.state in {UnitState.RECEIVED, UnitState.INSPECTED}:
        raise NotSellable(
            msg("{serial} has not passed its pre-delivery inspection.", serial=unit.serial),
            link=addresses.inspection_page(unit.serial),
        )
    raise NotSellable(
        msg(
            "{serial} is not for sale: {state}.",
            serial=unit.serial,
            state=UNIT_STATE_LABELS[unit.state],
        ),
        link=here,
    )


def _require_no_stop_sale(session: Session, unit: Unit) -> None:
    """Raises NotSellable while the maker has stopped the sale of such a robot."""
    for concern in concerned.stop_sales(session, unit):
        raise NotSellable(
            msg(
                "{serial} must not be sold: bulletin {code}, {title}.",
                serial=unit.serial,
                code=concern.bulletin.code,
                title=concern.bulletin.title,
            ),
            link=addresses.bulletin_page(concern.bulletin.id),
        )
