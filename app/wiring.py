"""Which domain listens to which event, and who delivers what after the commit."""

from app.customers import panels, privacy
from app.customers.events import CustomerErased
from app.kernel import events, outbox
from app.kernel.text import msg
from app.payments import cards, printing
from app.payments.events import BillSettled, MoneyCame, PaymentFailed
from app.robots import (
    bodylook,
    bulletinlook,
    bulletins,
    concerned,
    customerview,
    firmwarerules,
    gate,
    openpassport,
    publicfacts,
    requirements,
    timeline,
)
from app.robots.events import BoughtBack, ComponentFitted
from app.sales import buyback, checkout, completion, robotpapers
from app.sales import customerview as salesview
from app.sales.events import HandedOver
from app.web import live


def connect() -> None:
    """Make every connection; calling it twice is the same as once."""
    events.listen(MoneyCame, checkout.on_money_came)
    events.listen(PaymentFailed, checkout.on_payment_failed)
    events.listen(BillSettled, completion.on_bill_settled)
    events.listen(BoughtBack, buyback.on_bought_back)
    events.listen(ComponentFitted, bulletins.on_fitted)
    events.listen(HandedOver, robotpapers.on_handed_over)
    events.listen(CustomerErased, salesview.on_customer_erased)
    panels.show(customerview.panel)
    panels.show(salesview.panel)
    privacy.chapters.update(robots=customerview.chapter, sales=salesview.chapter)
    outbox.deliver_by(cards.PRESENT, cards.deliver)
    outbox.deliver_by(printing.RECEIPT, printing.deliver)
    bodylook.look_by(bodylook.Look.BULLETINS, bulletinlook.look)
    live.watch("robot", timeline.mark)
    gate.ask("firmware", msg("Versions that run together"), firmwarerules.release_blockers)
    openpassport.tell("warranty", publicfacts.warranty)
    openpassport.tell("ai_class", publicfacts.ai_class)
    gate.ask("bulletins", msg("Bulletins settled"), concerned.reasons)
    gate.ask("documents", msg("Documents of the market on file"), requirements.reasons)
