"""Decisions: line by line, frozen with a hash, never twice differently, never of an old version."""

from datetime import date

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from app import wiring
from app.kernel.canonical import sha256_hex
from app.kernel.errors import Conflict, Refused
from app.robots import contracts
from app.robots.contracts import ContractInput
from app.service import decisions, estimates, frozenlines, sending, tickets
from app.service.decisions import Answer
from app.service.errors import NewerVersion
from app.service.estimate_models import Decision, EstimateState, How
from app.service.payers import Measure, Payer, Share
from app.service.states import TicketState
from tests.makers.estimates import a_fee, add_line, again, answered, priced, sent
from tests.makers.service import Workshop


@pytest.fixture(autouse=True)
def prices(session: Session, shop: Workshop) -> None:
    priced(session, shop)


def test_a_decision_is_frozen_with_who_when_how_and_a_hash(
    session: Session, shop: Workshop
) -> None:
    sheet = answered(session, shop, sent(session, shop))

    decision = session.scalars(select(Decision)).one()
    (line,) = sheet.estimate.lines
    assert (decision.by, decision.how) == ("Kerstin Arndt", How.COUNTER)
    assert decision.noted_by == shop.technician.name
    assert decision.sha256 == sha256_hex(decision.content)
    assert decision.content == frozenlines.bytes_of(line, sheet.ticket, "EUR")
    with pytest.raises((IntegrityError, DBAPIError)), session.begin_nested():
        session.execute(update(Decision).values(approved=False))


def test_the_ticket_goes_on_when_the_last_line_is_decided(session: Session, shop: Workshop) -> None:
    sheet = sent(session, shop, a_fee("Wash"), a_fee("Wax"))

    decisions.decide(session, shop.technician, sheet, by_link({"1": False}))
    waiting = sheet.ticket.state
    decisions.decide(session, shop.technician, again(session, sheet), by_link({"2": True}))

    assert waiting is TicketState.ESTIMATED
    assert sheet.ticket.state is TicketState.APPROVED
    approved = estimates.approved_lines(session, sheet.ticket)
    assert [line.description for line in approved] == ["Wax"]


def test_a_robot_of_which_all_is_declined_goes_back_as_it_is(
    session: Session, shop: Workshop
) -> None:
    sheet = answered(session, shop, sent(session, shop), declined=("1",))

    assert sheet.estimate.state is EstimateState.DECIDED
    assert sheet.ticket.state is TicketState.DECLINED


def test_the_same_answer_from_two_tabs_is_one_answer(session: Session, shop: Workshop) -> None:
    sheet = sent(session, shop)

    decisions.decide(session, shop.technician, sheet, by_link({"1": True}))
    decisions.decide(session, shop.technician, again(session, sheet), by_link({"1": True}))
    with pytest.raises(Conflict, match="decided already"):
        decisions.decide(session, shop.technician, again(session, sheet), by_link({"1": False}))

    assert len(session.scalars(select(Decision)).all()) == 1


def test_an_old_version_is_not_approved_after_a_newer_one_was_sent(
    session: Session, shop: Workshop
) -> None:
    """Bad input: approving in the tab that still shows version 1. The link leads to version 2."""
    first = sent(session, shop)
    second = estimates.draft(session, shop.technician, first.ticket)
    sending.send(session, shop.technician, second)

    answer = Answer({"1": True}, by="Kerstin Arndt", how=How.LINK, link="/s/key/estimate")
    with pytest.raises(NewerVersion) as refused:
        decisions.decide(session, shop.technician, again(session, first), answer)

    assert refused.value.link == "/s/key/estimate"
    assert session.scalars(select(Decision)).all() == []


def test_what_was_approved_is_known_again_in_the_next_version(
    session: Session, shop: Workshop
) -> None:
    first = answered(session, shop, sent(session, shop, a_fee("Wash"), a_fee("Wax")))
    second = estimates.draft(session, shop.technician, first.ticket)
    add_line(session, shop, second, a_fee("Polish"))

    assert decisions.approved_before(session, again(session, second)) == {"1", "2"}
    # what was approved stays approved until the newer version is decided
    assert len(estimates.approved_lines(session, first.ticket)) == 2


def test_nobody_decides_on_what_is_being_written_anew(session: Session, shop: Workshop) -> None:
    sheet = sent(session, shop)
    tickets.move(session, shop.technician, sheet.ticket, TicketState.DIAGNOSING)

    with pytest.raises(Conflict, match="written anew"):
        decisions.decide(session, shop.technician, sheet, by_link({"1": True}))


def by_link(approved: dict[str, bool]) -> Answer:
    return Answer(approved, by="Kerstin Arndt", how=How.LINK)


def test_a_contract_pays_a_visit_when_its_line_is_approved(
    session: Session, shop: Workshop
) -> None:
    wiring.connect()
    agreed = ContractInput(name="Care", since=date(2020, 1, 1), months=240, visits=1)
    contract = contracts.agree(session, shop.manager, shop.unit, agreed)
    by_contract = Share(Payer.CONTRACT, Measure.PERCENT, 10_000, contracts.label_of(contract))

    answered(session, shop, sent(session, shop, a_fee("Wash", shares=(by_contract,))))

    assert contracts.with_use(session, contract).visits_left == 0


def test_a_contract_that_cannot_pay_is_not_offered(session: Session, shop: Workshop) -> None:
    nobody = Share(Payer.CONTRACT, Measure.PERCENT, 10_000, "C-99999")

    with pytest.raises(Refused, match="C-99999"):
        sent(session, shop, a_fee("Wash", shares=(nobody,)))
