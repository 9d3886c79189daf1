"""Places in robots as fit and approvals name them: one slot by its path, or a kind of slot."""

from dataclasses import dataclass

from app.kernel.errors import Refused
from app.kernel.searchkeys import clean
from app.kernel.text import Text, msg
from app.robots.bodyplan import SlotClass
from app.robots.slot_models import Slot
from app.robots.slotnames import CLASS_LABELS, name_of, read_path


@dataclass(frozen=True, slots=True)
class Where:
    """A slot's path, or a kind of slot; both empty: anywhere."""

    path: str = ""
    slot_class: SlotClass | None = None


ANYWHERE = Where()


def read_where(where: Where) -> Where:
    """The same with its path read; raises Refused when both are said."""
    path = read_path(where.path) if clean(where.path) else ""
    if path and where.slot_class is not None:
        raise Refused(msg("Name a slot, or a kind of slot, not both."), field="slot")
    return Where(path, where.slot_class)


def covers_slot(where: Where, slot: Slot) -> bool:
    if where.path:
        return where.path == slot.path
    return where.slot_class is None or where.slot_class is slot.slot_class


def where_label(path: str, slot_class: SlotClass | None) -> Text:
    """`left knee`, `Actuator`, or `Anywhere`."""
    if path:
        return name_of(path)
    return CLASS_LABELS[slot_class] if slot_class is not None else msg("Anywhere")
