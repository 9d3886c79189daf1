"""How a repair is taxed: by rule, or by hand until money has come; all that tell of it agree."""

import pytest
from lxml import etree
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import wiring
from app.kernel.errors import Conflict, Forbidden, Refused
from app.kernel.money import Money
from app.kernel.tax import TaxCategory
from app.payments import issuing, journal, tills
from app.payments.invoice_models import ElectronicInvoice
from app.payments.models import Account
from app.payments.treatments import Treatment
from app.service import billing, estimate_queries, estimates, taxchoice
from app.service.models import Ticket
from app.stores.models import Till
from tests.makers.books import breaches_of
from tests.makers.estimates import a_fee, again, approved_ticket, priced, sent
from tests.makers.service import Workshop
from tests.makers.work import released


@pytest.fixture(autouse=True)
def prices(session: Session, shop: Workshop) -> None:
    priced(session, shop)
    shop.store.vat_id = "DE300100200"
    wiring.connect()


def ready(session: Session, shop: Workshop) -> Ticket:
    ticket = approved_ticket(session, shop, a_fee("Transport", 11_900))
    released(session, shop, ticket)
    return ticket


def is_french(shop: Workshop) -> None:
    shop.owner.country, shop.owner.vat_id = "FR", "FR40303265045"


def breaches(session: Session) -> list[str]:
    """But for the search, which did not hear of the country."""
    return [line for line in breaches_of(session) if not line.startswith("customers")]


def test_what_was_chosen_stands_on_invoice_data_books_and_estimate_alike(
    session: Session, shop: Workshop
) -> None:
    ticket = ready(session, shop)
    taxchoice.choose(session, shop.manager, ticket, Treatment.EXEMPT, reason="Embassy, § 4 Nr. 7")
    shown = estimates.in_force(session, ticket)
    assert shown is not None
    seen = estimate_queries.customers_part(shown)

    content = issuing.content_of(billing.put_on_terms(session, shop.manager, ticket))

    (tax,) = content.taxes
    assert (tax.category, tax.tax.minor, tax.reason) == (
        TaxCategory.EXEMPT,
        0,
        "Embassy, § 4 Nr. 7",
    )
    assert content.totals.gross == seen.gross == Money(10_000, "EUR")
    kept = etree.fromstring(session.scalars(select(ElectronicInvoice)).one().xml)
    said = {(etree.QName(one).localname, one.text) for one in kept.iter()}
    assert {("CategoryCode", "E"), ("ExemptionReason", "Embassy, § 4 Nr. 7")} <= said
    books = {
        account: journal.balance(session, shop.store.id, account, "EUR").minor
        for account in (Account.TAX, Account.RECEIVABLE)
    }
    assert books == {Account.TAX: 0, Account.RECEIVABLE: 10_000}
    # and what the customer was sent is as it was sent
    assert breaches_of(session) == []


def test_the_bill_follows_a_vat_id_that_came_after_the_estimate(
    session: Session, shop: Workshop
) -> None:
    ticket = ready(session, shop)
    is_french(shop)

    document = billing.put_on_terms(session, shop.manager, ticket)

    (tax,) = issuing.content_of(document).taxes
    assert (tax.category, tax.gross.minor) == (TaxCategory.REVERSE, 10_000)
    assert breaches(session) == []


def test_a_choice_goes_into_the_next_version_while_it_has_what_it_needs(
    session: Session, shop: Workshop
) -> None:
    is_french(shop)
    sheet = sent(session, shop, a_fee("Wash", 1_000))
    taxchoice.choose(session, shop.manager, sheet.ticket, Treatment.REVERSE, reason="§ 13b")
    second = estimates.draft(session, shop.manager, sheet.ticket).estimate
    assert (second.tax_treatment, second.tax_reason) == (Treatment.REVERSE, "§ 13b")

    shop.owner.vat_id = ""
    taxchoice.follow(session, shop.manager, sheet.ticket)

    first = again(session, sheet).estimate
    assert {one.tax_treatment for one in (first, second)} == {Treatment.HOME}
    assert (second.tax_reason, first.sent_treatment) == ("", Treatment.UNION)


def test_a_choice_needs_a_manager_a_reason_and_what_the_law_asks(
    session: Session, shop: Workshop
) -> None:
    ticket = ready(session, shop)

    with pytest.raises(Forbidden):
        taxchoice.choose(session, shop.technician, ticket, Treatment.EXEMPT, reason="embassy")
    with pytest.raises(Refused, match="Say why"):
        taxchoice.choose(session, shop.manager, ticket, Treatment.EXEMPT, reason=" ")
    with pytest.raises(Refused, match="VAT ID of another EU country"):
        taxchoice.choose(session, shop.manager, ticket, Treatment.UNION, reason="they said so")


def test_once_money_has_come_it_stays_taxed_as_it_is(session: Session, shop: Workshop) -> None:
    ticket = ready(session, shop)
    till = Till(store_id=shop.store.id, name="Till 1")
    session.add(till)
    session.flush()
    tills.open_session(session, shop.manager, till, Money(0, "EUR"))
    billing.pay_cash(session, shop.manager, ticket, till_id=till.id, amount=Money(1_000, "EUR"))
    is_french(shop)

    with pytest.raises(Conflict, match="stays taxed"):
        taxchoice.by_rule(session, shop.manager, ticket)
    billing.pay_cash(session, shop.manager, ticket, till_id=till.id)

    assert journal.balance(session, shop.store.id, Account.TAX, "EUR").minor == -1_900
    assert breaches(session) == []
