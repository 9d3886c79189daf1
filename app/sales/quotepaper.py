"""The paper of a quote's version, frozen when it is sent."""

from dataclasses import replace

from sqlalchemy.orm import Session

from app.customers.models import Customer
from app.kernel import audit, clock
from app.kernel.actor import Actor
from app.kernel.money import Money
from app.kernel.tax import charged
from app.kernel.text import Text, msg
from app.payments import documents as papers
from app.payments import invoiceparts, issuing
from app.payments.documents import DocumentContent, DocumentKind, Fact, Line
from app.payments.models import IssuedDocument
from app.sales.quote_models import Quote, QuoteLine, QuoteVersion
from app.sales.totals import Totals
from app.stores import desk
from app.web.i18n import Speech, speech


def issue(
    session: Session, actor: Actor, quote: Quote, version: QuoteVersion, sums: Totals
) -> IssuedDocument:
    """Number and freeze it, in the customer's language."""
    store = desk.store_of(session, quote.store_id)
    customer = session.get_one(Customer, quote.customer_id)
    language = customer.language or issuing.language_of(store)
    said = speech(language, store.zone)
    moment = clock.now()
    content = DocumentContent(
        kind=DocumentKind.QUOTE,
        number="",
        series="",
        issued_at=moment,
        business_day=desk.business_day_of(store, moment),
        zone=store.zone,
        language=language,
        currency=quote.currency,
        price_mode=quote.price_mode,
        store=store.name,
        seller=issuing.seller_of(store),
        buyer=invoiceparts.buyer(customer),
        lines=tuple(
            _line(index, line, quote.currency) for index, line in enumerate(version.lines, start=1)
        ),
        taxes=invoiceparts.taxes(sums.taxes, sums.currency, language),
        totals=papers.Totals(net=sums.net, tax=sums.tax, gross=sums.gross),
        references=(
            Fact(said.say(msg("Quote")), f"{quote.number}"),
            Fact(said.say(msg("Version")), f"{version.version}"),
            Fact(said.say(msg("Served by")), actor.name),
        ),
        notes=_notes(version, quote.currency, said),
        valid_until=version.valid_until,
        footer=tuple(store.receipt_footer.splitlines()),
        chain_head=audit.head(session, store.id),
    )
    return issuing.issue(
        session,
        actor,
        kind=DocumentKind.QUOTE,
        reference=f"quote:{quote.number}",
        build=lambda label: replace(content, number=label),
    )


def _line(position: int, line: QuoteLine, currency: str) -> Line:
    told = [part for part in (line.detail, line.discount_reason) if part]
    return Line(
        position=position,
        description=line.description,
        quantity=line.quantity,
        unit_price=Money(line.unit_price_minor, currency),
        amount=Money(line.amount_minor, currency),
        tax_bp=charged(line.tax_rate_bp, line.tax_category)[0],
        tax_category=line.tax_category.of_rate(line.tax_rate_bp),
        detail=" · ".join(told),
        serials=(line.unit.serial,) if line.unit else (),
        discount=Money(line.discount_minor, currency) if line.discount_minor else None,
    )


def _notes(version: QuoteVersion, currency: str, said: Speech) -> tuple[str, ...]:
    """What the customer has to know besides the prices: deposit, and what cancelling costs."""
    rules = (said.say(text) for text in rules_of(version, currency))
    return (*version.note.splitlines(), *rules)


def rules_of(version: QuoteVersion, currency: str) -> list[Text]:
    """The deposit and its refund rule as sentences."""
    if not version.deposit_minor:
        return []
    deposit = Money(version.deposit_minor, currency)
    told = [
        msg(
            "A deposit of {deposit} is to be paid within {days} days of accepting.",
            deposit=deposit,
            days=version.deposit_days,
        )
    ]
    if not version.keep_bp:
        told.append(msg("If you cancel before the handover, the whole deposit is paid back."))
        return told
    kept = deposit.share([version.keep_bp, 10_000 - version.keep_bp])[0]
    if version.free_days:
        told.append(
            msg(
                "If you cancel within {days} days of accepting, the whole deposit is paid back.",
                days=version.free_days,
            )
        )
        told.append(msg("If you cancel later, {kept} of it is kept.", kept=kept))
    else:
        told.append(msg("If you cancel, {kept} of it is kept.", kept=kept))
    return told
