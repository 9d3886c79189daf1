"""Room in a slot for what an estimate wants there: each slot holds one piece."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.errors import Refused
from app.kernel.searchkeys import bare_key
from app.kernel.text import msg
from app.parts.models import Part
from app.robots import bodies
from app.robots.models import Unit
from app.robots.slot_models import Control
from app.robots.slotnames import name_of
from app.service.estimate_models import Estimate, EstimateLine
from app.service.estimates import Sheet


def sits(session: Session, unit: Unit, part: Part, path: str) -> bool:
    """Whether a part takes a slot's place, or is used up there, like grease in a knee."""
    if part.slot_class is not None or part.control is Control.SERIAL:
        return True
    slot = bodies.slot_called(session, unit, path)
    return bare_key(part.number) in {bare_key(one.part_number) for one in slot.parts}


def require(session: Session, sheet: Sheet, part: Part, path: str, *, quantity: int) -> None:
    """Raises Refused for more pieces than the slot holds, with those of other lines for it.

    Nobody could ever fit them, and the work would never be done.
    """
    unit = sheet.ticket.unit
    if not path or not sits(session, unit, part, path):
        return
    _require_one(path, quantity)
    for other in _meant_for(session, sheet.estimate, path):
        if sits(session, unit, other, path):
            raise Refused(
                msg(
                    "There is room for one piece in {slot}, and {part} is to go there already.",
                    slot=name_of(path),
                    part=other.number,
                ),
                field="slot",
            )


def require_one(session: Session, sheet: Sheet, line: EstimateLine, quantity: int) -> None:
    """The same for a line that is there and gets another quantity."""
    if line.part_id is None or not line.slot_path or quantity <= line.quantity:
        return
    part = session.get_one(Part, line.part_id)
    if sits(session, sheet.ticket.unit, part, line.slot_path):
        _require_one(line.slot_path, quantity)


def _require_one(path: str, quantity: int) -> None:
    if quantity > 1:
        raise Refused(
            msg(
                "There is room for one piece in {slot}. "
                "Each further one is a line of its own slot.",
                slot=name_of(path),
            ),
            field="quantity",
        )


def _meant_for(session: Session, estimate: Estimate, path: str) -> Sequence[Part]:
    """The parts of the lines for a slot, those just added too."""
    return session.scalars(
        select(Part)
        .join(EstimateLine, EstimateLine.part_id == Part.id)
        .where(EstimateLine.estimate_id == estimate.id, EstimateLine.slot_path == path)
        .order_by(EstimateLine.position)
    ).all()
