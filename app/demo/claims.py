"""What makers owe the demo store: three repairs of last week, and how far their claims have come.

Makers' answers are invented, as are their numbers of the matter.
"""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session

from app.demo import visitors
from app.demo.bodies import ACTUATOR
from app.demo.opening import CURRENCY, Crew
from app.demo.visitors import Visitor
from app.kernel import clock
from app.kernel.money import Money
from app.kernel.signatures import Signed
from app.robots import choosing, fitting, registry, warrantypapers
from app.robots.duty_models import PaperKind
from app.service import (
    acceptance,
    claims,
    fittingwork,
    linesdone,
    oldparts,
    quality,
    release,
    safety,
    tickets,
)
from app.service.claim_models import Claim
from app.service.fittingwork import Scanned
from app.service.lineitems import LineInput
from app.service.models import Ticket
from app.service.oldparts import Fate
from app.service.operation_models import SafetyTick
from app.service.payers import Measure, Payer, Share
from app.service.quality import Verdict
from app.service.states import TicketState

HIP = "left_hip_pitch.actuator"
# The actuator that the bench took from the shelf for it, and the one that came out.
NEW_SERIAL, OLD_SERIAL = "DEMO-AK80-2045", "DEMO-ACT-0871-02"
THEATER = Visitor("Kammertheater Südvorstadt", "Mirko Brandt", "Unitree", "G1", "DEMO-G1-24-0871",
                  "+49 69 90009 640", hardware_revision="B", firmware="1.4.2")  # fmt: skip
LIBRARY = Visitor("Stadtbibliothek Auental (Demo)", "Selin Kara", "Unitree", "R1",
                  "DEMO-R1-24-0329", "+49 69 90009 655")  # fmt: skip
AIRPORT = Visitor("Terminaldienste Nord (Demo)", "Jan Falk", "Booster", "T1", "DEMO-T1-0203",
                  "+49 40 66969 471")  # fmt: skip
_MAKER = (Share(Payer.WARRANTY, Measure.PERCENT, 10_000),)
_HALVES = (
    Share(Payer.WARRANTY, Measure.PERCENT, 5_000),
    Share(Payer.GOODWILL, Measure.PERCENT, 5_000),
)


@dataclass(frozen=True, slots=True)
class Repair:
    """A repair that the maker is to pay, from the complaint to the outcome."""

    visitor: Visitor
    complaint: str
    symptom: str
    cause: str
    action: str
    work: tuple[LineInput, ...]
    outcome: str
    slot: str = ""


REPAIRS = (
    Repair(
        THEATER,
        "Left hip grinds in each step, louder since Monday",
        "noise",
        "bearing",
        "replace",
        tuple(
            LineInput(code=code, quantity=1, slot_path=HIP, shares=_MAKER)
            for code in ("ACT-LEG", ACTUATOR, "CAL-LEG")
        ),
        "Actuator of the left hip replaced and calibrated",
        HIP,
    ),
    Repair(
        LIBRARY,
        "Starts, then shuts down after the first update",
        "version_fault",
        "firmware",
        "version",
        tuple(visitors.by_the_clock(("Recovery of the main computer", 75), shares=_HALVES)),
        "Version written anew over the service port, runs for two hours",
    ),
    Repair(
        AIRPORT,
        "Ankle sensor reads a constant value",
        "constant",
        "sensor_wire",
        "repair",
        tuple(visitors.by_the_clock(("Sensor wire of the right ankle", 50), shares=_MAKER)),
        "Wire soldered anew and strain relieved",
    ),
)


def take_in(session: Session, crew: Crew) -> None:
    """Ten days ago: three robots come in, and the makers are to pay."""
    for repair in REPAIRS:
        who = repair.visitor
        ticket = visitors.take(session, crew, who, repair.complaint, soc=55, falls=0)
        _file_receipt(session, crew, who)
        if repair.slot:
            _look_inside(session, crew)
        visitors.find(
            session,
            crew,
            ticket,
            repair.symptom,
            slot=repair.slot,
            cause=repair.cause,
            action=repair.action,
        )
        visitors.ask(session, crew, ticket, list(repair.work))
        visitors.answer(session, crew, ticket, who.contact)


def give_back(session: Session, crew: Crew) -> None:
    """Nine days ago: done by Emre, checked by Petra, fetched by their owners."""
    for repair in REPAIRS:
        ticket = visitors.of(session, crew, repair.visitor)
        if ticket.state is not TicketState.IN_WORK:
            tickets.move(session, crew.emre, ticket, TicketState.IN_WORK)
        safety.confirm(session, crew.emre, ticket, list(SafetyTick))
        if repair.slot:
            fittingwork.go_in(session, crew.emre, ticket, Scanned(serial=NEW_SERIAL))
        for line in linesdone.of_ticket(session, ticket):
            linesdone.finish(session, crew.emre, ticket, line.key)
        _keep_for_the_maker(session, crew, ticket)
        tickets.move(session, crew.emre, ticket, TicketState.CHECKING)
        quality.check(session, crew.petra, ticket, Verdict())
        release.release(session, crew.petra, ticket)
        signed = Signed(repair.visitor.contact)
        acceptance.give_back(session, crew.petra, ticket, signed=signed, outcome=repair.outcome)
        claims.draft(session, crew.petra, ticket)


def submit(session: Session, crew: Crew) -> None:
    """Eight days ago: what the makers owe is sent to them."""
    for number in range(1, 5):
        claims.submit(session, crew.petra, _claim(session, crew, number))


def hear(session: Session, crew: Crew) -> None:
    """Five days ago: one maker pays less than asked, one all of its half; one says nothing yet."""
    hip, half, goodwill = (_claim(session, crew, number) for number in (1, 2, 3))
    claims.answer(
        session,
        crew.petra,
        hip,
        granted=Money(198_000, CURRENCY),
        note="Part granted; labour by our table: 90 minutes, no calibration.",
        their_reference="DEMO-RMA-50412",
    )
    amount = claims.amount_of(half)
    claims.answer(session, crew.petra, half, granted=amount, their_reference="DEMO-RMA-50398")
    claims.settle(session, crew.petra, half, note="DEMO-RMA-50398, by transfer")
    claims.answer(
        session,
        crew.petra,
        goodwill,
        granted=Money(4_000, CURRENCY),
        note="One third as a gesture; the update was not ours.",
        their_reference="DEMO-RMA-50399",
    )


def insist(session: Session, crew: Crew) -> None:
    """Three days ago: the hip is asked for once more, with the work-safety record."""
    claims.resubmit(
        session,
        crew.petra,
        _claim(session, crew, 1),
        note="Two people by your own safety sheet, and its calibration is part of the exchange.",
    )


def _claim(session: Session, crew: Crew, number: int) -> Claim:
    return claims.by_number(session, crew.petra, number)


def _file_receipt(session: Session, crew: Crew, visitor: Visitor) -> None:
    """Bought elsewhere, half a year ago: within the maker's terms."""
    unit = registry.by_serial(session, crew.emre, visitor.serial)
    bought = clock.now().date() - timedelta(days=180)
    source = "Receipt of another shop (invented)"
    warrantypapers.file_paper(session, crew.emre, unit, PaperKind.RECEIPT, bought, source=source)


def _look_inside(session: Session, crew: Crew) -> None:
    """What sat in the grinding hip is written down before it comes out."""
    unit = registry.by_serial(session, crew.emre, THEATER.serial)
    old = choosing.Part(part_number=ACTUATOR, serial=OLD_SERIAL, lot="DEMO-LOT-2409")
    fitting.fit(session, crew.emre, unit, HIP, part=old)


def _keep_for_the_maker(session: Session, crew: Crew, ticket: Ticket) -> None:
    """The old part belongs to the maker and lies apart until it is sent, by its day."""
    for lying in oldparts.lying(session, ticket):
        component = lying.issued.component
        oldparts.settle(
            session,
            crew.emre,
            ticket,
            lying.issued.part.id,
            Fate.MAKER,
            component_id=component.id if component else None,
        )
