"""The pages of estimates, answers, returns, claims and operations."""

import re
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from app.identity.roles import Role
from app.kernel.money import Money
from app.kernel.quantity import WHOLE_BP
from app.payments import tills
from app.service import estimates, links, tickets
from app.service.estimate_models import EstimateState, How
from app.service.models import Ticket
from app.service.payers import Measure, Payer, Share
from app.service.states import TicketState
from app.stores.models import Till
from app.web import csrf
from tests.makers.browsing import SECRET, Browser, a_browser
from tests.makers.estimates import (
    KNEE_PART,
    SWAP,
    a_draft,
    a_fee,
    a_part,
    an_operation,
    approved_ticket,
    priced,
    sent,
)
from tests.makers.identity import a_session, a_terminal
from tests.makers.service import Workshop, a_ticket
from tests.makers.work import released

pytestmark = pytest.mark.only_on("sqlite")  # pages alike on both: test_pages_answer


@pytest.fixture(autouse=True)
def prices(session: Session, shop: Workshop) -> None:
    priced(session, shop)
    session.commit()


@pytest.fixture
def office(session: Session, app: FastAPI, shop: Workshop) -> Browser:
    """The manager's browser."""
    cookie = a_session(session, shop.people[Role.MANAGER])
    session.commit()
    return a_browser(app, cookie)


def page_of(ticket: Ticket) -> str:
    return f"/service/tickets/{ticket.number}/estimate"


def test_an_estimate_is_written_line_by_line_and_sent(
    session: Session, shop: Workshop, bench: Browser
) -> None:
    an_operation(session, shop)
    a_part(session, shop, on_hand=1)
    ticket = a_ticket(session, shop, state=TicketState.DIAGNOSING)
    session.commit()
    page = page_of(ticket)

    for suggested in (
        bench.get(f"{page}/suggestions"),
        bench.get(f"{page}/suggestions", htmx=True),
    ):
        assert SWAP in suggested.text
        assert KNEE_PART in suggested.text
    for code in (SWAP, KNEE_PART.lower()):
        assert bench.post(f"{page}/lines", code=code, quantity="1").status_code == 303
    shown = bench.get(f"{page}?line=1")
    assert "€2,180.00" in shown.text
    split: dict[str, Any] = {"pays-warranty": "60 %", "pays-customer": "rest"}
    changed = bench.post(
        f"{page}/lines/1",
        revision="1",
        quantity="1",
        description="Swap the knee",
        **split,
    )
    assert changed.status_code == 303, changed.text
    assert bench.post(f"{page}/send", note="Please answer by Friday.").status_code == 303

    session.expire_all()
    estimate = estimates.newest(session, ticket)
    assert estimate is not None
    assert estimate.state is EstimateState.SENT
    amounts = {one.payer: one.amount_minor for one in estimate.lines[0].shares}
    assert amounts == {Payer.WARRANTY: 14_400, Payer.CUSTOMER: 9_600}
    assert "taken back" in bench.get(page).text
    assert bench.get(f"{page}/1.pdf").content.startswith(b"%PDF")


def test_shares_that_make_no_whole_come_back_with_what_was_typed(
    session: Session, shop: Workshop, bench: Browser
) -> None:
    sheet = a_draft(session, shop)
    session.commit()

    thirds: dict[str, Any] = {
        f"pays-{payer}": "33.33 %" for payer in ("customer", "warranty", "goodwill")
    }

    refused = bench.post(
        f"{page_of(sheet.ticket)}/lines/1",
        revision="1",
        quantity="1",
        description="Transport",
        **thirds,
    )

    assert refused.status_code == 422
    assert "99.99 %" in refused.text
    assert 'value="33.33 %"' in refused.text


def test_an_unknown_code_stands_at_its_field(
    session: Session, shop: Workshop, bench: Browser
) -> None:
    ticket = a_ticket(session, shop, state=TicketState.DIAGNOSING)
    session.commit()

    refused = bench.post(f"{page_of(ticket)}/lines", code="NO-SUCH", quantity="1")

    assert refused.status_code == 404
    assert 'value="NO-SUCH"' in refused.text
    assert "add-code-error" in refused.text


def test_one_piece_too_many_for_a_slot_is_told_at_its_field(
    session: Session, shop: Workshop, bench: Browser
) -> None:
    a_part(session, shop)
    ticket = a_ticket(session, shop, state=TicketState.DIAGNOSING)
    session.commit()
    page = page_of(ticket)

    two = bench.post(f"{page}/lines", code=KNEE_PART, quantity="2")
    bench.post(f"{page}/lines", code=KNEE_PART, quantity="1")
    again = bench.post(f"{page}/lines", code=KNEE_PART, quantity="1")
    more = bench.post(f"{page}/lines/1", revision="1", quantity="2", description="Actuator")

    assert [one.status_code for one in (two, again, more)] == [422] * 3
    assert "add-quantity-error" in two.text
    assert "add-slot-error" in again.text
    assert "l-quantity-error" in more.text


def test_staff_write_down_what_was_said_by_phone(
    session: Session, shop: Workshop, bench: Browser
) -> None:
    sheet = sent(session, shop, a_fee("Wash"), a_fee("Wax"))
    session.commit()
    said: dict[str, Any] = {"line-1": "approve", "line-2": "decline"}

    done = bench.post(f"{page_of(sheet.ticket)}/1/decide", by="Kerstin Arndt", how="phone", **said)

    assert done.status_code == 303, done.text
    session.expire_all()
    shown = estimates.in_force(session, sheet.ticket)
    assert shown is not None
    first = shown.lines[0].decision
    assert first is not None
    assert (first.how, first.noted_by) == (How.PHONE, "Emre Kaya")
    assert "Kerstin Arndt" in bench.get(page_of(sheet.ticket)).text


def test_the_customer_answers_without_a_script(
    session: Session, shop: Workshop, app: FastAPI
) -> None:
    sheet = sent(session, shop, a_fee("Wash", 1_000), a_fee("Wax", 2_000))
    page = f"/s/{links.new(session, shop.manager, sheet.ticket)}/estimate"
    session.commit()
    phone = a_phone(app)

    first = phone.get(page).text
    assert "€30.00" in first
    assert " checked" not in first  # nobody approves for the customer
    half = phone.get(page, params={"look": "1", "line-1": "approve"}).text
    assert "Choose for each line" in half
    look = phone.get(page, params={"look": "1", "line-1": "approve", "line-2": "decline"})
    assert "Please look it over" in look.text
    assert 'name="line-2" value="decline"' in look.text
    assert "€10.00" in look.text
    nameless = phone.post(page, data=answer_of(by="", **{"line-1": "approve"}))
    assert nameless.status_code == 422
    done = phone.post(page, data=answer_of(**{"line-1": "approve", "line-2": "decline"}))
    assert done.status_code == 303, done.text
    again = phone.post(page, data=answer_of(**{"line-1": "approve", "line-2": "decline"}))

    assert again.status_code == 303
    session.expire_all()
    assert [one.description for one in estimates.approved_lines(session, sheet.ticket)] == ["Wash"]
    shown = phone.get(page)
    assert "no-store" in shown.headers["cache-control"]
    assert "Kerstin" not in shown.text


def test_an_old_tab_cannot_approve_what_was_replaced(
    session: Session, shop: Workshop, app: FastAPI, bench: Browser
) -> None:
    sheet = sent(session, shop)
    page = f"/s/{links.new(session, shop.manager, sheet.ticket)}/estimate"
    session.commit()
    bench.post(f"{page_of(sheet.ticket)}/begin")
    bench.post(f"{page_of(sheet.ticket)}/send", note="")

    refused = a_phone(app).post(page, data=answer_of(**{"line-1": "approve"}))

    assert refused.status_code == 409
    assert "was replaced by version 2" in refused.text


def test_a_wrong_key_tells_nothing(app: FastAPI) -> None:
    assert a_phone(app).get("/s/guess/estimate").status_code == 404
    assert a_phone(app).post("/s/guess/estimate", data=answer_of()).status_code == 404


def test_the_bill_is_paid_at_this_till_and_the_robot_signed_for(
    session: Session, shop: Workshop, app: FastAPI
) -> None:
    ticket = done_ticket(session, shop)
    till = Till(store_id=shop.store.id, name="Till 1")
    session.add(till)
    session.flush()
    tills.open_session(session, shop.manager, till, Money(20_000, "EUR"))
    manager = shop.people[Role.MANAGER]
    terminal = a_terminal(session, shop.store, manager, till=till)
    cookie = a_session(session, manager, terminal)
    session.commit()
    counter = a_browser(app, cookie)
    page = f"/service/tickets/{ticket.number}"

    early = counter.post(f"{page}/return", signature_typed="Kerstin Arndt")
    assert early.status_code == 409
    assert "is due" in early.text
    wrong = counter.post(f"{page}/bill/gift-card", code="GC-1", amount="")
    assert wrong.status_code == 422
    assert "This is no code of a gift card" in wrong.text
    assert 'value="GC-1"' in wrong.text
    paid = counter.post(f"{page}/bill/cash", amount="", tendered="60")
    assert paid.status_code == 303, paid.text
    nameless = counter.post(f"{page}/return", outcome="Clean", signature_typed="")
    assert nameless.status_code == 422
    back = counter.post(f"{page}/return", outcome="Clean", signature_typed="Kerstin Arndt")
    assert back.status_code == 303, back.text

    session.expire_all()
    assert tickets.by_number(session, shop.manager, ticket.number).state is TicketState.CLOSED
    assert "INV-000001" in counter.get(f"{page}/return").text


def test_a_claim_goes_its_way_by_its_page(
    session: Session, shop: Workshop, office: Browser
) -> None:
    ticket = done_ticket(session, shop, shares=(Share(Payer.WARRANTY, Measure.PERCENT, WHOLE_BP),))
    session.commit()

    assert office.post(f"/service/tickets/{ticket.number}/claims").status_code == 303
    found = re.search(
        r"/service/claims/(\d+)", office.get(f"/service/tickets/{ticket.number}/return").text
    )
    assert found is not None
    page = found[0]
    assert office.post(page, step="submit", debtor="Unitree").status_code == 303
    short = office.post(page, step="answer", granted="20", note="")
    assert short.status_code == 422
    assert 'value="20"' in short.text
    assert office.post(page, step="answer", granted="20", note="Too much").status_code == 303
    assert "Unitree" in office.get("/service/claims").text
    assert office.get(f"{page}/file.csv").text.count("\n") == 2
    assert office.get(f"{page}/file.pdf").content.startswith(b"%PDF")
    assert office.post(page, step="settle", note="Transfer 1").status_code == 303


def test_operations_rates_and_leave_are_kept_by_managers(
    shop: Workshop, office: Browser, bench: Browser
) -> None:
    page = "/service/operations"
    new: dict[str, Any] = {
        "code": "CAL-LEG",
        "name": "Calibrate a leg",
        "minutes": "40",
        "price": "180",
    }

    assert bench.post(page, **new).status_code == 403
    assert office.post(page, kind="calibration", ticks="hoist", **new).status_code == 303
    twice = office.post(page, kind="calibration", **new)
    assert twice.status_code == 409
    assert "o-code-error" in twice.text
    assert office.post(f"{page}/rate", rate="102,50").status_code == 303
    leave = office.post(
        f"{page}/authorisations", maker=str(shop.unit.maker_id), valid_from="2026-01-01"
    )
    assert leave.status_code == 303, leave.text
    shown = bench.get(page)
    assert "€180.00" in shown.text
    assert "All of its operations" in shown.text


def done_ticket(session: Session, shop: Workshop, **more: object) -> Ticket:
    """A ticket over a fee of 50.00 whose work is done."""
    ticket = approved_ticket(session, shop, a_fee("Wash", 5_000, **more))
    released(session, shop, ticket)
    return ticket


def a_phone(app: FastAPI) -> TestClient:
    """A customer's browser, signed in nowhere."""
    client = TestClient(app, follow_redirects=False)
    client.cookies.set(csrf.COOKIE, SECRET)
    return client


def answer_of(*, version: str = "1", by: str = "Kerstin Arndt", **lines: str) -> dict[str, str]:
    return {csrf.FIELD: csrf._token(SECRET), "version": version, "by": by, **lines}


def test_a_repair_is_paid_by_a_link_once_the_work_is_done(
    session: Session, shop: Workshop, office: Browser
) -> None:
    ticket = approved_ticket(session, shop, a_fee(minor=5_000))
    session.commit()
    page = f"/service/tickets/{ticket.number}/payment-link"
    early = office.post(page)
    assert early.status_code == 409
    assert "paid when the work is done" in early.text
    released(session, shop, ticket)
    session.commit()
    made = office.post(page)
    found = re.search(r"/pay/([A-Za-z0-9_-]{40,})", made.text)
    assert found
    bill = office.get(f"/pay/{found[1]}").text
    assert tickets.label(ticket) in bill
    assert "59.50" in bill or "50.00" in bill
