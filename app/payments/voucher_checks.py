"""What must always hold of vouchers: what stands open is what the journal says authorities owe."""

from collections.abc import Iterator

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.payments.models import Account, JournalEntry, PaymentAttempt, Posting, Tender
from app.payments.states import AttemptState
from app.payments.voucher_models import Voucher, VoucherScheme


def breaches(session: Session) -> Iterator[str]:
    answered = Voucher.paid_minor + Voucher.lost_minor + Voucher.charged_minor
    left = Voucher.amount_minor - Voucher.back_minor - answered
    open_ = {
        (store_id, currency): int(minor)
        for store_id, currency, minor in session.execute(
            select(Voucher.store_id, Voucher.currency, func.sum(left)).group_by(
                Voucher.store_id, Voucher.currency
            )
        )
    }
    booked = {
        (store_id, currency): int(minor)
        for store_id, currency, minor in session.execute(
            select(JournalEntry.store_id, Posting.currency, func.sum(Posting.amount_minor))
            .join(Posting, Posting.entry_id == JournalEntry.id)
            .where(Posting.account == Account.VOUCHERS)
            .group_by(JournalEntry.store_id, Posting.currency)
        )
    }
    for key in sorted({*open_, *booked}):
        if open_.get(key, 0) != booked.get(key, 0):
            yield (
                f"payments: vouchers of store {key[0]} stand open with {open_.get(key, 0)} "
                f"{key[1]}, and the journal says {booked.get(key, 0)}"
            )
    for attempt_id in session.scalars(
        select(PaymentAttempt.id)
        .outerjoin(Voucher, Voucher.attempt_id == PaymentAttempt.id)
        .where(
            PaymentAttempt.tender == Tender.VOUCHER,
            PaymentAttempt.state == AttemptState.CAPTURED,
            func.coalesce(Voucher.amount_minor, 0) != PaymentAttempt.amount_minor,
        )
    ):
        yield f"payments: payment {attempt_id} used another voucher than it says"
    for name, count in session.execute(
        select(VoucherScheme.name, func.count())
        .join(Voucher, Voucher.scheme_id == VoucherScheme.id)
        .where(VoucherScheme.in_all > 0, Voucher.back_minor < Voucher.amount_minor)
        .group_by(VoucherScheme.id, VoucherScheme.name, VoucherScheme.in_all)
        .having(func.count() > VoucherScheme.in_all)
    ):
        yield f"payments: {count} vouchers of {name} were used, more than there are"
