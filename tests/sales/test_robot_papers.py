"""What sale and handover have to do with a robot's bulletins, documents, warranty and contracts."""

from datetime import date

import pytest
from sqlalchemy.orm import Session

from app import wiring
from app.kernel import clock
from app.kernel.errors import Refused
from app.kernel.money import Money
from app.kernel.signatures import Signed
from app.robots import contracts, requirements, warrantycover, warrantypapers
from app.robots.bulletin_models import BulletinKind
from app.robots.bulletincriteria import Criterion
from app.robots.duty_models import FileKind, PaperKind
from app.robots.models import Unit
from app.robots.requirements import RequirementInput
from app.sales import basket, checklists, checkout, counterquotes, handovers, orders
from app.sales.checklists import Answer
from app.sales.errors import NotSellable
from app.sales.handovers import GateClosed
from app.sales.models import Order
from tests.makers.bulletins import a_bulletin
from tests.makers.robots import a_maker
from tests.makers.sales import Counter, a_counter, a_robot


@pytest.fixture
def counter(session: Session) -> Counter:
    wiring.connect()
    return a_counter(session)


def a_basket(session: Session, counter: Counter, *units: Unit, plans: int = 0) -> Order:
    order = orders.open_order(session, counter.seller, till_id=counter.till.id)
    orders.set_customer(session, counter.seller, order, counter.customer.id)
    order = orders.by_number(session, counter.seller, order.number)
    for unit in units:
        basket.add_unit(session, counter.seller, order, unit, minutes=30)
    if plans:
        basket.add_product(session, counter.seller, order, counter.plan, quantity=plans, minutes=30)
    return order


def paid(session: Session, counter: Counter, order: Order) -> None:
    checkout.pay_transfer(session, counter.seller, order, amount=None, note="bank")


def handed_over(session: Session, counter: Counter, order: Order) -> None:
    checklist = handovers.checklist_for(session, counter.seller, order)
    answers = {f"item-{item.key}": str(Answer.OK) for item in checklists.items_of(checklist)}
    handovers.hand_over(
        session, counter.seller, order, typed=answers, signed=Signed("Miriam Thale")
    )


def test_a_plan_pays_for_as_many_visits_as_were_sold(session: Session, counter: Counter) -> None:
    # given
    counter.plan.plan_visits = 2
    unit = a_robot(session, counter)
    order = a_basket(session, counter, unit, plans=1)
    paid(session, counter, order)
    # when
    handed_over(session, counter, order)
    # then
    (contract,) = contracts.of_unit(session, unit.id)
    for left, ticket in ((1, "T-1"), (1, "T-1"), (0, "T-2")):
        contracts.use_visit(session, counter.seller, contract.row, reference=ticket)
        assert contracts.with_use(session, contract.row).visits_left == left
    with pytest.raises(Refused, match="has no visit left"):
        contracts.use_visit(session, counter.seller, contract.row, reference="T-3")


def test_a_handover_starts_the_warranty_and_signs_the_plans(
    session: Session, counter: Counter
) -> None:
    # given: two robots with three plans of 24 months, counted on one line
    first, second = a_robot(session, counter), a_robot(session, counter, "DEMO-G1-0002")
    order = a_basket(session, counter, first, second, plans=3)
    paid(session, counter, order)
    # when
    handed_over(session, counter, order)
    # then
    papers = warrantypapers.papers_of(session, first.id)
    assert [(paper.kind, paper.source) for paper in papers] == [
        (PaperKind.RECEIPT, "S-1"),
        (PaperKind.INVOICE, "INV-000001"),
    ]
    assert papers[0].link == "/sales/1"
    signed = {
        unit.id: [(one.row.since, one.row.until) for one in contracts.of_unit(session, unit.id)]
        for unit in (first, second)
    }
    # the line is for the robot scanned last, so that one has two, one after the other
    assert [len(signed[unit.id]) for unit in (first, second)] == [1, 2]
    today = papers[0].day
    (later, earlier) = signed[second.id]
    assert earlier == (today, clock.add_months(today, 24) - (date(2, 1, 2) - date(2, 1, 1)))
    assert later[0] == clock.add_months(today, 24)
    found = warrantycover.cover_of(session, counter.manager, first)
    assert found.papers[0].day == first.warranty_starts_on
    assert [one.label for one in found.contracts] == ["C-00003"]


def test_a_stop_sale_refuses_scan_payment_and_quote(session: Session, counter: Counter) -> None:
    # given: one robot lies in a basket, another is about to be scanned
    kept, free = a_robot(session, counter), a_robot(session, counter, "DEMO-G1-0002")
    order = a_basket(session, counter, kept)
    a_bulletin(
        session,
        counter.manager,
        a_maker(session),
        Criterion(serials="DEMO-G1-*"),
        kind=BulletinKind.STOP_SALE,
    )
    # then
    with pytest.raises(NotSellable, match="must not be sold: bulletin SB-25-07") as refused:
        basket.add_unit(session, counter.seller, order, free, minutes=30)
    assert refused.value.link is not None
    assert refused.value.link.startswith("/robots/bulletins/")
    with pytest.raises(NotSellable):
        paid(session, counter, order)
    with pytest.raises(NotSellable):
        counterquotes.quote_basket(session, counter.seller, order)


def test_what_is_mandatory_keeps_a_sold_robot_here(session: Session, counter: Counter) -> None:
    # given
    unit = a_robot(session, counter)
    order = a_basket(session, counter, unit)
    cash = Money(1_350_000, "EUR")
    checkout.pay_cash(session, counter.seller, order, amount=cash, tendered=cash)
    bulletin = a_bulletin(
        session, counter.manager, a_maker(session), Criterion(serials=unit.serial)
    )
    requirements.require(session, counter.manager, RequirementInput("EU", FileKind.INSTRUCTIONS))
    # then
    with pytest.raises(GateClosed, match="Bulletin SB-25-07 is open") as refused:
        handed_over(session, counter, order)
    assert refused.value.link == f"/robots/bulletins/{bulletin.id}"
    ((_, answers),) = handovers.gates(session, counter.seller, [unit])
    found = {answer.name: len(answer.reasons) for answer in answers}
    assert (found["bulletins"], found["documents"]) == (1, 1)
