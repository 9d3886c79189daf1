"""The board: columns, limits, filters; light and constant with many tickets."""

import gzip
import re

import pytest
from sqlalchemy.orm import Session

from app.kernel import clock
from app.robots.states import Custody
from app.service import board, tickets
from app.service.models import Ticket
from app.service.states import TicketState, WaitingReason
from tests.makers.browsing import Browser
from tests.makers.robots import a_unit
from tests.makers.service import Workshop, a_customers_unit, a_ticket

STATEMENTS, KILOBYTES = 15, 30


def many_tickets(session: Session, shop: Workshop, count: int) -> None:
    """Open tickets all over the columns, written in as few statements as may be."""
    states = [TicketState.RECEIVED, TicketState.DIAGNOSING, TicketState.IN_WORK, TicketState.READY]
    for number in range(count):
        unit = a_unit(session, shop.store, f"DEMO-MANY-{number:04}")
        unit.custody = Custody.BENCH
        ticket = Ticket(
            store_id=shop.store.id,
            number=1000 + number,
            unit_id=unit.id,
            customer_id=shop.owner.id,
            state=states[number % len(states)],
            complaint=f"Complaint {number}: {hash(str(number)) % 10**12}",
            made_at=clock.now(),
            made_by="Emre Kaya",
            received_at=clock.now(),
        )
        session.add(ticket)
    session.commit()


@pytest.mark.only_on("sqlite")
def test_three_hundred_tickets_are_few_statements_and_few_bytes(
    session: Session, bench: Browser, shop: Workshop, statements_of_app: list[str]
) -> None:
    many_tickets(session, shop, 300)
    statements_of_app.clear()

    answer = bench.get("/service")

    assert answer.text.count('class="card') == 300
    assert len(statements_of_app) <= STATEMENTS, "\n".join(statements_of_app)
    assert len(gzip.compress(answer.content, 6)) <= KILOBYTES * 1024


def test_cards_stand_in_their_columns_with_what_they_wait_for(
    session: Session, bench: Browser, shop: Workshop
) -> None:
    ticket = a_ticket(session, shop, state=TicketState.DIAGNOSING)
    tickets.wait(session, shop.technician, ticket, WaitingReason.MAKER)
    session.commit()

    html = bench.get("/service").text

    column = html.split('id="col-diagnosing"')[1].split("</section>")[0]
    assert "T-1" in column
    assert "w-maker" in column
    assert "Maker" in column


def test_filters_show_mine_and_those_that_wait(
    session: Session, bench: Browser, shop: Workshop
) -> None:
    mine = a_ticket(session, shop)
    tickets.assign(session, shop.manager, mine, shop.technician.staff_id)
    unit = a_customers_unit(session, shop.store, shop.manager, shop.owner, "DEMO-G1-0002")
    waits = a_ticket(session, shop, unit=unit)
    tickets.wait(session, shop.manager, waits, WaitingReason.PART)
    session.commit()

    def shown(query: str) -> list[str]:
        return re.findall(r'class="id open"[^>]*>(T-\d+)', bench.get(f"/service{query}").text)

    assert sorted(shown("")) == ["T-1", "T-2"]
    assert shown("?who=me") == ["T-1"]
    assert shown("?waiting=any") == ["T-2"]
    assert shown("?waiting=maker") == []


def test_a_column_that_holds_too_many_says_so(
    session: Session, office: Browser, bench: Browser, shop: Workshop
) -> None:
    a_ticket(session, shop)
    unit = a_customers_unit(session, shop.store, shop.manager, shop.owner, "DEMO-G1-0002")
    a_ticket(session, shop, unit=unit)
    session.commit()

    refused = office.send("/service/limits", {"most-received": "many"})
    saved = office.send("/service/limits", {"most-received": "1"})
    forbidden = bench.send("/service/limits", {"most-received": "5"})

    assert refused.status_code == 422
    assert saved.status_code == 303
    assert forbidden.status_code == 403
    assert "2 of 1" in bench.get("/service").text


def test_the_boards_mark_moves_with_every_change(session: Session, shop: Workshop) -> None:
    ticket = a_ticket(session, shop)
    marks = [board.mark(session, shop.manager, "all")]

    tickets.wait(session, shop.manager, ticket, WaitingReason.PART)
    marks.append(board.mark(session, shop.manager, "all"))
    tickets.move(session, shop.manager, ticket, TicketState.DIAGNOSING)
    marks.append(board.mark(session, shop.manager, "all"))

    assert len(set(marks)) == 3


def test_the_list_goes_on_where_it_ended(session: Session, bench: Browser, shop: Workshop) -> None:
    many_tickets(session, shop, 60)

    first = bench.get("/service/tickets").text
    following = re.search(r'href="(/service/tickets\?[^"]*after[^"]*)" rel="next"', first)
    assert following is not None
    rest = bench.get(following[1].replace("&amp;", "&")).text

    assert (first.count('id="row-'), rest.count('id="row-')) == (50, 10)


def test_moving_from_the_board_leads_back_to_it(
    session: Session, bench: Browser, shop: Workshop
) -> None:
    ticket = a_ticket(session, shop)
    session.commit()
    address = f"/service/tickets/{ticket.number}/move"

    asked = bench.get(f"{address}?back=/service?who=me", htmx=True)
    moved = bench.post(
        address, to="diagnosing", version=str(ticket.version), back="/service?who=me"
    )
    outside = bench.post(address, to="estimated", version="1", back="https://elsewhere.example/")

    assert 'value="diagnosing"' in asked.text
    assert moved.headers["location"] == "/service?who=me"
    assert "elsewhere" not in outside.headers.get("location", "")
