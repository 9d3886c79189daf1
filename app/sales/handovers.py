"""Handover: the robots of a paid order go to their owner, with a protocol and a signature."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from app.customers.models import Customer
from app.kernel import audit, clock, events
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, Refused
from app.kernel.money import Money
from app.kernel.searchkeys import clean
from app.kernel.signatures import Signed
from app.kernel.text import msg
from app.payments import invoiceparts, issuing
from app.payments.documents import (
    Accessory,
    Check,
    DocumentContent,
    DocumentKind,
    Fact,
    Signature,
    Totals,
)
from app.payments.documents import Handover as Protocol
from app.payments.models import IssuedDocument
from app.robots import counters, gate, ownership, registry, touches
from app.robots.models import Unit
from app.robots.slot_models import Counter
from app.robots.states import Custody, Holding, UnitState
from app.robots.touches import Touch
from app.sales import checklists, orders
from app.sales.checklists import Answer, Answered, Purpose
from app.sales.events import HandedOver
from app.sales.models import Checklist, Handover, Order
from app.stores import desk
from app.web.forms import Reading
from app.web.i18n import speech


class GateClosed(Conflict):
    """Something keeps a robot here: its versions, a bulletin, a document that is missing."""

    code = "gate_closed"


def checklist_for(session: Session, actor: Actor, order: Order) -> Checklist:
    """The list of the order's first robot; one protocol covers all of them."""
    units = require_ready(session, actor, order)
    return checklists.in_force(session, actor, Purpose.HANDOVER, units[0].model_id)


def require_ready(session: Session, actor: Actor, order: Order) -> list[Unit]:
    """The units to hand over; raises Conflict with what is still missing."""
    if order.cancelled_at is not None:
        raise Conflict(msg("Sale {number} was cancelled.", number=order.number))
    if order.settled_at is None:
        raise Conflict(
            msg("Sale {number} is not paid yet.", number=order.number),
            link=f"/sales/{order.number}",
        )
    if done(session, order) is not None:
        raise Conflict(
            msg("Sale {number} was already handed over.", number=order.number),
            link=f"/sales/{order.number}",
        )
    waiting = orders.robots_waiting(session, order)
    units = [registry.by_id(session, actor, line.unit_id or 0) for line in waiting]
    if not units:
        raise Refused(msg("Sale {number} has no robot to hand over.", number=order.number))
    return units


def gates(
    session: Session, actor: Actor, units: Sequence[Unit]
) -> list[tuple[Unit, list[gate.Answer]]]:
    """What is asked of each robot before it leaves, and what was found."""
    return [(unit, gate.answers(session, actor, unit)) for unit in units]


def require_open_gates(session: Session, actor: Actor, units: Sequence[Unit]) -> None:
    """Raises GateClosed with the first reason that keeps one of the robots here."""
    for unit in units:
        for reason in gate.reasons(session, actor, unit):
            raise GateClosed(
                msg("{serial} stays here. {reason}", serial=unit.serial, reason=reason.text),
                link=reason.link or None,
            )


_OF_ORDER = select(Handover).where(Handover.order_id == bindparam("order_id"))


def done(session: Session, order: Order) -> Handover | None:
    return session.scalar(_OF_ORDER, {"order_id": order.id})


def hand_over(
    session: Session, actor: Actor, order: Order, *, typed: Mapping[str, str], signed: Signed
) -> Handover:
    """Everything at once: protocol, ownership, custody, start of warranty. Or nothing.

    What was read off each robot stands in the fields after its `reading_prefix`.
    """
    actor.require("robots.handover")
    units = require_ready(session, actor, order)
    require_open_gates(session, actor, units)
    customer_id = order.customer_id
    if customer_id is None:
        raise Refused(msg("A robot needs its owner: choose the customer first."), field="customer")
    checklist = checklists.in_force(session, actor, Purpose.HANDOVER, units[0].model_id)
    touched = _read_robots(units, typed)
    answers = _read_answers(checklist, typed, signed)
    _keep_readings(session, actor, units, touched)
    document = _issue(
        session, actor, order, units=units, checklist=checklist, answers=answers, signed=signed
    )
    handover = Handover(
        order_id=order.id,
        checklist_id=checklist.id,
        answers=checklists.as_text(answers),
        signer=clean(signed.name)[:200],
        signature=signed.picture,
        at=clock.now(),
        by=actor.name,
        document_id=document.id,
    )
    session.add(handover)
    for unit in units:
        _give(session, actor, unit, customer_id, link=f"/sales/{order.number}")
    session.flush()
    _tell(session, actor, order, units, customer_id=customer_id, document=document)
    return handover


def reading_prefix(unit: Unit) -> str:
    """Before the fields of what is read off one of the robots."""
    return f"reading-{unit.id}-"


def _read_robots(units: Sequence[Unit], typed: Mapping[str, str]) -> dict[int, Touch]:
    seen = Reading()
    touched = {
        unit.id: touches.read_touch(typed, seen, prefix=reading_prefix(unit)) for unit in units
    }
    seen.done()
    return touched


def _read_answers(
    checklist: Checklist, typed: Mapping[str, str], signed: Signed
) -> dict[str, Answered]:
    """What the list says, all of it in order and signed; raises Refused otherwise."""
    answers = checklists.read_answers(checklist, typed)
    if not checklists.all_good(answers):
        raise Refused(msg("Something on the list is not in order, so nothing is handed over."))
    if not clean(signed.name):
        raise Refused(msg("The customer's name stands under the protocol."), field="signer")
    return answers


def _keep_readings(
    session: Session, actor: Actor, units: Sequence[Unit], touched: Mapping[int, Touch]
) -> None:
    for unit in units:
        prefix = reading_prefix(unit)
        touches.keep(session, actor, unit, touched[unit.id], reference="handover", prefix=prefix)
    # a version that was read just now may be one that must not leave
    require_open_gates(session, actor, [unit for unit in units if touched[unit.id].versions])


def _tell(
    session: Session,
    actor: Actor,
    order: Order,
    units: Sequence[Unit],
    *,
    customer_id: int,
    document: IssuedDocument,
) -> None:
    audit.record(
        session,
        actor,
        "order.handed_over",
        subject=orders.reference(order),
        after={"units": [unit.serial for unit in units], "protocol": document.label},
    )
    unit_ids = tuple(unit.id for unit in units)
    events.announce(
        session,
        HandedOver(order_id=order.id, unit_ids=unit_ids, customer_id=customer_id, actor=actor),
    )


def _give(session: Session, actor: Actor, unit: Unit, customer_id: int, *, link: str) -> None:
    store = desk.store_of(session, actor.store_id)
    registry.move(session, actor, unit, UnitState.HANDED_OVER, why=msg("Handed over"), link=link)
    unit.custody = Custody.CUSTOMER
    unit.holding = Holding.CUSTOMER
    unit.warranty_starts_on = desk.business_day_of(store)
    ownership.give_to(session, actor, unit, customer_id, at=clock.now())


def _issue(
    session: Session,
    actor: Actor,
    order: Order,
    *,
    units: list[Unit],
    checklist: Checklist,
    answers: Mapping[str, Answered],
    signed: Signed,
) -> IssuedDocument:
    store = desk.store_of(session, order.store_id)
    customer = session.get(Customer, order.customer_id) if order.customer_id else None
    nothing = Money(0, order.currency)
    moment = clock.now()
    language = (customer.language if customer else "") or issuing.language_of(store)
    content = DocumentContent(
        kind=DocumentKind.HANDOVER,
        number="",
        series="",
        issued_at=moment,
        business_day=desk.business_day_of(store, moment),
        zone=store.zone,
        language=language,
        currency=order.currency,
        price_mode=order.price_mode,
        store=store.name,
        seller=issuing.seller_of(store),
        buyer=invoiceparts.buyer(customer) if customer else None,
        totals=Totals(net=nothing, tax=nothing, gross=nothing),
        references=(Fact(speech(language).say(msg("Sale")), f"S-{order.number}"),),
        handover=_protocol(
            going_along(session, order),
            units={unit: _hours(session, unit) for unit in units},
            checklist=checklist,
            answers=answers,
            signed=signed,
            language=language,
        ),
    )
    return issuing.issue(
        session,
        actor,
        kind=DocumentKind.HANDOVER,
        reference=orders.reference(order),
        build=lambda label: replace(content, number=label),
    )


def _hours(session: Session, unit: Unit) -> Decimal | None:
    """What the robot has run over all of its meters, as the protocol says it."""
    stood = counters.latest(session, unit.id).get(Counter.HOURS)
    return None if stood is None else Decimal(stood.total) / counters.SECONDS_PER_HOUR


def going_along(session: Session, order: Order) -> list[tuple[int, str]]:
    """What goes out beside the robots: pieces and names, without what came back already."""
    back = orders.returned_of(session, [order.id])
    counted = [
        (line.quantity - back.get(line.id, 0), line.description)
        for line in order.lines
        if line.unit_id is None
    ]
    return [(count, name) for count, name in counted if count]


def _protocol(
    going_along: Sequence[tuple[int, str]],
    *,
    units: Mapping[Unit, Decimal | None],
    checklist: Checklist,
    answers: Mapping[str, Answered],
    signed: Signed,
    language: str,
) -> Protocol:
    said = speech(language)
    facts: list[Fact] = []
    for unit, hours in units.items():
        facts.append(Fact(said.say(msg("Model")), unit.model.name))
        facts.append(Fact(said.say(msg("Serial number")), unit.serial))
        facts.append(Fact(said.say(msg("Hardware revision")), unit.hardware_revision or "–"))
        facts.append(Fact(said.say(msg("Firmware")), unit.firmware or "–"))
        if hours is not None:
            facts.append(Fact(said.say(msg("Operating hours")), said.number(hours)))
    return Protocol(
        unit=tuple(facts),
        checklist=tuple(
            Check(item.text, answers[item.key].result is Answer.OK, answers[item.key].note)
            for item in checklists.items_of(checklist)
        ),
        accessories=tuple(Accessory(name, count) for count, name in going_along),
        signatures=(
            Signature(clean(signed.name), said.say(msg("Customer")), clock.now(), signed.picture),
        ),
    )
