"""A robot changes hands: from customer to customer, back to the store, or out of use."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.customers import book
from app.customers.models import Customer
from app.kernel import audit, clock, events
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, Refused
from app.kernel.money import Money
from app.kernel.searchkeys import clean
from app.kernel.text import Text, msg
from app.robots import addresses, claims, dataduties, loans, ownership, registry, timeline
from app.robots.dataduties import WipeInput
from app.robots.duty_models import DataRecord
from app.robots.events import BoughtBack
from app.robots.life_models import Transfer, TransferWipe, Wipe
from app.robots.models import Ownership, Unit
from app.robots.states import (
    CUSTODY_LABELS,
    UNIT_STATE_LABELS,
    Custody,
    Holding,
    UnitState,
)
from app.stores import desk
from app.web.i18n import speech

WIPE_LABELS: dict[Wipe, Text] = {
    Wipe.WIPED: msg("Data wiped"),
    Wipe.NO_DATA: msg("No data were in it"),
    Wipe.KEPT: msg("Data kept: the former owner agreed"),
}
_LONGEST = 2000


@dataclass(frozen=True, slots=True)
class WipeStatement:
    """What became of the former owner's data, in one word and in the actor's own words.

    Where they were wiped, a certificate says it: the one that was made since this owner has the
    robot, else a new one in these words.
    """

    wipe: Wipe
    words: str = ""


def transfer(
    session: Session, actor: Actor, unit: Unit, to: Customer, *, data: WipeStatement
) -> Transfer:
    """From now on the robot is another customer's. Links that the former owner holds end.

    Raises Conflict for a robot that no customer owns, Refused for its owner again.
    """
    actor.require("robots.transfer")
    former = _owner(session, unit)
    if to.id == former:
        raise Refused(msg("{name} owns this robot already.", name=to.name), field="customer")
    if to.erased_at is not None:
        raise Refused(msg("There is no such customer."), field="customer")
    record = _record(session, actor, unit, former=former, to=to.id, data=data)
    ownership.give_to(session, actor, unit, to.id, at=record.at)
    return record


def buy_back(
    session: Session, actor: Actor, unit: Unit, *, price: Money, data: WipeStatement
) -> Transfer:
    """The store takes a robot back from its owner: received again, to be inspected again.

    The sale that once was stays in the records; whoever keeps it hears `BoughtBack`.
    """
    actor.require("robots.edit")
    return take_over(session, actor, unit, price=price, data=data)


def take_over(
    session: Session,
    actor: Actor,
    unit: Unit,
    *,
    price: Money,
    data: WipeStatement,
    reference: str = "",
) -> Transfer:
    """The same as part of an act whose own permission was checked, and which `reference` names."""
    former = _owner(session, unit)
    currency = desk.store_of(session, unit.store_id).currency
    if price.currency != currency:
        raise Refused(msg("This store counts in {currency}.", currency=currency), field="price")
    if price.minor < 0:
        raise Refused(msg("A cost is not negative."), field="price")
    record = _record(session, actor, unit, former=former, to=None, data=data, price=price)
    ownership.end(session, actor, unit, at=record.at)
    here = addresses.page_below(unit.serial, "owners")
    bought = msg("Bought back for {price}", price=price)
    registry.move(session, actor, unit, UnitState.RETURNED, why=bought, link=here)
    registry.move(session, actor, unit, UnitState.RECEIVED, why=msg("Back in the store"), link=here)
    unit.holding = Holding.STOCK
    if unit.custody is not Custody.BENCH:  # else the workshop goes on with it
        unit.custody = Custody.STORE
    unit.cost_minor, unit.currency = price.minor, price.currency
    session.flush()
    events.announce(
        session,
        BoughtBack(
            actor=actor,
            store_id=unit.store_id,
            unit_id=unit.id,
            customer_id=former,
            price=price,
            reference=reference,
            at=record.at,
        ),
    )
    return record


def come_home(
    session: Session, actor: Actor, unit: Unit, *, data: WipeStatement, why: Text, link: str = ""
) -> None:
    """A sale is taken back: the robot is the store's again, received, to be inspected again.

    Whoever calls has checked the permission. `data` is of a robot that its owner has had; of one
    that never left, nothing is asked. Raises Conflict for one that the workshop has, or that is not
    sold.
    """
    if unit.custody not in {Custody.STORE, Custody.CUSTOMER}:
        raise Conflict(
            msg(
                "{serial} is not here to be taken back: {custody}.",
                serial=unit.serial,
                custody=CUSTODY_LABELS[unit.custody],
            ),
            link=addresses.robot_page(unit.serial),
        )
    if unit.state is not UnitState.SOLD:
        former = _owner(session, unit)
        record = _record(session, actor, unit, former=former, to=None, data=data)
        ownership.end(session, actor, unit, at=record.at)
    registry.move(session, actor, unit, UnitState.RETURNED, why=why, link=link)
    registry.move(session, actor, unit, UnitState.RECEIVED, why=msg("Back in the store"), link=link)
    unit.holding, unit.custody = Holding.STOCK, Custody.STORE
    session.flush()


def retire(session: Session, actor: Actor, unit: Unit, *, reason: str) -> None:
    """Out of use for ever; the serial stays taken. Raises Conflict while it is kept or out."""
    actor.require("robots.edit")
    said = clean(reason)
    if not 1 <= len(said) <= _LONGEST:
        raise Refused(msg("Say why, in at most {most} characters.", most=_LONGEST), field="reason")
    loans.require_in_house(session, unit)
    claim = claims.live_claim(session, unit.id)
    if claim is not None:
        raise Conflict(
            msg("{serial} is kept for {holder}.", serial=unit.serial, holder=claim.holder),
            link=addresses.owner_page(claim.owner),
        )
    why = msg("Retired: {reason}", reason=said)
    here = addresses.page_below(unit.serial, "owners")
    registry.move(session, actor, unit, UnitState.RETIRED, why=why, link=here)


def of_unit(session: Session, unit_id: int) -> list[Transfer]:
    """How a robot changed hands since it is known here, the latest first."""
    return list(
        session.scalars(
            select(Transfer)
            .where(Transfer.unit_id == unit_id)
            .order_by(Transfer.at.desc(), Transfer.id.desc())
        )
    )


def _owner(session: Session, unit: Unit) -> int:
    """The customer whose the robot is and who has had it; raises Conflict otherwise."""
    owner = ownership.owner_of(session, unit.id)
    if owner is None or unit.state is not UnitState.HANDED_OVER:
        raise Conflict(
            msg(
                "{serial} is no customer’s to give: {state}.",
                serial=unit.serial,
                state=UNIT_STATE_LABELS[unit.state],
            ),
            link=addresses.robot_page(unit.serial),
        )
    return owner


def _record(
    session: Session,
    actor: Actor,
    unit: Unit,
    *,
    former: int,
    to: int | None,
    data: WipeStatement,
    price: Money | None = None,
) -> Transfer:
    words = clean(data.words)
    certificate = _certificate(session, actor, unit, former=former, data=data)
    if data.wipe is Wipe.KEPT and not words:
        raise Refused(msg("Say who agreed that the data stay."), field="statement")
    if len(words) > _LONGEST:
        raise Refused(msg("At most {most} characters fit here.", most=_LONGEST), field="statement")
    record = Transfer(
        store_id=unit.store_id,
        unit_id=unit.id,
        from_customer_id=former,
        to_customer_id=to,
        at=clock.now(),
        wipe=data.wipe,
        statement=words,
        by=actor.name,
        price_minor=price.minor if price else 0,
        currency=price.currency if price else "",
    )
    session.add(record)
    session.flush()
    if certificate is not None:
        session.add(TransferWipe(transfer_id=record.id, record_id=certificate.id, at=record.at))
        session.flush()
    timeline.note(
        session,
        unit.id,
        kind="data",
        summary=WIPE_LABELS[data.wipe],
        link=addresses.page_below(unit.serial, "owners"),
        actor_name=actor.name,
    )
    audit.record(
        session,
        actor,
        _deed(to, price),
        subject=f"robot:{unit.serial}",
        before={"customer_id": former},
        after={"customer_id": to, "data": data.wipe, "statement": words},
    )
    return record


def _deed(to: int | None, price: Money | None) -> str:
    """How the audit calls it: without a price the store took back what it had sold."""
    if to is not None:
        return "robot.transferred"
    return "robot.taken_back" if price is None else "robot.bought_back"


def _certificate(
    session: Session, actor: Actor, unit: Unit, *, former: int, data: WipeStatement
) -> DataRecord | None:
    """What certifies the wipe; raises Refused when nothing does and nobody says how it was done."""
    if data.wipe is not Wipe.WIPED:
        return None
    words = clean(data.words)
    since = session.scalar(
        select(Ownership.since).where(Ownership.unit_id == unit.id, Ownership.until.is_(None))
    )
    known = dataduties.newest_wipe(session, unit.id, since=since) if since else None
    if known is not None:
        return known
    if len(words) > dataduties.LONGEST_TEXT:
        raise Refused(
            msg("At most {most} characters fit here.", most=dataduties.LONGEST_TEXT),
            field="statement",
        )
    if not words:
        raise Refused(
            msg("Say how the data were wiped; the certificate says it too."), field="statement"
        )
    whole = speech(desk.store_of(session, unit.store_id).language).say(
        msg("All of the former owner’s data")
    )
    person = book.by_id(session, actor, former).name
    typed = WipeInput(whole, words, person=person, reference="transfer")
    return dataduties.issue_certificate(session, actor, unit, typed)


def certificates(session: Session, transfer_ids: Collection[int]) -> dict[int, DataRecord]:
    """Certificates of wipes by the change of hands that names them."""
    rows = session.execute(
        select(TransferWipe, DataRecord)
        .join(DataRecord, DataRecord.id == TransferWipe.record_id)
        .where(TransferWipe.transfer_id.in_(transfer_ids))
    )
    return {link.transfer_id: record for link, record in rows}


def customer_meant(session: Session, actor: Actor, text: str) -> Customer:
    """The one customer whom a text names: `C-12`, `12`, or part of a name.

    Raises Refused when nobody or more than one fits.
    """
    said = clean(text)
    digits = said.casefold().removeprefix("c-")
    if digits.isascii() and digits.isdigit():
        return book.by_number(session, actor, int(digits[:18]))
    found = book.find(session, actor, said, most=4) if said else []
    if len(found) == 1:
        return found[0]
    if not found:
        raise Refused(msg("No customer fits. Add the customer first."), field="customer")
    raise Refused(
        msg(
            "Several customers fit: {names}. Type the number.",
            names=", ".join(f"C-{each.number} {each.name}" for each in found),
        ),
        field="customer",
    )
