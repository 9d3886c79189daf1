"""The purchase note of a robot taken in trade: what margin taxation and the seller ask for."""

from dataclasses import replace

from sqlalchemy.orm import Session

from app.customers.models import Customer
from app.kernel import audit
from app.kernel.actor import Actor
from app.kernel.money import Money
from app.kernel.tax import PriceMode
from app.kernel.text import msg
from app.payments import invoiceparts, issuing
from app.payments.documents import (
    DocumentContent,
    DocumentKind,
    Fact,
    Line,
    PaymentLine,
    TaxLine,
    Totals,
)
from app.payments.models import IssuedDocument
from app.robots.models import RobotModel, Unit
from app.sales import tradein
from app.sales.models import Order
from app.sales.tradein_models import Payout, TradeIn
from app.sales.tradeinvalues import GRADE_LABELS
from app.stores import desk
from app.web.i18n import Speech, speech


def issue(session: Session, actor: Actor, trade_in: TradeIn, unit: Unit) -> IssuedDocument:
    """Number and keep the note of a robot that was just taken over."""
    content = _content(session, actor, trade_in, unit)

    def build(label: str) -> DocumentContent:
        return replace(content, number=label)

    return issuing.issue(
        session,
        actor,
        kind=DocumentKind.PURCHASE,
        reference=tradein.reference(trade_in),
        build=build,
    )


def _content(session: Session, actor: Actor, trade_in: TradeIn, unit: Unit) -> DocumentContent:
    store = desk.store_of(session, trade_in.store_id)
    seller = session.get_one(Customer, trade_in.customer_id)
    said = speech(seller.language or issuing.language_of(store), store.zone)
    price = tradein.offered(trade_in)
    moment = trade_in.taken_at or trade_in.inspected_at
    nothing = Money(0, price.currency)
    return DocumentContent(
        kind=DocumentKind.PURCHASE,
        number="",
        series="",
        issued_at=moment,
        business_day=desk.business_day_of(store, moment),
        zone=store.zone,
        language=said.language,
        currency=price.currency,
        price_mode=PriceMode.GROSS,
        store=store.name,
        seller=issuing.seller_of(store),
        buyer=invoiceparts.buyer(seller),
        lines=(_line(session, said, trade_in, unit),),
        taxes=(TaxLine(rate_bp=0, net=price, tax=nothing, gross=price),),
        totals=Totals(net=price, tax=nothing, gross=price),
        payments=_payments(session, said, trade_in),
        references=(
            Fact(said.say(msg("Trade-in")), tradein.label(trade_in)),
            Fact(said.say(msg("Grade")), said.say(GRADE_LABELS[trade_in.grade])),
            Fact(said.say(msg("Looked over by")), trade_in.inspected_by),
            Fact(said.say(msg("Taken in by")), actor.name),
        ),
        notes=_notes(said, trade_in),
        footer=tuple(store.receipt_footer.splitlines()),
        chain_head=audit.head(session, store.id),
    )


def _line(session: Session, said: Speech, trade_in: TradeIn, unit: Unit) -> Line:
    price = tradein.offered(trade_in)
    run = trade_in.hours
    return Line(
        position=1,
        description=session.get_one(RobotModel, unit.model_id).name,
        quantity=1,
        unit_price=price,
        amount=price,
        tax_bp=0,
        detail=said.say(msg("Used, {hours} h", hours=run)) if run is not None else "",
        serials=(unit.serial,),
    )


def _payments(session: Session, said: Speech, trade_in: TradeIn) -> tuple[PaymentLine, ...]:
    """What it paid for, and how the rest went out."""
    lines = []
    if trade_in.settled_minor and trade_in.order_id is not None:
        number = session.get_one(Order, trade_in.order_id).number
        lines.append(
            PaymentLine(
                label=said.say(msg("Set off against sale {number}", number=f"S-{number}")),
                amount=Money(trade_in.settled_minor, trade_in.currency),
            )
        )
    if trade_in.payout is not None:
        words = {
            Payout.TRANSFER: msg("By bank transfer"),
            Payout.STORE_CREDIT: msg("As store credit"),
        }
        lines.append(
            PaymentLine(
                label=said.say(words[trade_in.payout]),
                amount=Money(trade_in.payout_minor, trade_in.currency),
                auth_ref=trade_in.payout_note,
            )
        )
    return tuple(lines)


def _notes(said: Speech, trade_in: TradeIn) -> tuple[str, ...]:
    owned = msg(
        "The seller confirms that the robot is their own and that nobody else has rights in it."
    )
    free = msg("The seller sells without value added tax shown.")
    return (said.say(owned), *((said.say(free),) if trade_in.is_tax_free else ()))
