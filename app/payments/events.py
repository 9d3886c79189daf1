"""What payments announce, in the transaction that books the money.

A listener must be able to take the news: the card has been charged whatever it says. If it raises
a StoreError, the capture is held unbooked and listed at the till until it can be booked.
"""

from dataclasses import dataclass

from app.kernel.actor import Actor
from app.kernel.events import Event
from app.payments.standing import Standing


@dataclass(frozen=True, slots=True)
class MoneyCame(Event):
    """The card service took money for a bill, perhaps long after somebody gave it up; it is booked
    next. Whoever owns the bill may bring its total up to date (`bills.follow`).
    """

    bill_id: int
    reference: str
    store_id: int
    actor: Actor


@dataclass(frozen=True, slots=True)
class PageBegins(Event):
    """A customer with a link is about to be sent to the card service's page. Whoever owns the bill
    makes sure of what is paid for; a StoreError sends nobody there, in words for the customer.
    """

    bill_id: int
    reference: str
    store_id: int
    actor: Actor


@dataclass(frozen=True, slots=True)
class PaymentFailed(Event):
    """A try to pay ended without money: declined, or cancelled before a card was asked."""

    bill_id: int
    reference: str
    store_id: int
    actor: Actor


@dataclass(frozen=True, slots=True)
class PaymentCaptured(Event):
    """Money has come in for a bill and stands in the journal; `settles`: BillSettled is next."""

    bill_id: int
    reference: str
    store_id: int
    settles: bool


@dataclass(frozen=True, slots=True)
class BillSettled(Event):
    """Nothing is due on a bill any more; announced once per bill, after its last capture.

    `actor` is whoever took the last payment: a person, or the house on the card service's word.
    `stands` is how the bill stands with it, where whoever booked it knows that.
    """

    bill_id: int
    reference: str
    store_id: int
    actor: Actor
    stands: Standing | None = None


@dataclass(frozen=True, slots=True)
class RefundPaidOut(Event):
    """Money of a bill has gone back to its owner and stands in the journal."""

    bill_id: int
    reference: str
    store_id: int
    refund_id: int


@dataclass(frozen=True, slots=True)
class PaymentLinkMade(Event):
    """A link by which a bill is paid from home; `key` is known here and kept nowhere."""

    bill_id: int
    reference: str
    store_id: int
    link_id: int
    key: str
    actor: Actor
