"""The board: columns, limits, filters; light and constant with many tickets."""

import gzip
import re
from datetime import timedelta
from random import Random

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.customers import book
from app.customers.book import CustomerInput
from app.customers.models import CustomerKind
from app.kernel import clock
from app.kernel.tax import PriceMode
from app.robots.states import Custody
from app.service import board, tickets
from app.service.estimate_models import (
    Decision,
    Estimate,
    EstimateLine,
    EstimateState,
    How,
    LineKind,
)
from app.service.models import Ticket
from app.service.states import OPEN, TicketState, WaitingReason
from app.service.work_models import Labour
from tests.makers.browsing import Browser
from tests.makers.estimates import SWAP, a_code, a_fee, an_operation, approved_ticket, priced
from tests.makers.robots import a_unit
from tests.makers.service import Workshop, a_customers_unit, a_ticket

pytestmark = pytest.mark.only_on("sqlite")  # pages alike on both: test_pages_answer

STATEMENTS, KILOBYTES = 15, 30
# What owners say is not the same on each card, and does not shrink as if it were.
_WORDS = (
    "Knee", "hip", "ankle", "shoulder", "squeaks", "grinds", "leans", "limps", "falls", "shakes",
    "hot", "cold", "loose", "torn", "left", "right", "since", "Monday", "stairs", "carpet", "after",
    "update", "charging", "walking", "kneeling", "camera", "battery", "hand",
)  # fmt: skip


def many_tickets(session: Session, shop: Workshop, count: int) -> None:
    """Open tickets in every column: of many owners, each with a promise, half of them waiting."""
    states = [state for state in TicketState if state in OPEN]
    reasons, chance = list(WaitingReason), Random(count)
    people = [one.id for one in shop.people.values()]
    owners = [
        book.add(session, shop.manager, CustomerInput(CustomerKind.COMPANY, f"{word} & Söhne GmbH"))
        for word in (f"Betrieb {chance.randrange(10**6)}" for _ in range(count // 5))
    ]
    for number in range(count):
        unit = a_unit(session, shop.store, f"DEMO-MANY-{chance.randrange(10**9):09}")
        unit.custody = Custody.BENCH
        waits = number % 2 == 0
        words = " ".join(chance.choice(_WORDS) for _ in range(12))
        session.add(
            Ticket(
                store_id=shop.store.id,
                number=1000 + number,
                unit_id=unit.id,
                customer_id=chance.choice(owners).id,
                state=states[number % len(states)],
                waiting=chance.choice(reasons) if waits else None,
                waiting_since=clock.now() if waits else None,
                complaint=f"{words} {chance.randrange(10**4)}",
                promised_at=clock.now() + timedelta(hours=chance.randrange(-48, 400)),
                technician_id=chance.choice(people),
                bench_place=f"Bench {chance.randrange(9)}",
                made_at=clock.now(),
                made_by="Emre Kaya",
                received_at=clock.now(),
            )
        )
    session.flush()
    approve_hours(session, shop, chance)
    session.commit()


def approve_hours(session: Session, shop: Workshop, chance: Random) -> None:
    """Each ticket has an estimate that was approved: some hours of work."""
    made = [
        Estimate(
            store_id=shop.store.id,
            ticket_id=ticket_id,
            version=1,
            currency="EUR",
            price_mode=PriceMode.GROSS,
            made_at=clock.now(),
            made_by="Emre Kaya",
        )
        for ticket_id in session.scalars(select(Ticket.id))
    ]
    session.add_all(made)
    session.flush()
    lines = [
        EstimateLine(
            estimate_id=estimate.id,
            position=1,
            key="1",
            kind=LineKind.LABOUR,
            description="Work",
            minutes=chance.randrange(20, 600),
            unit_price_minor=0,
            tax_code="standard",
            tax_bp=1900,
            total_minor=0,
        )
        for estimate in made
    ]
    session.add_all(lines)
    session.flush()
    for estimate in made:
        estimate.sent_at = estimate.decided_at = clock.now()
        estimate.state, estimate.content = EstimateState.DECIDED, b"{}"
    session.add_all(
        Decision(
            line_id=line.id,
            approved=True,
            at=clock.now(),
            by="Owner",
            how=How.PHONE,
            content=b"{}",
            sha256="0" * 64,
        )
        for line in lines
    )
    session.flush()


def test_three_hundred_tickets_are_few_statements_and_few_bytes(
    session: Session, bench: Browser, shop: Workshop, statements_of_app: list[str]
) -> None:
    many_tickets(session, shop, 300)
    statements_of_app.clear()

    answer = bench.get("/service")

    assert answer.text.count('class="card') == 300
    assert answer.text.count('class="meter') > 80
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


def test_a_card_says_how_much_of_the_standard_time_is_used(
    session: Session, bench: Browser, shop: Workshop
) -> None:
    priced(session, shop)
    an_operation(session, shop, minutes=150)
    ticket = approved_ticket(session, shop, a_code(SWAP), a_fee())
    began = clock.now() - timedelta(minutes=42)
    people = [one.id for one in shop.people.values()]
    session.add(
        Labour(
            store_id=shop.store.id,
            ticket_id=ticket.id,
            staff_id=people[0],
            second_id=people[1],
            started_at=began,
            stopped_at=clock.now(),
        )
    )
    tickets.move(session, shop.technician, ticket, TicketState.IN_WORK)
    session.commit()

    board = bench.get("/service").text

    # two people for 42 minutes, of two and a half hours
    assert "1.4 of 2.5 h" in board
