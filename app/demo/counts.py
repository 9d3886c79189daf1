"""What is looked after in the demo's store room: four batteries, and one stocktake that is over.

Part number and serials are invented; the energy is that of the published battery of the G1.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager

from sqlalchemy.orm import Session

from app.demo.opening import CURRENCY, Crew
from app.kernel.money import Money
from app.parts import arrivals, batteries, catalogue, counting, counts, places, stock
from app.parts.batteries import CheckInput, RuleInput
from app.parts.battery_models import Condition
from app.parts.catalogue import Particulars
from app.parts.counting import Counted
from app.parts.models import PlaceKind
from app.parts.moves import Move
from app.robots.bodyplan import SlotClass
from app.robots.slot_models import Component, Control

PACK, SHELF = "DEMO-BAT-W", "E-02-1"
SERIALS = tuple(f"DEMO-BAT-90{number:02}" for number in range(1, 5))
_SOUND, _DENTED, _OVERDUE, _LOW = SERIALS
_COST_MINOR = 79_000
# Counted with two pieces too few, and with all that the ledger says.
_SHORT, _WHOLE = ("TP-14", "D-11-1", 38), ("KSB-2", "F-02-1", 18)


def live_through(
    session: Session, crew: Crew, at: Callable[..., AbstractContextManager[None]]
) -> None:
    """Four packs come in, and three of them are looked at after some days."""
    with at(days_ago=19, hour=10):
        _lay_in(session, crew)
    with at(days_ago=13, hour=15):
        _look_after(session, crew)


def _lay_in(session: Session, crew: Crew) -> None:
    """Packs for the workshop come in, and a rule by which they are looked at."""
    shelf = places.add(session, crew.mei, kind=PlaceKind.BIN, name="Battery cabinet", code=SHELF)
    part = catalogue.add_part(
        session,
        crew.mei,
        number=PACK,
        name="Battery pack G1, workshop",
        particulars=Particulars(
            control=Control.SERIAL,
            slot_class=SlotClass.BATTERY,
            price_minor=119_000,
            un_number="UN3480",
        ),
    )
    batteries.set_rule(session, crew.petra, part, RuleInput(14, 30, 60, watt_hours=421))
    start = places.standard(session, crew.mei.store_id, PlaceKind.SUPPLIER)
    wanted = [(part, serial, "") for serial in SERIALS]
    came = arrivals.components(session, crew.mei, wanted).values()
    moves = [
        Move(part.id, 1, start, shelf, component=one, cost=Money(_COST_MINOR, CURRENCY))
        for one in came
    ]
    stock.book(session, crew.mei, moves, reason="first stock")


def _look_after(session: Session, crew: Crew) -> None:
    """Emre looks at three of the four."""
    for serial, soc, cycles in ((_SOUND, 48, 12), (_DENTED, 52, 15), (_LOW, 24, 61)):
        found = CheckInput(soc_percent=soc, cycles=cycles, voltage_mv=46_000 + 40 * soc)
        batteries.check(session, crew.emre, _pack(session, crew, serial), found)


def drop_one(session: Session, crew: Crew) -> None:
    """One pack falls; another is looked at in passing."""
    passing = CheckInput(soc_percent=47, cycles=13)
    batteries.check(session, crew.emre, _pack(session, crew, _SOUND), passing)
    found = CheckInput(
        soc_percent=51,
        cycles=15,
        condition=Condition.DENTED,
        note="Fell off the bench; dent at the lower left edge.",
    )
    batteries.check(session, crew.emre, _pack(session, crew, _DENTED), found)


def count_two_bins(session: Session, crew: Crew) -> None:
    """Mei counts, Petra looks at the difference and books it."""
    chosen = {code: places.by_code(session, crew.mei, code) for _, code, _ in (_SHORT, _WHOLE)}
    count = counts.start(
        session,
        crew.mei,
        place_ids=[place.id for place in chosen.values()],
        title="Small parts of the knee",
    )
    for number, code, pieces in (_SHORT, _WHOLE):
        spot = counts.spot_of(session, count, chosen[code].id)
        seen = counting.scan(session, crew.mei, count, spot, number)
        if isinstance(seen, Counted):
            counting.put(session, crew.mei, count, spot, seen.line.id, counted=pieces)
        counting.finish(session, crew.mei, count, spot)
    counts.approve(session, crew.petra, count, note="Two pads went with a rush job.")


def _pack(session: Session, crew: Crew, serial: str) -> Component:
    return batteries.by_serial(session, crew.emre, serial)
