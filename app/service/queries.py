"""What pages and programs read of tickets: lists, a robot's earlier tickets, a ticket's story."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Row, Select, bindparam, exists, func, select
from sqlalchemy.orm import Session, aliased

from app.calibration.certificate_models import CalibrationCertificate, CertificateWithdrawal
from app.customers.models import Customer
from app.identity.models import Staff
from app.kernel import clock
from app.kernel.actor import Actor
from app.robots.models import RobotModel, Unit
from app.service import promise
from app.service.diagnosis import COMEBACK_AFTER
from app.service.models import Ticket, TicketChange
from app.service.promise import Promise
from app.service.states import OPEN, TicketState
from app.web import paging

_LONGEST_TITLE = 80
_Columns = tuple[Ticket, str, str, str | None, int | None, str | None]


@dataclass(frozen=True, slots=True)
class TicketRow:
    """A ticket with what every list says of it."""

    ticket: Ticket
    serial: str
    model: str
    customer: str
    customer_number: int | None
    technician: str
    promise: Promise

    @property
    def number(self) -> int:
        return self.ticket.number

    @property
    def label(self) -> str:
        return f"T-{self.ticket.number}"

    @property
    def title(self) -> str:
        return title_of(self.ticket)

    @property
    def page(self) -> str:
        return f"/service/tickets/{self.ticket.number}"

    @property
    def initials(self) -> str:
        words = self.technician.split()
        return "".join(word[0] for word in words[:1] + words[1:][-1:]).upper()


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which tickets a list shows: a state, `open`, or all; a robot's; a customer's."""

    state: TicketState | None = None
    open_only: bool = False
    unit_id: int | None = None
    customer_id: int | None = None


@dataclass(frozen=True, slots=True)
class LastCalibration:
    """The certificate of a robot that holds; `due_on` where a next day was agreed."""

    number: str
    issued_at: datetime
    due_on: date | None


def title_of(ticket: Ticket) -> str:
    """The complaint's first line, as short as a card."""
    line = ticket.complaint.strip().partition("\n")[0].strip()
    return line if len(line) <= _LONGEST_TITLE else line[: _LONGEST_TITLE - 1].rstrip() + "…"


def rows_query(store_id: int) -> Select[*_Columns]:
    """Tickets of a store with what lists say of them, in one statement."""
    return (
        select(Ticket, Unit.serial, RobotModel.name, Customer.name, Customer.number, Staff.name)
        .join(Unit, Unit.id == Ticket.unit_id)
        .join(RobotModel, RobotModel.id == Unit.model_id)
        .outerjoin(Customer, Customer.id == Ticket.customer_id)
        .outerjoin(Staff, Staff.id == Ticket.technician_id)
        .where(Ticket.store_id == store_id)
    )


def row_of(row: Row[*_Columns], now: datetime) -> TicketRow:
    ticket, serial, model, customer, number, technician = row
    return TicketRow(
        ticket=ticket,
        serial=serial,
        model=model,
        customer=customer or "",
        customer_number=number,
        technician=technician or "",
        promise=promise.of(ticket, now),
    )


def listed(
    session: Session,
    actor: Actor,
    wanted: Wanted,
    *,
    cursor: str | None = None,
    most: int = paging.PAGE,
) -> paging.Page[TicketRow]:
    """Tickets, the newest first, in one statement."""
    actor.require("service.view")
    query = rows_query(actor.store_id).order_by(Ticket.id.desc()).limit(most + 1)
    if wanted.state is not None:
        query = query.where(Ticket.state == wanted.state)
    if wanted.open_only:
        query = query.where(Ticket.state.in_(OPEN))
    if wanted.unit_id is not None:
        query = query.where(Ticket.unit_id == wanted.unit_id)
    if wanted.customer_id is not None:
        query = query.where(Ticket.customer_id == wanted.customer_id)
    if cursor:
        query = query.where(Ticket.id < int(paging.decode(cursor, int)[0]))
    now = clock.now()
    found = [row_of(row, now) for row in session.execute(query)]
    shown = found[:most]
    following = paging.encode(shown[-1].ticket.id) if len(found) > most else None
    return paging.Page(shown, following)


def of_unit(session: Session, unit_id: int, *, most: int = 20) -> list[Ticket]:
    """A robot's tickets, the newest first."""
    return list(
        session.scalars(
            select(Ticket).where(Ticket.unit_id == unit_id).order_by(Ticket.id.desc()).limit(most)
        )
    )


def known_of_unit(
    session: Session, unit_id: int, *, most: int = 20
) -> tuple[list[Ticket], LastCalibration | None]:
    """A robot's tickets, the newest first, and the certificate that holds: one statement."""
    newer, withdrawn = aliased(CalibrationCertificate), CertificateWithdrawal
    holds = (
        select(func.max(CalibrationCertificate.id))
        .where(
            CalibrationCertificate.unit_id == unit_id,
            ~exists().where(newer.supersedes_id == CalibrationCertificate.id),
            ~exists().where(withdrawn.certificate_id == CalibrationCertificate.id),
        )
        .scalar_subquery()
    )
    certificate = CalibrationCertificate
    rows = session.execute(
        select(Ticket, certificate.number, certificate.issued_at, certificate.due_on)
        .select_from(Unit)
        .outerjoin(Ticket, Ticket.unit_id == Unit.id)
        .outerjoin(certificate, certificate.id == holds)
        .where(Unit.id == unit_id)
        .order_by(Ticket.id.desc())
        .limit(most)
    ).all()
    earlier: list[Ticket | None] = [row[0] for row in rows]
    number, issued_at, due_on = rows[0][1:] if rows else (None, None, None)
    last = LastCalibration(number, issued_at, due_on) if number and issued_at else None
    return [one for one in earlier if one is not None], last


def may_come_back(earlier: Sequence[Ticket], now: datetime) -> list[Ticket]:
    """Of a robot's tickets those that ended so recently that the same fault would be a comeback."""
    return [
        one
        for one in earlier
        if one.state is TicketState.CLOSED
        and one.ended_at is not None
        and one.ended_at >= now - COMEBACK_AFTER
    ]


def changes_of(session: Session, ticket: Ticket) -> list[TicketChange]:
    """Every move, wait and edit, the oldest first."""
    return list(
        session.scalars(
            select(TicketChange)
            .where(TicketChange.ticket_id == ticket.id)
            .order_by(TicketChange.version)
        )
    )


def reached(session: Session, ticket: Ticket) -> Mapping[TicketState, datetime]:
    """When it came to each state the last time."""
    rows = session.execute(_REACHED, {"ticket_id": ticket.id})
    return {state: at for state, at in rows if state is not None}


_REACHED = (
    select(TicketChange.to_state, TicketChange.at)
    .where(TicketChange.ticket_id == bindparam("ticket_id"))
    .order_by(TicketChange.version)
)


def numbered(session: Session, actor: Actor, number: int) -> list[TicketRow]:
    """The store's ticket of a number, or nothing."""
    now = clock.now()
    query = rows_query(actor.store_id).where(Ticket.number == number)
    return [row_of(row, now) for row in session.execute(query)]
