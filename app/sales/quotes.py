"""Quotes: what a customer is offered, in versions; a version that was sent never changes."""

from collections.abc import Mapping
from datetime import date, timedelta
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload
from sqlalchemy.orm.attributes import set_committed_value

from app.customers import book
from app.kernel import audit, clock, numbers
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, NotFound, Refused
from app.kernel.money import MOST_MINOR, Money
from app.kernel.searchkeys import clean
from app.kernel.tax import BASIS, sums_by_category
from app.kernel.text import Text, msg
from app.payments import issuing
from app.sales import quotepaper
from app.sales.quote_models import Quote, QuoteLine, QuoteVersion
from app.sales.totals import Totals
from app.stores import desk

VALID_DAYS = 14
MOST_DAYS = 365
_LONGEST_NOTE = 2_000


class QuoteState(StrEnum):
    """Derived from versions, day and order; never set."""

    DRAFT = "draft"
    SENT = "sent"
    EXPIRED = "expired"
    ACCEPTED = "accepted"
    WITHDRAWN = "withdrawn"


STATE_LABELS: dict[QuoteState, Text] = {
    QuoteState.DRAFT: msg("Draft"),
    QuoteState.SENT: msg("Sent"),
    QuoteState.EXPIRED: msg("Expired"),
    QuoteState.ACCEPTED: msg("Accepted"),
    QuoteState.WITHDRAWN: msg("Withdrawn"),
}
_WHOLE = (
    joinedload(Quote.customer),
    selectinload(Quote.versions)
    .selectinload(QuoteVersion.lines)
    .options(joinedload(QuoteLine.product), joinedload(QuoteLine.unit)),
)


def reference(quote: Quote) -> str:
    """How documents and audit name a quote."""
    return f"quote:{quote.number}"


def make(session: Session, actor: Actor, customer_id: int, *, days: int = VALID_DAYS) -> Quote:
    """A new quote for a customer, with an empty draft."""
    actor.require("counter.sell")
    customer = book.by_id(session, actor, customer_id)
    store = desk.store_of(session, actor.store_id)
    quote = Quote(
        store_id=store.id,
        number=numbers.allot(session, store_id=store.id, series="quote"),
        customer_id=customer.id,
        currency=store.currency,
        price_mode=store.price_mode,
        made_at=clock.now(),
        made_by=actor.name,
    )
    session.add(quote)
    session.flush()
    _require_days(days)
    version = QuoteVersion(
        quote_id=quote.id,
        version=1,
        valid_until=today(session, quote) + timedelta(days=days),
        made_at=quote.made_at,
        made_by=actor.name,
    )
    session.add(version)
    session.flush()
    audit.record(
        session, actor, "quote.made", subject=reference(quote), after={"customer": customer.number}
    )
    return by_number(session, actor, quote.number)


def by_number(session: Session, actor: Actor, number: int) -> Quote:
    """A quote with customer, versions and lines; raises NotFound."""
    quote = _found(session, Quote.store_id == actor.store_id, Quote.number == number)
    if quote is None:
        raise NotFound(msg("There is no quote {number}.", number=number))
    return quote


def by_id(session: Session, quote_id: int) -> Quote | None:
    """The same by its row, whoever asks."""
    return _found(session, Quote.id == quote_id)


def of_order(session: Session, order_id: int) -> Quote | None:
    """The quote that an order was made of."""
    return _found(session, Quote.order_id == order_id)


def _found(session: Session, *where: object) -> Quote | None:
    query = select(Quote).options(*_WHOLE).execution_options(populate_existing=True)
    for condition in where:
        query = query.where(condition)  # type: ignore[arg-type]
    return session.scalars(query).unique().one_or_none()


def today(session: Session, quote: Quote) -> date:
    """The store's day: a quote ends at the store's midnight, wherever its customer is."""
    return desk.business_day_of(desk.store_of(session, quote.store_id))


def draft_of(quote: Quote) -> QuoteVersion | None:
    return next((one for one in quote.versions if one.sent_at is None), None)


def sent_of(quote: Quote) -> QuoteVersion | None:
    """The version that the customer sees: the one sent last."""
    sent = [one for one in quote.versions if one.sent_at is not None]
    return sent[-1] if sent else None


def state_of(quote: Quote, day: date) -> QuoteState:
    """What a quote, loaded whole, is on the store's `day`."""
    if quote.order_id is not None:
        return QuoteState.ACCEPTED
    if quote.withdrawn_at is not None:
        return QuoteState.WITHDRAWN
    sent = sent_of(quote)
    if sent is None:
        return QuoteState.DRAFT
    return QuoteState.EXPIRED if day > sent.valid_until else QuoteState.SENT


def sums(quote: Quote, version: QuoteVersion) -> Totals:
    """What a version costs, tax by rate."""
    amounts = [(line.amount_minor, line.tax_rate_bp, line.tax_category) for line in version.lines]
    taxes = tuple(sums_by_category(amounts, quote.price_mode))
    return Totals(quote.currency, quote.price_mode, taxes)


def require_open(quote: Quote) -> None:
    """Raises Conflict once a quote was accepted or withdrawn."""
    if quote.order_id is not None:
        raise Conflict(
            msg(
                "Quote {number} was accepted. What is left to say stands at the sale.",
                number=quote.number,
            ),
            link=f"/sales/quotes/{quote.number}",
        )
    if quote.withdrawn_at is not None:
        raise Conflict(
            msg("Quote {number} was withdrawn. Make a new one.", number=quote.number),
            link=f"/sales/quotes/{quote.number}",
        )


def require_draft(quote: Quote) -> QuoteVersion:
    """The version that may be edited; raises Conflict where what was sent stands."""
    require_open(quote)
    draft = draft_of(quote)
    if draft is None:
        raise Conflict(
            msg("This version was sent and stands as it is. Begin a new version to change it."),
            link=f"/sales/quotes/{quote.number}",
        )
    return draft


def revise(session: Session, actor: Actor, quote: Quote) -> QuoteVersion:
    """A new version to edit, with the lines of the one before at the prices quoted there."""
    actor.require("counter.sell")
    require_open(quote)
    draft = draft_of(quote)
    if draft is not None:
        return draft
    before = quote.versions[-1]
    day = today(session, quote)
    draft = QuoteVersion(
        quote_id=quote.id,
        version=before.version + 1,
        valid_until=max(before.valid_until, day + timedelta(days=VALID_DAYS)),
        note=before.note,
        deposit_minor=before.deposit_minor,
        deposit_days=before.deposit_days,
        free_days=before.free_days,
        keep_bp=before.keep_bp,
        made_at=clock.now(),
        made_by=actor.name,
    )
    draft.lines = [_copy(line) for line in before.lines]
    session.add(draft)
    session.flush()
    audit.record(
        session, actor, "quote.revised", subject=reference(quote), after={"version": draft.version}
    )
    set_committed_value(quote, "versions", [*quote.versions, draft])
    return draft


def _copy(line: QuoteLine) -> QuoteLine:
    copy = QuoteLine(
        position=line.position,
        product_id=line.product_id,
        for_position=line.for_position,
        choice_id=line.choice_id,
        unit_id=line.unit_id,
        description=line.description,
        detail=line.detail,
        quantity=line.quantity,
        unit_price_minor=line.unit_price_minor,
        discount_minor=line.discount_minor,
        discount_reason=line.discount_reason,
        discount_by=line.discount_by,
        tax_code=line.tax_code,
        tax_rate_bp=line.tax_rate_bp,
        tax_category=line.tax_category,
    )
    set_committed_value(copy, "product", line.product)
    set_committed_value(copy, "unit", line.unit)
    return copy


def set_terms(
    session: Session,
    actor: Actor,
    quote: Quote,
    *,
    valid_until: date,
    note: str = "",
    deposit: Money | None = None,
    deposit_days: int = 14,
    free_days: int = 0,
    keep_bp: int = 0,
) -> None:
    """Until when the draft holds, what is to be paid beforehand, and what of that is kept when the
    customer cancels later than `free_days` after accepting.
    """
    actor.require("counter.sell")
    draft = require_draft(quote)
    asked = deposit or Money(0, quote.currency)
    if asked.currency != quote.currency:
        raise Refused(msg("This quote is in {currency}.", currency=quote.currency), field="deposit")
    if not 0 <= asked.minor <= MOST_MINOR:
        raise Refused(msg("A deposit is not below zero."), field="deposit")
    day = today(session, quote)
    if not day <= valid_until <= day + timedelta(days=MOST_DAYS):
        raise Refused(
            msg("A quote is valid from today on, for a year at the most."), field="valid_until"
        )
    _require_days(deposit_days, field="deposit_days")
    if not 0 <= free_days <= MOST_DAYS:
        raise Refused(msg("Days are 0 to 365."), field="free_days")
    if not 0 <= keep_bp <= BASIS:
        raise Refused(msg("A share is between 0 and 100 %."), field="keep")
    if len(note) > _LONGEST_NOTE:
        raise Refused(msg("At most {most} characters fit here.", most=_LONGEST_NOTE), field="note")
    draft.valid_until, draft.note = valid_until, note.strip()
    draft.deposit_minor, draft.deposit_days = asked.minor, deposit_days
    draft.free_days, draft.keep_bp = free_days, keep_bp
    session.flush()


def send(session: Session, actor: Actor, quote: Quote) -> QuoteVersion:
    """Freeze the draft with its document; from now on the customer sees this version.

    Raises Refused for an empty one, one whose day is over, or a deposit above its total.
    """
    actor.require("counter.sell")
    draft = require_draft(quote)
    if not draft.lines:
        raise Refused(msg("There is nothing in this quote yet."), field="form")
    if today(session, quote) > draft.valid_until:
        raise Refused(
            msg("The last day of this quote is over. Choose a later one."), field="valid_until"
        )
    _require_deposit_within(quote, draft)
    document = quotepaper.issue(session, actor, quote, draft, sums(quote, draft))
    draft.document_id, draft.sent_at, draft.sent_by = document.id, clock.now(), actor.name
    session.flush()
    audit.record(
        session,
        actor,
        "quote.sent",
        subject=reference(quote),
        after={
            "version": draft.version,
            "document": document.label,
            "sha256": document.sha256,
            "total": sums(quote, draft).gross,
        },
    )
    return draft


def _require_deposit_within(quote: Quote, draft: QuoteVersion) -> None:
    total = sums(quote, draft).gross
    if draft.deposit_minor > total.minor:
        raise Refused(
            msg("The deposit is more than the quote's total of {total}.", total=total),
            field="deposit",
        )


def withdraw(session: Session, actor: Actor, quote: Quote, *, reason: str) -> None:
    """It cannot be accepted any more; whoever opens the link reads so."""
    actor.require("counter.sell")
    require_open(quote)
    reason = clean(reason)[:200]
    if not reason:
        raise Refused(msg("Say why the quote is withdrawn."), field="reason")
    quote.withdrawn_at, quote.withdrawn_by = clock.now(), actor.name
    quote.withdraw_reason = reason
    session.flush()
    audit.record(session, actor, "quote.withdrawn", subject=reference(quote), reason=reason)


def documents_of(session: Session, quote: Quote) -> Mapping[int, str]:
    """The labels of its versions' documents, by document."""
    found = issuing.documents_of(session, quote.store_id, reference(quote))
    return {document.id: document.label for document in found}


def _require_days(days: int, *, field: str = "days") -> None:
    if not 1 <= days <= MOST_DAYS:
        raise Refused(msg("Days are 1 to 365."), field=field)
