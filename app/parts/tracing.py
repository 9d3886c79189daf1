"""A component's way through the store, as its passport among the robots shows it."""

from collections.abc import Collection, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from app.parts.models import Balance, Movement, Place
from app.parts.owners import owner_label, owner_page
from app.parts.places import label_of
from app.robots.slot_models import Component
from app.robots.whereabouts import Passage

_MOST = 200


def passages(session: Session, component: Component) -> Sequence[Passage]:
    """The ledger's lines of one component, the newest first."""
    start, end = aliased(Place), aliased(Place)
    rows = session.execute(
        select(Movement, start, end)
        .join(start, start.id == Movement.from_place_id)
        .join(end, end.id == Movement.to_place_id)
        .where(Movement.component_id == component.id)
        .order_by(Movement.id.desc())
        .limit(_MOST)
    )
    return [
        Passage(
            at=line.at,
            start=label_of(left),
            end=label_of(came),
            by=line.actor,
            reason=line.reason,
            reference=owner_label(line.reference) if line.reference else None,
            link=owner_page(line.reference),
        )
        for line, left, came in rows
    ]


def kept(session: Session, component_ids: Collection[int]) -> set[int]:
    """Those of these components that the ledger knows."""
    known = select(Balance.component_id).where(Balance.component_id.in_(component_ids))
    return {one for one in session.scalars(known) if one is not None}
