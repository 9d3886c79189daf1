"""Robots that come to the demo store's workshop, their owners, and how each is dealt with.

Faults are of the kinds that workshops write about in public; robots, owners and words are invented.
"""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session

from app.customers import book
from app.customers.book import CustomerInput
from app.customers.models import CustomerKind
from app.demo.opening import Crew
from app.kernel import clock
from app.kernel.signatures import Signed
from app.robots import registering, registry
from app.robots.models import Unit
from app.robots.registering import WalkIn
from app.robots.slot_models import Counter, VersionOf
from app.robots.touches import UNREAD, Touch
from app.service import decisions, diagnosis, estimates, intake, lines, sending, tickets
from app.service.decisions import Answer
from app.service.diagnosis import DiagnosisInput
from app.service.estimate_models import How, LineKind
from app.service.intake import IntakeInput, Seen
from app.service.lineitems import LineInput
from app.service.models import Ticket
from app.service.payers import Share
from app.service.states import Backup


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


def take(
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


def find(
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


def by_the_clock(
    *work: tuple[str, int], shares: tuple[Share, ...] | None = None
) -> list[LineInput]:
    """Lines of work by the minute, paid by the customer where nobody else is named."""
    return [
        LineInput(kind=LineKind.LABOUR, description=said, minutes=minutes, shares=shares)
        for said, minutes in work
    ]


def ask(session: Session, crew: Crew, ticket: Ticket, work: list[LineInput]) -> None:
    """An estimate is written and sent."""
    sheet = estimates.draft(session, crew.emre, ticket)
    for typed in work:
        lines.add(session, crew.emre, sheet, typed)
    sheet = estimates.Sheet(ticket, estimates.loaded(session, sheet.estimate.id))
    sending.send(session, crew.emre, sheet)


def answer(session: Session, crew: Crew, ticket: Ticket, who: str) -> None:
    """Everything is approved by telephone."""
    sent = estimates.newest(session, ticket)
    if sent is None:
        return
    approved = {line.key: True for line in sent.lines}
    answer = Answer(approved, by=who, how=How.PHONE, noted_by=crew.jana.name)
    decisions.decide(session, crew.jana, estimates.Sheet(ticket, sent), answer)


def of(session: Session, crew: Crew, visitor: Visitor) -> Ticket:
    unit = registry.by_serial(session, crew.emre, visitor.serial)
    ticket = tickets.open_of(session, unit.id)
    if ticket is None:
        raise LookupError(visitor.serial)
    return ticket
