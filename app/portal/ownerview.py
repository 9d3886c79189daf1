"""What an owner sees of the own robot, and of what was done to it while it was theirs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from app.calibration import certificatelists
from app.calibration.certificatelists import Listed
from app.kernel.text import Text
from app.portal import requests
from app.portal.owner_models import OwnerRequest
from app.portal.ownerbooking import OWNER
from app.robots import concerned, openpassport, warrantycover
from app.robots.concerned import Concern
from app.robots.models import Ownership, Unit
from app.robots.openpassport import Fact
from app.robots.warranty_case import Verdict
from app.service import links, standing, tickets
from app.service.models import Ticket
from app.service.planning_models import Appointment
from app.service.states import TicketState

_MOST = 20


@dataclass(frozen=True, slots=True)
class RepairRow:
    """A repair; `opens` while its own page is still shown, `is_theirs`: its appointment is one that
    the owner booked, and may change.
    """

    number: int
    label: str
    said: Text
    at: datetime
    is_open: bool
    opens: bool
    appointment: datetime | None
    is_theirs: bool


@dataclass(frozen=True, slots=True)
class OwnersRobot:
    """Everything on the owner's page."""

    facts: Sequence[Fact]
    verdict: Verdict
    certificates: Sequence[Listed]
    bulletins: Sequence[Concern]
    repairs: Sequence[RepairRow]
    asked: Sequence[OwnerRequest]

    @property
    def open_repair(self) -> RepairRow | None:
        return next((row for row in self.repairs if row.is_open), None)


def owner_by_key(session: Session, unit: Unit, key: str) -> Ownership | None:
    """The ownership whose key this is; None for any other."""
    if not openpassport.opens_history(session, unit, key):
        return None
    link = openpassport.link_in_force(session, unit.id)
    return session.get_one(Ownership, link.ownership_id) if link is not None else None


def of_robot(session: Session, unit: Unit, owned: Ownership) -> OwnersRobot:
    """What the page shows, of this owner's time alone where it is about people."""
    now = concerned.of_unit(session, unit)
    return OwnersRobot(
        facts=openpassport.facts(session, unit),
        verdict=warrantycover.of_whole_robot(session, unit),
        certificates=certificatelists.of_unit(session, unit.id)[:_MOST],
        bulletins=concerned.whole_story(session, unit, now)[:_MOST],
        repairs=_repairs(session, owned),
        asked=requests.of_ownership(session, owned),
    )


def repair_of(session: Session, owned: Ownership, number: int) -> Ticket | None:
    """A repair of this owner's whose own page is still shown."""
    ticket = session.scalar(select(Ticket).where(*theirs(owned), Ticket.number == number))
    return None if ticket is None or links.is_over(ticket) else ticket


def _repairs(session: Session, owned: Ownership) -> list[RepairRow]:
    rows = list(
        session.scalars(
            select(Ticket).where(*theirs(owned)).order_by(Ticket.id.desc()).limit(_MOST)
        )
    )
    booked = session.execute(
        select(Appointment.ticket_id, Appointment.starts_at, Appointment.made_by).where(
            Appointment.ticket_id.in_([row.id for row in rows]), Appointment.ended_at.is_(None)
        )
    )
    kept = {row.ticket_id: row for row in booked}
    return [
        RepairRow(
            number=row.number,
            label=tickets.label(row),
            said=standing.SAID[row.state],
            at=row.made_at,
            is_open=row.ended_at is None,
            opens=not links.is_over(row),
            appointment=kept[row.id].starts_at if row.id in kept else None,
            is_theirs=(
                row.state is TicketState.BOOKED and row.id in kept and kept[row.id].made_by == OWNER
            ),
        )
        for row in rows
    ]


def theirs(owned: Ownership) -> tuple[ColumnElement[bool], ...]:
    """Which tickets are about this owner's robot, and theirs to see."""
    return (
        Ticket.unit_id == owned.unit_id,
        Ticket.customer_id == owned.customer_id,
        Ticket.made_at >= owned.since,
    )
