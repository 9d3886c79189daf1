"""An owner who asks the demo store for service, from the robot's own page."""

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from app.demo.opening import Crew
from app.portal import requests
from app.portal.requests import Asked
from app.robots.models import Ownership, Unit
from app.robots.states import Custody, UnitState
from app.service.models import Ticket


def ask(session: Session, crew: Crew) -> None:
    """The newest robot that is with its owner, and for which no repair is open."""
    unit, owned = session.execute(
        select(Unit, Ownership)
        .join(Ownership, Ownership.unit_id == Unit.id)
        .where(
            Unit.store_id == crew.petra.store_id,
            Unit.state == UnitState.HANDED_OVER,
            Unit.custody == Custody.CUSTOMER,
            Ownership.until.is_(None),
            ~exists().where(Ticket.unit_id == Unit.id, Ticket.ended_at.is_(None)),
        )
        .order_by(Ownership.id.desc())
        .limit(1)
    ).one()
    said = "Since yesterday the left hand does not close any more. No fall, no noise."
    requests.ask_service(session, unit, owned, Asked(said), form_key="demo")
