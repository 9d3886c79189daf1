"""Which domain listens to which event, and who delivers what after the commit."""

from app.customers import panels, privacy
from app.customers.events import CustomerErased
from app.kernel import events, outbox
from app.kernel.text import msg
from app.payments import cards, printing
from app.payments.events import BillSettled, MoneyCame, PaymentFailed
from app.robots import customerview, firmwarerules, gate
from app.robots.events import BoughtBack
from app.sales import buyback, checkout, completion
from app.sales import customerview as salesview


def connect() -> None:
    """Make every connection; calling it twice is the same as once."""
    events.listen(MoneyCame, checkout.on_money_came)
    events.listen(PaymentFailed, checkout.on_payment_failed)
    events.listen(BillSettled, completion.on_bill_settled)
    events.listen(BoughtBack, buyback.on_bought_back)
    events.listen(CustomerErased, salesview.on_customer_erased)
    panels.show(customerview.panel)
    panels.show(salesview.panel)
    privacy.chapters.update(robots=customerview.chapter, sales=salesview.chapter)
    outbox.deliver_by(cards.PRESENT, cards.deliver)
    outbox.deliver_by(printing.RECEIPT, printing.deliver)
    gate.ask("firmware", msg("Versions that run together"), firmwarerules.release_blockers)
