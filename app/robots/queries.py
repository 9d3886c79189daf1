"""What lists and pages show of robots; every list path stands on an index."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Row, Select, select
from sqlalchemy.orm import Session, contains_eager

from app.customers.models import Customer
from app.kernel.actor import Actor
from app.kernel.searchkeys import search_key
from app.kernel.text import Text
from app.robots import addresses, claims, finding, registry
from app.robots.models import Maker, Ownership, RobotModel, Unit, UnitClaim, UnitComponent
from app.robots.states import STANDING_LABELS, Standing, UnitState, standing
from app.web import paging

_Columns = tuple[Unit, RobotModel, Maker, UnitClaim | None, int | None, str | None]
_TONES = {
    Standing.RECEIVED: "info",
    Standing.INSPECTED: "info",
    Standing.AVAILABLE: "ok",
    Standing.HELD: "hold",
    Standing.RETURNED: "warn",
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which robots a list is about; None and the empty text leave a wish open.

    `text` finds parts of serials and component serials, `serial` is one exactly.
    """

    text: str = ""
    serial: str = ""
    standing: Standing | None = None
    maker_id: int | None = None
    model_id: int | None = None
    note_id: int | None = None


@dataclass(frozen=True, slots=True)
class RobotRow:
    """A robot with who keeps it and whose it is; `owner` is empty where it is the store's."""

    unit: Unit
    model: RobotModel
    maker: Maker
    claim: UnitClaim | None
    owner_number: int | None
    owner: str

    @property
    def standing(self) -> Standing:
        return standing(self.unit.state, claimed=self.claim is not None)

    @property
    def label(self) -> Text:
        return STANDING_LABELS[self.standing]

    @property
    def tone(self) -> str:
        """Of the chip that says it."""
        return _TONES.get(self.standing, "")

    @property
    def page(self) -> str:
        return addresses.robot_page(self.unit.serial)

    @property
    def page_with_maker(self) -> str:
        """For a serial that two makers share."""
        return addresses.robot_page(self.unit.serial, maker=self.maker.name)


def robots(
    session: Session,
    actor: Actor,
    wanted: Wanted,
    *,
    cursor: str | None = None,
    most: int = paging.PAGE,
) -> paging.Page[RobotRow]:
    """The store's robots, newest first; with a text the nearest, at most 50, on one page."""
    actor.require("robots.view")
    conditions = _conditions(wanted)
    if wanted.text:
        ids = finding.hits(session, actor, wanted.text, only=conditions)
        return paging.Page(of_ids(session, actor, ids), None)
    query = _rows(actor).where(*conditions).order_by(Unit.id.desc()).limit(most + 1)
    if cursor:
        (last_id,) = paging.decode(cursor, int)
        query = query.where(Unit.id < last_id)
    found = [_row(row) for row in session.execute(query)]
    shown = found[:most]
    following = paging.encode(shown[-1].unit.id) if len(found) > most else None
    return paging.Page(shown, following)


def of_ids(session: Session, actor: Actor, ids: Sequence[int]) -> list[RobotRow]:
    """These robots in this order, in one statement."""
    found = {
        row.unit.id: row for row in map(_row, session.execute(_rows(actor).where(Unit.id.in_(ids))))
    }
    return [found[unit_id] for unit_id in ids]


def called(session: Session, actor: Actor, serial: str, *, maker_id: int | None = None) -> RobotRow:
    """The store's robot with this serial in any writing, in one statement.

    Raises as `registry.by_serial` does.
    """
    key = search_key(serial)
    query = _rows(actor).where(Unit.serial_key == key).order_by(Unit.id)
    rows = {row.unit: row for row in map(_row, session.execute(query))} if key else {}
    return rows[registry.the_one(list(rows), serial, maker_id=maker_id)]


def components(session: Session, unit_id: int) -> list[UnitComponent]:
    """What the delivery note named inside a robot, by position."""
    return list(
        session.scalars(
            select(UnitComponent)
            .where(UnitComponent.unit_id == unit_id)
            .order_by(UnitComponent.position)
        )
    )


def _conditions(wanted: Wanted) -> tuple[ColumnElement[bool], ...]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.standing is not None:
        conditions += _stands(wanted.standing)
    if wanted.serial:
        conditions.append(Unit.serial_key == search_key(wanted.serial))
    if wanted.maker_id is not None:
        conditions.append(Unit.maker_id == wanted.maker_id)
    if wanted.model_id is not None:
        conditions.append(Unit.model_id == wanted.model_id)
    if wanted.note_id is not None:
        conditions.append(Unit.delivery_note_id == wanted.note_id)
    return tuple(conditions)


def _stands(wanted: Standing) -> list[ColumnElement[bool]]:
    """Held and available are one stored state, told apart by a live claim."""
    kept = (
        select(UnitClaim.id)
        .where(UnitClaim.unit_id == Unit.id, claims.in_force())
        .correlate(Unit)
        .exists()
    )
    if wanted is Standing.HELD:
        return [Unit.state == UnitState.AVAILABLE, kept]
    if wanted is Standing.AVAILABLE:
        return [Unit.state == UnitState.AVAILABLE, ~kept]
    return [Unit.state == UnitState(wanted)]


def _rows(actor: Actor) -> Select[*_Columns]:
    return (
        select(Unit, RobotModel, Maker, UnitClaim, Customer.number, Customer.name)
        .join(RobotModel, RobotModel.id == Unit.model_id)
        .join(Maker, Maker.id == Unit.maker_id)
        .outerjoin(UnitClaim, (UnitClaim.unit_id == Unit.id) & claims.in_force())
        .outerjoin(Ownership, (Ownership.unit_id == Unit.id) & Ownership.until.is_(None))
        .outerjoin(Customer, Customer.id == Ownership.customer_id)
        .where(Unit.store_id == actor.store_id)
        .options(contains_eager(Unit.model), contains_eager(Unit.maker))
    )


def _row(row: Row[*_Columns]) -> RobotRow:
    unit, model, maker, claim, owner_number, owner = row
    return RobotRow(unit, model, maker, claim, owner_number, owner or "")
