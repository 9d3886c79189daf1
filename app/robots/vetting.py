"""Judging arriving robots against the store and against each other, before any of them is in."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.kernel.actor import Actor
from app.kernel.errors import Invalid
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
    arrival: Arrival
    problems: dict[str, Text] = field(init=False)
    links: dict[str, str] = field(default_factory=dict)
    model: RobotModel | None = None
    expected: Unit | None = None

    def __post_init__(self) -> None:
        self.problems = dict(self.arrival.problems)


def vet(session: Session, actor: Actor, candidates: Sequence[Candidate]) -> None:
    """Find each candidate's model, and note every problem; a handful of statements for all."""
    _mark_twins([one for one in candidates if one.arrival.serial])
    known = _models(session, candidates)
    for one in candidates:
        _find_model(one, known)
    found = [(one, one.model) for one in candidates if one.model and one.arrival.serial]
    for chunk in _chunks(found):
        here = _already_here(session, chunk)
        for one, model in chunk:
            known_unit = here.get((model.maker_id, search_key(one.arrival.serial)))
            if known_unit is not None:
                _judge_known(one, actor, model, *known_unit)


def require_sound(candidates: Iterable[Candidate]) -> None:
    """Raises Invalid with every problem, by `items.<index>.<field>`, if there is one."""
    problems = {
        f"items.{one.number}.{name}": problem
        for one in candidates
        for name, problem in one.problems.items()
    }
    if problems:
        raise Invalid(
            msg("Some of these robots have problems, so nothing was changed."), problems=problems
        )


def _mark_twins(candidates: Iterable[Candidate]) -> None:
    """The same robot twice in one note: both rows are marked, since nobody knows which is right."""
    by_identity: dict[tuple[str, str], list[Candidate]] = defaultdict(list)
    for one in candidates:
        by_identity[one.arrival.identity].append(one)
    for twins in by_identity.values():
        for one in twins if len(twins) > 1 else ():
            others = [str(twin.number) for twin in twins if twin is not one]
            one.problems["serial"] = msg(
                "The same serial stands in row {rows}.",
                rows=", ".join(others[:_MOST_TWINS_NAMED])
                + ("…" if len(others) > _MOST_TWINS_NAMED else ""),
            )


def _models(session: Session, candidates: Iterable[Candidate]) -> dict[str, dict[str, RobotModel]]:
    """Models by maker key, then by code key; a known maker without models has an empty entry."""
    keys = {folded(one.arrival.maker) for one in candidates}
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


def _find_model(one: Candidate, known: dict[str, dict[str, RobotModel]]) -> None:
    arrival = one.arrival
    if not (arrival.maker and arrival.model):
        return
    codes = known.get(folded(arrival.maker))
    one.model = codes.get(search_key(arrival.model)) if codes else None
    if one.model is not None:
        return
    field_, problem = "model", msg("This maker has no such model here.")
    if not codes:
        field_, problem = "maker", msg("No maker of this name has a model here.")
    one.problems[field_] = problem
    one.links[field_] = addresses.new_model_page(maker=arrival.maker, code=arrival.model)


_Found = tuple[Unit, DeliveryNote | None]


def _already_here(
    session: Session, wanted: Sequence[tuple[Candidate, RobotModel]]
) -> dict[tuple[int, str], _Found]:
    """Units of any store, retired ones included, with one of these makers' serials."""
    rows = session.execute(
        select(Unit, DeliveryNote)
        .outerjoin(DeliveryNote, DeliveryNote.id == Unit.delivery_note_id)
        .where(
            Unit.maker_id.in_({model.maker_id for _, model in wanted}),
            Unit.serial_key.in_({search_key(one.arrival.serial) for one, _ in wanted}),
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
