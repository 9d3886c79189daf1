"""Models with slots, made by hand and from descriptions."""

from sqlalchemy.orm import Session

from app.kernel import clock
from app.kernel.searchkeys import search_key
from app.robots.bodyplan import Side, SlotClass
from app.robots.models import RobotModel
from app.robots.slot_models import BodyPlan, Control, Slot, SlotPart


def a_plan(
    session: Session,
    model: RobotModel,
    paths: tuple[str, ...] = ("left_knee.actuator", "right_knee.actuator", "battery.1"),
    *,
    revision: str = "",
    control: Control = Control.SERIAL,
    allowed: dict[str, tuple[str, ...]] | None = None,
) -> BodyPlan:
    """A plan with these slots; the class is the path's last word, `battery.1` is a battery."""
    plan = BodyPlan(
        model_id=model.id,
        revision=revision,
        revision_key=search_key(revision),
        made_at=clock.now(),
        made_by="Petra Krause",
    )
    session.add(plan)
    session.flush()
    for place, path in enumerate(paths):
        slot = Slot(
            plan_id=plan.id,
            place=place,
            path=path,
            slot_class=class_of(path),
            side=Side.LEFT if "left" in path else Side.RIGHT if "right" in path else Side.CENTER,
            control=control,
        )
        session.add(slot)
        session.flush()
        session.add_all(
            SlotPart(slot_id=slot.id, part_number=number, part_key=search_key(number))
            for number in (allowed or {}).get(path, ())
        )
    session.flush()
    return plan


def class_of(path: str) -> SlotClass:
    place, _, last = path.rpartition(".")
    return SlotClass(place if last.isdecimal() else last)
