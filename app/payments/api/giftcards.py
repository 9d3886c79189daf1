"""Gift cards and customers' credit, as JSON."""

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from app.customers import book
from app.identity.guard import ApiReading, ApiWriting
from app.kernel.actor import Actor
from app.payments import credit, expiring, giftcards, giftcodes, giftguard, giftview, goodwill
from app.payments.credit_models import CreditCause
from app.payments.gift_card_models import CardCause, GiftCard
from app.payments.giftguard import UnknownCode
from app.payments.giftview import CardView, Show, State
from app.stores import desk
from app.web.idempotent import once
from app.web.problems import refusals, refusals_of_writing
from app.web.sessions import ReadSession, WriteSession, database_of
from app.web.wire import Cursor, MoneyOut, Number, PageOut, PriceIn, Sent, Words

router = APIRouter(prefix="/api/v1", tags=["gift cards"])


class CardOut(BaseModel):
    """`tail` is the end of the code, empty until the card was handed out. `source` is the line of
    a sale (`order:12:1`) or the card that it stands for (`gift_card:3`).
    """

    number: int
    tail: str
    state: State
    balance: MoneyOut
    source: str
    made_at: datetime
    expires_on: date | None = Field(description="The last day on which it pays; null: for ever.")
    blocked_at: datetime | None
    block_reason: str

    @classmethod
    def of(cls, view: CardView) -> "CardOut":
        card = view.card
        return cls(
            number=card.number,
            tail=card.tail,
            state=view.state,
            balance=MoneyOut.of(view.balance),
            source=card.source,
            made_at=card.made_at,
            expires_on=card.expires_on,
            blocked_at=card.blocked_at,
            block_reason=card.block_reason,
        )


class CardMoveOut(BaseModel):
    """`reference` is what it came from or paid for: `order:12`, `gift_card:3`."""

    number: int
    cause: CardCause
    amount: MoneyOut
    left: MoneyOut
    reference: str
    at: datetime
    by: str


class CardWithMovesOut(CardOut):
    """The newest move first."""

    moves: list[CardMoveOut]


class CodeIn(Sent):
    code: Annotated[str, Field(max_length=64)]


class CodeOut(BaseModel):
    """The code is said this once."""

    number: int
    code: str
    balance: MoneyOut


class WhyIn(Sent):
    reason: Words


class GoodwillIn(Sent):
    amount: PriceIn
    reason: Words


class CreditMoveOut(BaseModel):
    number: int
    cause: CreditCause
    amount: MoneyOut
    left: MoneyOut
    reference: str
    note: str
    expires_on: date | None
    at: datetime
    by: str


class CreditOut(BaseModel):
    """`left` pays today; the newest move first, 50 a page."""

    left: MoneyOut
    moves: PageOut[CreditMoveOut]


class ExpiredOut(BaseModel):
    """A gift card (`gift_card:3`) or a customer's credit (`customer:12`) that is over."""

    subject: str
    amount: MoneyOut


class BookedOut(BaseModel):
    booked: MoneyOut


@router.get("/gift-cards", responses=refusals())
def list_gift_cards(
    session: ReadSession, actor: ApiReading, show: Show = Show.ALL, cursor: Cursor = ""
) -> PageOut[CardOut]:
    """Cards, the newest first, 50 a page."""
    page = giftview.page(session, actor, show=show, cursor=cursor or None)
    return PageOut(items=[CardOut.of(view) for view in page.items], next=page.next)


@router.get("/gift-cards/{number}", responses=refusals(404))
def show_gift_card(session: ReadSession, actor: ApiReading, number: Number) -> CardWithMovesOut:
    actor.require("orders.view")
    return _whole(session, giftcards.by_number(session, actor, number))


@router.post("/gift-cards/look-up", responses=refusals_of_writing(404, 429))
def look_up_gift_card(
    request: Request, session: ReadSession, actor: ApiReading, body: CodeIn
) -> CardOut:
    """The card of a code; after five wrong codes the token waits."""
    actor.require("orders.view")
    try:
        card = giftcards.by_code(session, actor, body.code)
    except UnknownCode:
        session.rollback()
        giftguard.count(database_of(request), actor)
        raise
    return CardOut.of(giftview.one(session, card))


@router.post("/gift-cards/{number}/hand-out", responses=refusals_of_writing(404))
def hand_out_gift_card(session: WriteSession, actor: ApiWriting, number: Number) -> CodeOut:
    """Make the code, which is kept nowhere; 409 when the card was handed out."""
    card = giftcards.by_number(session, actor, number)
    code = giftcards.hand_out(session, actor, card)
    view = giftview.one(session, card)
    return CodeOut(
        number=card.number, code=giftcodes.shown(code), balance=MoneyOut.of(view.balance)
    )


@router.post("/gift-cards/{number}/block", responses=refusals_of_writing(404))
@once
def block_gift_card(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    number: Number,
    body: WhyIn,
) -> CardOut:
    """Nothing is paid with it until somebody opens it again."""
    card = giftcards.by_number(session, actor, number)
    giftcards.block(session, actor, card, reason=body.reason)
    return CardOut.of(giftview.one(session, card))


@router.post("/gift-cards/{number}/unblock", responses=refusals_of_writing(404))
@once
def unblock_gift_card(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    number: Number,
) -> CardOut:
    """Found again."""
    card = giftcards.by_number(session, actor, number)
    giftcards.unblock(session, actor, card)
    return CardOut.of(giftview.one(session, card))


@router.post("/gift-cards/{number}/replace", status_code=201, responses=refusals_of_writing(404))
@once
def replace_gift_card(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    number: Number,
    body: WhyIn,
) -> CardOut:
    """What is left goes onto a new card, which is handed out next; the old code is dead."""
    card = giftcards.by_number(session, actor, number)
    new = giftcards.replace(session, actor, card, reason=body.reason)
    return CardOut.of(giftview.one(session, new))


@router.get("/customers/{number}/credit", responses=refusals(404))
def show_customer_credit(
    session: ReadSession, actor: ApiReading, number: Number, cursor: Cursor = ""
) -> CreditOut:
    """What a customer has with the store, and where it came from and went."""
    actor.require("customers.view")
    return _credit(session, actor, number, cursor=cursor)


@router.post("/customers/{number}/credit", status_code=201, responses=refusals_of_writing(404))
@once
def give_goodwill(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    number: Number,
    body: GoodwillIn,
) -> CreditOut:
    """Credit for nothing, at the store's cost, within what the token's role gives alone."""
    customer = book.by_number(session, actor, number)
    goodwill.give(session, actor, customer, body.amount.money(), reason=body.reason)
    return _credit(session, actor, number, cursor="")


@router.get("/expired-credit", responses=refusals())
def list_expired_credit(session: ReadSession, actor: ApiReading) -> PageOut[ExpiredOut]:
    """What is over by the store's day and not booked yet: the first 200 cards and customers."""
    found = expiring.listed(session, actor)
    rows = [ExpiredOut(subject=one.subject, amount=MoneyOut.of(one.amount)) for one in found]
    return PageOut(items=rows, next=None)


@router.post("/expired-credit/book", responses=refusals_of_writing())
@once
def book_expired_credit(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
) -> BookedOut:
    """Book it as income now; by itself that happens once a day."""
    return BookedOut(booked=MoneyOut.of(expiring.book_listed(session, actor)))


def _whole(session: Session, card: GiftCard) -> CardWithMovesOut:
    moves = [
        CardMoveOut(
            number=row.move.number,
            cause=row.move.cause,
            amount=MoneyOut.of(row.amount),
            left=MoneyOut.of(row.left),
            reference=row.move.reference,
            at=row.move.at,
            by=row.move.by,
        )
        for row in giftview.history(session, card)
    ]
    return CardWithMovesOut(**dict(CardOut.of(giftview.one(session, card))), moves=moves)


def _credit(session: Session, actor: Actor, number: int, *, cursor: str) -> CreditOut:
    customer = book.by_number(session, actor, number)
    currency = desk.store_of(session, actor.store_id).currency
    page = credit.moves_page(session, customer.id, cursor=cursor or None)
    rows = [
        CreditMoveOut(
            number=move.number,
            cause=move.cause,
            amount=MoneyOut.minor(move.amount_minor, move.currency),
            left=MoneyOut.minor(move.balance_minor, move.currency),
            reference=move.reference,
            note=move.note,
            expires_on=move.expires_on,
            at=move.at,
            by=move.by,
        )
        for move in page.items
    ]
    left = MoneyOut.of(credit.usable(session, customer.id, currency))
    return CreditOut(left=left, moves=PageOut(items=rows, next=page.next))
