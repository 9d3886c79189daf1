"""How a repair is taxed: by rule, or as a person decides, with a reason and on record.

All that its customer pays is taxed alike: a repair is a service, with its parts. That stays open
until money has come or the invoice is issued; until then every version in force says the same.
"""

from collections.abc import Sequence

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.kernel import audit
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, StoreError
from app.kernel.text import msg
from app.payments import bills, standing, taxview, treatments
from app.payments.taxforms import MAY
from app.payments.taxview import TaxView
from app.payments.treatments import Treatment
from app.service import estimates, invoicing, tickets
from app.service.estimate_models import Estimate, EstimateState
from app.service.models import Ticket
from app.service.payers import Payer
from app.stores import desk


def choose(
    session: Session,
    actor: Actor,
    ticket: Ticket,
    treatment: Treatment,
    *,
    reason: str,
    approved_by: Actor | None = None,
) -> None:
    """Tax a repair so, whatever the rule says. Raises Refused without a reason or what it needs,
    Conflict when it is too late.
    """
    actor.require("service.estimate")
    chooser = approved_by or actor
    chooser.require(MAY)
    found = _require_open(session, ticket)
    store = desk.store_of(session, ticket.store_id)
    said = treatments.require(treatment, reason, store, estimates.billed(session, ticket))
    _change(session, actor, ticket, found, treatment, reason=said, by=chooser.name)


def by_rule(session: Session, actor: Actor, ticket: Ticket) -> None:
    """Let the rule decide again."""
    actor.require("service.estimate")
    found = _require_open(session, ticket)
    _change(session, actor, ticket, found, estimates.by_rule(session, ticket), reason="", by="")


def follow(session: Session, actor: Actor, ticket: Ticket) -> None:
    """Whoever is billed is another, or known better: the rule may say otherwise. A choice stays as
    long as it has what it needs.
    """
    found = _in_force(session, ticket)
    if not found or _refusal(session, ticket, found) is not None:
        return
    wanted = estimates.treatment_after(session, ticket, found[0])
    if any(one.tax_treatment is not wanted for one in found):
        kept = found[0] if found[0].tax_treatment is wanted else None
        reason, by = (kept.tax_reason, kept.tax_by) if kept else ("", "")
        _change(session, actor, ticket, found, wanted, reason=reason, by=by)


def view(session: Session, actor: Actor, ticket: Ticket) -> TaxView | None:
    """How the newest version is taxed, and what the rule says; None before there is one."""
    found = _in_force(session, ticket)
    if not found:
        return None
    newest = found[0]
    return taxview.of(
        desk.store_of(session, ticket.store_id),
        estimates.billed(session, ticket),
        newest.tax_treatment,
        reason=newest.tax_reason,
        by=newest.tax_by,
        may_change="service.estimate" in actor.permissions
        and _refusal(session, ticket, found) is None,
    )


def _in_force(session: Session, ticket: Ticket) -> Sequence[Estimate]:
    """The versions that say what will be billed, the newest first: a draft, what the customer has,
    and by which the work is done.
    """
    decided = (
        select(Estimate.id)
        .where(Estimate.ticket_id == ticket.id, Estimate.decided_at.is_not(None))
        .order_by(Estimate.version.desc())
        .limit(1)
    )
    return session.scalars(
        select(Estimate)
        .where(
            Estimate.ticket_id == ticket.id,
            or_(
                Estimate.state != EstimateState.SUPERSEDED,
                Estimate.id == decided.scalar_subquery(),
            ),
        )
        .order_by(Estimate.version.desc())
    ).all()


def _require_open(session: Session, ticket: Ticket) -> Sequence[Estimate]:
    found = _in_force(session, ticket)
    refusal = _refusal(session, ticket, found)
    if refusal is not None:
        raise refusal
    return found


def _refusal(session: Session, ticket: Ticket, found: Sequence[Estimate]) -> StoreError | None:
    """Why it is not to be chosen (any more)."""
    if not found:
        return Conflict(msg("Nothing is estimated yet"), link=estimates.page(ticket))
    bill = bills.by_reference(session, ticket.store_id, tickets.reference(ticket))
    stands = standing.of(session, bill) if bill else None
    if ticket.ended_at is not None or (
        stands and (stands.is_recognised or stands.paid or stands.under_way_id is not None)
    ):
        return Conflict(
            msg(
                "Money for {number} has come or is on its way, or its invoice is issued: it stays "
                "taxed as it is.",
                number=tickets.label(ticket),
            ),
            link=tickets.page(ticket),
        )
    return None


def _change(
    session: Session,
    actor: Actor,
    ticket: Ticket,
    found: Sequence[Estimate],
    treatment: Treatment,
    *,
    reason: str,
    by: str,
) -> None:
    before = found[0].tax_treatment
    for estimate in found:
        estimate.tax_treatment = treatment
        estimate.tax_reason, estimate.tax_by = reason, by
    session.flush()
    _raise_again(session, actor, ticket)
    audit.record(
        session,
        actor,
        "ticket.taxed",
        subject=tickets.reference(ticket),
        before={"treatment": before},
        after={"treatment": treatment, "approved_by": by},
        reason=reason,
    )


def _raise_again(session: Session, actor: Actor, ticket: Ticket) -> None:
    """A bill that nobody has paid of yet follows, and with it the links to pay it by."""
    bill = bills.by_reference(session, ticket.store_id, tickets.reference(ticket))
    if bill is not None:
        portion = invoicing.portion_of(
            estimates.in_force(session, ticket), Payer.CUSTOMER, currency=bill.currency
        )
        total = portion.total.gross
        bills.follow(session, actor, bill, customer_id=ticket.customer_id, total=total)
