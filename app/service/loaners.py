"""A robot lent to a ticket's customer while their own is here."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.kernel import audit
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, NotFound, Refused
from app.kernel.text import msg
from app.robots import loans
from app.robots.gate import Reason
from app.robots.life_models import Loan
from app.robots.loans import Lending
from app.robots.models import Unit
from app.robots.slot_models import Counter, CounterReading
from app.robots.states import Custody, Holding, UnitState
from app.robots.touches import Touch
from app.service import tickets
from app.service.models import Ticket
from app.service.planning_models import TicketLoan

_IN_HOUSE = (UnitState.RECEIVED, UnitState.INSPECTED, UnitState.AVAILABLE)
_MOST = 50


@dataclass(frozen=True, slots=True)
class Lent:
    """`counts`: what was read off the loaner as it went and as it came back, the oldest first."""

    loan: Loan
    unit: Unit
    counts: Mapping[Counter, list[int]]

    @property
    def is_out(self) -> bool:
        return self.loan.in_at is None


def lend(session: Session, actor: Actor, ticket: Ticket, unit: Unit, to: Lending) -> TicketLoan:
    """Give a loaner to the ticket's customer; the robots' own rules decide whether it may go.

    Raises Refused where the ticket has no customer or the robot is none to lend.
    """
    tickets.require_open(ticket)
    if ticket.customer_id is None:
        raise Refused(msg("The robot is the store’s own: there is nobody to lend to."))
    if unit.holding is not Holding.LOANER:
        raise Refused(msg("{serial} is not kept as a loaner.", serial=unit.serial), field="code")
    if any(one.is_out for one in of_ticket(session, ticket)):
        raise Conflict(msg("A loaner is out for {number} already.", number=tickets.label(ticket)))
    loan = loans.lend(session, actor, unit, replace(to, customer_id=ticket.customer_id, holder=""))
    row = TicketLoan(ticket_id=ticket.id, loan_id=loan.id)
    session.add(row)
    session.flush()
    audit.record(
        session,
        actor,
        "ticket.loaner_lent",
        subject=tickets.reference(ticket),
        after={"loan": loan.id, "serial": unit.serial, "due_on": loan.due_on},
    )
    return row


def take_back(
    session: Session, actor: Actor, ticket: Ticket, loan_id: int, *, condition: str, touch: Touch
) -> None:
    """The loaner is back. Raises NotFound for a loan of another ticket."""
    lent = next((one for one in of_ticket(session, ticket) if one.loan.id == loan_id), None)
    if lent is None:
        raise NotFound(msg("There is no such loan on this ticket."))
    loans.take_in(session, actor, lent.unit, condition=condition, touch=touch)
    audit.record(
        session,
        actor,
        "ticket.loaner_back",
        subject=tickets.reference(ticket),
        after={"loan": loan_id, "serial": lent.unit.serial},
    )


def of_ticket(session: Session, ticket: Ticket) -> list[Lent]:
    """A ticket's loaners with what was read off them: two statements."""
    rows = session.execute(
        select(Loan, Unit)
        .join(TicketLoan, TicketLoan.loan_id == Loan.id)
        .join(Unit, Unit.id == Loan.unit_id)
        .where(TicketLoan.ticket_id == ticket.id)
        .order_by(Loan.id)
        .options(joinedload(Unit.model))
    ).all()
    if not rows:
        return []
    by_loan: dict[str, dict[Counter, list[int]]] = {}
    for reading in session.scalars(
        select(CounterReading)
        .where(
            CounterReading.unit_id.in_([unit.id for _, unit in rows]),
            CounterReading.reference.in_([f"loan {loan.id}" for loan, _ in rows]),
        )
        .order_by(CounterReading.at, CounterReading.id)
    ):
        counts = by_loan.setdefault(reading.reference, {})
        counts.setdefault(reading.counter, []).append(reading.value)
    return [Lent(loan, unit, by_loan.get(f"loan {loan.id}", {})) for loan, unit in rows]


def free(session: Session, actor: Actor) -> list[Unit]:
    """Loaners of the store that stand in the house."""
    return list(
        session.scalars(
            select(Unit)
            .where(
                Unit.store_id == actor.store_id,
                Unit.state.in_(_IN_HOUSE),
                Unit.holding == Holding.LOANER,
                Unit.custody == Custody.STORE,
            )
            .order_by(Unit.id)
            .limit(_MOST)
            .options(joinedload(Unit.model), joinedload(Unit.maker))
        )
    )


def still_out(session: Session, actor: Actor, ticket: Ticket) -> Iterator[Reason]:  # noqa: ARG001
    """The guard before `closed`: told at the return, and the ticket waits for the loaner."""
    for lent in of_ticket(session, ticket):
        if lent.is_out:
            yield Reason(
                msg("The loaner {serial} is still out.", serial=lent.unit.serial),
                f"{tickets.page(ticket)}/loaner",
            )


def panel(session: Session, actor: Actor, ticket: Ticket) -> Mapping[str, object]:  # noqa: ARG001
    """What the ticket's first page says of its loaners."""
    return {"lent": of_ticket(session, ticket)}
