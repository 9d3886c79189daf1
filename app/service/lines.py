"""The lines of a draft: found by code or number, priced, taxed, and split among payers."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.kernel import audit
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, NotFound, Refused
from app.kernel.money import MOST_MINOR, Money
from app.kernel.quantity import MOST
from app.kernel.searchkeys import clean
from app.kernel.text import msg
from app.parts import fit
from app.robots.slot_models import LONGEST_PATH
from app.robots.warrantycover import Cover
from app.service import estimates, lineitems, operations, payers, proposals, slotroom
from app.service.estimate_models import (
    Estimate,
    EstimateLine,
    EstimateState,
    LineKind,
    PayerShare,
)
from app.service.estimates import Sheet
from app.service.lineitems import Item, LineInput
from app.service.models import Ticket
from app.service.payers import Share

MOST_LINES = 500
_LONGEST_REFERENCE = 64


@dataclass(frozen=True, slots=True)
class ChangeInput:
    """What a line becomes; None leaves it. `seen` is the revision that was shown."""

    seen: int
    quantity: int | None = None
    price: Money | None = None
    price_reason: str = ""
    description: str | None = None


def add(
    session: Session,
    actor: Actor,
    sheet: Sheet,
    typed: LineInput,
    *,
    cover: Cover | None = None,
) -> EstimateLine:
    """Put a line on a draft. Raises NotAuthorised for work that the maker has not allowed here.

    `cover`: the robot's warranty, for who adds many lines at once.
    """
    actor.require("service.estimate")
    ticket, estimate = sheet.ticket, sheet.estimate
    estimates.require_state(estimate, EstimateState.DRAFT)
    if len(estimate.lines) >= MOST_LINES:
        raise Refused(msg("An estimate has at most {most} lines.", most=MOST_LINES), field="code")
    _require_quantity(typed.quantity)
    rate = operations.rate_of(session, ticket.store_id)
    item = lineitems.find(session, actor, ticket, typed, rate)
    slot_path = _slot_for(session, actor, sheet, item, typed)
    price = lineitems.price_of(actor, item, typed)
    tax_code = item.tax_code or lineitems.standard_tax(session, ticket.store_id, rate)
    line = EstimateLine(
        estimate_id=estimate.id,
        position=estimates.next_position(session, estimate),
        key=estimates.next_key(session, ticket),
        kind=item.kind,
        description=item.description[: lineitems.LONGEST],
        part_id=item.part.id if item.part else None,
        part_number=item.part.number if item.part else "",
        operation_code=item.operation.code if item.operation else "",
        slot_path=slot_path,
        quantity=typed.quantity,
        minutes=item.minutes,
        unit_price_minor=price.minor,
        list_price_minor=item.price.minor if price != item.price else None,
        price_reason=clean(typed.price_reason)[: lineitems.LONGEST] if price != item.price else "",
        price_by=actor.name if price != item.price else "",
        tax_code=tax_code,
        tax_bp=lineitems.tax_rate(session, ticket.store_id, tax_code),
        total_minor=_total(price, typed.quantity),
        from_line_id=typed.from_line_id,
    )
    shares = typed.shares
    if shares is None:
        shares = proposals.shares_for(session, actor, ticket, slot_path, cover=cover)
    parts = payers.divide(line.total_minor, shares)
    session.add(line)
    session.flush()
    _write_shares(session, line, shares, parts)
    _record(session, actor, sheet, "line_added", line)
    return line


def _slot_for(
    session: Session, actor: Actor, sheet: Sheet, item: lineitems.Item, typed: LineInput
) -> str:
    """The slot that was said, or the only one there is; the part fits into it, and finds room."""
    ticket = sheet.ticket
    slot_path = clean(typed.slot_path) or _only_slot(session, ticket, item)
    if len(slot_path) > LONGEST_PATH:
        raise NotFound(msg("There is no such slot in this robot."), field="slot")
    _require_fits(session, actor, ticket, item, slot_path)
    if item.part is not None:
        slotroom.require(session, sheet, item.part, slot_path, quantity=typed.quantity)
    return slot_path


def change(
    session: Session,
    actor: Actor,
    sheet: Sheet,
    line: EstimateLine,
    typed: ChangeInput,
) -> None:
    """Another quantity, price or wording. Raises Conflict when somebody was faster."""
    actor.require("service.estimate")
    estimates.require_state(sheet.estimate, EstimateState.DRAFT)
    _require_seen(line, typed.seen)
    before = _told(line)
    if typed.quantity is not None:
        _require_quantity(typed.quantity)
        slotroom.require_one(session, sheet, line, typed.quantity)
        line.quantity = typed.quantity
    if typed.description is not None:
        line.description = lineitems.described(typed.description)
    if typed.price is not None and typed.price.minor != line.unit_price_minor:
        _override(actor, sheet.estimate, line, typed.price, typed.price_reason)
    line.total_minor = _total(Money(line.unit_price_minor, sheet.estimate.currency), line.quantity)
    shares = payers.capped(shares_of(line), line.total_minor)
    _write_shares(session, line, shares, payers.divide(line.total_minor, shares))
    line.revision += 1
    session.flush()
    _record(session, actor, sheet, "line_changed", line, before=before)


def split(
    session: Session,
    actor: Actor,
    sheet: Sheet,
    line: EstimateLine,
    shares: Sequence[Share],
    *,
    seen: int,
) -> None:
    """Say anew who pays a line. Raises Refused for shares that do not make a whole."""
    actor.require("service.estimate")
    estimates.require_state(sheet.estimate, EstimateState.DRAFT)
    _require_seen(line, seen)
    if any(len(share.reference) > _LONGEST_REFERENCE for share in shares):
        raise Refused(
            msg("At most {most} characters fit here.", most=_LONGEST_REFERENCE), field="shares"
        )
    parts = payers.divide(line.total_minor, shares)
    before = [[share.payer, share.amount_minor] for share in line.shares]
    _write_shares(session, line, shares, parts)
    line.revision += 1
    session.flush()
    audit.record(
        session,
        actor,
        "estimate.line_split",
        subject=f"{sheet.subject}:{line.key}",
        before={"shares": before},
        after={"shares": [[share.payer, part] for share, part in zip(shares, parts, strict=True)]},
    )


def remove(
    session: Session,
    actor: Actor,
    sheet: Sheet,
    line: EstimateLine,
) -> None:
    """Take a line off a draft."""
    actor.require("service.estimate")
    estimates.require_state(sheet.estimate, EstimateState.DRAFT)
    before = _told(line)
    estimates.remove_line(session, line)
    session.flush()
    audit.record(
        session,
        actor,
        "estimate.line_removed",
        subject=f"{sheet.subject}:{line.key}",
        before=before,
    )


def offer_again(
    session: Session, actor: Actor, sheet: Sheet, declined: EstimateLine
) -> EstimateLine:
    """A line that was once declined, at today's price; the customer pays unless said otherwise."""
    known = {line.id for line in estimates.declined_before(session, sheet.ticket)}
    if declined.id not in known:
        raise Conflict(msg("This line is on offer already, or was never declined."))
    code = declined.part_number or declined.operation_code
    priced_today = code or declined.kind is LineKind.LABOUR
    price = None if priced_today else Money(declined.unit_price_minor, sheet.estimate.currency)
    typed = LineInput(
        code=code,
        kind=declined.kind,
        description=declined.description,
        quantity=declined.quantity,
        minutes=declined.minutes,
        price=price,
        slot_path=declined.slot_path,
        from_line_id=declined.id,
    )
    return add(session, actor, sheet, typed)


def by_key(estimate: Estimate, key: str) -> EstimateLine:
    """A line of a version; raises NotFound."""
    found = next((line for line in estimate.lines if line.key == key), None)
    if found is None:
        raise NotFound(msg("There is no such line in this version any more."))
    return found


def shares_of(line: EstimateLine) -> tuple[Share, ...]:
    """Who pays a line, as it was said."""
    return tuple(
        Share(share.payer, share.measure, share.value, share.reference) for share in line.shares
    )


def _override(
    actor: Actor, estimate: Estimate, line: EstimateLine, price: Money, reason: str
) -> None:
    """Another price; back to the catalogue's needs no reason. Free lines have no other price."""
    if line.kind in lineitems.FREE and not line.operation_code and line.kind is not LineKind.LABOUR:
        lineitems.require_price(price, estimate.currency)
        line.unit_price_minor = price.minor
        return
    listed = line.unit_price_minor if line.list_price_minor is None else line.list_price_minor
    if price.minor == listed:
        line.unit_price_minor, line.list_price_minor = listed, None
        line.price_reason = line.price_by = ""
        return
    lineitems.require_override(actor, price, estimate.currency, reason)
    line.unit_price_minor, line.list_price_minor = price.minor, listed
    line.price_reason, line.price_by = clean(reason)[: lineitems.LONGEST], actor.name


def _require_fits(
    session: Session, actor: Actor, ticket: Ticket, item: Item, slot_path: str
) -> None:
    """A part that takes a slot's place fits there, or nobody is promised it."""
    if item.part is None or item.part.slot_class is None or not slot_path:
        return
    try:
        fit.require_fits(session, actor, item.part, ticket.unit, slot_path)
    except fit.DoesNotFit as refusal:
        refusal.field = "code"
        raise


def _require_quantity(quantity: int) -> None:
    if not 1 <= quantity <= MOST:
        raise Refused(msg("A quantity is between 1 and {most}.", most=MOST), field="quantity")


def _require_seen(line: EstimateLine, seen: int) -> None:
    if line.revision != seen:
        raise Conflict(
            msg("Somebody else changed this line meanwhile. Look at it, and save again."),
            field="form",
        )


def _total(price: Money, quantity: int) -> int:
    total = price.minor * quantity
    if total > MOST_MINOR:
        raise Refused(msg("“{text}” is too large an amount.", text=str(total)), field="quantity")
    return total


def _only_slot(session: Session, ticket: Ticket, item: Item) -> str:
    """The slot that was diagnosed, where there is one alone; fees and freight have none."""
    if item.kind in {LineKind.FEE, LineKind.FREIGHT}:
        return ""
    slots = {one.slot_path for one in proposals.faults(session, ticket) if one.slot_path}
    return next(iter(slots)) if len(slots) == 1 else ""


def _write_shares(
    session: Session, line: EstimateLine, shares: Sequence[Share], parts: Sequence[int]
) -> None:
    """The shares as said and reckoned, in place of those before."""
    session.execute(delete(PayerShare).where(PayerShare.line_id == line.id))
    session.add_all(
        PayerShare(
            line_id=line.id,
            payer=share.payer,
            measure=share.measure,
            value=share.value,
            amount_minor=part,
            reference=share.reference,
        )
        for share, part in zip(shares, parts, strict=True)
    )
    session.flush()


def _told(line: EstimateLine) -> dict[str, object]:
    return {
        "description": line.description,
        "quantity": line.quantity,
        "unit_price_minor": line.unit_price_minor,
        "total_minor": line.total_minor,
    }


def _record(
    session: Session,
    actor: Actor,
    sheet: Sheet,
    what: str,
    line: EstimateLine,
    *,
    before: dict[str, object] | None = None,
) -> None:
    audit.record(
        session,
        actor,
        f"estimate.{what}",
        subject=f"{sheet.subject}:{line.key}",
        before=before,
        after=_told(line),
        reason=line.price_reason or None,
    )
