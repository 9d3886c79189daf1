"""The way back: the customer's share is billed and paid, claims go off, the robot is signed for."""

import pytest
from lxml import etree
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import wiring
from app.kernel.errors import Conflict, Refused
from app.kernel.money import Money
from app.kernel.signatures import Signed
from app.kernel.tax import TaxCategory
from app.payments import giftcards, giftledger, goodwill, issuing, journal, tills
from app.payments.documents import DocumentKind, imbalances
from app.payments.giftcards import Coming
from app.payments.invoice_models import ElectronicInvoice
from app.payments.models import Account, TillSession
from app.robots.states import Custody
from app.service import acceptance, billing, claims, tickets, valuepay
from app.service.claim_models import Claim, ClaimState
from app.service.guards import NotYet
from app.service.lineitems import LineInput
from app.service.models import Ticket
from app.service.payers import Measure, Payer, Share
from app.service.states import TicketState
from app.stores.models import Till
from tests.makers.books import breaches_of
from tests.makers.estimates import (
    KNEE_PART,
    a_code,
    a_fee,
    a_part,
    approved_ticket,
    priced,
)
from tests.makers.service import Workshop, unguarded
from tests.makers.work import released

SIGNED = Signed("Kerstin Arndt")
HALF = (
    Share(Payer.WARRANTY, Measure.PERCENT, 5_000),
    Share(Payer.CUSTOMER, Measure.PERCENT, 5_000),
)
ALL_WARRANTY = (Share(Payer.WARRANTY, Measure.PERCENT, 10_000),)


@pytest.fixture(autouse=True)
def prices(session: Session, shop: Workshop) -> None:
    priced(session, shop)
    wiring.connect()


@pytest.fixture
def drawer(session: Session, shop: Workshop) -> TillSession:
    till = Till(store_id=shop.store.id, name="Till 1")
    session.add(till)
    session.flush()
    return tills.open_session(session, shop.manager, till, Money(20_000, "EUR"))


def ready(session: Session, shop: Workshop, *typed: LineInput) -> Ticket:
    """A ticket whose approved work is done."""
    ticket = approved_ticket(session, shop, *typed)
    released(session, shop, ticket)
    return ticket


def test_the_customer_pays_the_own_share_and_gets_an_invoice(
    session: Session, shop: Workshop, drawer: TillSession
) -> None:
    ticket = ready(session, shop, a_fee("Transport", 5_000, shares=HALF), a_fee("Wash", 1_000))

    with pytest.raises(Conflict, match="is due"):
        acceptance.give_back(session, shop.manager, ticket, signed=SIGNED)
    attempt = billing.pay_cash(
        session, shop.manager, ticket, till_id=drawer.till_id, tendered=Money(5_000, "EUR")
    )

    assert (attempt.amount_minor, attempt.change_minor) == (3_500, 1_500)
    assert billing.owed(session, ticket).settled
    (invoice,) = issuing.documents_of(session, shop.store.id, tickets.reference(ticket))
    content = issuing.content_of(invoice)
    assert (content.totals.gross.minor, content.open.minor) == (3_500, 0)
    assert [line.amount.minor for line in content.lines] == [2_500, 1_000]
    assert breaches_of(session) == []


def test_a_repairs_invoice_is_kept_as_data(session: Session, shop: Workshop) -> None:
    shop.store.vat_id = "DE300100200"
    ticket = ready(session, shop, a_fee("Transport", 5_000, shares=HALF), a_fee("Wash", 1_000))

    billing.put_on_terms(session, shop.manager, ticket, days=30)

    kept = session.scalars(select(ElectronicInvoice)).one()
    sums = {etree.QName(part).localname: part.text for part in etree.fromstring(kept.xml).iter()}
    assert (sums["GrandTotalAmount"], sums["DuePayableAmount"]) == ("35.00", "35.00")
    assert breaches_of(session) == []


def test_a_robot_goes_back_with_a_signature_and_the_ticket_closes(
    session: Session, shop: Workshop
) -> None:
    ticket = ready(session, shop, a_fee("Transport", 5_000, shares=ALL_WARRANTY))
    with pytest.raises(NotYet):
        tickets.move(session, shop.manager, ticket, TicketState.RETURNED)

    row = acceptance.give_back(
        session, shop.manager, ticket, signed=SIGNED, outcome="Knee runs quietly"
    )

    assert ticket.state is TicketState.CLOSED
    assert shop.unit.custody is Custody.CUSTOMER
    document = issuing.document(session, shop.manager, row.document_id)
    assert document.kind is DocumentKind.HANDOVER
    assert issuing.content_of(document).handover is not None
    assert breaches_of(session) == []


def test_without_an_outcome_it_is_given_back_but_not_closed(
    session: Session, shop: Workshop
) -> None:
    ticket = ready(session, shop, a_fee("Transport", 5_000, shares=ALL_WARRANTY))

    acceptance.give_back(session, shop.manager, ticket, signed=SIGNED)

    assert ticket.state is TicketState.RETURNED


def test_a_company_may_pay_later(session: Session, shop: Workshop, drawer: TillSession) -> None:
    ticket = ready(session, shop, a_fee("Transport", 5_000))

    document = billing.put_on_terms(session, shop.manager, ticket, days=30)

    assert issuing.content_of(document).due_on is not None
    assert billing.owed(session, ticket).on_terms
    assert journal.balance(session, shop.store.id, Account.RECEIVABLE, "EUR").minor == 5_000
    acceptance.give_back(session, shop.manager, ticket, signed=SIGNED, outcome="Done")
    billing.pay_transfer(session, shop.manager, ticket, till_id=drawer.till_id, note="INV-1")
    assert journal.balance(session, shop.store.id, Account.RECEIVABLE, "EUR").minor == 0
    assert breaches_of(session) == []


def test_a_bill_waits_for_the_work(session: Session, shop: Workshop, drawer: TillSession) -> None:
    ticket = approved_ticket(session, shop, a_fee("Transport", 5_000))

    with pytest.raises(Conflict, match="when the work is done"):
        billing.pay_cash(session, shop.manager, ticket, till_id=drawer.till_id)


def test_a_claim_needs_both_serials(session: Session, shop: Workshop) -> None:
    a_part(session, shop, on_hand=1)
    ticket = approved_ticket(session, shop, a_code(KNEE_PART, 1, *ALL_WARRANTY))
    with unguarded():
        for step in (TicketState.IN_WORK, TicketState.CHECKING, TicketState.READY):
            tickets.move(session, shop.manager, ticket, step)
    (claim,) = claims.draft(session, shop.manager, ticket)

    with pytest.raises(Refused, match="serials"):
        claims.submit(session, shop.manager, claim)


def test_a_claim_is_short_paid_asked_again_and_settled(session: Session, shop: Workshop) -> None:
    claim = submitted(session, shop)
    assert journal.balance(session, shop.store.id, Account.RECEIVABLE, "EUR").minor == 11_900

    with pytest.raises(Refused):
        claims.answer(session, shop.manager, claim, granted=Money(5_900, "EUR"))
    claims.answer(session, shop.manager, claim, granted=Money(5_900, "EUR"), note="Labour time cut")
    short = claim.state
    claims.resubmit(session, shop.manager, claim, note="Time sheet attached")
    claims.answer(session, shop.manager, claim, granted=Money(10_710, "EUR"), note="90 % granted")
    claims.settle(session, shop.manager, claim, note="Transfer 4711")

    assert (short, claim.state) == (ClaimState.SHORT_PAID, ClaimState.SETTLED)
    ledger = journal.trial_balance(session, shop.store.id)
    assert ledger[Account.RECEIVABLE, "EUR"] == 0
    assert ledger[Account.BANK_CLEARING, "EUR"] == 10_710
    # what was cut is 10.00 net and 1.90 tax that is owed no longer
    assert (ledger[Account.CLAIM_LOSS, "EUR"], ledger[Account.TAX, "EUR"]) == (1_000, -1_710)
    assert breaches_of(session) == []


def test_a_rejected_claim_is_written_off_by_a_manager(session: Session, shop: Workshop) -> None:
    claim = submitted(session, shop)
    claims.answer(session, shop.manager, claim, granted=Money(0, "EUR"), note="Fall seen in log")

    claims.write_off(session, shop.manager, claim, note="Not worth a lawyer")

    assert claim.state is ClaimState.WRITTEN_OFF
    assert journal.trial_balance(session, shop.store.id)[Account.RECEIVABLE, "EUR"] == 0
    assert breaches_of(session) == []


def test_each_payer_gets_one_claim(session: Session, shop: Workshop) -> None:
    three = (
        Share(Payer.WARRANTY, Measure.PERCENT, 5_000),
        Share(Payer.GOODWILL, Measure.PERCENT, 2_500),
        Share(Payer.CUSTOMER, Measure.REST),
    )
    ticket = ready(session, shop, a_fee("Transport", 9_999, shares=three))

    claims.draft(session, shop.manager, ticket)
    claims.draft(session, shop.manager, ticket)

    found = session.scalars(select(Claim).order_by(Claim.id)).all()
    assert [claim.payer for claim in found] == [Payer.WARRANTY, Payer.GOODWILL]
    due = billing.owed(session, ticket).due.minor
    assert sum(claim.amount_minor for claim in found) + due == 9_999


def submitted(session: Session, shop: Workshop) -> Claim:
    """A claim over 119.00 that is with the maker."""
    ticket = ready(session, shop, a_fee("Transport", 11_900, shares=ALL_WARRANTY))
    (claim,) = claims.draft(session, shop.manager, ticket)
    claims.submit(session, shop.manager, claim)
    return claim


def test_a_company_of_another_member_state_pays_a_repair_without_tax(
    session: Session, shop: Workshop
) -> None:
    """Half of 50.00 and all of 10.00 with 19 % in them are 35.00: without it 21.01 and 8.40."""
    shop.store.vat_id = "DE300100200"
    shop.owner.country, shop.owner.vat_id = "FR", "FR40303265045"
    ticket = ready(session, shop, a_fee("Transport", 5_000, shares=HALF), a_fee("Wash", 1_000))

    document = billing.put_on_terms(session, shop.manager, ticket, days=30)

    content = issuing.content_of(document)
    (tax,) = content.taxes
    assert (tax.category, tax.rate_bp, tax.tax.minor) == (TaxCategory.REVERSE, 0, 0)
    assert tax.reason == "Reverse charge: the customer owes the VAT."
    assert [line.amount.minor for line in content.lines] == [2_101, 840]
    assert content.totals.gross.minor == 2_941
    assert imbalances(content) == []
    # but for the search, which did not hear of the country
    assert [line for line in breaches_of(session) if not line.startswith("customers")] == []


def test_the_customers_credit_pays_and_the_rest_is_paid_otherwise(
    session: Session, shop: Workshop, drawer: TillSession
) -> None:
    ticket = ready(session, shop, a_fee("Wash", 3_000))
    with pytest.raises(Conflict, match="no credit"):
        valuepay.pay_credit(session, shop.manager, ticket, till_id=drawer.till_id)
    goodwill.give(session, shop.manager, shop.owner, Money(1_000, "EUR"), reason="came twice")

    valuepay.pay_credit(session, shop.manager, ticket, till_id=drawer.till_id)

    assert billing.owed(session, ticket).due == Money(2_000, "EUR")
    assert valuepay.credit_for(session, ticket) is None
    billing.pay_cash(session, shop.manager, ticket, till_id=drawer.till_id)
    assert billing.owed(session, ticket).settled
    assert breaches_of(session) == []


def test_a_gift_card_pays_as_far_as_it_goes(
    session: Session, shop: Workshop, drawer: TillSession
) -> None:
    ticket = ready(session, shop, a_fee("Wash", 3_000))
    worth = Money(5_000, "EUR")
    card = giftcards.make(session, shop.manager, worth, source=Coming("order:1", 1))
    code = giftcards.hand_out(session, shop.manager, card)

    valuepay.pay_gift_card(session, shop.manager, ticket, till_id=drawer.till_id, code=code)

    assert giftledger.balance(session, card) == Money(2_000, "EUR")
    assert billing.owed(session, ticket).settled
