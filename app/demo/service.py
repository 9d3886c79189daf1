"""The demo store's workshop: robots that come in, what is found in them, and what they wait for.

Faults are of the kinds that workshops write about in public; robots, owners and words are invented.
"""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session

from app.customers import book
from app.customers.book import CustomerInput
from app.customers.models import CustomerKind
from app.demo import deliveries
from app.demo.opening import CURRENCY, Crew
from app.kernel import clock
from app.kernel.money import Money
from app.kernel.signatures import Signed
from app.robots import registering, registry
from app.robots.models import Unit
from app.robots.registering import WalkIn
from app.robots.slot_models import Counter, VersionOf
from app.robots.touches import UNREAD, Touch
from app.service import (
    board,
    decisions,
    diagnosis,
    estimates,
    intake,
    lines,
    linesdone,
    notes,
    operations,
    sending,
    tickets,
)
from app.service.decisions import Answer
from app.service.diagnosis import DiagnosisInput
from app.service.estimate_models import How, LineKind
from app.service.intake import IntakeInput, Seen
from app.service.lineitems import LineInput
from app.service.models import Ticket
from app.service.states import Backup, TicketState, WaitingReason

_RATE = Money(96_00, CURRENCY)
_IN_REPAIR = 3


@dataclass(frozen=True, slots=True)
class Visitor:
    """A robot that was never sold here, and its owner."""

    owner: str
    contact: str
    maker: str
    model: str
    serial: str
    phone: str = ""
    # What its plate and its screen say; parts that fit certain versions only ask for them.
    hardware_revision: str = ""
    firmware: str = ""


CLINIC = Visitor("Klinik am Auwald gGmbH", "Kerstin Arndt", "Unitree", "G1", "DEMO-G1-24-1933",
                 "+49 69 90009 771", hardware_revision="B", firmware="1.4.2")  # fmt: skip
HOTEL = Visitor("Hotel am Brühl (Demo)", "Ayşe Demir", "Unitree", "R1", "DEMO-R1-24-0210",
                "+49 69 90009 802")  # fmt: skip
MUSEUM = Visitor("Museum Ostflügel e. V.", "Paul Reimann", "Booster", "T1", "DEMO-T1-0188",
                 "+49 69 90009 560")  # fmt: skip
ROBOTICS = Visitor("Lindenhof Robotik GmbH", "Nadja Wolf", "EngineAI", "PM01", "DEMO-PM01-0004",
                   "+49 40 66969 118")  # fmt: skip
SCHOOL = Visitor("Gymnasium Nordring (Demo)", "Tobias Frey", "Noetix", "Bumi", "DEMO-BUMI-00019",
                 "+49 69 90009 233")  # fmt: skip
INSTITUTE = Visitor("Institut für Bewegungslehre", "Dr. Hanna Sommer", "Unitree", "H1",
                    "DEMO-H1-0077", "+49 69 90009 345")  # fmt: skip
TRADER = Visitor("Marktwerk Digital GmbH", "Ole Petersen", "Unitree", "R1", "DEMO-R1-24-0164",
                 "+49 40 66969 305")  # fmt: skip
VISITORS = (CLINIC, HOTEL, MUSEUM, ROBOTICS, SCHOOL, INSTITUTE, TRADER)


def early_days(session: Session, crew: Crew) -> None:
    """Five days ago: what an hour costs, and three robots that are further by now."""
    operations.set_rate(session, crew.petra, _RATE)
    board.limit(session, crew.petra, TicketState.IN_WORK, _IN_REPAIR)
    _take(
        session,
        crew,
        MUSEUM,
        "Right shoulder shell is cracked after a fall from the plinth",
        soc=48,
        falls=4,
        evidence={"fall": Seen.SEEN},
        accessories=("Charger", "Remote"),
    )
    _take(
        session,
        crew,
        INSTITUTE,
        "Leans to the left when it stands, more each week",
        soc=71,
        falls=0,
        accessories=("Power supply",),
        promise_days=8,
    )
    _take(session, crew, TRADER, "Yearly service, and a fan that whistles", soc=90, falls=1)


def findings(session: Session, crew: Crew) -> None:
    """Four days ago: the bench finds out, asks, and is answered."""
    shell = _of(session, crew, MUSEUM)
    _find(
        session,
        crew,
        shell,
        "cracked",
        cause="fall",
        action="replace",
        note="Shell of the right shoulder, two screw bosses torn out.",
    )
    _ask(session, crew, shell, ("Shoulder shell, replace", 45), ("Check after a fall", 30))
    lean = _of(session, crew, INSTITUTE)
    _find(
        session,
        crew,
        lean,
        "offset",
        slot="left_ankle_pitch.actuator",
        cause="hard_steps",
        action="calibrate",
        note="Zero position of the ankle off; steps on concrete.",
        measured=("1.8", "°"),
    )
    _ask(session, crew, lean, ("Zero positions of the left leg", 90))
    _answer(session, crew, lean, "Dr. Hanna Sommer")
    yearly = _of(session, crew, TRADER)
    _find(session, crew, yearly, "planned", action="clean")
    _find(session, crew, yearly, "noise", cause="wear", action="replace", note="Fan of the torso.")
    _ask(session, crew, yearly, ("Yearly service by the store’s plan", 150), ("Fan, replace", 20))
    _answer(session, crew, yearly, "Ole Petersen")


def repairs(session: Session, crew: Crew) -> None:
    """Two days ago: two robots are being repaired, one of them as far as the test."""
    lean, yearly = (_of(session, crew, one) for one in (INSTITUTE, TRADER))
    for ticket in (lean, yearly):
        if ticket.state is TicketState.APPROVED:
            tickets.move(session, crew.emre, ticket, TicketState.IN_WORK)
    for line in linesdone.of_ticket(session, yearly):
        linesdone.finish(session, crew.emre, yearly, line.key)
    tickets.move(session, crew.emre, yearly, TicketState.CHECKING, why="Fan replaced, runs quietly")


def yesterday(session: Session, crew: Crew) -> None:
    """More come in; for some the store waits."""
    knee = _take(
        session,
        crew,
        CLINIC,
        "Squeaks when it squats, knee cover hot after 20 minutes of stairs",
        soc=62,
        falls=1,
        accessories=("Charger", "Second battery", "Transport case"),
        promise_days=2,
    )
    notes.add(session, crew.jana, knee, "They need it back for the night round on Friday.")
    _find(
        session,
        crew,
        knee,
        "play",
        slot="left_knee.actuator",
        cause="bearing",
        action="replace",
        note="Play at the output bearing, grease dark.",
        measured=("0.9", "mm"),
    )
    _find(
        session,
        crew,
        knee,
        "overheats",
        slot="left_knee.actuator",
        cause="lubricant",
        action="lubricate",
        measured=("71", "°C"),
    )
    eyes = _take(
        session,
        crew,
        ROBOTICS,
        "Depth camera loses frames when the head turns",
        soc=55,
        falls=0,
        promise_days=4,
    )
    _find(
        session,
        crew,
        eyes,
        "drops_data",
        cause="contact",
        action="ask_maker",
        note="Comes and goes with the neck’s movement; plug re-seated, no change.",
    )
    tickets.wait(session, crew.emre, eyes, WaitingReason.MAKER, note="Asked the maker, case open")
    ankle = registry.by_serial(session, crew.emre, deliveries.FAULTY)
    own = intake.intake(
        session, crew.emre, ankle, IntakeInput(complaint=deliveries.FAULT, soc_percent=80)
    )
    tickets.wait(session, crew.emre, own, WaitingReason.PART, note="Cable set on order")
    _book(
        session,
        crew,
        deliveries.SOLD_AND_GONE,
        "Half-yearly service, with both batteries",
    )


def this_morning(session: Session, crew: Crew) -> None:
    """Two robots stand at the counter and wait for a bench."""
    _take(
        session,
        crew,
        HOTEL,
        "Does not stand up after charging",
        soc=3,
        falls=2,
        accessories=("Charger",),
        evidence={"fall": Seen.SUSPECTED},
        brought_by="A courier",
    )
    school = _take(
        session, crew, SCHOOL, "Left hand does not close, the thumb hangs", soc=40, falls=6
    )
    tickets.wait(session, crew.jana, school, WaitingReason.TECHNICIAN)


def _take(
    session: Session,
    crew: Crew,
    visitor: Visitor,
    complaint: str,
    *,
    soc: int,
    falls: int,
    accessories: tuple[str, ...] = (),
    evidence: dict[str, Seen] | None = None,
    brought_by: str = "",
    promise_days: int = 3,
) -> Ticket:
    """Jana takes a robot in that was never here; Emre gets it."""
    unit = _register(session, crew, visitor)
    given = IntakeInput(
        complaint=complaint,
        brought_by=brought_by,
        accessories=accessories,
        soc_percent=soc,
        evidence=evidence or {},
        backup=Backup.HAS_BACKUP,
        signed=Signed(brought_by or visitor.contact),
        touch=Touch({Counter.FALLS: falls}),
        promised_at=clock.now() + timedelta(days=promise_days),
    )
    ticket = intake.intake(session, crew.jana, unit, given)
    tickets.assign(session, crew.petra, ticket, crew.emre.staff_id)
    return ticket


def _register(session: Session, crew: Crew, visitor: Visitor) -> Unit:
    owner = book.add(
        session,
        crew.jana,
        CustomerInput(
            kind=CustomerKind.COMPANY,
            name=visitor.owner,
            contact_name=visitor.contact,
            phone=visitor.phone,
            country="DE",
        ),
    )
    seen = WalkIn(
        maker=visitor.maker,
        model=visitor.model,
        serial=visitor.serial,
        hardware_revision=visitor.hardware_revision,
        touch=Touch(versions={VersionOf.ROBOT: visitor.firmware}) if visitor.firmware else UNREAD,
    )
    return registering.register(session, crew.jana, seen, owner)


def _book(session: Session, crew: Crew, serial: str, complaint: str) -> None:
    unit = registry.by_serial(session, crew.jana, serial)
    promised = clock.now() + timedelta(days=6)
    intake.book_in(session, crew.jana, unit, complaint=complaint, promised_at=promised)


def _find(
    session: Session,
    crew: Crew,
    ticket: Ticket,
    symptom: str,
    *,
    slot: str = "",
    cause: str = "",
    action: str = "",
    note: str = "",
    measured: tuple[str, str] = ("", ""),
) -> None:
    given = DiagnosisInput(
        symptom=symptom,
        slot_path=slot,
        cause=cause,
        action=action,
        note=note,
        measurement=measured[0],
        measured_in=measured[1],
    )
    diagnosis.record(session, crew.emre, ticket, given)


def _ask(session: Session, crew: Crew, ticket: Ticket, *work: tuple[str, int]) -> None:
    """An estimate of work by the clock is sent."""
    sheet = estimates.draft(session, crew.emre, ticket)
    for description, minutes in work:
        typed = LineInput(kind=LineKind.LABOUR, description=description, minutes=minutes)
        lines.add(session, crew.emre, sheet, typed)
    sheet = estimates.Sheet(ticket, estimates.loaded(session, sheet.estimate.id))
    sending.send(session, crew.emre, sheet)


def _answer(session: Session, crew: Crew, ticket: Ticket, who: str) -> None:
    """Everything is approved by telephone."""
    sent = estimates.newest(session, ticket)
    if sent is None:
        return
    approved = {line.key: True for line in sent.lines}
    answer = Answer(approved, by=who, how=How.PHONE, noted_by=crew.jana.name)
    decisions.decide(session, crew.jana, estimates.Sheet(ticket, sent), answer)


def _of(session: Session, crew: Crew, visitor: Visitor) -> Ticket:
    unit = registry.by_serial(session, crew.emre, visitor.serial)
    ticket = tickets.open_of(session, unit.id)
    if ticket is None:
        raise LookupError(visitor.serial)
    return ticket
