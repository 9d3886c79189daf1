"""Robots that a maker has announced: known by serial number before they stand in the store."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from app.kernel import audit
from app.kernel.actor import Actor
from app.kernel.errors import Refused
from app.kernel.searchkeys import search_key
from app.kernel.text import msg
from app.robots import addresses, timeline
from app.robots.arrivals import Arrival
from app.robots.models import Unit
from app.robots.states import Custody, UnitState
from app.robots.vetting import Candidate, require_sound, vet
from app.stores import desk

MOST_AT_ONCE = 500


def announce(session: Session, actor: Actor, wanted: Sequence[Arrival]) -> list[Unit]:
    """Robots on their way, all or none; receiving the same serials later brings them in.

    Raises Invalid with problems by `items.<index>.<field>`.
    """
    actor.require("robots.receive")
    if not 1 <= len(wanted) <= MOST_AT_ONCE:
        raise Refused(msg("Between 1 and {most} robots at once.", most=MOST_AT_ONCE), field="items")
    candidates = [Candidate(index, arrival) for index, arrival in enumerate(wanted)]
    vet(session, actor, candidates)
    for candidate in candidates:
        if candidate.expected is not None:
            candidate.problems["serial"] = msg("This robot was announced already.")
    require_sound(candidates)
    currency = desk.store_of(session, actor.store_id).currency
    units = [
        _expected(actor, candidate, arrival, currency=currency)
        for candidate, arrival in zip(candidates, wanted, strict=True)
    ]
    session.add_all(units)
    session.flush()
    for unit in units:
        _note(session, actor, unit)
    return units


def _expected(actor: Actor, candidate: Candidate, arrival: Arrival, *, currency: str) -> Unit:
    if candidate.model is None:
        raise ValueError("only what was vetted without problems is announced")
    return Unit(
        store_id=actor.store_id,
        maker_id=candidate.model.maker_id,
        model_id=candidate.model.id,
        serial=arrival.serial,
        serial_key=search_key(arrival.serial),
        state=UnitState.EXPECTED,
        custody=Custody.MAKER,
        cost_minor=arrival.cost.minor,
        currency=currency,
    )


def _note(session: Session, actor: Actor, unit: Unit) -> None:
    timeline.note(
        session,
        unit.id,
        kind=str(UnitState.EXPECTED),
        summary=msg("Announced by the maker"),
        link=addresses.page_below(unit.serial, "parts"),
        actor_name=actor.name,
    )
    audit.record(session, actor, "robot.announced", subject=f"robot:{unit.serial}")
