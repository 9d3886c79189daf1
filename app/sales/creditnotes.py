"""The credit note of a return: what of an invoice is taken back, in the invoice's own language."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sqlalchemy.orm import Session

from app.kernel.actor import Actor
from app.kernel.money import Money
from app.kernel.tax import TaxSum, charged
from app.kernel.text import msg
from app.payments import invoiceparts, issuing
from app.payments.documents import (
    DocumentContent,
    DocumentKind,
    Fact,
    Line,
    PaymentLine,
    Totals,
)
from app.payments.models import IssuedDocument
from app.payments.refund_models import Refund
from app.payments.till_reports import TENDER_LABELS
from app.sales import invoices, orders
from app.sales.models import Order, OrderLine
from app.sales.returnsums import Credit
from app.web.i18n import speech


def issue(
    session: Session,
    actor: Actor,
    order: Order,
    credit: Credit,
    *,
    pieces: Mapping[int, int],
    serials: Mapping[int, Sequence[str]],
    number: int,
    reason: str,
    given: Sequence[Refund],
) -> IssuedDocument:
    """Number and freeze it; amounts are negative, as they stand against the invoice's."""
    content = invoices.content_of(session, order, kind=DocumentKind.CREDIT_NOTE)
    said = speech(content.language)
    back = [TaxSum(tax.rate_bp, -tax.net, -tax.tax, tax.category) for tax in credit.shown]
    net, tax = sum(one.net for one in back), sum(one.tax for one in back)
    currency = order.currency
    written = replace(
        content,
        lines=_lines(order, credit, pieces, serials),
        taxes=invoiceparts.taxes(back, currency, content.language),
        totals=Totals(
            net=Money(net, currency),
            tax=Money(tax, currency),
            gross=Money(net + tax, currency),
            rounding=_rounding(given, currency),
        ),
        payments=tuple(_payment(one, content) for one in given),
        corrects=_invoice_of(session, order),
        references=(
            *content.references,
            Fact(said.say(msg("Return")), label(number)),
            Fact(said.say(msg("Reason")), reason),
        ),
    )
    return issuing.issue(
        session,
        actor,
        kind=DocumentKind.CREDIT_NOTE,
        reference=orders.reference(order),
        build=lambda printed: replace(written, number=printed),
    )


def _lines(
    order: Order, credit: Credit, pieces: Mapping[int, int], serials: Mapping[int, Sequence[str]]
) -> tuple[Line, ...]:
    back = [line for line in order.lines if line.id in pieces]
    return tuple(
        _line(
            line,
            position,
            pieces=pieces[line.id],
            amount=Money(credit.amounts[line.id], order.currency),
            serials=serials.get(line.id, ()),
        )
        for position, line in enumerate(back, start=1)
    )


def _payment(refund: Refund, content: DocumentContent) -> PaymentLine:
    """Money that goes back, by which way; what was given in coins is what was handed over."""
    minor = refund.amount_minor + refund.rounding_minor
    return PaymentLine(
        label=speech(content.language).say(TENDER_LABELS[refund.tender]),
        amount=Money(-minor, refund.currency),
        paid_on=content.business_day,
        auth_ref=refund.note,
    )


def _rounding(given: Sequence[Refund], currency: str) -> Money | None:
    minor = sum(one.rounding_minor for one in given)
    return Money(-minor, currency) if minor else None


def label(number: int) -> str:
    """How people name a return."""
    return f"RET-{number}"


def _invoice_of(session: Session, order: Order) -> str:
    issued = issuing.documents_of(session, order.store_id, orders.reference(order))
    return next((one.label for one in issued if one.kind is DocumentKind.INVOICE), "")


def _line(
    line: OrderLine, position: int, *, pieces: int, amount: Money, serials: Sequence[str]
) -> Line:
    price = Money(line.unit_price_minor, amount.currency)
    discount = price * pieces - amount
    return Line(
        position=position,
        description=line.description,
        quantity=-pieces,
        unit_price=price,
        amount=-amount,
        tax_bp=charged(line.tax_rate_bp, line.tax_category)[0],
        tax_category=line.tax_category.of_rate(line.tax_rate_bp),
        detail=line.discount_reason,
        serials=(line.unit.serial,) if line.unit else tuple(serials),
        discount=-discount if discount else None,
    )
