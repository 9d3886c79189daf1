"""The invoice of a sale: what stands on it, frozen when issued."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from sqlalchemy.orm import Session

from app.customers.models import Customer
from app.kernel import audit, clock
from app.kernel.actor import Actor
from app.kernel.money import Money
from app.kernel.tax import charged
from app.kernel.text import msg
from app.payments import invoiceparts, issuing
from app.payments.documents import (
    DocumentContent,
    DocumentKind,
    Fact,
    Line,
    Totals,
)
from app.payments.models import IssuedDocument, PaymentAttempt
from app.sales import orders, taxing, totals
from app.sales.models import Order
from app.stores import desk
from app.stores.models import Till
from app.web.i18n import speech


def issue(
    session: Session,
    actor: Actor,
    order: Order,
    attempts: Sequence[PaymentAttempt],
    *,
    due_on: date | None = None,
) -> IssuedDocument:
    """The invoice of a settled order with its payments, numbered in this transaction; on terms it
    says until when it is paid.
    """
    content = content_of(session, order, kind=DocumentKind.INVOICE)
    payments, change = invoiceparts.payments(attempts, content)
    sums = invoiceparts.rounded(content.totals, attempts)
    # a robot is supplied when it is handed over, which comes later; all else goes along at once
    supplied_on = None if orders.robots_of(order) else content.business_day

    def build(label: str) -> DocumentContent:
        return replace(
            content,
            number=label,
            totals=sums,
            payments=payments,
            notes=invoiceparts.left_on_cards(session, attempts, content),
            change=change,
            due_on=due_on,
            supplied_on=supplied_on,
        )

    return issuing.issue(
        session,
        actor,
        kind=DocumentKind.INVOICE,
        reference=orders.reference(order),
        build=build,
    )


def content_of(session: Session, order: Order, *, kind: DocumentKind) -> DocumentContent:
    """All that stands on a paper of this sale but its number and its payments."""
    store = desk.store_of(session, order.store_id)
    customer = session.get(Customer, order.customer_id) if order.customer_id else None
    language = (customer.language if customer else "") or issuing.language_of(store)
    sums = totals.of_order(order)
    moment = clock.now()
    return DocumentContent(
        kind=kind,
        number="",
        series="",
        issued_at=moment,
        business_day=desk.business_day_of(store, moment),
        zone=store.zone,
        language=language,
        currency=order.currency,
        price_mode=order.price_mode,
        store=store.name,
        seller=issuing.seller_of(store),
        buyer=invoiceparts.buyer(customer) if customer else None,
        lines=_lines(order),
        taxes=invoiceparts.taxes(
            sums.taxes, sums.currency, language, exempt=taxing.exemption(session, order)
        ),
        totals=Totals(net=sums.net, tax=sums.tax, gross=sums.gross),
        references=_references(session, order, language),
        footer=tuple(store.receipt_footer.splitlines()),
        chain_head=audit.head(session, store.id),
    )


def _lines(order: Order) -> tuple[Line, ...]:
    return tuple(
        Line(
            position=index,
            description=line.description,
            quantity=line.quantity,
            unit_price=Money(line.unit_price_minor, order.currency),
            amount=Money(line.amount_minor, order.currency),
            tax_bp=charged(line.tax_rate_bp, line.tax_category)[0],
            tax_category=line.tax_category.of_rate(line.tax_rate_bp),
            detail=line.discount_reason,
            serials=(line.unit.serial,) if line.unit else (),
            discount=Money(line.discount_minor, order.currency) if line.discount_minor else None,
        )
        for index, line in enumerate(order.lines, start=1)
    )


def _references(session: Session, order: Order, language: str) -> tuple[Fact, ...]:
    said = speech(language)
    facts = [Fact(said.say(msg("Sale")), f"S-{order.number}")]
    if order.till_id is not None:
        till = session.get_one(Till, order.till_id)
        facts.append(Fact(said.say(msg("Till")), till.name))
    facts.append(Fact(said.say(msg("Served by")), order.opened_by))
    return tuple(facts)
