"""What stands alike on every invoice, whatever is sold: the buyer, tax by rate, and the tenders."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from app.customers.models import Customer
from app.kernel.money import Money
from app.kernel.tax import TaxCategory, TaxSum
from app.kernel.text import Text, msg
from app.payments import giftledger
from app.payments.documents import DocumentContent, Party, PaymentLine, TaxLine, Totals
from app.payments.models import PaymentAttempt, Tender
from app.payments.taxwords import REASONS
from app.payments.till_reports import TENDER_LABELS
from app.web.i18n import speech


def buyer(customer: Customer) -> Party:
    return Party(
        name=customer.name,
        contact=customer.contact_name,
        address=_address(customer.street, customer.postcode, customer.city, customer.country),
        vat_id=customer.vat_id,
        phone=customer.phone,
        mail=customer.email,
        street=customer.street,
        postcode=customer.postcode,
        city=customer.city,
        country=customer.country,
    )


def taxes(
    sums: Iterable[TaxSum], currency: str, language: str, *, exempt: str = ""
) -> tuple[TaxLine, ...]:
    """The sums by rate and category, with the sentence that says why there is no tax.

    `exempt` is what the store says of its own exemptions.
    """
    said = speech(language)
    reasons = {category: said.say(reason) for category, reason in REASONS.items()}
    reasons[TaxCategory.EXEMPT] = exempt or reasons[TaxCategory.EXEMPT]
    return tuple(
        TaxLine(
            rate_bp=tax.rate_bp,
            net=Money(tax.net, currency),
            tax=Money(tax.tax, currency),
            gross=Money(tax.gross, currency),
            reason=reasons.get(tax.category, ""),
            category=tax.category,
        )
        for tax in sums
    )


def payments(
    attempts: Sequence[PaymentAttempt], content: DocumentContent
) -> tuple[tuple[PaymentLine, ...], Money | None]:
    """Each tender as given, and the change of all."""
    said, zone = speech(content.language), ZoneInfo(content.zone)
    booked = [attempt for attempt in attempts if attempt.entry_id is not None]
    lines = tuple(
        PaymentLine(
            label=said.say(_label(attempt)),
            amount=Money(attempt.tendered_minor, attempt.currency),
            paid_on=(attempt.settled_at or content.issued_at).astimezone(zone).date(),
            card_brand=attempt.card_brand,
            card_last4=attempt.card_last4,
            auth_ref=attempt.auth_ref or ("" if _is_card_of_ours(attempt) else attempt.note),
            entry_mode=attempt.entry_mode,
        )
        for attempt in booked
    )
    change = sum(attempt.change_minor for attempt in booked)
    return lines, Money(change, content.currency) if change else None


def left_on_cards(
    session: Session, attempts: Sequence[PaymentAttempt], content: DocumentContent
) -> tuple[str, ...]:
    """What each gift card that paid holds after it, in the document's language."""
    said = speech(content.language, content.zone)
    return tuple(
        said.say(
            msg(
                "Gift card {card}: {left} left.",
                card=attempt.note,
                left=giftledger.left_after(session, attempt),
            )
        )
        for attempt in attempts
        if attempt.entry_id is not None and _is_card_of_ours(attempt)
    )


def _label(attempt: PaymentAttempt) -> Text:
    if _is_card_of_ours(attempt):
        return msg("Gift card {card}", card=attempt.note)
    return TENDER_LABELS[attempt.tender]


def _is_card_of_ours(attempt: PaymentAttempt) -> bool:
    return attempt.tender is Tender.STORE_CREDIT and attempt.source.startswith(giftledger.SOURCE)


def rounded(totals: Totals, attempts: Sequence[PaymentAttempt]) -> Totals:
    """The sums with what cash was rounded by, as a line of its own; without it, as they were."""
    minor = sum(one.rounding_minor for one in attempts if one.entry_id is not None)
    return replace(totals, rounding=Money(minor, totals.gross.currency)) if minor else totals


def _address(street: str, postcode: str, city: str, country: str) -> tuple[str, ...]:
    place = " ".join(part for part in (postcode, city) if part)
    return tuple(part for part in (street, place, country) if part)
