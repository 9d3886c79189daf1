"""A robot's body by its open bulletins: the slots whose parts a bulletin names."""

from sqlalchemy.orm import Session

from app.kernel.text import msg
from app.robots import concerned
from app.robots.bodylook import Mark
from app.robots.bulletincriteria import names
from app.robots.concerned import Concern
from app.robots.insides import Inside, Place
from app.robots.models import Unit

_NONE = Mark("ok", msg("No open bulletin"), msg("No open bulletin"))


def look(session: Session, unit: Unit, inside: Inside) -> dict[str, Mark]:
    """A mark for each slot; what means the robot as a whole marks none of them."""
    waiting = concerned.waiting(concerned.of_unit(session, unit))
    return {place.path: _mark(place, waiting) for place in inside.places}


def _mark(place: Place, waiting: list[Concern]) -> Mark:
    for concern in waiting:
        if _names(concern, place):
            words = msg("{code}: {title}", code=concern.bulletin.code, title=concern.bulletin.title)
            return Mark("bad" if concern.keeps_here else "warn", msg("Open bulletin"), words)
    return _NONE


def _names(concern: Concern, place: Place) -> bool:
    """Whether the bulletin means the robot by what sits in this slot."""
    if concern.match is None or place.now is None:
        return False
    inside = place.now.component or place.now
    return names(concern.match.criterion, inside.part_key, inside.lot_key)
