"""What authorities owe for vouchers: claimed in batches, paid in whole or in part."""

from collections.abc import Mapping

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.kernel import audit, clock
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, Invalid, NotFound, Refused
from app.kernel.money import Money
from app.kernel.searchkeys import clean
from app.kernel.text import Text, msg
from app.payments import journal, vouchers
from app.payments.models import Account, EntryKind
from app.payments.voucher_models import Voucher, VoucherClaim, VoucherScheme


def unclaimed(session: Session, scheme: VoucherScheme) -> list[Voucher]:
    """The vouchers of a scheme that no claim has asked for, oldest first."""
    return list(
        session.scalars(
            select(Voucher)
            .where(
                Voucher.scheme_id == scheme.id,
                Voucher.claim_id.is_(None),
                Voucher.back_minor < Voucher.amount_minor,
            )
            .order_by(Voucher.id)
        )
    )


def owed_back(session: Session, store_id: int) -> list[Voucher]:
    """Vouchers that an authority paid, and whose sale came back afterwards."""
    gone = Voucher.back_minor + Voucher.paid_minor + Voucher.lost_minor
    return list(
        session.scalars(
            select(Voucher)
            .where(Voucher.store_id == store_id, gone > Voucher.amount_minor)
            .order_by(Voucher.id)
        )
    )


def unsettled(session: Session, store_id: int) -> list[VoucherClaim]:
    """Claims without an answer, the oldest first."""
    return list(
        session.scalars(
            select(VoucherClaim)
            .where(VoucherClaim.store_id == store_id, VoucherClaim.settled_at.is_(None))
            .order_by(VoucherClaim.id)
        )
    )


def of_claim(session: Session, claim_id: int) -> list[Voucher]:
    return list(
        session.scalars(select(Voucher).where(Voucher.claim_id == claim_id).order_by(Voucher.id))
    )


def by_number(session: Session, actor: Actor, number: int) -> VoucherClaim:
    """A claim of the actor's store; raises NotFound."""
    found = session.scalar(
        select(VoucherClaim).where(
            VoucherClaim.store_id == actor.store_id, VoucherClaim.number == number
        )
    )
    if found is None:
        raise NotFound(msg("There is no such claim in this store."))
    return found


def send(session: Session, actor: Actor, scheme: VoucherScheme) -> VoucherClaim:
    """Ask the authority for every voucher of a scheme that was not asked for yet."""
    actor.require("vouchers.edit")
    batch = unclaimed(session, scheme)
    if not batch:
        raise Conflict(msg("No voucher of {name} waits to be claimed.", name=scheme.name))
    last = session.scalar(
        select(func.max(VoucherClaim.number)).where(VoucherClaim.store_id == scheme.store_id)
    )
    claim = VoucherClaim(
        store_id=scheme.store_id,
        scheme_id=scheme.id,
        number=(last or 0) + 1,
        sent_at=clock.now(),
        sent_by=actor.name,
    )
    session.add(claim)
    session.flush()
    for voucher in batch:
        voucher.claim_id = claim.id
    session.flush()
    audit.record(
        session,
        actor,
        "voucher_claim.sent",
        subject=f"voucher_claim:{claim.number}",
        after={"scheme": scheme.name, "vouchers": len(batch)},
    )
    return claim


def settle(
    session: Session, actor: Actor, claim: VoucherClaim, paid: Mapping[int, Money], *, note: str
) -> None:
    """The authority paid: so much for each voucher; what it does not pay is a loss.

    Raises Conflict for a claim that is settled, Invalid for more than a voucher is open with.
    """
    actor.require("vouchers.edit")
    if claim.settled_at is not None:
        raise Conflict(msg("Claim {number} is settled.", number=claim.number))
    note = clean(note)[:200]
    if not note:
        raise Refused(msg("Write the transfer's text or number."), field="note")
    batch = of_claim(session, claim.id)
    problems: dict[str, Text] = {}
    for voucher in batch:
        came, most = paid.get(voucher.id), vouchers.open_value(voucher)
        if came is None or came.currency != most.currency or not 0 <= came.minor <= most.minor:
            problems[f"paid-{voucher.id}"] = msg("Between nothing and {most}.", most=most)
    if problems:
        raise Invalid(msg("Please look at the marked fields."), problems=problems)
    nothing = Money(0, batch[0].currency)
    came_in_all = sum((paid[voucher.id] for voucher in batch), nothing)
    lost_in_all = sum((vouchers.open_value(one) - paid[one.id] for one in batch), nothing)
    for voucher in batch:
        voucher.lost_minor = (vouchers.open_value(voucher) - paid[voucher.id]).minor
        voucher.paid_minor = paid[voucher.id].minor
    claim.settled_at, claim.settled_by, claim.note = clock.now(), actor.name, note
    session.flush()
    journal.post(
        session,
        store_id=claim.store_id,
        kind=EntryKind.VOUCHER_CLAIM,
        sides={
            Account.BANK_CLEARING: came_in_all,
            Account.CLAIM_LOSS: lost_in_all,
            Account.VOUCHERS: -came_in_all - lost_in_all,
        },
        memo=f"voucher_claim:{claim.number}",
    )
    audit.record(
        session,
        actor,
        "voucher_claim.settled",
        subject=f"voucher_claim:{claim.number}",
        after={"paid": came_in_all, "lost": lost_in_all},
        reason=note,
    )


def send_back(session: Session, actor: Actor, voucher_id: int) -> Voucher:
    """What an authority paid for a sale that came back is sent back to it by bank."""
    actor.require("vouchers.edit")
    voucher = session.get(Voucher, voucher_id)
    if voucher is None or voucher.store_id != actor.store_id:
        raise NotFound(msg("There is no such voucher in this store."))
    owed = -vouchers.open_value(voucher)
    if owed.minor <= 0:
        raise Conflict(msg("Nothing of this voucher is to be sent back."))
    sent = min(owed, Money(voucher.paid_minor, voucher.currency))
    unlost = owed - sent
    voucher.paid_minor -= sent.minor
    voucher.lost_minor -= unlost.minor
    session.flush()
    journal.post(
        session,
        store_id=voucher.store_id,
        kind=EntryKind.VOUCHER_CLAIM,
        sides={Account.VOUCHERS: owed, Account.BANK_CLEARING: -sent, Account.CLAIM_LOSS: -unlost},
        memo=f"voucher:{voucher.id}",
    )
    audit.record(
        session, actor, "voucher.sent_back", subject=f"voucher:{voucher.id}", after={"sent": sent}
    )
    return voucher
