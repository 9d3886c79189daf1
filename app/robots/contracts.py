"""Service contracts: a payer beside the maker, for one robot and a time, with visits counted."""

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from app.kernel import audit, clock, numbers
from app.kernel.actor import Actor
from app.kernel.clock import add_months
from app.kernel.errors import Conflict, NotFound, Refused
from app.kernel.searchkeys import clean
from app.kernel.text import Text, msg
from app.robots import addresses, timeline
from app.robots.bodyplan import SlotClass
from app.robots.duty_models import ContractVisit, ServiceContract
from app.robots.models import Unit
from app.robots.warranty import Contract
from app.stores import desk
from app.web.forms import Reading

MOST_MONTHS = 240
MOST_VISITS = 1_000
_LONGEST_LINE = 200
_LONGEST_REFERENCE = 64


@dataclass(frozen=True, slots=True)
class ContractInput:
    """What is agreed. No classes: all of the robot; `visits` None: as many as it takes."""

    name: str
    since: date
    months: int
    component_classes: tuple[SlotClass, ...] = ()
    visits: int | None = None
    reference: str = ""


@dataclass(frozen=True, slots=True)
class InForce:
    """A contract with the visits that it has paid for."""

    row: ServiceContract
    used: int

    @property
    def label(self) -> str:
        return label_of(self.row)

    @property
    def classes(self) -> list[SlotClass]:
        return [SlotClass(word) for word in self.row.component_classes.split(",") if word]

    @property
    def visits_left(self) -> int | None:
        return None if self.row.visits is None else max(0, self.row.visits - self.used)

    @property
    def ends_on(self) -> date:
        return min(self.row.until, self.row.ended_on or date.max)

    def as_payer(self) -> Contract:
        """What the warranty engine asks of it."""
        return Contract(
            number=self.label,
            starts_on=self.row.since,
            ends_on=self.ends_on,
            component_classes=tuple(self.classes),
            visits_left=self.visits_left,
        )


def label_of(row: ServiceContract) -> str:
    return f"C-{row.number:05d}"


def agree(session: Session, actor: Actor, unit: Unit, typed: ContractInput) -> ServiceContract:
    """A contract agreed without a sale at the counter. Raises Invalid."""
    actor.require("robots.edit")
    seen = Reading()
    seen.text("name", typed.name, most=_LONGEST_LINE, required=True)
    if not 1 <= typed.months <= MOST_MONTHS:
        seen.refuse("months", msg("A contract runs for 1 to {most} months.", most=MOST_MONTHS))
    if typed.visits is not None and not 1 <= typed.visits <= MOST_VISITS:
        seen.refuse("visits", msg("A contract has 1 to {most} visits.", most=MOST_VISITS))
    seen.text("reference", typed.reference, most=_LONGEST_REFERENCE)
    seen.done()
    return sign(session, actor, unit, typed)


def sign(session: Session, actor: Actor, unit: Unit, typed: ContractInput) -> ServiceContract:
    """The same as part of a sale, whose own permission was checked.

    It ends with the day before the same day `months` later: 12 months from 1 March end on 28 or 29
    February.
    """
    row = ServiceContract(
        store_id=unit.store_id,
        unit_id=unit.id,
        number=numbers.allot(session, store_id=unit.store_id, series="contract"),
        name=clean(typed.name)[:_LONGEST_LINE],
        since=typed.since,
        until=add_months(typed.since, typed.months) - timedelta(days=1),
        component_classes=",".join(typed.component_classes),
        visits=typed.visits,
        reference=typed.reference[:_LONGEST_REFERENCE],
        made_at=clock.now(),
        made_by=actor.name,
    )
    session.add(row)
    session.flush()
    timeline.note(
        session,
        unit.id,
        kind="contract",
        summary=msg(
            "Contract {number}: {name}, {since} to {until}",
            number=label_of(row),
            name=row.name,
            since=row.since,
            until=row.until,
        ),
        link=addresses.page_below(unit.serial, "warranty"),
        actor_name=actor.name,
    )
    audit.record(
        session,
        actor,
        "contract.signed",
        subject=f"robot:{unit.serial}",
        after={"number": label_of(row), "since": row.since, "until": row.until},
        reason=row.reference or None,
    )
    return row


def day_after(contract: ServiceContract) -> date:
    """When a contract that follows this one begins."""
    return contract.until + timedelta(days=1)


def use_visit(
    session: Session, actor: Actor, contract: ServiceContract, *, reference: str
) -> ContractVisit:
    """The contract pays for one visit; the same reference (a ticket) is one visit.

    Raises Refused when it is not in force today, or no visit is left.
    """
    actor.require("robots.record")
    said = clean(reference)
    if not 1 <= len(said) <= _LONGEST_REFERENCE:
        raise Refused(msg("Say what the visit is for, for example its ticket."), field="reference")
    known = session.scalar(
        select(ContractVisit).where(
            ContractVisit.contract_id == contract.id, ContractVisit.reference == said
        )
    )
    if known is not None:
        return known
    today = desk.business_day_of(desk.store_of(session, contract.store_id))
    in_force = with_use(session, contract)
    if not contract.since <= today <= in_force.ends_on:
        raise Refused(msg("Contract {number} is not in force today.", number=in_force.label))
    if in_force.visits_left == 0:
        raise Refused(msg("Contract {number} has no visit left.", number=in_force.label))
    visit = ContractVisit(
        contract_id=contract.id, day=today, reference=said, at=clock.now(), by=actor.name
    )
    session.add(visit)
    session.flush()
    number = in_force.label
    told = msg("Contract {number} pays for {what}", number=number, what=said)
    _tell(session, actor, contract, told)
    audit.record(
        session,
        actor,
        "contract.visit_used",
        subject=f"contract:{in_force.label}",
        after={"reference": said, "left": with_use(session, contract).visits_left},
    )
    return visit


def end(session: Session, actor: Actor, contract: ServiceContract, *, reason: str) -> None:
    """It ends today, before its time."""
    actor.require("robots.edit")
    lapse(session, actor, contract, reason=reason)


def lapse(session: Session, actor: Actor, contract: ServiceContract, *, reason: str) -> None:
    """The same as part of a return, whose own permission was checked."""
    why = clean(reason)
    if not 1 <= len(why) <= _LONGEST_LINE:
        raise Refused(msg("Say why the contract ends."), field="reason")
    if contract.ended_on is not None:
        raise Conflict(msg("Contract {number} has ended already.", number=label_of(contract)))
    contract.ended_on = desk.business_day_of(desk.store_of(session, contract.store_id))
    contract.end_reason = why
    session.flush()
    number = label_of(contract)
    told = msg("Contract {number} ends: {reason}", number=number, reason=why)
    _tell(session, actor, contract, told)
    audit.record(
        session,
        actor,
        "contract.ended",
        subject=f"contract:{label_of(contract)}",
        after={"ended_on": contract.ended_on},
        reason=why,
    )


def by_number(session: Session, actor: Actor, number: int) -> ServiceContract:
    found = session.scalar(
        select(ServiceContract).where(
            ServiceContract.store_id == actor.store_id, ServiceContract.number == number
        )
    )
    if found is None:
        raise NotFound(msg("There is no such contract in this store."))
    return found


def of_unit(session: Session, unit_id: int) -> list[InForce]:
    """A robot's contracts, past ones included, the newest first."""
    return _found(session, ServiceContract.unit_id == unit_id)


def with_use(session: Session, contract: ServiceContract) -> InForce:
    """A contract with how many visits it has paid for."""
    return _found(session, ServiceContract.id == contract.id)[0]


def _tell(session: Session, actor: Actor, contract: ServiceContract, told: Text) -> None:
    unit = session.get_one(Unit, contract.unit_id)
    timeline.note(
        session,
        unit.id,
        kind="contract",
        summary=told,
        link=addresses.page_below(unit.serial, "warranty"),
        actor_name=actor.name,
    )


def _found(session: Session, condition: ColumnElement[bool]) -> list[InForce]:
    used = (
        select(func.count())
        .where(ContractVisit.contract_id == ServiceContract.id)
        .correlate(ServiceContract)
        .scalar_subquery()
    )
    rows = session.execute(
        select(ServiceContract, used).where(condition).order_by(ServiceContract.id.desc())
    )
    return [InForce(row, visits or 0) for row, visits in rows]
