"""The store room under attack: whatever clerks, technicians, sales and the clock may do to it.

The machine keeps its own book of what is inside the store's places, by part, and asks after each
step whether ledger, balances and robots' slots say the same. Refusals are fine; anything else is
not.
"""

import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import wiring
from app.kernel import clock, queueing
from app.kernel.db import Database
from app.kernel.errors import StoreError
from app.kernel.money import Money
from app.parts import checks, issuing, moving, places, reservations, stock
from app.parts.models import BOUNDED, Balance, Movement, Part, Place, PlaceKind
from app.parts.moves import Move
from app.robots import choosing, components, fitting
from app.robots.bodyplan import SlotClass
from app.robots.components import Identity
from app.robots.models import Unit
from app.robots.occupancy import Work
from app.robots.slot_models import Component, Control, Occupant, Slot
from tests.databases import EngineName, Recurring
from tests.makers.books import breaches_of
from tests.makers.parts import a_bin, a_part
from tests.makers.robots import a_model, a_unit
from tests.makers.slots import a_plan
from tests.makers.stores import a_store
from tests.parts.conftest import an_actor

MORNING = datetime(2026, 3, 2, 8, tzinfo=UTC)
MINUTES = 30
STEPS_A_RUN = 120
CHECK_EVERY = 6
OWNERS = ("ticket:T-1001", "ticket:T-1002", "order:7")
REFERENCES = (*OWNERS, *OWNERS, "T-1001", "")
SERIAL_SLOTS = ("left_knee.actuator", "right_knee.actuator")
LOT_SLOT, PIECE_SLOT = "tendon.1", "cable_set.1"
SLOTS = (*SERIAL_SLOTS, LOT_SLOT, PIECE_SLOT)
# what is swapped: two places of one robot, or the same place of both
PAIRS = (SERIAL_SLOTS, *((path, path) for path in SLOTS))
LOTS = ("L-1", "L-2")

which = st.integers(min_value=0, max_value=99)
few = st.sampled_from([1, 1, 1, 2, 3, 5])
part_index = st.sampled_from([0, 0, 0, 1, 1, 2])
owner = st.sampled_from(OWNERS)
reference = st.sampled_from(REFERENCES)
slot_path = st.sampled_from(SLOTS)
ending = st.sampled_from(["lapse", "release", "renew"])
cost = st.sampled_from([None, 0, 1, 99, 100, 333, 10_007])


class StoreRoom(RuleBasedStateMachine):
    """One store, three parts, two robots. A subclass says on which engine, and counts."""

    supply: ClassVar[Recurring]
    engine: ClassVar[EngineName]
    happened: ClassVar[Counter[str]]

    def __init__(self) -> None:
        super().__init__()
        wiring.connect()
        self.opened = ExitStack()
        folder = self.opened.enter_context(tempfile.TemporaryDirectory())
        url = self.opened.enter_context(self.supply.fresh(self.engine, Path(folder)))
        self.database = Database(url, pool_size=2)
        self.opened.callback(self.database.close)
        self.now = MORNING
        self.steps = 0
        self.serials = 0
        self.last_refusal = ""
        # pieces by part in places that never go below zero, as the steps that went well say it
        self.inside: Counter[int] = Counter()

    @initialize()
    def open_the_store(self) -> None:
        with clock.set_to(self.now), self.database.transaction() as session:
            store = a_store(session)
            self.store_id = store.id
            self.clerk = an_actor(store)
            controls = (Control.SERIAL, Control.LOT, Control.NONE)
            parts = [
                a_part(session, self.clerk, f"P-{control}", control=control) for control in controls
            ]
            self.part_ids = [part.id for part in parts]
            plan = a_plan(session, a_model(session), SLOTS)
            for slot in session.scalars(select(Slot).where(Slot.plan_id == plan.id)):
                if slot.path not in SERIAL_SLOTS:
                    slot.control = Control.LOT if slot.path == LOT_SLOT else Control.NONE
            self.unit_ids = [a_unit(session, store, f"G1-{index}").id for index in range(2)]
            bins = [places.standard(session, store.id, PlaceKind.BIN)]
            bins += [
                a_bin(session, self.clerk, kind.value, kind)
                for kind in (PlaceKind.BIN, PlaceKind.VAN, PlaceKind.QUARANTINE)
            ]
            self.place_ids = [place.id for place in bins]
            self._first_delivery(session, bins)
            for path in (*SERIAL_SLOTS, PIECE_SLOT):
                part = self._part_for(session, path, 1)
                fitting.fit(session, self.clerk, self._unit(session, 0), path, part=part)

    def _first_delivery(self, session: Session, bins: list[Place]) -> None:
        for part_id, lots in zip(self.part_ids, (("",) * 8, LOTS, ("",)), strict=True):
            for index, lot in enumerate(lots):
                component = self._new_component(session) if len(lots) > len(LOTS) else None
                stock.receive(
                    session,
                    self.clerk,
                    part_id,
                    quantity=1 if component else 8,
                    reason="delivery",
                    place=bins[index % 2],
                    lot=lot,
                    component=component,
                    cost=Money(100 + index, "EUR"),
                )
                self.inside[part_id] += 1 if component else 8

    @contextmanager
    def step(self, name: str) -> Iterator[Session]:
        """One transaction of somebody; a refusal takes it back whole."""
        self.now += timedelta(seconds=1)
        inside = Counter(self.inside)
        with clock.set_to(self.now):
            try:
                with self.database.transaction() as session:
                    queueing.enter(session, self.store_id)
                    yield session
            except StoreError as refusal:
                self.happened[f"refused {name}"] += 1
                self.inside = inside
                # whatever its facts, a person can read it
                self.last_refusal = str(refusal)
            else:
                self.happened[name] += 1

    def some_place(self, session: Session, index: int) -> Place:
        if index % 9 == 0:
            kind = (PlaceKind.SCRAP, PlaceKind.BENCH, PlaceKind.TRANSIT)[index % 3]
            return places.standard(session, self.store_id, kind)
        return session.get_one(Place, self.place_ids[index % len(self.place_ids)])

    def some_component(self, session: Session, index: int) -> Component:
        """Mostly one that lies somewhere, now and then any that is known."""
        query = select(Component).order_by(Component.id.desc()).limit(8)
        if index % 4:
            lies = select(Balance.component_id).join(Place, Place.id == Balance.place_id)
            inside = Balance.quantity > 0, Place.kind != PlaceKind.ROBOT
            query = query.where(Component.id.in_(lies.where(*inside)))
        found = session.scalars(query).all()
        return found[index % len(found)] if found else self._new_component(session)

    def _new_component(self, session: Session) -> Component:
        self.serials += 1
        part = session.get_one(Part, self.part_ids[0])
        identity = Identity(f"AK-{self.serials}", SlotClass.ACTUATOR, part.number)
        return components.register(session, self.clerk, identity)

    # Goods in and goods out

    @rule(part=part_index, count=few, place=which, price=cost, lot=st.sampled_from(LOTS))
    def receive(self, part: int, count: int, place: int, price: int | None, lot: str) -> None:
        with self.step("receive") as session:
            component = self._new_component(session) if part == 0 else None
            count = 1 if component else count
            stock.receive(
                session,
                self.clerk,
                self.part_ids[part],
                quantity=count,
                reason="delivery",
                place=session.get_one(Place, self.place_ids[place % len(self.place_ids)]),
                lot=lot if part == 1 else "",
                component=component,
                cost=None if price is None else Money(price, "EUR"),
            )
            self.inside[self.part_ids[part]] += count

    @rule(part=part_index, count=few, start=which, to=which, lot=st.sampled_from(LOTS))
    def move(self, part: int, count: int, start: int, to: int, lot: str) -> None:
        with self.step("move") as session:
            target = self.some_place(session, to)
            component = self.some_component(session, start) if part == 0 else None
            count = 1 if component else count
            moving.move(
                session,
                self.clerk,
                self.part_ids[part],
                quantity=count,
                to=target,
                start=None if component or start % 2 else self.some_place(session, start),
                component_id=component.id if component else None,
                lot=lot if part == 1 else "",
                reason="tidied",
            )
            if target.kind is PlaceKind.SCRAP:
                self.inside[self.part_ids[part]] -= count

    @rule(part=part_index, place=which, count=few, is_more=st.booleans())
    def count(self, part: int, place: int, count: int, is_more: bool) -> None:
        """A count finds more or fewer pieces than there should be."""
        with self.step("count") as session:
            here = session.get_one(Place, self.place_ids[place % len(self.place_ids)])
            difference = places.standard(session, self.store_id, PlaceKind.COUNT)
            component = self.some_component(session, place) if part == 0 else None
            count = 1 if component else count
            start, end = (difference, here) if is_more else (here, difference)
            lot = LOTS[place % 2] if part == 1 else ""
            move = Move(self.part_ids[part], count, start, end, lot, component)
            stock.book(session, self.clerk, [move], reason="counted")
            self.inside[self.part_ids[part]] += count if is_more else -count

    @rule(back=which)
    def undo(self, back: int) -> None:
        with self.step("undo") as session:
            newest = select(Movement.id).order_by(Movement.id.desc())
            if back % 3:
                undone = select(Movement.reverses_id).where(Movement.reverses_id.is_not(None))
                robot = places.standard(session, self.store_id, PlaceKind.ROBOT).id
                newest = newest.where(
                    Movement.id.not_in(undone),
                    Movement.from_place_id != robot,
                    Movement.to_place_id != robot,
                )
            last = session.scalars(newest.limit(12)).all()
            line = stock.reverse(session, self.clerk, last[back % len(last)], reason="a mistake")
            ends = [session.get_one(Place, id_) for id_ in (line.from_place_id, line.to_place_id)]
            came = (ends[1].kind in BOUNDED) - (ends[0].kind in BOUNDED)
            self.inside[line.part_id] += came * line.quantity

    # Promises and jobs

    @rule(part=part_index, count=few, who=owner, named=which, is_kept=st.booleans())
    def reserve(self, part: int, count: int, who: str, named: int, is_kept: bool) -> None:
        with self.step("reserve") as session:
            component = self.some_component(session, named) if part == 0 and named % 2 else None
            reservations.reserve(
                session,
                self.clerk,
                self.part_ids[part],
                quantity=1 if component else count,
                owner=who,
                holder="Bo",
                minutes=None if is_kept else MINUTES,
                component_id=component.id if component else None,
                lot=LOTS[named % 2] if part == 1 and named % 3 else "",
            )

    @rule(who=owner, part=part_index, count=st.sampled_from([None, 1, 2]), how=ending)
    def end_a_promise(self, who: str, part: int, count: int | None, how: str) -> None:
        if how == "lapse":
            self.now += timedelta(minutes=MINUTES + 1)
            return
        with self.step(how) as session:
            if how == "renew":
                reservations.renew(session, self.clerk, who, holder="Bo", minutes=MINUTES)
                return
            reservations.release(
                session, who, store_id=self.store_id, part_id=self.part_ids[part], quantity=count
            )

    @rule(who=owner, part=part_index, count=few, named=which)
    def issue(self, who: str, part: int, count: int, named: int) -> None:
        with self.step("issue") as session:
            component = self.some_component(session, named) if part == 0 and named % 3 else None
            issuing.issue(
                session,
                self.clerk,
                who,
                self.part_ids[part],
                quantity=1 if component else count,
                component_id=component.id if component else None,
                lot=LOTS[named % 2] if part == 1 and named % 3 else "",
            )

    @rule(who=owner, part=part_index, count=few, to=which)
    def settle(self, who: str, part: int, count: int, to: int) -> None:
        with self.step("settle") as session:
            target = self.some_place(session, to)
            issuing.settle(session, self.clerk, who, self.part_ids[part], quantity=count, to=target)
            if target.kind not in BOUNDED:
                self.inside[self.part_ids[part]] -= count

    @rule()
    def hand_over(self) -> None:
        with self.step("hand over") as session:
            before = session.scalar(select(func.max(Movement.id))) or 0
            issuing.issue_reserved(session, self.clerk, OWNERS[-1], reason="sale")
            for line in session.scalars(select(Movement).where(Movement.id > before)):
                self.inside[line.part_id] -= line.quantity

    # Robots

    def _part_for(self, session: Session, path: str, index: int) -> choosing.Part:
        if path in SERIAL_SLOTS:
            if index % 7 == 0:  # a customer's own, never on our shelf
                self.serials += 1
                return choosing.Part(part_number="P-serial", serial=f"AK-{self.serials}")
            return choosing.Part(component_id=self.some_component(session, index).id)
        if path == LOT_SLOT:
            return choosing.Part(part_number="P-lot", lot=LOTS[index % 2])
        return choosing.Part(part_number="P-none")

    def _unit(self, session: Session, index: int) -> Unit:
        return session.get_one(Unit, self.unit_ids[index % 2])

    @contextmanager
    def at_robots(self, name: str) -> Iterator[Session]:
        """What came from or went to nowhere changes what is inside."""
        with self.step(name) as session:
            before = session.scalar(select(func.max(Movement.id))) or 0
            yield session
            session.flush()
            for line in session.scalars(select(Movement).where(Movement.id > before)):
                start = session.get_one(Place, line.from_place_id)
                assert start.kind in BOUNDED | {PlaceKind.CUSTOMER, PlaceKind.OPENING}
                self.inside[line.part_id] += 0 if start.kind in BOUNDED else 1

    @rule(unit=which, path=slot_path, index=which, why=reference)
    def fit(self, unit: int, path: str, index: int, why: str) -> None:
        """Into an empty slot, or in place of what is there."""
        with self.at_robots("fit") as session:
            robot = self._unit(session, unit)
            part = self._part_for(session, path, index)
            slot = select(Slot.id).where(Slot.path == path)
            sits = select(Occupant.id).where(
                Occupant.unit_id == robot.id,
                Occupant.slot_id == slot.scalar_subquery(),
                Occupant.until.is_(None),
            )
            put = fitting.replace if session.scalar(sits) else fitting.fit
            put(session, self.clerk, robot, path, part=part, work=Work(reference=why))

    @rule(index=which, why=reference)
    def remove(self, index: int, why: str) -> None:
        with self.at_robots("remove") as session:
            sits = select(Occupant.unit_id, Slot.path).join(Slot, Slot.id == Occupant.slot_id)
            full = session.execute(sits.where(Occupant.until.is_(None)).order_by(Occupant.id)).all()
            unit_id, path = full[index % len(full)] if full else (self.unit_ids[0], SLOTS[0])
            robot = session.get_one(Unit, unit_id)
            fitting.remove(session, self.clerk, robot, path, work=Work(reference=why))

    @rule(pair=st.sampled_from(PAIRS), why=reference)
    def swap(self, pair: tuple[str, str], why: str) -> None:
        with self.at_robots("swap") as session:
            fitting.swap(
                session,
                self.clerk,
                fitting.Place(self._unit(session, 0), pair[0]),
                fitting.Place(self._unit(session, int(pair[0] == pair[1])), pair[1]),
                work=Work(reference=why),
            )

    # What must hold after each step

    @invariant()
    def ledger_balances_and_slots_agree(self) -> None:
        if not hasattr(self, "store_id"):
            return
        self.steps += 1
        self.happened["steps"] += 1
        with clock.set_to(self.now), self.database.reading() as session:
            assert list(checks.balances_equal_movements(session)) == []
            assert list(checks.fitted_is_in_robots(session)) == []
            self._is_inside(session)
            self._sits_in_slots(session)
            free = stock.frees(session, self.part_ids)
            assert min(free.values()) >= 0, free
            if self.steps % CHECK_EVERY == 0:
                assert list(checks.breaches(session)) == []
            if self.steps % STEPS_A_RUN == 0:
                assert breaches_of(session) == []

    def _is_inside(self, session: Session) -> None:
        """The balances are what the steps that went well add up to."""
        counted = (
            select(Balance.part_id, func.sum(Balance.quantity))
            .join(Place, Place.id == Balance.place_id)
            .where(Place.kind.in_(BOUNDED))
            .group_by(Balance.part_id)
        )
        found = {row[0]: int(row[1]) for row in session.execute(counted)}
        for part_id in self.part_ids:
            assert found.get(part_id, 0) == self.inside[part_id], part_id

    def _sits_in_slots(self, session: Session) -> None:
        """The place of robots holds as many pieces of each part as their slots."""
        kept = (
            select(Balance.part_id, func.sum(Balance.quantity))
            .join(Place, Place.id == Balance.place_id)
            .where(Place.kind == PlaceKind.ROBOT)
            .group_by(Balance.part_id)
        )
        in_ledger = {row[0]: int(row[1]) for row in session.execute(kept) if row[1]}
        fitted: Counter[int] = Counter()
        for stay in session.scalars(select(Occupant).where(Occupant.until.is_(None))):
            keys = ("p-serial", "p-lot", "p-none")
            key = "p-serial" if stay.component_id is not None else stay.part_key
            fitted[self.part_ids[keys.index(key)]] += 1
        assert in_ledger == dict(fitted)

    def teardown(self) -> None:
        self.opened.close()
