"""A loaner while the customer's own robot is here: out and back, and told at the return."""

import pytest
from sqlalchemy.orm import Session

from app import wiring
from app.kernel.errors import Conflict, Refused
from app.robots import loans
from app.robots.loans import Lending
from app.robots.models import Unit
from app.robots.slot_models import Counter
from app.robots.states import Custody, Holding, UnitState
from app.robots.touches import UNREAD, Touch
from app.service import guards, loaners, tickets
from app.service.states import TicketState
from tests.makers.browsing import Browser
from tests.makers.robots import a_unit
from tests.makers.service import Workshop, a_ticket


def a_loaner(session: Session, shop: Workshop, holding: Holding = Holding.LOANER) -> Unit:
    unit = a_unit(session, shop.store, "DEMO-LOAN-1", state=UnitState.AVAILABLE)
    unit.holding = holding
    session.flush()
    return unit


def test_a_loaner_goes_to_the_tickets_customer_and_is_read_both_ways(
    session: Session, shop: Workshop
) -> None:
    ticket, unit = a_ticket(session, shop), a_loaner(session, shop)
    out = Lending(touch=Touch({Counter.FALLS: 2}))

    loaners.lend(session, shop.manager, ticket, unit, out)
    with pytest.raises(Conflict):
        loaners.lend(session, shop.manager, ticket, unit, out)
    loan = loans.out_now(session, unit.id)
    assert loan is not None
    assert (loan.customer_id, unit.custody) == (shop.owner.id, Custody.CUSTOMER)
    loaners.take_back(
        session, shop.manager, ticket, loan.id, condition="", touch=Touch({Counter.FALLS: 3})
    )

    (lent,) = loaners.of_ticket(session, ticket)
    assert (lent.is_out, lent.counts) == (False, {Counter.FALLS: [2, 3]})


def test_only_what_is_kept_as_a_loaner_is_lent(session: Session, shop: Workshop) -> None:
    unit = a_loaner(session, shop, Holding.DEMO)

    with pytest.raises(Refused):
        loaners.lend(session, shop.manager, a_ticket(session, shop), unit, Lending())


def test_the_return_says_that_the_loaner_is_out_and_the_ticket_waits_for_it(
    session: Session, shop: Workshop
) -> None:
    wiring.connect()
    ticket, unit = a_ticket(session, shop), a_loaner(session, shop)
    loaners.lend(session, shop.manager, ticket, unit, Lending())
    loan = loans.out_now(session, unit.id)
    assert loan is not None

    def told() -> list[str]:
        found = guards.reasons(session, shop.manager, ticket, TicketState.CLOSED)
        return [str(one.text) for one in found if unit.serial in str(one.text)]

    before = told()
    loaners.take_back(session, shop.manager, ticket, loan.id, condition="", touch=UNREAD)

    assert len(before) == 1
    assert told() == []


def test_it_is_lent_and_taken_back_on_the_tickets_page(
    session: Session, office: Browser, shop: Workshop
) -> None:
    here = tickets.page(a_ticket(session, shop))
    serial = a_loaner(session, shop).serial
    session.commit()

    strange = office.post(f"{here}/loaner", code="NOWHERE-1", condition="as new")
    lent = office.post(f"{here}/loaner", code=serial, condition="as new", falls="2")

    assert (strange.status_code, lent.status_code) == (404, 303)
    assert "as new" in strange.text
    assert serial in office.get(here).text
    shown = office.get(f"{here}/loaner").text
    assert "still out" in shown
    back = shown.split('action="')
    action = next(one.partition('"')[0] for one in back if one.partition('"')[0].endswith("/back"))
    assert office.post(action, falls="3").status_code == 303
    assert "2 → 3" in office.get(f"{here}/loaner").text
