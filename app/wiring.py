"""Which domain listens to which event, and who delivers what after the commit."""

from app.kernel import events, outbox
from app.kernel.text import msg
from app.payments import cards, printing
from app.payments.events import BillSettled, MoneyCame, PaymentFailed
from app.robots import firmwarerules, gate
from app.robots.events import BoughtBack
from app.sales import buyback, checkout, completion


def connect() -> None:
    """Make every connection; calling it twice is the same as once."""
    events.listen(MoneyCame, checkout.on_money_came)
    events.listen(PaymentFailed, checkout.on_payment_failed)
    events.listen(BillSettled, completion.on_bill_settled)
    events.listen(BoughtBack, buyback.on_bought_back)
    outbox.deliver_by(cards.PRESENT, cards.deliver)
    outbox.deliver_by(printing.RECEIPT, printing.deliver)
    gate.ask("firmware", msg("Versions that run together"), firmwarerules.release_blockers)
