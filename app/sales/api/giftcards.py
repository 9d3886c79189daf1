"""The gift cards of an order, as JSON."""

from fastapi import APIRouter
from pydantic import BaseModel

from app.identity.guard import ApiReading
from app.sales import giftlines, orders
from app.web.problems import refusals
from app.web.sessions import ReadSession
from app.web.wire import Number, PageOut

router = APIRouter(prefix="/api/v1/orders/{number}/gift-cards", tags=["gift cards"])


class CardOfLineOut(BaseModel):
    """`line` is the position of the line that loads it, `gift_card` the number of the card."""

    line: int
    gift_card: int


@router.get("", responses=refusals(404))
def list_cards_of_order(
    session: ReadSession, actor: ApiReading, number: Number
) -> PageOut[CardOfLineOut]:
    """The cards that a sale loads: of new ones from its payment on."""
    actor.require("orders.view")
    order = orders.by_number(session, actor, number)
    rows = [
        CardOfLineOut(line=line.position, gift_card=card.number)
        for line, card in giftlines.cards_of(session, order)
    ]
    return PageOut(items=rows, next=None)
