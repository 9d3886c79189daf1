"""Calendar, due work, plans, benches and comebacks as people meet them."""

import re
from datetime import date, timedelta
from io import BytesIO

import pytest
from pypdf import PdfReader
from sqlalchemy.orm import Session

from app.identity.roles import Role
from app.kernel import clock
from app.service import appointments, benches, intake, plans, planwork, tickets
from app.service.planning_models import BenchKind
from app.service.plans import PlanInput
from app.service.states import TicketState
from app.service.work_models import Release
from tests.makers.browsing import Browser
from tests.makers.service import Workshop, a_customers_unit, a_finding, a_ticket

pytestmark = pytest.mark.only_on("sqlite")  # pages alike on both: test_pages_answer

STATEMENTS = 15
PAGES = (
    "/service",
    "/service/calendar",
    "/service/calendar?view=day",
    "/service/calendar/new",
    "/service/due",
    "/service/plans",
    "/service/benches",
    "/service/comebacks",
)


def next_week() -> date:
    """A Monday that is still to come."""
    today = clock.now().date()
    return today + timedelta(days=7 - today.weekday())


@pytest.mark.parametrize("address", PAGES)
def test_every_page_of_the_plan_opens_on_an_empty_store(bench: Browser, address: str) -> None:
    answer = bench.get(address)

    assert answer.status_code == 200
    assert 'href="/service/due"' in answer.text or address.endswith("new")


def test_a_robot_is_booked_with_its_bench_and_walks_to_the_intake(
    session: Session, office: Browser, shop: Workshop
) -> None:
    office.post("/service/benches", name="Bench 1", kind="bench")
    kept = str(benches.listed(session, shop.store.id)[0].id)
    emre, serial = str(shop.people[Role.TECHNICIAN].id), shop.unit.serial
    session.commit()
    day = next_week()
    proposed = office.get(f"/service/calendar/new?day={day}&minutes=90").text
    assert f"starts_at={day}T08%3A00" in proposed

    answer = office.post(
        "/service/calendar",
        code=serial,
        complaint="Yearly service",
        bench=kept,
        technician=emre,
        starts_at=f"{day}T08:00",
        minutes="90",
    )

    assert answer.status_code == 303, answer.text
    shown = office.get(answer.headers["location"]).text
    ticket = tickets.open_of(session, shop.unit.id)
    session.rollback()
    assert ticket is not None
    assert f'href="/service/new?ticket={ticket.number}"' in shown
    for view in ("week", "day"):
        listed = office.get(f"/service/calendar?day={day}&view={view}").text
        assert serial in listed
        assert "Emre Kaya" in listed
    assert (
        f"starts_at={day}T08%3A00"
        not in office.get(f"/service/calendar/new?day={day}&minutes=90").text
    )


def test_a_taken_bench_says_by_whom_and_keeps_what_was_typed(
    session: Session, office: Browser, shop: Workshop
) -> None:
    office.post("/service/benches", name="Hoist", kind="hoist")
    kept = benches.listed(session, shop.store.id)[0]
    other = a_customers_unit(session, shop.store, shop.manager, shop.owner, "DEMO-G1-0002")
    session.commit()
    typed = {"bench": str(kept.id), "starts_at": f"{next_week()}T10:00", "minutes": "60"}
    first, second = (
        {"code": one, "complaint": said} | typed
        for one, said in ((shop.unit.serial, "Noise"), (other.serial, "Limps"))
    )
    session.rollback()
    office.send("/service/calendar", first)

    answer = office.send("/service/calendar", second)

    assert answer.status_code == 409
    assert "Hoist is taken from" in answer.text
    assert "Limps" in answer.text
    session.rollback()
    assert tickets.open_of(session, other.id) is None


def test_a_tickets_page_leads_to_its_appointment(
    session: Session, office: Browser, shop: Workshop
) -> None:
    kept = str(benches.add(session, shop.manager, name="Bench 1", kind=BenchKind.BENCH).id)
    ticket = a_ticket(session, shop)
    here, number = tickets.page(ticket), str(ticket.number)
    session.commit()
    assert f"/service/calendar/new?ticket={number}" in office.get(here).text

    asked = {"ticket": number, "bench": kept, "starts_at": f"{next_week()}T09:00", "minutes": "60"}
    made = office.send("/service/calendar", asked).headers["location"]

    assert f'href="{made}"' in office.get(here).text


def test_nonsense_is_told_at_its_field(office: Browser, shop: Workshop) -> None:
    office.post("/service/benches", name="Bench 1", kind="bench")

    answer = office.post(
        "/service/calendar", code=shop.unit.serial, bench="x", starts_at="soon", minutes="-3"
    )
    again = office.post("/service/benches", name="BENCH 1", kind="bench")
    plan = office.post("/service/plans", name="Yearly", every_months="1000", minutes="60")

    assert (answer.status_code, again.status_code, plan.status_code) == (422, 409, 422)
    assert answer.text.count('aria-invalid="true"') >= 3
    assert "BENCH 1" in again.text
    assert 'value="1000"' in plan.text


def test_an_appointment_is_moved_and_called_off(
    session: Session, office: Browser, shop: Workshop
) -> None:
    kept = benches.add(session, shop.manager, name="Cell", kind=BenchKind.CELL)
    ticket = intake.book_in(session, shop.manager, shop.unit, complaint="Service")
    session.commit()
    day = next_week()
    typed = {"bench": str(kept.id), "minutes": "30"}
    asked = {"ticket": str(ticket.number), "starts_at": f"{day}T09:00"} | typed
    session.rollback()
    here = office.send("/service/calendar", asked).headers["location"]

    later = {"version": "1", "starts_at": f"{day}T11:00"} | typed
    moved = office.send(f"{here}/move", later)
    stale = office.send(f"{here}/move", later)
    empty = office.post(f"{here}/call-off", why="")
    done = office.post(f"{here}/call-off", why="Owner is ill")

    assert [one.status_code for one in (moved, stale, empty, done)] == [303, 409, 422, 303]
    session.rollback()
    assert appointments.of_ticket(session, ticket) is None


def test_due_work_is_booked_from_its_list(
    session: Session, office: Browser, bench: Browser, shop: Workshop
) -> None:
    shop.unit.warranty_starts_on = date(2020, 1, 1)
    session.commit()
    office.post(
        "/service/plans",
        name="Yearly look",
        every_months="12",
        minutes="90",
        items="Screws\nCables",
    )
    listed = bench.get("/service/due").text
    assert "set by the store, not by the maker" in listed
    action = re.search(r'action="(/service/due/\d+/\d+)"', listed)
    assert action is not None
    assert "Yearly look" in bench.get(f"/robots/{shop.unit.serial}").text

    answer = bench.post(action[1])

    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/service/calendar/new?ticket=")
    assert "minutes=90" in answer.headers["location"]
    assert bench.post(action[1]).status_code == 409


def test_many_due_robots_are_few_statements(
    session: Session, bench: Browser, shop: Workshop, statements_of_app: list[str]
) -> None:
    for number in range(3):
        typed = PlanInput(name=f"Plan {number}", every_months=1, every_hours=10)
        plans.add(session, shop.manager, typed)
    for number in range(20):
        serial = f"DEMO-DUE-{number}"
        unit = a_customers_unit(session, shop.store, shop.manager, shop.owner, serial)
        unit.warranty_starts_on = date(2020, 1, 1)
    session.commit()
    statements_of_app.clear()

    answer = bench.get("/service/due")

    assert answer.text.count("never here") == 50
    assert len(statements_of_app) <= STATEMENTS, "\n".join(statements_of_app)


def test_a_comeback_is_noticed_at_the_finding_and_told_on_both_tickets(
    session: Session, office: Browser, shop: Workshop
) -> None:
    first = a_ticket(session, shop, state=TicketState.CLOSED)
    again = a_ticket(session, shop, complaint="Squeaks again")

    a_finding(session, shop, again)
    session.commit()

    assert again.comeback_of_id == first.id
    assert "Came back as" in office.get(tickets.page(first)).text
    assert "Comeback of" in office.get(tickets.page(again)).text
    assert "Comeback" in office.get("/service").text
    report = office.get("/service/comebacks").text
    assert tickets.label(first) in report
    assert "Squeaks again" in report


def test_the_job_sheet_says_plan_safety_and_why_a_robot_was_let_go(
    session: Session, bench: Browser, shop: Workshop
) -> None:
    plan = plans.add(
        session, shop.manager, PlanInput("Yearly look", every_months=12, items=("Torque hips",))
    )
    ticket = planwork.book(session, shop.manager, shop.unit, plan)
    here = tickets.page(ticket)
    session.add(
        Release(
            ticket_id=ticket.id,
            found='["open"]',
            override_by="Petra Krause",
            override_reason="Owner waits for the part",
            at=clock.now(),
            by="Petra Krause",
        )
    )
    session.commit()

    answer = bench.get(f"{here}/job-sheet.pdf")

    pages = PdfReader(BytesIO(answer.content)).pages
    said = " ".join(page.extract_text() for page in pages)
    for words in ("Torque hips", "Emergency stop tested", "Owner waits for the part"):
        assert words in said
