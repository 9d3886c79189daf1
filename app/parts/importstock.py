"""Opening stock out of a file: what lay in the bins before the ledger began.

A bin is opened once for each part and lot: the same file again says what is known, and another
quantity is a matter for a stocktake.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from app.kernel.actor import Actor
from app.kernel.searchkeys import bare_key, search_key
from app.kernel.text import Text, msg
from app.parts import openings, places
from app.parts.importparts import known_parts
from app.parts.importplan import Plan, in_pieces
from app.parts.importrows import Problem, Said
from app.parts.models import BOUNDED, Balance, Movement, Place, PlaceKind
from app.robots import components
from app.robots.bodyplan import SlotClass
from app.robots.slot_models import Component, Control, Occupant

Slot = tuple[int, int, str]


@dataclass(slots=True)
class Opened:
    """Pieces that a row brings into a bin; `serial` and `component` where a part is kept so."""

    part: Row[Any]
    place: Place
    quantity: int
    lot: str = ""
    serial: str = ""
    component: Component | None = None
    cost_minor: int | None = None


@dataclass(slots=True)
class StockPlan(Plan):
    opened: list[Opened] = field(default_factory=list)

    def apply(self, session: Session, actor: Actor, *, reference: str) -> None:
        start = places.standard(session, actor.store_id, PlaceKind.OPENING)
        fresh = [each for each in self.opened if each.serial and each.component is None]
        for piece in in_pieces(fresh):
            for each in piece:
                each.component = _component(actor, each)
            session.add_all(each.component for each in piece if each.component is not None)
            session.flush()
        lines = [
            openings.Opening(
                each.part.id,
                each.place,
                each.quantity,
                lot=each.lot,
                component=each.component,
                cost_minor=each.cost_minor,
            )
            for each in self.opened
        ]
        openings.enter_all(session, actor, lines, start=start, reference=reference)


def plan(
    session: Session, actor: Actor, rows: Sequence[Said], problems: list[Problem]
) -> StockPlan:
    """What these rows would bring. Rows that have a problem already are left out."""
    bad = {problem.row for problem in problems}
    sound = [said for said in rows if said.row not in bad]
    planner = _Planner(session, actor, sound, problems)
    for said in sound:
        planner.take(said)
    planner.found.rows_new = len(planner.found.opened)
    return planner.found


class _Planner:
    """Holds the rows against what the store knows: parts, bins, components, what was opened."""

    def __init__(
        self, session: Session, actor: Actor, sound: Sequence[Said], problems: list[Problem]
    ) -> None:
        self.found = StockPlan()
        self._problems = problems
        self._parts = known_parts(session, actor, {said.key for said in sound})
        standards = places.standards(session, actor.store_id, (PlaceKind.BIN, PlaceKind.OPENING))
        self._shelf, self._opening = standards[PlaceKind.BIN], standards[PlaceKind.OPENING]
        self._bins = {
            key: place
            for place in places.listed(session, actor, kinds=BOUNDED - {PlaceKind.ROBOT})
            for key in (search_key(place.name), place.code_key)
            if key
        }
        self._bins |= {place.code_key: place for place in self._bins.values() if place.code_key}
        self._opened = self._sums(session)
        self._components = _known(session, actor, sound)
        self._rows, self._fitted = _whereabouts(session, list(self._components.values()))
        self._seen: dict[Slot | tuple[str, str], int] = {}

    def take(self, said: Said) -> None:
        part = self._parts.get(said.key)
        if part is None:
            self._refuse(said, "number", msg("No part {number}.", number=said.number))
            return
        place = self._shelf
        if said.text("place"):
            found = self._bins.get(search_key(said.text("place")))
            if found is None:
                self._refuse(said, "place", msg("No place {code}.", code=said.text("place")))
                return
            place = found
        if part.control is Control.SERIAL:
            self._take_serial(said, part, place)
        else:
            self._take_pieces(said, part, place)

    def _take_pieces(self, said: Said, part: Row[Any], place: Place) -> None:
        lot = said.text("lot")
        if "quantity" not in said.values:
            self._refuse(said, "quantity", msg("Please fill this in."))
        elif said.text("serial"):
            sentence = msg("{number} is not kept by serial number.", number=part.number)
            self._refuse(said, "serial", sentence)
        elif (part.control is Control.LOT) != bool(lot):
            sentence = (
                msg("{number} is not kept by lot.", number=part.number)
                if lot
                else msg("{number} needs its lot.", number=part.number)
            )
            self._refuse(said, "lot", sentence)
        else:
            self._open(said, part, place, lot)

    def _open(self, said: Said, part: Row[Any], place: Place, lot: str) -> None:
        slot = (part.id, place.id, search_key(lot))
        quantity = said.whole("quantity")
        before = self._opened.get(slot, 0)
        first = self._seen.setdefault(slot, said.row)
        if first != said.row:
            sentence = msg(
                "{number} in this bin stands in row {row} already.", number=part.number, row=first
            )
            self._refuse(said, "number", sentence)
        elif before == quantity:
            self.found.same += 1
        elif before:
            sentence = msg(
                "{number} was opened here with {before} already. Correct it by a stocktake.",
                number=part.number,
                before=before,
            )
            self._refuse(said, "quantity", sentence)
        else:
            self.found.opened.append(Opened(part, place, quantity, lot=lot, cost_minor=_cost(said)))

    def _take_serial(self, said: Said, part: Row[Any], place: Place) -> None:
        serial = said.text("serial")
        if not serial or said.whole("quantity", 1) != 1:
            sentence = (
                msg("A serial number is of one piece.")
                if serial
                else msg("{number} is kept by serial number: scan it.", number=part.number)
            )
            self._refuse(said, "quantity" if serial else "serial", sentence)
            return
        first = self._seen.setdefault((said.key, search_key(serial)), said.row)
        if first != said.row:
            sentence = msg("{serial} stands in row {row} already.", serial=serial, row=first)
            self._refuse(said, "serial", sentence)
            return
        component = self._components.get((said.key, search_key(serial)))
        here = self._rows.get(component.id) if component is not None else None
        if here is not None and here == (place.id, 1):
            self.found.same += 1
        elif component is not None and (here is not None or component.id in self._fitted):
            sentence = msg(
                "{serial} is known already and not in this bin. Look where it is.", serial=serial
            )
            self._refuse(said, "serial", sentence)
        else:
            self.found.opened.append(
                Opened(part, place, 1, serial=serial, component=component, cost_minor=_cost(said))
            )

    def _sums(self, session: Session) -> dict[Slot, int]:
        """What was opened so far and not taken back, by part, bin and lot."""
        sums: dict[Slot, int] = {}
        for sign, here, there in (
            (1, Movement.from_place_id, Movement.to_place_id),
            (-1, Movement.to_place_id, Movement.from_place_id),
        ):
            query = (
                select(Movement.part_id, there, Movement.lot_key, func.sum(Movement.quantity))
                .where(here == self._opening.id, Movement.component_id.is_(None))
                .group_by(Movement.part_id, there, Movement.lot_key)
            )
            for part_id, place_id, lot_key, quantity in session.execute(query):
                slot = (part_id, place_id, lot_key)
                sums[slot] = sums.get(slot, 0) + sign * int(quantity)
        return sums

    def _refuse(self, said: Said, name: str, sentence: Text) -> None:
        self._problems.append(Problem(said.row, name, sentence))


def _known(
    session: Session, actor: Actor, sound: Sequence[Said]
) -> dict[tuple[str, str], Component]:
    """Components of the store by part's and serial's key."""
    serials = sorted({search_key(said.text("serial")) for said in sound if said.text("serial")})
    return {
        (bare_key(row.part_number), row.serial_key): row
        for piece in in_pieces(serials)
        for row in session.scalars(
            select(Component).where(
                Component.store_id == actor.store_id, Component.serial_key.in_(piece)
            )
        )
    }


def _whereabouts(
    session: Session, known: Sequence[Component]
) -> tuple[dict[int, tuple[int, int]], set[int]]:
    """Where the ledger has components, by id, and which of them sit in robots."""
    ids = [component.id for component in known]
    here: dict[int, tuple[int, int]] = {}
    fitted: set[int] = set()
    for piece in in_pieces(ids):
        rows = session.execute(
            select(Balance.component_id, Balance.place_id, Balance.quantity).where(
                Balance.component_id.in_(piece)
            )
        )
        here |= {key: (place_id, quantity) for key, place_id, quantity in rows if key is not None}
        sitting = select(Occupant.component_id).where(
            Occupant.component_id.in_(piece), Occupant.until.is_(None)
        )
        fitted |= {key for key in session.scalars(sitting) if key is not None}
    return here, fitted


def _component(actor: Actor, each: Opened) -> Component:
    return components.new(
        actor.store_id,
        components.Identity(
            serial=each.serial,
            slot_class=each.part.slot_class or SlotClass.OTHER,
            part_number=each.part.number,
            maker_id=each.part.maker_id,
            name=each.part.name,
            lot=each.lot,
        ),
    )


def _cost(said: Said) -> int | None:
    cost = said.values.get("cost")
    return cost if isinstance(cost, int) else None
