"""A year of one robot that was sold elsewhere: it changed hands, parts and versions, and fell.

Written by the verbs that its pages use, chapter by chapter; everything in it is invented.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager

from sqlalchemy.orm import Session

from app.customers import book
from app.demo import assortment, people
from app.demo.opening import Crew
from app.kernel.text import msg
from app.robots import (
    bodies,
    bulletins,
    contracts,
    counters,
    custody,
    dataduties,
    firmware,
    fitting,
    makers,
    openpassport,
    registering,
    registry,
    transfers,
    warrantycover,
    warrantypapers,
)
from app.robots.bulletin_models import Bulletin, BulletinKind, Outcome
from app.robots.bulletincriteria import Criterion
from app.robots.bulletins import BulletinInput
from app.robots.choosing import Part
from app.robots.contracts import ContractInput
from app.robots.duty_models import PaperKind
from app.robots.life_models import Wipe
from app.robots.models import Unit
from app.robots.occupancy import Work
from app.robots.registering import WalkIn
from app.robots.slot_models import Counter, Slot, VersionOf
from app.robots.states import Custody
from app.robots.touches import Touch
from app.robots.transfers import WipeStatement
from app.robots.warrantypapers import EvidenceInput
from app.stores import desk

SERIAL = "DEMO-H1-0411"
FIRST_DAY = 400
ACTUATOR = "DEMO-AK-120"
_BAD_LOT = "DEMO-LOT-2409"
_GOOD_LOT = "DEMO-LOT-2502"
_HOUR = counters.SECONDS_PER_HOUR
_KNEE, _OTHER_KNEE = "left_knee.actuator", "right_knee.actuator"
# What its counters showed: hours, steps, falls, charging cycles.
_SHOWN = (
    (402, 1_130_000, 3, 155),
    (655, 1_902_000, 3, 248),
    (1_012, 2_960_000, 4, 392),
    (1_440, 4_275_000, 5, 561),
    (1_733, 5_190_000, 5, 672),
)
At = Callable[..., AbstractContextManager[None]]


def live_through(session: Session, crew: Crew, at: At) -> None:
    """`at(days_ago=…, hour=…)` lives at that hour."""
    with at(days_ago=FIRST_DAY, hour=10):
        unit = _comes_in(session, crew)
        _look_inside(session, crew, unit)
        gone = msg("Back with its owner")
        custody.move(session, crew.emre, unit, Custody.CUSTOMER, why=gone)
    with at(days_ago=365, hour=9):
        _read(session, crew, unit, _SHOWN[0])
        _falls(session, crew, unit)
    with at(days_ago=310, hour=14):
        _read(session, crew, unit, _SHOWN[1])
        firmware.record(session, crew.emre, unit, VersionOf.ROBOT, "3.0.2")
        firmware.record(session, crew.emre, unit, VersionOf.CONTROLLER, "1.3.0")
    with at(days_ago=300, hour=8):
        bulletin = _recall(session, crew)
    with at(days_ago=288, hour=11):
        _new_actuator(session, crew, unit, _KNEE, "DEMO-ACT-0411-31", reason="Recall")
        bulletins.settle(
            session, crew.emre, bulletin, unit, outcome=Outcome.DONE, note="Actuator replaced"
        )
    with at(days_ago=240, hour=10):
        _read(session, crew, unit, _SHOWN[2])
        _swap_batteries(session, crew, unit)
    with at(days_ago=200, hour=15):
        _changes_hands(session, crew, unit)
    with at(days_ago=150, hour=10):
        _read(session, crew, unit, _SHOWN[3])
        firmware.record(session, crew.emre, unit, VersionOf.AI_MODEL, "Gait 4.2")
        _new_actuator(session, crew, unit, _OTHER_KNEE, "DEMO-ACT-0411-32", reason="Play of 0.4°")
    with at(days_ago=90, hour=10):
        _read(session, crew, unit, _SHOWN[4])
        contract = contracts.of_unit(session, unit.id)[0]
        contracts.use_visit(session, crew.emre, contract.row, reference="Yearly check")
    with at(days_ago=60, hour=10):
        _new_computer(session, crew, unit)
    with at(days_ago=20, hour=10):
        _read(session, crew, unit, (96, 5_930_000, 6, 742))


def _comes_in(session: Session, crew: Crew) -> Unit:
    """An agency brings it: bought elsewhere, with some hours behind it."""
    agency = book.add(session, crew.jana, people.AGENCY)
    touch = Touch(
        {
            Counter.HOURS: 310 * _HOUR,
            Counter.STEPS: 840_000,
            Counter.FALLS: 2,
            Counter.CYCLES: 120,
        },
        {
            VersionOf.ROBOT: "2.9.0",
            VersionOf.CONTROLLER: "1.1.0",
            VersionOf.AI_MODEL: "Gait 3.1",
        },
    )
    seen = WalkIn(assortment.H1.maker, assortment.H1.code, SERIAL, "A", touch=touch)
    unit = registering.register(session, crew.jana, seen, agency)
    warrantypapers.file_paper(
        session,
        crew.emre,
        unit,
        PaperKind.RECEIPT,
        desk.business_day_of(desk.store_of(session, unit.store_id)),
        source="Delivery slip 88-4071 of the former shop (invented)",
    )
    return registry.by_serial(session, crew.emre, SERIAL)


def _look_inside(session: Session, crew: Crew, unit: Unit) -> None:
    """Emre opens the covers and writes down what sits where."""
    plan = bodies.plans_followed(session, [unit])[unit.id]
    work = Work(reason="Found inside when it was registered")
    for number, slot in enumerate(bodies.slots_of(session, [plan.id]), start=1):
        part = _found(slot, number)
        if part is not None:
            fitting.fit(session, crew.emre, unit, slot.path, part=part, work=work)


def _found(slot: Slot, number: int) -> Part | None:
    lot = _BAD_LOT if slot.path == _KNEE else _GOOD_LOT
    match slot.slot_class:
        case "actuator":
            return Part(ACTUATOR, f"DEMO-ACT-0411-{number:02}", lot=lot, firmware="1.8.0")
        case "battery":
            return Part("DEMO-BAT-H1", "DEMO-BAT-2207", firmware="1.2.0")
        case "hand":
            return Part("DEMO-HND-H1", f"DEMO-HND-0411-{number:02}", firmware="0.9.4")
    return None


def _read(session: Session, crew: Crew, unit: Unit, shown: tuple[int, int, int, int]) -> None:
    hours, steps, falls, cycles = shown
    values = {
        Counter.HOURS: hours * _HOUR,
        Counter.STEPS: steps,
        Counter.FALLS: falls,
        Counter.CYCLES: cycles,
    }
    counters.read(session, crew.emre, unit, values)


def _falls(session: Session, crew: Crew, unit: Unit) -> None:
    slot = bodies.slot_called(session, unit, _KNEE)
    terms = warrantycover.binding_terms(session, unit)
    today = desk.business_day_of(desk.store_of(session, unit.store_id))
    seen = EvidenceInput("fall", today, confirmed=False, note="Fell from a stage of 40 cm.")
    warrantypapers.record_evidence(
        session, crew.emre, unit, seen, terms=terms.terms if terms else None, slot=slot
    )


def _recall(session: Session, crew: Crew) -> Bulletin:
    maker = makers.maker_called(session, assortment.H1.maker)
    today = desk.business_day_of(desk.store_of(session, crew.petra.store_id))
    typed = BulletinInput(
        maker_id=maker.id,
        code="DEMO-SB-0",
        title="Knee actuator: screws of the output flange",
        kind=BulletinKind.MANDATORY,
        issued_on=today,
        text="Invented. Replace knee actuators of this lot; they lose their zero position.",
        criteria=(Criterion(part_number=ACTUATOR, lot=_BAD_LOT),),
    )
    return bulletins.publish(session, crew.petra, typed)


def _new_actuator(
    session: Session, crew: Crew, unit: Unit, path: str, serial: str, *, reason: str
) -> None:
    fitting.replace(
        session,
        crew.emre,
        unit,
        path,
        part=Part(ACTUATOR, serial, lot=_GOOD_LOT, firmware="2.0.4"),
        work=Work(reason=reason),
    )


def _swap_batteries(session: Session, crew: Crew, unit: Unit) -> None:
    fitting.replace(
        session,
        crew.emre,
        unit,
        "battery.1",
        part=Part("DEMO-BAT-H1", "DEMO-BAT-2391", firmware="1.4.0"),
        work=Work(reason="Capacity below 80 %"),
    )


def _changes_hands(session: Session, crew: Crew, unit: Unit) -> None:
    """The agency sells it to a clinic, wiped; the clinic takes a contract and the owner's key."""
    clinic = book.add(session, crew.jana, people.CLINIC)
    data = WipeStatement(Wipe.WIPED, "The maker’s reset to delivery, checked by starting up")
    transfers.transfer(session, crew.petra, unit, clinic, data=data)
    today = desk.business_day_of(desk.store_of(session, unit.store_id))
    dataduties.record_backup(
        session, crew.emre, unit, has_backup=False, person=people.CLINIC.contact_name
    )
    contracts.agree(
        session, crew.petra, unit, ContractInput("Care, 24 months", today, 24, visits=4)
    )
    openpassport.make_link(session, crew.petra, unit)


def _new_computer(session: Session, crew: Crew, unit: Unit) -> None:
    counters.exchange(
        session,
        crew.emre,
        unit,
        Counter.HOURS,
        last=1_871 * _HOUR,
        first=0,
        reason="New main computer",
    )
    firmware.record(session, crew.emre, unit, VersionOf.CONTROLLER, "1.4.1")
