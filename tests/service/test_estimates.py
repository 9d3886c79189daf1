"""Estimates: lines by code, prices, tax, versions, and what was sent stays."""

from datetime import date, timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from app.kernel import clock
from app.kernel.errors import Conflict, Forbidden, NotFound, Refused
from app.kernel.money import Money
from app.kernel.tax import PriceMode
from app.service import authorisations, estimates, lines, operations, sending, totals
from app.service.authorisations import GrantInput
from app.service.errors import NotAuthorised
from app.service.estimate_models import EstimateLine, EstimateState, LineKind, PayerShare
from app.service.lineitems import LineInput
from app.service.lines import ChangeInput
from app.service.payers import Measure, Payer, Share
from app.service.states import TicketState
from app.stores import desk
from tests.makers.estimates import (
    GREASE,
    KNEE_PART,
    SWAP,
    a_code,
    a_draft,
    a_fee,
    a_part,
    add_line,
    again,
    an_operation,
    answered,
    priced,
    sent,
)
from tests.makers.service import Workshop


@pytest.fixture(autouse=True)
def prices(session: Session, shop: Workshop) -> None:
    priced(session, shop)


def test_an_operation_costs_standard_time_at_the_hourly_rate(
    session: Session, shop: Workshop
) -> None:
    an_operation(session, shop, minutes=150)

    sheet = a_draft(session, shop, a_code(SWAP, 2))

    (line,) = sheet.estimate.lines
    assert (line.kind, line.unit_price_minor, line.total_minor) == (LineKind.LABOUR, 24_000, 48_000)
    assert (line.tax_bp, line.slot_path) == (1900, "left_knee.actuator")


def test_tax_is_computed_once_per_rate_on_what_each_payer_pays(
    session: Session, shop: Workshop
) -> None:
    """Three lines of 0.33 net are 0.99, taxed once: 0.19, not three times 0.06."""
    store = desk.store_of(session, shop.store.id)
    store.price_mode = PriceMode.NET
    sheet = a_draft(session, shop, *(a_fee(f"Fee {n}", 33) for n in range(3)))

    sums = totals.sums(sheet.estimate, sheet.estimate.lines)

    assert (sums.net.minor, sums.tax.minor, sums.gross.minor) == (99, 19, 118)
    assert sums.of(Payer.CUSTOMER) == Money(118, "EUR")


def test_a_word_that_is_no_code_is_refused_with_what_looks_like_it(
    session: Session, shop: Workshop
) -> None:
    a_part(session, shop, "AK80-25")
    a_part(session, shop, "AK80-30")
    sheet = a_draft(session, shop)

    with pytest.raises(NotFound, match="AK80-30"):
        add_line(session, shop, sheet, a_code("AK80"))


def test_another_price_takes_a_manager_and_a_reason(session: Session, shop: Workshop) -> None:
    a_part(session, shop)
    cheaper = LineInput(code=KNEE_PART, price=Money(100_000, "EUR"), price_reason="Shelf-worn")
    sheet = a_draft(session, shop)

    with pytest.raises(Forbidden):
        lines.add(session, shop.technician, sheet, cheaper)
    with pytest.raises(Refused):
        lines.add(
            session,
            shop.manager,
            sheet,
            LineInput(code=KNEE_PART, price=Money(100_000, "EUR")),
        )
    line = lines.add(session, shop.manager, sheet, cheaper)

    assert (line.unit_price_minor, line.list_price_minor) == (100_000, 194_000)
    assert (line.price_reason, line.price_by) == ("Shelf-worn", shop.manager.name)


def test_two_editors_of_one_line_do_not_overwrite_each_other(
    session: Session, shop: Workshop
) -> None:
    sheet = a_draft(session, shop)
    (line,) = sheet.estimate.lines

    lines.change(session, shop.technician, sheet, line, ChangeInput(seen=1, quantity=2))
    with pytest.raises(Conflict):
        lines.change(
            session, shop.manager, again(session, sheet), line, ChangeInput(seen=1, quantity=3)
        )


def test_amounts_of_others_stay_when_a_line_costs_more(session: Session, shop: Workshop) -> None:
    sheet = a_draft(session, shop)
    (line,) = sheet.estimate.lines
    said = (Share(Payer.GOODWILL, Measure.AMOUNT, 2_000), Share(Payer.CUSTOMER, Measure.REST))

    lines.split(session, shop.technician, sheet, line, said, seen=1)
    sheet = again(session, sheet)
    lines.change(
        session, shop.technician, sheet, sheet.estimate.lines[0], ChangeInput(seen=2, quantity=2)
    )

    shares = {one.payer: one.amount_minor for one in again(session, sheet).estimate.lines[0].shares}
    assert shares == {Payer.GOODWILL: 2_000, Payer.CUSTOMER: 8_000}


def test_work_that_the_maker_has_not_allowed_is_refused_with_the_risk(
    session: Session, shop: Workshop
) -> None:
    operation = an_operation(session, shop, needs_authorisation=True)
    sheet = a_draft(session, shop)

    with pytest.raises(NotAuthorised, match="warranty may end"):
        add_line(session, shop, sheet, a_code(SWAP))
    authorisations.grant(
        session,
        shop.manager,
        GrantInput(shop.unit.maker_id, operation.id, date(2020, 1, 1), date(2099, 1, 1)),
    )
    assert add_line(session, shop, sheet, a_code(SWAP)).operation_code == SWAP


def test_an_authorisation_ends_with_its_last_day(session: Session, shop: Workshop) -> None:
    operation = an_operation(session, shop, needs_authorisation=True)
    today = desk.business_day_of(desk.store_of(session, shop.store.id))
    grant = GrantInput(shop.unit.maker_id, None, today - timedelta(days=9), today)
    authorisations.grant(session, shop.manager, grant)

    authorisations.require(session, shop.store.id, operation, shop.unit)
    with (
        clock.set_to(clock.now() + timedelta(days=2)),
        pytest.raises(NotAuthorised),
    ):
        authorisations.require(session, shop.store.id, operation, shop.unit)


def test_sending_brings_the_ticket_to_the_customer(session: Session, shop: Workshop) -> None:
    sheet = sent(session, shop)

    assert sheet.estimate.state is EstimateState.SENT
    assert sheet.ticket.state is TicketState.ESTIMATED


def test_a_sent_version_never_changes(session: Session, shop: Workshop) -> None:
    """Not by a verb, and not in the database either."""
    sheet = sent(session, shop)
    (line,) = sheet.estimate.lines

    with pytest.raises(Conflict):
        add_line(session, shop, sheet, a_fee())
    for change in (
        update(EstimateLine).where(EstimateLine.id == line.id).values(description="Other"),
        update(PayerShare).where(PayerShare.line_id == line.id).values(reference="x"),
    ):
        with pytest.raises((IntegrityError, DBAPIError)), session.begin_nested():
            session.execute(change)


def test_a_new_version_begins_with_the_lines_of_the_one_before(
    session: Session, shop: Workshop
) -> None:
    first = sent(session, shop, a_fee("Transport"), a_fee("Wash"))

    second = estimates.draft(session, shop.technician, first.ticket)
    add_line(session, shop, second, a_fee("Polish"))
    sending.send(session, shop.technician, again(session, second))

    assert [line.key for line in again(session, second).estimate.lines] == ["1", "2", "3"]
    assert again(session, first).estimate.state is EstimateState.SUPERSEDED
    assert estimates.by_version(session, first.ticket, 2).state is EstimateState.SENT


def test_ten_seconds_long_a_version_can_be_taken_back(session: Session, shop: Workshop) -> None:
    first = sent(session, shop)
    second = estimates.draft(session, shop.technician, first.ticket)
    sending.send(session, shop.technician, second)

    sending.recall(session, shop.technician, again(session, second))

    assert again(session, second).estimate.state is EstimateState.DRAFT
    assert again(session, first).estimate.state is EstimateState.SENT
    assert first.ticket.state is TicketState.ESTIMATED
    sending.send(session, shop.technician, again(session, second))
    with (
        clock.set_to(clock.now() + timedelta(seconds=11)),
        pytest.raises(Conflict),
    ):
        sending.recall(session, shop.technician, again(session, second))


def test_taking_the_first_version_back_leads_back_to_the_diagnosis(
    session: Session, shop: Workshop
) -> None:
    sheet = sent(session, shop)

    sending.recall(session, shop.technician, sheet)

    assert sheet.ticket.state is TicketState.DIAGNOSING
    assert add_line(session, shop, sheet, a_fee()).key == "2"


def test_what_was_declined_is_offered_again_at_the_next_visit(
    session: Session, shop: Workshop
) -> None:
    sheet = answered(
        session, shop, sent(session, shop, a_fee("Wash"), a_fee("Wax")), declined=("2",)
    )

    (offered,) = estimates.declined_before(session, sheet.ticket)
    assert offered.description == "Wax"
    draft = estimates.draft(session, shop.technician, sheet.ticket)
    assert [line.description for line in draft.estimate.lines] == ["Wash"]
    lines.offer_again(session, shop.technician, draft, offered)
    assert estimates.declined_before(session, sheet.ticket) == []


def test_work_offered_again_costs_what_an_hour_costs_now(session: Session, shop: Workshop) -> None:
    work = LineInput(kind=LineKind.LABOUR, description="Clean the joints", minutes=60)
    sheet = answered(session, shop, sent(session, shop, work, a_fee("Wash")), declined=("1",))
    operations.set_rate(session, shop.manager, Money(12_000, "EUR"))
    (offered,) = estimates.declined_before(session, sheet.ticket)

    draft = estimates.draft(session, shop.technician, sheet.ticket)
    line = lines.offer_again(session, shop.technician, draft, offered)

    assert (offered.unit_price_minor, line.unit_price_minor) == (9_600, 12_000)


@pytest.mark.only_on("sqlite")
def test_two_hundred_lines_are_sent_as_one(session: Session, shop: Workshop) -> None:
    sheet = a_draft(session, shop, *(a_fee(f"Fee {number}", 100) for number in range(200)))

    sending.send(session, shop.technician, sheet)

    assert len(again(session, sheet).estimate.lines) == 200


# What a slot holds


def test_a_line_wants_no_more_pieces_than_its_slot_holds(session: Session, shop: Workshop) -> None:
    a_part(session, shop)
    sheet = a_draft(session, shop, a_code(KNEE_PART))
    (line,) = sheet.estimate.lines
    spare = ChangeInput(seen=line.revision, quantity=2)

    with pytest.raises(Refused, match="room for one piece") as added:
        lines.add(session, shop.technician, sheet, a_code(KNEE_PART, 2))
    with pytest.raises(Refused, match="room for one piece") as changed:
        lines.change(session, shop.technician, sheet, line, spare)

    assert (added.value.field, changed.value.field) == ("quantity", "quantity")


def test_a_second_line_for_a_slot_is_refused_by_what_goes_there_already(
    session: Session, shop: Workshop
) -> None:
    a_part(session, shop)
    a_part(session, shop, "AK80-26")
    sheet = a_draft(session, shop, a_code(KNEE_PART))
    elsewhere = LineInput(code=KNEE_PART, slot_path="right_knee.actuator")

    with pytest.raises(Refused, match=rf"{KNEE_PART} is to go there already") as refused:
        lines.add(session, shop.technician, sheet, a_code("AK80-26"))

    assert refused.value.field == "slot"
    assert add_line(session, shop, sheet, elsewhere).quantity == 1


def test_what_is_used_up_in_a_slot_comes_in_any_number(session: Session, shop: Workshop) -> None:
    a_part(session, shop, GREASE, slot_class=None)
    a_part(session, shop)

    sheet = a_draft(session, shop, a_code(KNEE_PART), a_code(GREASE, 3), a_code(GREASE))

    assert [line.quantity for line in sheet.estimate.lines] == [1, 3, 1]
