"""The slip of a gift card that is handed out: its code, for people and for the scanner.

Made in memory and printed at once: the code is kept nowhere.
"""

from sqlalchemy.orm import Session

from app.kernel.money import Money
from app.kernel.text import msg
from app.payments import giftcodes
from app.payments.gift_card_models import GiftCard
from app.payments.issuing import language_of
from app.stores import desk
from app.web.escpos import ReceiptPrinter, Slip, Style
from app.web.i18n import speech


def escpos(session: Session, card: GiftCard, code: str, balance: Money) -> bytes:
    """The bytes that print it, in the store's language."""
    store = desk.store_of(session, card.store_id)
    said = speech(language_of(store), store.zone)
    slip = Slip(ReceiptPrinter())
    slip.text(store.name, style=Style.LARGE, centred=True)
    slip.rule()
    slip.text(said.say(msg("Gift card")), style=Style.TALL, centred=True)
    slip.text(said.money(balance), style=Style.LARGE, centred=True)
    slip.qr(code)
    slip.text(giftcodes.shown(code), style=Style.TALL, centred=True)
    if card.expires_on is not None:
        slip.pair(said.say(msg("Good until")), said.date(card.expires_on))
    slip.rule()
    slip.text(said.say(msg("Whoever has this code pays with it: keep it like cash.")))
    slip.cut()
    return slip.data
