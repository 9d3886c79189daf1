"""The demo store's workshop: robots that come in, what is found in them, and what they wait for."""

from datetime import timedelta

from sqlalchemy.orm import Session

from app.demo import deliveries
from app.demo.opening import Crew
from app.demo.visitors import (
    CLINIC,
    HOTEL,
    INSTITUTE,
    MUSEUM,
    ROBOTICS,
    SCHOOL,
    TRADER,
    answer,
    ask,
    by_the_clock,
    find,
    of,
    take,
)
from app.kernel import clock
from app.robots import registry
from app.service import board, intake, labour, linesdone, notes, tickets
from app.service.intake import IntakeInput, Seen
from app.service.models import Ticket
from app.service.states import TicketState, WaitingReason

_IN_REPAIR = 3
_KNEE = "left_knee.actuator"


def early_days(session: Session, crew: Crew) -> None:
    """Five days ago: three robots that are further by now."""
    board.limit(session, crew.petra, TicketState.IN_WORK, _IN_REPAIR)
    take(
        session,
        crew,
        MUSEUM,
        "Right shoulder shell is cracked after a fall from the plinth",
        soc=48,
        falls=4,
        evidence={"fall": Seen.SEEN},
        accessories=("Charger", "Remote"),
    )
    take(
        session,
        crew,
        INSTITUTE,
        "Leans to the left when it stands, more each week",
        soc=71,
        falls=0,
        accessories=("Power supply",),
        promise_days=8,
    )
    take(session, crew, TRADER, "Yearly service, and a fan that whistles", soc=90, falls=1)


def findings(session: Session, crew: Crew) -> None:
    """Four days ago: the bench finds out, asks, and is answered."""
    shell = of(session, crew, MUSEUM)
    find(
        session,
        crew,
        shell,
        "cracked",
        cause="fall",
        action="replace",
        note="Shell of the right shoulder, two screw bosses torn out.",
    )
    ask(
        session,
        crew,
        shell,
        by_the_clock(("Shoulder shell, replace", 45), ("Check after a fall", 30)),
    )
    lean = of(session, crew, INSTITUTE)
    find(
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
    ask(session, crew, lean, by_the_clock(("Zero positions of the left leg", 90)))
    answer(session, crew, lean, "Dr. Hanna Sommer")
    yearly = of(session, crew, TRADER)
    find(session, crew, yearly, "planned", action="clean")
    find(session, crew, yearly, "noise", cause="wear", action="replace", note="Fan of the torso.")
    ask(
        session,
        crew,
        yearly,
        by_the_clock(("Yearly service by the store’s plan", 150), ("Fan, replace", 20)),
    )
    answer(session, crew, yearly, "Ole Petersen")


def repairs(session: Session, crew: Crew) -> None:
    """Two days ago: two robots are being repaired, one of them as far as the test."""
    lean, yearly = (of(session, crew, one) for one in (INSTITUTE, TRADER))
    for ticket in (lean, yearly):
        if ticket.state is TicketState.APPROVED:
            tickets.move(session, crew.emre, ticket, TicketState.IN_WORK)
    for line in linesdone.of_ticket(session, yearly):
        linesdone.finish(session, crew.emre, yearly, line.key)
    _clocked(session, crew, yearly, before_min=350, minutes=185)
    _clocked(session, crew, lean, before_min=150, minutes=54)
    tickets.move(session, crew.emre, yearly, TicketState.CHECKING, why="Fan replaced, runs quietly")


def yesterday(session: Session, crew: Crew) -> None:
    """More come in; for some the store waits."""
    _squeaking_knee(session, crew)
    _blinking_eyes(session, crew)
    _our_own_ankle(session, crew)
    _book(session, crew, deliveries.SOLD_AND_GONE, "Half-yearly service, with both batteries")


def this_morning(session: Session, crew: Crew) -> None:
    """Two robots stand at the counter and wait for a bench."""
    take(
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
    school = take(
        session, crew, SCHOOL, "Left hand does not close, the thumb hangs", soc=40, falls=6
    )
    tickets.wait(session, crew.jana, school, WaitingReason.TECHNICIAN)


def _clocked(
    session: Session, crew: Crew, ticket: Ticket, *, before_min: int, minutes: int
) -> None:
    """Emre writes down what his clock was not started for."""
    if crew.emre.staff_id is None:
        return
    began = clock.now() - timedelta(minutes=before_min)
    labour.record(
        session,
        crew.emre,
        ticket,
        staff_id=crew.emre.staff_id,
        started_at=began,
        stopped_at=began + timedelta(minutes=minutes),
        reason="Tablet was empty",
    )


def _squeaking_knee(session: Session, crew: Crew) -> None:
    ticket = take(
        session,
        crew,
        CLINIC,
        "Squeaks when it squats, knee cover hot after 20 minutes of stairs",
        soc=62,
        falls=1,
        accessories=("Charger", "Second battery", "Transport case"),
        promise_days=2,
    )
    notes.add(session, crew.jana, ticket, "They need it back for the night round on Friday.")
    find(
        session,
        crew,
        ticket,
        "play",
        slot=_KNEE,
        cause="bearing",
        action="replace",
        note="Play at the output bearing, grease dark.",
        measured=("0.9", "mm"),
    )
    find(
        session,
        crew,
        ticket,
        "overheats",
        slot=_KNEE,
        cause="lubricant",
        action="lubricate",
        measured=("71", "°C"),
    )


def _blinking_eyes(session: Session, crew: Crew) -> None:
    complaint = "Depth camera loses frames when the head turns"
    ticket = take(session, crew, ROBOTICS, complaint, soc=55, falls=0, promise_days=4)
    find(
        session,
        crew,
        ticket,
        "drops_data",
        cause="contact",
        action="ask_maker",
        note="Comes and goes with the neck’s movement; plug re-seated, no change.",
    )
    tickets.wait(session, crew.emre, ticket, WaitingReason.MAKER, note="Asked the maker, case open")


def _our_own_ankle(session: Session, crew: Crew) -> None:
    """A new robot of the store's, from the last delivery."""
    unit = registry.by_serial(session, crew.emre, deliveries.FAULTY)
    given = IntakeInput(complaint=deliveries.FAULT, soc_percent=80)
    ticket = intake.intake(session, crew.emre, unit, given)
    tickets.wait(session, crew.emre, ticket, WaitingReason.PART, note="Cable set on order")


def _book(session: Session, crew: Crew, serial: str, complaint: str) -> None:
    unit = registry.by_serial(session, crew.jana, serial)
    promised = clock.now() + timedelta(days=6)
    intake.book_in(session, crew.jana, unit, complaint=complaint, promised_at=promised)
