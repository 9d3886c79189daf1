"""A component goes to another store of the house, with its passport; its serial stays one thing."""

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.kernel import audit, clock, events, words
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, Refused
from app.kernel.searchkeys import folded
from app.kernel.text import Text, msg
from app.robots import addresses, whereabouts
from app.robots.components import label_of, place_label
from app.robots.events import ComponentLeft
from app.robots.models import Unit
from app.robots.slot_models import Component, ComponentMove, Occupant
from app.robots.whereabouts import Passage
from app.stores import desk
from app.stores.models import Store

_LONGEST_REASON = 200


def others(session: Session, actor: Actor) -> list[Store]:
    """The other stores of the house."""
    return [store for store in desk.stores(session) if store.id != actor.store_id]


def send(session: Session, actor: Actor, component: Component, to: str, *, reason: str) -> None:
    """From now on the component is the store's with the code `to`, and no longer ours.

    Raises Conflict while it sits in a robot, or lies on a shelf by the stock ledger: then its
    lines move it. Raises Refused for a store that is none.
    """
    actor.require("robots.fit")
    code = folded(to)
    store = next((one for one in others(session, actor) if folded(one.code) == code), None)
    if store is None:
        raise Refused(msg("There is no other store with this code."), field="store")
    why = words.fitting(reason, most=_LONGEST_REASON, field="reason")
    _require_free(session, component)
    move = ComponentMove(
        component_id=component.id,
        from_store_id=component.store_id,
        to_store_id=store.id,
        at=clock.now(),
        by=actor.name,
        reason=why,
    )
    session.add(move)
    component.store_id = store.id
    session.flush()
    audit.record(
        session,
        actor,
        "component.sent",
        subject=f"component:{component.id}",
        before={"store": desk.store_of(session, move.from_store_id).code},
        after={"store": store.code},
        reason=why or None,
    )
    events.announce(
        session,
        ComponentLeft(
            actor=actor,
            store_id=move.from_store_id,
            to_store_id=store.id,
            component_id=component.id,
        ),
    )


def passages(session: Session, component: Component) -> list[Passage]:
    """From which store to which it went, the newest first."""
    names = {store.id: store.name for store in desk.stores(session)}
    rows = session.scalars(
        select(ComponentMove)
        .where(ComponentMove.component_id == component.id)
        .order_by(ComponentMove.id.desc())
    )
    return [
        Passage(
            at=row.at,
            start=_named(names[row.from_store_id]),
            end=_named(names[row.to_store_id]),
            by=row.by,
            reason=row.reason,
        )
        for row in rows
    ]


def _named(store: str) -> Text:
    return msg("Store {name}", name=store)


def _require_free(session: Session, component: Component) -> None:
    present = session.execute(
        select(Occupant, Unit)
        .join(Unit, Unit.id == Occupant.unit_id)
        .where(Occupant.component_id == component.id, Occupant.until.is_(None))
        .options(joinedload(Occupant.slot))
    ).first()
    if present is not None:
        stay, unit = present
        raise Conflict(
            msg(
                "{what} sits in {place}. Take it out there first.",
                what=label_of(component),
                place=place_label(stay, unit),
            ),
            link=addresses.page_below(unit.serial, "slots", stay.slot.path),
        )
    if whereabouts.kept(session, [component.id]):
        raise Conflict(
            msg("{what} is on the stock ledger: its lines move it.", what=label_of(component))
        )
