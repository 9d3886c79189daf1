"""What a store keeps of a deposit when the customer cancels: revenue, with tax, on an invoice."""

from dataclasses import replace

from sqlalchemy.orm import Session

from app.kernel.actor import Actor
from app.kernel.money import Money
from app.kernel.tax import PriceMode, TaxCategory, TaxSum, tax_within
from app.kernel.text import msg
from app.payments import documents as papers
from app.payments import invoiceparts, issuing
from app.payments.documents import DocumentContent, DocumentKind, Line, PaymentLine
from app.payments.models import IssuedDocument
from app.sales import invoices, orders, totals
from app.sales.models import Order
from app.web.i18n import speech


def taxes(order: Order, fee: Money) -> tuple[TaxSum, ...]:
    """The fee as it is taxed: by the rates of what was ordered, in the proportion of their prices.

    A used robot's margin is none of a fee: there its full rate counts.
    """
    wholes = [tax for tax in totals.book_taxes(order, order.lines) if tax.gross]
    if not wholes:
        return (TaxSum(0, fee.minor, 0, TaxCategory.ZERO),)
    shares = fee.share([tax.gross for tax in wholes])
    found: dict[tuple[int, TaxCategory], TaxSum] = {}
    for whole, share in zip(wholes, shares, strict=True):
        is_margin = whole.category is TaxCategory.MARGIN
        category = TaxCategory.STANDARD if is_margin else whole.category
        so_far = found.get((whole.rate_bp, category))
        gross = share.minor + (so_far.gross if so_far else 0)
        tax = tax_within(gross, whole.rate_bp) if category is TaxCategory.STANDARD else 0
        found[whole.rate_bp, category] = TaxSum(whole.rate_bp, gross - tax, tax, category)
    return tuple(tax for tax in found.values() if tax.gross)


def invoice(
    session: Session, actor: Actor, order: Order, fee: Money, sums: tuple[TaxSum, ...]
) -> IssuedDocument:
    """The invoice of the fee, paid out of the deposit."""
    whole = invoices.content_of(session, order, kind=DocumentKind.INVOICE)
    said = speech(whole.language)
    net, tax = sum(one.net for one in sums), sum(one.tax for one in sums)
    content = replace(
        whole,
        lines=tuple(
            _line(
                index,
                one,
                order,
                said.say(msg("Fee for the cancelled sale S-{number}", number=order.number)),
            )
            for index, one in enumerate(sums, start=1)
        ),
        taxes=invoiceparts.taxes(sums, order.currency, whole.language),
        totals=papers.Totals(
            net=Money(net, order.currency), tax=Money(tax, order.currency), gross=fee
        ),
        payments=(PaymentLine(label=said.say(msg("Kept of the deposit")), amount=fee),),
    )

    def build(label: str) -> DocumentContent:
        return replace(content, number=label)

    return issuing.issue(
        session,
        actor,
        kind=DocumentKind.INVOICE,
        reference=orders.reference(order),
        build=build,
    )


def _line(position: int, share: TaxSum, order: Order, description: str) -> Line:
    minor = share.net if order.price_mode is PriceMode.NET else share.gross
    amount = Money(minor, order.currency)
    return Line(
        position=position,
        description=description,
        quantity=1,
        unit_price=amount,
        amount=amount,
        tax_bp=share.rate_bp,
        tax_category=share.category,
    )
