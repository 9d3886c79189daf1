"""What authorities owe for vouchers: claimed in batches, paid in whole or in part."""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.kernel import audit, clock
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, Invalid, NotFound
from app.kernel.money import Money
from app.kernel.searchkeys import clean
from app.kernel.text import Text, msg
from app.payments import journal, voucherdesk, voucherpapers, voucherrest, vouchers
from app.payments.models import Account, EntryKind
from app.payments.voucher_models import Rest, Voucher, VoucherClaim, VoucherScheme


def of_claim(session: Session, claim_id: int) -> list[Voucher]:
    return list(
        session.scalars(select(Voucher).where(Voucher.claim_id == claim_id).order_by(Voucher.id))
    )


def of_voucher(session: Session, voucher: Voucher) -> VoucherClaim | None:
    """The claim that asked for a voucher, if one did."""
    return session.get(VoucherClaim, voucher.claim_id) if voucher.claim_id else None


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


def send(
    session: Session,
    actor: Actor,
    scheme: VoucherScheme,
    voucher_ids: Collection[int] | None = None,
) -> VoucherClaim:
    """Ask the authority for vouchers of a scheme; without any said, for all that wait.

    Raises Conflict where none waits, Invalid where a paper is missing that the authority asks for.
    """
    actor.require("vouchers.edit")
    vouchers.hold(session, scheme)
    batch = voucherdesk.waiting_of(session, scheme, voucher_ids)
    if not batch or (voucher_ids is not None and len(batch) < len({*voucher_ids})):
        raise Conflict(msg("No voucher of {name} waits to be claimed.", name=scheme.name))
    problems: dict[str, Text] = {
        f"voucher-{voucher_id}": msg("Missing: {papers}", papers=", ".join(names))
        for voucher_id, names in voucherpapers.missing(session, batch).items()
    }
    if problems:
        sentence = msg("Papers are missing that {who} asks for.", who=scheme.authority)
        raise Invalid(sentence, problems={"form": sentence, **problems})
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
    """The authority paid: so much for each voucher. What it does not pay is a loss, or the
    customer's to pay, as the scheme says.

    Raises Conflict for a claim that is settled, Invalid for more than a voucher is open with.
    """
    actor.require("vouchers.edit")
    if claim.settled_at is not None:
        raise Conflict(msg("Claim {number} is settled.", number=claim.number))
    note = clean(note)[:200]
    batch = of_claim(session, claim.id)
    problems = _problems(batch, paid)
    if not note:
        problems["note"] = msg("Write the transfer's text or number.")
    if problems:
        raise Invalid(msg("Please look at the marked fields."), problems=problems)
    scheme = session.get_one(VoucherScheme, claim.scheme_id)
    came_in, lost, charged = _settle_each(session, actor, scheme, batch, paid)
    claim.settled_at, claim.settled_by, claim.note = clock.now(), actor.name, note
    session.flush()
    journal.post(
        session,
        store_id=claim.store_id,
        kind=EntryKind.VOUCHER_CLAIM,
        sides={
            Account.BANK_CLEARING: came_in,
            Account.CLAIM_LOSS: lost,
            Account.VOUCHERS: -came_in - lost,
        },
        memo=f"voucher_claim:{claim.number}",
    )
    audit.record(
        session,
        actor,
        "voucher_claim.settled",
        subject=f"voucher_claim:{claim.number}",
        after={"paid": came_in, "lost": lost, "charged": charged},
        reason=note,
    )


def _settle_each(
    session: Session,
    actor: Actor,
    scheme: VoucherScheme,
    batch: Sequence[Voucher],
    paid: Mapping[int, Money],
) -> tuple[Money, Money, Money]:
    """What came in, what is lost and what is charged to customers, of all vouchers together."""
    came_in = lost = charged = Money(0, batch[0].currency)
    for voucher in batch:
        came = paid[voucher.id]
        rest = max(vouchers.open_value(voucher) - came, Money(0, came.currency))
        voucher.paid_minor = came.minor
        came_in += came
        if rest and scheme.rest is Rest.CUSTOMER:
            voucherrest.charge(session, actor, voucher, rest)
            charged += rest
        else:
            voucher.lost_minor = rest.minor
            lost += rest
    return came_in, lost, charged


def send_back(session: Session, actor: Actor, voucher_id: int) -> Voucher:
    """What was paid for a sale that came back is sent back to the authority by bank; a loss and
    what the customer was charged are undone.
    """
    actor.require("vouchers.edit")
    voucher = vouchers.by_id(session, actor, voucher_id)
    owed = -vouchers.open_value(voucher)
    if owed.minor <= 0:
        raise Conflict(msg("Nothing of this voucher is to be sent back."))
    sent = min(owed, Money(voucher.paid_minor, voucher.currency))
    uncharged = min(owed - sent, Money(voucher.charged_minor, voucher.currency))
    unlost = owed - sent - uncharged
    if uncharged:
        voucherrest.take_back(session, actor, voucher, uncharged)
    voucher.paid_minor -= sent.minor
    voucher.charged_minor -= uncharged.minor
    voucher.lost_minor -= unlost.minor
    session.flush()
    journal.post(
        session,
        store_id=voucher.store_id,
        kind=EntryKind.VOUCHER_CLAIM,
        sides={
            Account.VOUCHERS: sent + unlost,
            Account.BANK_CLEARING: -sent,
            Account.CLAIM_LOSS: -unlost,
        },
        memo=f"voucher:{voucher.id}",
    )
    audit.record(
        session,
        actor,
        "voucher.sent_back",
        subject=f"voucher:{voucher.id}",
        after={"sent": sent, "uncharged": uncharged},
    )
    return voucher


def _problems(batch: Collection[Voucher], paid: Mapping[int, Money]) -> dict[str, Text]:
    problems: dict[str, Text] = {}
    for voucher in batch:
        came = paid.get(voucher.id)
        most = max(vouchers.open_value(voucher), Money(0, voucher.currency))
        if came is None or came.currency != most.currency or not 0 <= came.minor <= most.minor:
            problems[f"paid-{voucher.id}"] = msg("Between nothing and {most}.", most=most)
    return problems
