"""Judging arriving robots against the store and against each other, before any of them is in."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.kernel.actor import Actor
from app.kernel.searchkeys import folded, search_key
from app.kernel.text import Text, msg
from app.robots import addresses
from app.robots.arrivals import Arrival
from app.robots.models import DeliveryNote, Maker, RobotModel, Unit
from app.robots.states import UNIT_STATE_LABELS, UnitState

# Values in one IN list; both engines take more, but their planners slow down.
_AT_ONCE = 1000
_MOST_TWINS_NAMED = 5
Item = TypeVar("Item")


@dataclass(slots=True)
class Candidate:
    """A robot that may come in. `number` is its row, as people count; vetting fills the rest.

    `problems` are sentences by field (`row` for the whole), `links` lead to what stands in the way.
    `expected` is the unit that was announced before and now arrives.
    """

    number: int
    arrival: Arrival | None
    problems: dict[str, Text] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    model: RobotModel | None = None
    expected: Unit | None = None


def vet(session: Session, actor: Actor, candidates: Sequence[Candidate]) -> None:
    """Find each candidate's model, and note every problem; a handful of statements for all."""
    readable = [(one, one.arrival) for one in candidates if one.arrival is not None]
    _mark_twins(readable)
    known = _models(session, [arrival for _, arrival in readable])
    for one, arrival in readable:
        _find_model(one, arrival, known)
    sound = [(one, arrival, one.model) for one, arrival in readable if one.model is not None]
    for chunk in _chunks(sound):
        here = _already_here(session, [(model.maker_id, arrival) for _, arrival, model in chunk])
        for one, arrival, model in chunk:
            found = here.get((model.maker_id, search_key(arrival.serial)))
            if found is not None:
                _judge_known(one, actor, model, *found)


def _mark_twins(readable: Iterable[tuple[Candidate, Arrival]]) -> None:
    """The same robot twice in one note: both rows are marked, since nobody knows which is right."""
    by_identity: dict[tuple[str, str], list[Candidate]] = defaultdict(list)
    for one, arrival in readable:
        by_identity[arrival.identity].append(one)
    for twins in by_identity.values():
        for one in twins if len(twins) > 1 else ():
            others = [str(twin.number) for twin in twins if twin is not one]
            one.problems["serial"] = msg(
                "The same serial stands in row {rows}.",
                rows=", ".join(others[:_MOST_TWINS_NAMED])
                + ("…" if len(others) > _MOST_TWINS_NAMED else ""),
            )


def _models(session: Session, arrivals: Iterable[Arrival]) -> dict[str, dict[str, RobotModel]]:
    """Models by maker key, then by code key; a known maker without models has an empty entry."""
    keys = {folded(arrival.maker) for arrival in arrivals}
    known: dict[str, dict[str, RobotModel]] = {}
    for chunk in _chunks(keys):
        rows = session.execute(
            select(Maker, RobotModel)
            .outerjoin(RobotModel, RobotModel.maker_id == Maker.id)
            .where(Maker.key.in_(chunk))
        )
        for maker, model in rows:
            codes = known.setdefault(maker.key, {})
            if model is not None:
                codes[model.code_key] = model
    return known


def _find_model(one: Candidate, arrival: Arrival, known: dict[str, dict[str, RobotModel]]) -> None:
    codes = known.get(folded(arrival.maker))
    if codes is None:
        one.problems["maker"] = msg("No maker of this name has a model here.")
        one.links["maker"] = addresses.new_model_page(maker=arrival.maker, code=arrival.model)
        return
    one.model = codes.get(search_key(arrival.model))
    if one.model is None:
        one.problems["model"] = msg("This maker has no such model here.")
        one.links["model"] = addresses.new_model_page(maker=arrival.maker, code=arrival.model)


_Found = tuple[Unit, DeliveryNote | None]


def _already_here(
    session: Session, wanted: Sequence[tuple[int, Arrival]]
) -> dict[tuple[int, str], _Found]:
    """Units of any store, retired ones included, with one of these makers' serials."""
    rows = session.execute(
        select(Unit, DeliveryNote)
        .outerjoin(DeliveryNote, DeliveryNote.id == Unit.delivery_note_id)
        .where(
            Unit.maker_id.in_({maker_id for maker_id, _ in wanted}),
            Unit.serial_key.in_({search_key(arrival.serial) for _, arrival in wanted}),
        )
        .options(joinedload(Unit.model))
    )
    return {(unit.maker_id, unit.serial_key): (unit, note) for unit, note in rows}


def _judge_known(
    one: Candidate, actor: Actor, model: RobotModel, unit: Unit, note: DeliveryNote | None
) -> None:
    if unit.store_id != actor.store_id:
        one.problems["serial"] = msg("Another store of the house has this robot.")
        return
    one.links["serial"] = addresses.robot_page(unit.serial)
    if unit.state is UnitState.EXPECTED and unit.model_id == model.id:
        one.expected = unit
    elif unit.state is UnitState.EXPECTED:
        one.problems["model"] = msg("It was announced as {model}.", model=unit.model.name)
    elif note is not None:
        one.problems["serial"] = msg(
            "Received on {day} with delivery note {number}.",
            day=note.received_at,
            number=str(note.number),
        )
        one.links["serial"] = addresses.note_page(note.number)
    else:
        one.problems["serial"] = msg(
            "This robot is here already: {state}.", state=UNIT_STATE_LABELS[unit.state]
        )


def _chunks(items: Iterable[Item]) -> Iterator[list[Item]]:
    rest = iter(items)
    while chunk := list(islice(rest, _AT_ONCE)):
        yield chunk
