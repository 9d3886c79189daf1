"""An owner moves and cancels what they booked: once, as they saw it, and not too late."""

import re
from datetime import datetime, timedelta

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel import clock
from app.messaging.models import Message
from app.portal import ownerbooking
from app.portal.ownerbooking import Booking, Work
from app.robots import openpassport, ownership
from app.service import appointments, benches, tickets
from app.service.appointments import Wish
from app.service.models import Ticket
from app.service.planning_models import Appointment, BenchKind
from app.service.states import TicketState
from tests.makers.browsing import Browser
from tests.makers.service import Workshop
from tests.portal.test_owner_pages import here, send


@pytest.fixture
def visitor(app: FastAPI) -> TestClient:
    return TestClient(app)


@pytest.fixture
def key(session: Session, shop: Workshop) -> str:
    """The owner has booked the first free time, a week from now."""
    shop.owner.email = "klinik@example.com"
    benches.add(session, shop.manager, name="Bench 1", kind=BenchKind.BENCH)
    made = openpassport.make_link(session, shop.manager, shop.unit)
    day = (clock.now() + timedelta(days=7)).date()
    free = ownerbooking.free_times(session, shop.unit, Work.SERVICE, day)[0]
    owned = ownership.history(session, shop.unit.id)[0][0]
    wished = Booking(Work.SERVICE, day, free.starts_at.isoformat())
    ownerbooking.book(session, shop.unit, owned, wished)
    session.commit()
    return made


def booked(session: Session) -> Appointment:
    row = session.scalars(select(Appointment).execution_options(populate_existing=True)).one()
    session.commit()
    return row


def told(session: Session) -> list[str]:
    return list(session.scalars(select(Message.body).order_by(Message.id)))


def test_an_owner_moves_once_what_they_booked(
    session: Session, shop: Workshop, visitor: TestClient, office: Browser, key: str
) -> None:
    before = booked(session)
    at = f"{here(shop)}/appointment?o={key}&day={before.starts_at.date()}"
    page = visitor.get(at)
    # its own time counts as free: half an hour later is to be had on the only bench
    free = re.findall(r'name="starts_at"\s+value="([^"]+)"', page.text)
    assert datetime.fromisoformat(free[0]) == before.starts_at + timedelta(minutes=30)
    shown = dict(re.findall(r'type="hidden"\s+name="(\w+)"\s+value="([^"]*)"', page.text))

    for _ in range(2):
        sent = {**shown, "starts_at": free[0]}
        answer = visitor.post(f"{here(shop)}/appointment", data=sent, follow_redirects=False)
        assert answer.status_code == 303
    stale = visitor.post(f"{here(shop)}/appointment", data={**shown, "starts_at": free[2]})

    assert stale.status_code == 409
    row = booked(session)
    assert (row.starts_at, row.version) == (datetime.fromisoformat(free[0]), 2)
    assert f"{row.id}" in office.get(f"/service/calendar?day={row.starts_at.date()}").text
    assert "has been moved" in told(session)[-1]


def test_an_owner_cancels_once_and_books_again(
    session: Session, shop: Workshop, visitor: TestClient, key: str
) -> None:
    at, address = f"{here(shop)}/appointment?o={key}", f"{here(shop)}/appointment/cancel"
    page = visitor.get(at)
    shown = dict(re.findall(r'type="hidden"\s+name="(\w+)"\s+value="([^"]*)"', page.text))

    answers = [visitor.post(address, data=shown, follow_redirects=False) for _ in range(2)]

    assert [one.status_code for one in answers] == [303, 303]
    row = booked(session)
    assert (row.ended_by, row.why) == ("owner", "The owner does not come.")
    states = session.scalars(select(Ticket.state)).all()
    assert states == [TicketState.CANCELLED]
    assert "does not take place" in told(session)[-1]
    assert "Book an appointment" in visitor.get(here(shop), params={"o": key}).text
    assert visitor.get(at, follow_redirects=False).status_code == 303
    session.commit()
    late = visitor.post(f"{here(shop)}/appointment", data={**shown, "starts_at": "2031-01-01"})
    assert (late.status_code, "Book an appointment" in late.text) == (409, True)


def test_what_the_store_moved_meanwhile_is_looked_at_again(
    session: Session, shop: Workshop, visitor: TestClient, key: str
) -> None:
    page = visitor.get(f"{here(shop)}/appointment?o={key}")
    shown = dict(re.findall(r'type="hidden"\s+name="(\w+)"\s+value="([^"]*)"', page.text))
    row = appointments.by_id(session, shop.manager, booked(session).id)
    later = timedelta(hours=3)
    wish = Wish(row.bench_id, row.starts_at + later, row.ends_at + later)
    appointments.move(session, shop.manager, row, wish)
    session.commit()

    answer = visitor.post(f"{here(shop)}/appointment/cancel", data=shown)

    assert (answer.status_code, "changed meanwhile" in answer.text) == (409, True)
    assert booked(session).ended_at is None


def test_two_hours_before_the_store_is_called(
    session: Session, shop: Workshop, visitor: TestClient, key: str
) -> None:
    at = f"{here(shop)}/appointment?o={key}"
    row = booked(session)
    page = visitor.get(at)
    shown = dict(re.findall(r'type="hidden"\s+name="(\w+)"\s+value="([^"]*)"', page.text))
    with clock.set_to(row.starts_at - timedelta(hours=2)):
        assert "please call us" in visitor.get(at).text
        answer = visitor.post(f"{here(shop)}/appointment/cancel", data=shown)
    assert (answer.status_code, booked(session).ended_at) == (409, None)


def test_what_staff_booked_is_not_the_owners_to_move(
    session: Session, shop: Workshop, visitor: TestClient, key: str
) -> None:
    row = appointments.by_id(session, shop.manager, booked(session).id)
    ticket, wish = row.ticket, Wish(row.bench_id, row.starts_at, row.ends_at)
    appointments.call_off(session, shop.manager, row, why="Another bench")
    appointments.make(session, shop.manager, ticket, wish)
    session.commit()

    assert "Move or cancel" not in visitor.get(here(shop), params={"o": key}).text
    send(visitor, f"{here(shop)}/appointment/cancel", f"{here(shop)}?o={key}", seen="2-1")
    assert appointments.of_ticket(session, ticket) is not None
    assert tickets.open_of(session, shop.unit.id) is not None
