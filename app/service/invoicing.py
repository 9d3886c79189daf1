"""The invoice of a repair: each line at its whole price, less what others pay of it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from sqlalchemy.orm import Session

from app.customers.models import Customer
from app.kernel import audit, clock
from app.kernel.actor import Actor
from app.kernel.money import Money
from app.kernel.tax import PriceMode, charged, spread
from app.kernel.text import msg
from app.payments import invoiceparts, issuing
from app.payments.documents import (
    DocumentContent,
    DocumentKind,
    Fact,
    Handover,
    Line,
    Signature,
    Totals,
)
from app.payments.models import Account, IssuedDocument, PaymentAttempt
from app.robots.models import Unit
from app.service import decisions, estimates, tickets, totals
from app.service.estimate_models import Estimate, EstimateLine, LineKind
from app.service.models import Ticket
from app.service.payers import PAYER_LABELS, Payer
from app.service.totals import PayerTotal
from app.stores import desk
from app.web.i18n import Speech, speech


@dataclass(frozen=True, slots=True)
class Portion:
    """The approved lines of which one payer pays something, and what that is."""

    lines: tuple[EstimateLine, ...]
    total: PayerTotal


def portion_of(estimate: Estimate | None, payer: Payer, *, currency: str) -> Portion:
    """A payer's part of what was approved of a version, tax once per rate."""
    if estimate is None:
        return Portion((), PayerTotal(payer, currency, PriceMode.GROSS, ()))
    lines = totals.paid_by(estimates.approved_of(estimate), payer)
    return Portion(tuple(lines), totals.sums(estimate, lines).share_of(payer))


def revenue(portion: Portion) -> dict[Account, int]:
    """The net of each account: parts apart from work; per rate they add up to the paper's net."""
    found: dict[Account, int] = {}
    share = portion.total
    for tax in share.taxes:
        parts = [(line, *totals.part_of(line, share)) for line in portion.lines]
        same = [part for part in parts if charged(*part[2:]) == (tax.rate_bp, tax.category)]
        nets = spread(tax.net, [amount for _, amount, _, _ in same])
        for (line, *_), net in zip(same, nets, strict=True):
            account = (
                Account.REVENUE_PARTS if line.kind is LineKind.PART else Account.REVENUE_SERVICES
            )
            found[account] = found.get(account, 0) + net
    return found


def issue(
    session: Session,
    actor: Actor,
    ticket: Ticket,
    portion: Portion,
    attempts: Sequence[PaymentAttempt],
    *,
    days: int | None = None,
) -> IssuedDocument:
    """The invoice with its payments, numbered in this transaction; `days`: payable until then."""
    content = _content(session, ticket, portion)
    content = replace(content, totals=invoiceparts.rounded(content.totals, attempts))
    paid, change = invoiceparts.payments(attempts, content)
    due_on = None if days is None else content.business_day + timedelta(days=days)

    def build(label: str) -> DocumentContent:
        return replace(content, number=label, payments=paid, change=change, due_on=due_on)

    return issuing.issue(
        session,
        actor,
        kind=DocumentKind.INVOICE,
        reference=tickets.reference(ticket),
        build=build,
    )


def estimate_paper(session: Session, ticket: Ticket, estimate: Estimate) -> DocumentContent:
    """A version that was sent, as it is read and signed on paper; it is numbered by its ticket.

    Once it was answered it says what of each line, and shows what was drawn under the answer.
    """
    share = totals.sums(estimate, estimate.lines).share_of(Payer.CUSTOMER)
    content = _content(session, ticket, Portion(tuple(estimate.lines), share))
    said = speech(content.language)
    notes = [estimate.note] if estimate.note else []
    if any(line.decision for line in estimate.lines):
        approved = totals.sums(estimate, estimates.approved_of(estimate)).of(Payer.CUSTOMER)
        notes.append(said.say(msg("Approved of it: {amount}.", amount=approved)))
    return replace(
        content,
        kind=DocumentKind.QUOTE,
        number=f"{tickets.label(ticket)}/{estimate.version}",
        issued_at=estimate.sent_at or content.issued_at,
        lines=tuple(
            replace(printed, detail=_answered(line, printed.detail, said))
            for line, printed in zip(estimate.lines, content.lines, strict=True)
        ),
        notes=tuple(notes),
        supplied_on=None,
        chain_head="",
        handover=Handover(
            unit=(),
            signatures=tuple(
                Signature(one.by, said.say(msg("Customer")), one.at, one.signature)
                for one in decisions.signatures_of(session, estimate)
            ),
        ),
    )


def _answered(line: EstimateLine, detail: str, said: Speech) -> str:
    if line.decision is None:
        return detail
    answer = said.say(msg("Approved") if line.decision.approved else msg("Declined"))
    return f"{answer}. {detail}" if detail else answer


def references(session: Session, ticket: Ticket, said: Speech) -> tuple[Fact, ...]:
    """What stands in the head of a ticket's papers."""
    unit = session.get_one(Unit, ticket.unit_id)
    return (
        Fact(said.say(msg("Ticket")), tickets.label(ticket)),
        Fact(said.say(msg("Serial number")), unit.serial),
    )


def _content(session: Session, ticket: Ticket, portion: Portion) -> DocumentContent:
    share = portion.total
    store = desk.store_of(session, ticket.store_id)
    customer = session.get(Customer, ticket.customer_id) if ticket.customer_id else None
    language = (customer.language if customer else "") or issuing.language_of(store)
    said = speech(language)
    moment = clock.now()
    return DocumentContent(
        kind=DocumentKind.INVOICE,
        number="",
        series="",
        issued_at=moment,
        business_day=desk.business_day_of(store, moment),
        zone=store.zone,
        language=language,
        currency=share.currency,
        price_mode=share.mode,
        store=store.name,
        seller=issuing.seller_of(store),
        buyer=invoiceparts.buyer(customer) if customer else None,
        lines=tuple(_line(line, at, share, said) for at, line in enumerate(portion.lines, start=1)),
        taxes=invoiceparts.taxes(share.taxes, share.currency, language, exempt=share.exemption),
        totals=Totals(net=share.net, tax=share.tax, gross=share.gross),
        references=references(session, ticket, said),
        supplied_on=desk.business_day_of(store, moment),
        footer=tuple(store.receipt_footer.splitlines()),
        chain_head=audit.head(session, store.id),
    )


def _line(line: EstimateLine, position: int, share: PayerTotal, said: Speech) -> Line:
    """A line as one payer sees it: of what others share in, the own part at once; so is what the
    customer pays without the tax that the price includes.
    """
    own, rate_bp, category = totals.part_of(line, share)
    is_freed = own != totals.share_of(line, share.payer)
    unit_price = Money(line.unit_price_minor, share.currency)
    others = [
        f"{said.say(PAYER_LABELS[one.payer])} {said.say(Money(one.amount_minor, share.currency))}"
        for one in line.shares
        if one.payer is not share.payer and one.amount_minor
    ]
    whole = f"{line.quantity} × {said.say(unit_price)}"
    paid = said.say(msg("Others pay: {who}", who=", ".join(others)))
    less = said.say(msg("less the VAT in it"))
    notes = [f"{whole}, {less}" if is_freed else whole, *([paid] if others else [])]
    return Line(
        position=position,
        description=line.description,
        quantity=1 if others or is_freed else line.quantity,
        unit_price=Money(own, share.currency) if others or is_freed else unit_price,
        amount=Money(own, share.currency),
        tax_bp=charged(rate_bp, category)[0],
        tax_category=category,
        detail=". ".join(notes) if others or is_freed else "",
    )
