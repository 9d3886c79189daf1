"""Appointments: a bench and a person for a ticket, and never two at once on either."""

from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app import wiring
from app.identity.roles import Role
from app.kernel import clock
from app.kernel.db import Database
from app.kernel.errors import Conflict, Refused
from app.service import appointments, benches, freetimes, intake, tickets
from app.service.appointments import Taken, Wish
from app.service.models import Ticket
from app.service.planning_checks import breaches
from app.service.planning_models import Appointment, Bench, BenchKind
from app.service.states import TicketState
from tests.makers.service import Workshop, a_customers_unit

# A Monday, summer time in Berlin.
MONDAY = datetime(2026, 8, 3, 6, tzinfo=UTC)


def at(hour: int, minute: int = 0) -> datetime:
    return MONDAY.replace(hour=hour, minute=minute)


def a_bench(session: Session, shop: Workshop, name: str = "Bench 1") -> Bench:
    return benches.add(session, shop.manager, name=name, kind=BenchKind.BENCH)


def a_booking(session: Session, shop: Workshop, serial: str) -> Ticket:
    unit = a_customers_unit(session, shop.store, shop.manager, shop.owner, serial)
    return intake.book_in(session, shop.manager, unit, complaint="Yearly service")


def wish(bench: Bench, start: datetime, minutes: int = 60, **more: object) -> Wish:
    end = start + timedelta(minutes=minutes)
    return Wish(bench_id=bench.id, starts_at=start, ends_at=end, **more)  # type: ignore[arg-type]


def test_a_bench_is_not_booked_twice_but_the_next_minute_is_free(
    session: Session, shop: Workshop
) -> None:
    with clock.set_to(MONDAY):
        bench = a_bench(session, shop)
        first, second = (a_booking(session, shop, f"DEMO-AP-{n}") for n in (1, 2))
        kept = appointments.make(session, shop.manager, first, wish(bench, at(8)))

        with pytest.raises(Taken) as refusal:
            appointments.make(session, shop.manager, second, wish(bench, at(8, 59)))
        appointments.make(session, shop.manager, second, wish(bench, at(9)))

    assert refusal.value.link == appointments.page(kept)
    assert tickets.label(first) in str(refusal.value.message)
    assert list(breaches(session)) == []


def test_a_person_is_not_booked_on_two_benches_at_once(session: Session, shop: Workshop) -> None:
    with clock.set_to(MONDAY):
        one, other = a_bench(session, shop), a_bench(session, shop, "Bench 2")
        first, second = (a_booking(session, shop, f"DEMO-AP-{n}") for n in (1, 2))
        emre = shop.people[Role.TECHNICIAN].id
        appointments.make(session, shop.manager, first, wish(one, at(8), staff_id=emre))

        with pytest.raises(Taken) as refusal:
            appointments.make(session, shop.manager, second, wish(other, at(8), staff_id=emre))

    assert refusal.value.field == "technician"


def test_the_database_itself_refuses_two_at_once(session: Session, shop: Workshop) -> None:
    with clock.set_to(MONDAY):
        bench, later = a_bench(session, shop), at(10)
        first, second = (a_booking(session, shop, f"DEMO-AP-{n}") for n in (1, 2))
        appointments.make(session, shop.manager, first, wish(bench, at(8)))
        other = appointments.make(session, shop.manager, second, wish(bench, later))
        third = a_booking(session, shop, "DEMO-AP-3")
        row = {
            "store_id": shop.store.id, "ticket_id": third.id, "bench_id": bench.id,
            "starts_at": at(8, 30), "ends_at": at(9), "skill": "", "made_at": MONDAY,
            "made_by": "-", "version": 1, "ended_by": "", "why": "",
        }  # fmt: skip

    with pytest.raises(IntegrityError), session.begin_nested():
        session.execute(insert(Appointment), [row])
    with pytest.raises(IntegrityError), session.begin_nested():
        session.execute(
            update(Appointment).where(Appointment.id == other.id).values(starts_at=at(8, 30))
        )


def test_of_two_that_book_at_one_moment_one_is_told_why_not(
    session: Session, database: Database, shop: Workshop
) -> None:
    with clock.set_to(MONDAY):
        bench = a_bench(session, shop)
        booked = [a_booking(session, shop, f"DEMO-AP-{n}").id for n in (1, 2)]
        wanted = wish(bench, at(8))
        session.commit()
    start = Barrier(2)
    told: list[str] = []

    def book(ticket_id: int) -> None:
        start.wait()
        try:
            with clock.set_to(MONDAY), database.transaction() as writing:
                ticket = tickets.by_id(writing, shop.manager, ticket_id)
                appointments.make(writing, shop.manager, ticket, wanted)
        except Taken as refusal:
            told.append(str(refusal.message))

    both = [Thread(target=book, args=(one,)) for one in booked]
    for one in both:
        one.start()
    for one in both:
        one.join()

    assert len(told) == 1
    assert "Bench 1" in told[0]
    assert len(session.scalars(select(Appointment)).all()) == 1


def test_an_appointment_moves_and_is_called_off(session: Session, shop: Workshop) -> None:
    with clock.set_to(MONDAY):
        bench = a_bench(session, shop)
        first, second = (a_booking(session, shop, f"DEMO-AP-{n}") for n in (1, 2))
        row = appointments.make(session, shop.manager, first, wish(bench, at(8)))
        with pytest.raises(Taken):
            appointments.make(session, shop.manager, first, wish(bench, at(12)))
        row = appointments.by_id(session, shop.manager, row.id)
        # half an hour later: into its own old time
        appointments.move(session, shop.manager, row, wish(bench, at(8, 30)), seen=1)
        with pytest.raises(Conflict):
            appointments.move(session, shop.manager, row, wish(bench, at(11)), seen=1)
        appointments.call_off(session, shop.manager, row, why="Owner is ill")

        appointments.make(session, shop.manager, second, wish(bench, at(8, 30)))

    assert first.state is TicketState.BOOKED
    assert appointments.of_ticket(session, first) is None


def test_a_ticket_that_is_cancelled_frees_its_bench(session: Session, shop: Workshop) -> None:
    wiring.connect()
    with clock.set_to(MONDAY):
        bench = a_bench(session, shop)
        ticket = a_booking(session, shop, "DEMO-AP-1")
        appointments.make(session, shop.manager, ticket, wish(bench, at(8)))

        tickets.cancel(session, shop.manager, ticket, why="Not needed any more")

    assert appointments.of_ticket(session, ticket) is None


def test_only_who_has_the_skill_is_booked_for_it(session: Session, shop: Workshop) -> None:
    with clock.set_to(MONDAY):
        bench, emre = a_bench(session, shop), shop.people[Role.TECHNICIAN].id
        ticket = a_booking(session, shop, "DEMO-AP-1")
        wanted = wish(bench, at(8), staff_id=emre, skill="hands")

        with pytest.raises(Refused) as refusal:
            appointments.make(session, shop.manager, ticket, wanted)
        benches.set_skills(session, shop.manager, emre, ["Hands", "Unitree"])
        appointments.make(session, shop.manager, ticket, wanted)

    assert refusal.value.field == "technician"


def test_a_skill_is_booked_no_more_often_at_once_than_people_have_it(
    session: Session, shop: Workshop
) -> None:
    with clock.set_to(MONDAY):
        rooms = [a_bench(session, shop, f"Bench {n}") for n in (1, 2, 3)]
        booked = [a_booking(session, shop, f"DEMO-AP-{n}") for n in (1, 2, 3)]
        emre, petra = (shop.people[role].id for role in (Role.TECHNICIAN, Role.MANAGER))
        with pytest.raises(Refused) as nobody:
            appointments.make(
                session, shop.manager, booked[0], wish(rooms[0], at(8), skill="hands")
            )
        for one in (emre, petra):
            benches.set_skills(session, shop.manager, one, ["Hands"])
        first = wish(rooms[0], at(8), staff_id=emre, skill="hands")
        appointments.make(session, shop.manager, booked[0], first)
        # with nobody's name yet: Petra is left for it
        kept = appointments.make(
            session, shop.manager, booked[1], wish(rooms[1], at(8, 30), skill="Hands")
        )

        with pytest.raises(Taken) as refusal:
            appointments.make(
                session, shop.manager, booked[2], wish(rooms[2], at(8, 45), skill="hands")
            )
        hers = wish(rooms[2], at(8, 45), staff_id=petra, skill="hands")
        with pytest.raises(Taken):
            appointments.make(session, shop.manager, booked[2], hers)
        appointments.move(
            session,
            shop.manager,
            appointments.by_id(session, shop.manager, kept.id),
            wish(rooms[1], at(8, 40), skill="hands"),
        )
        # Emre is free again by then
        appointments.make(session, shop.manager, booked[2], wish(rooms[2], at(9), skill="hands"))

    assert nobody.value.field == refusal.value.field == "skill"


def test_free_times_pass_by_what_is_taken_and_by_the_weekend(
    session: Session, shop: Workshop
) -> None:
    with clock.set_to(MONDAY):
        bench, friday = a_bench(session, shop), MONDAY + timedelta(days=4)
        ticket = a_booking(session, shop, "DEMO-AP-1")
        # 8:00 to 17:30 in Berlin
        appointments.make(session, shop.manager, ticket, wish(bench, friday.replace(hour=6), 570))

        found = freetimes.proposed(
            session, shop.manager, kind=BenchKind.BENCH, minutes=60, day=friday.date()
        )

    assert found[0].starts_at.astimezone(UTC) == MONDAY + timedelta(days=7)
