"""After any thousand fits, removals and swaps the past can be replayed, and contradicts nothing."""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel import clock
from app.kernel.actor import Actor
from app.kernel.errors import Conflict
from app.robots import components, fitting, insides
from app.robots.choosing import Part
from app.robots.components import Identity
from app.robots.fitting import Place
from app.robots.models import Unit
from app.robots.slot_models import Component, Occupant
from app.stores.models import Store
from tests.makers.books import breaches_of
from tests.makers.robots import a_model, a_unit
from tests.makers.slots import a_plan, class_of

STEPS = 1000
SLOTS = ("left_hip.actuator", "left_knee.actuator", "right_knee.actuator", "waist.actuator")
START = datetime(2026, 3, 1, 8, tzinfo=UTC)
Where = tuple[int, str]


@dataclass
class Memory:
    """What a careful person would have written down: place, component or nothing, since when."""

    notes: list[tuple[datetime, Where, int | None]] = field(default_factory=list)
    now: dict[Where, int] = field(default_factory=dict)

    def put(self, at: datetime, where: Where, component_id: int | None) -> None:
        self.notes.append((at, where, component_id))
        if component_id is None:
            self.now.pop(where, None)
        else:
            self.now[where] = component_id

    def replay(self, until: datetime) -> dict[Where, int]:
        """What was where at a moment, from the notes up to it."""
        state = {where: component_id for at, where, component_id in self.notes if at <= until}
        return {where: found for where, found in state.items() if found is not None}


def test_a_thousand_changes_can_be_replayed_to_any_moment(
    session: Session, store: Store, manager: Actor
) -> None:
    # given three robots and more components than slots
    a_plan(session, a_model(session), SLOTS)
    units = [a_unit(session, store, f"G1-{number}") for number in range(3)]
    spares = [
        components.register(session, manager, Identity(f"AK-{number}", class_of(SLOTS[0]), "AK-80"))
        for number in range(16)
    ]
    memory, chance = Memory(), random.Random(20261125)
    # when
    for at in moments(chance):
        with clock.set_to(at):
            step(session, manager, memory, chance, units=units, spares=spares)
    # then each component is in one place, each slot holds one
    stays = session.scalars(select(Occupant).where(Occupant.until.is_(None))).all()
    assert len(stays) == len(memory.now)
    assert max(Counter(stay.component_id for stay in stays).values()) == 1
    assert breaches_of(session) == []
    # and what was inside at any moment is what the notes say
    times = sorted(at for at, _, _ in memory.notes)
    asked = [*chance.sample(times, 8), times[0] - timedelta(hours=1), times[-1]]
    for moment in [*asked, *(at + timedelta(seconds=1) for at in asked)]:
        assert inside_at(session, units, moment) == memory.replay(moment)
    assert inside_at(session, units, None) == memory.now


def moments(chance: random.Random) -> Iterator[datetime]:
    """A thousand moments, some of them the same as the one before."""
    at = START
    for _ in range(STEPS):
        at += timedelta(minutes=chance.choice((0, 1, 7, 600)))
        yield at


def step(
    session: Session,
    actor: Actor,
    memory: Memory,
    chance: random.Random,
    *,
    units: list[Unit],
    spares: list[Component],
) -> None:
    """One random act; what cannot be done is refused and changes nothing."""
    unit, path = chance.choice(units), chance.choice(SLOTS)
    here, at = (unit.id, path), clock.now()
    held = memory.now.get(here)
    match chance.choice(("fit", "fit", "remove", "replace", "swap", "swap")):
        case "fit" | "replace" as act:
            spare = chance.choice(spares)
            busy = spare.id in memory.now.values()
            try:
                verb = fitting.fit if act == "fit" else fitting.replace
                verb(session, actor, unit, path, part=Part(component_id=spare.id))
            except Conflict:
                assert busy or (held is not None) == (act == "fit")
                return
            assert not busy
            memory.put(at, here, spare.id)
        case "remove":
            try:
                fitting.remove(session, actor, unit, path)
            except Conflict:
                assert held is None
                return
            memory.put(at, here, None)
        case _:
            other, other_path = chance.choice(units), chance.choice(SLOTS)
            there = (other.id, other_path)
            their = memory.now.get(there)
            if here == there or (held is None and their is None):
                return
            fitting.swap(session, actor, Place(unit, path), Place(other, other_path))
            memory.put(at, here, their)
            memory.put(at, there, held)


def inside_at(session: Session, units: list[Unit], moment: datetime | None) -> dict[Where, int]:
    return {
        (unit.id, place.path): place.now.component_id
        for unit in units
        for place in insides.view(session, unit, at=moment).places
        if place.now is not None and place.now.component_id is not None
    }
