"""What parts look like on the wire."""

from datetime import date, datetime
from typing import Self

from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from app.kernel.actor import Actor
from app.parts.catalogue_models import NumberKind, PartFit, PartNumber, Substitution
from app.parts.queries import Level, PartRow
from app.parts.substitution import is_in_force
from app.robots.bodyplan import SlotClass
from app.robots.models import Maker, RobotModel
from app.robots.slot_models import Control
from app.stores import desk
from app.web.wire import MoneyOut


class PartOut(BaseModel):
    """`free` is on hand less what is promised; `level` how that stands to the reorder levels.

    `cost`, of one piece on average, is told to those alone who may change parts.
    """

    number: str
    name: str
    gtin: str
    control: Control
    slot_class: SlotClass | None
    maker: str
    revision: str
    description: str
    price: MoneyOut
    tax_code: str
    minimum: int
    maximum: int
    core_days: int | None
    un_number: str
    archived: bool
    on_hand: int
    reserved: int
    free: int
    incoming: int
    incoming_on: date | None
    level: Level
    replaced_by: str = Field(description="The newest part of its chain; empty: it is that itself.")
    cost: MoneyOut | None


class NumberOut(BaseModel):
    kind: NumberKind
    owner: str
    number: str

    @classmethod
    def of(cls, row: PartNumber) -> Self:
        return cls(kind=row.kind, owner=row.owner, number=row.number)


class FitOut(BaseModel):
    """Empty ranges hold for all."""

    maker: str
    model: str
    slot: str
    slot_class: SlotClass | None
    part_revisions: str
    revisions: str
    firmware: str
    note: str

    @classmethod
    def of(cls, row: PartFit, model: RobotModel) -> Self:
        return cls(
            maker=model.maker.name,
            model=model.code,
            slot=row.slot_path,
            slot_class=row.slot_class,
            part_revisions=row.part_revisions,
            revisions=row.revisions,
            firmware=row.firmware,
            note=row.note,
        )


class StandInOut(BaseModel):
    """`part` may be used instead of `instead_of`; without model and slot, wherever that fits."""

    id: int
    part: str
    instead_of: str
    model: str
    slot: str
    slot_class: SlotClass | None
    reason: str
    approved_by: str
    approved_at: datetime
    until: date | None
    in_force: bool

    @classmethod
    def of(cls, row: Substitution, *, today: date) -> Self:
        return cls(
            id=row.id,
            part=row.part.number,
            instead_of=row.instead_of.number,
            model=row.model.code if row.model else "",
            slot=row.slot_path,
            slot_class=row.slot_class,
            reason=row.reason,
            approved_by=row.approved_by,
            approved_at=row.approved_at,
            until=row.until,
            in_force=is_in_force(row, today=today),
        )


def part_out(session: Session, actor: Actor, row: PartRow) -> PartOut:
    part = row.part
    currency = desk.store_of(session, actor.store_id).currency
    may_see_cost = actor.may("parts.edit") and row.cost is not None
    return PartOut(
        number=part.number,
        name=part.name,
        gtin=part.gtin,
        control=part.control,
        slot_class=part.slot_class,
        maker=session.get_one(Maker, part.maker_id).name if part.maker_id else "",
        revision=part.revision,
        description=part.description,
        price=MoneyOut.minor(part.price_minor, currency),
        tax_code=part.tax_code,
        minimum=part.minimum,
        maximum=part.maximum,
        core_days=part.core_days,
        un_number=part.un_number,
        archived=part.archived,
        on_hand=row.on_hand,
        reserved=row.reserved,
        free=row.free,
        incoming=row.incoming.quantity if row.incoming else 0,
        incoming_on=row.incoming.on if row.incoming else None,
        level=row.level,
        replaced_by=row.replaced_by,
        cost=MoneyOut.of(row.cost) if may_see_cost and row.cost else None,
    )
