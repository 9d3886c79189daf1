"""Test cards, and what the bank answers to each.

Numbers and tokens are those of Stripe's public testing page, so that a test written for this
server also holds against Stripe's own test mode.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Approve:
    """The bank says yes."""


@dataclass(frozen=True)
class Decline:
    """The bank says no: Stripe's `code`, the bank's own `decline_code`, a sentence."""

    code: str
    decline_code: str | None
    message: str

    @property
    def name(self) -> str:
        """What `decline_for` finds it by."""
        return self.decline_code or self.code


@dataclass(frozen=True)
class Pending:
    """The bank answers later, after `settle_s` seconds; None waits until it is told to."""

    settle_s: float | None
    then: Approve | Decline


Verdict = Approve | Decline | Pending


@dataclass(frozen=True)
class Card:
    """A card that can be presented at a reader or typed into a form."""

    token: str
    number: str
    brand: str = "visa"
    funding: str = "credit"
    country: str = "US"
    verdict: Approve | Decline = Approve()
    disputed: bool = False

    @property
    def last4(self) -> str:
        """The four digits that receipts print."""
        return self.number[-4:]

    @property
    def fingerprint(self) -> str:
        """The sign by which the same card is known again, without its number."""
        return f"fp_{self.token.removeprefix('pm_card_')}"


_PLAIN = "Your card was declined."
_DECLINES = {
    "generic_decline": Decline("card_declined", "generic_decline", _PLAIN),
    "insufficient_funds": Decline(
        "card_declined", "insufficient_funds", "Your card has insufficient funds."
    ),
    "expired_card": Decline("expired_card", None, "Your card has expired."),
    "incorrect_cvc": Decline(
        "incorrect_cvc", "incorrect_cvc", "Your card's security code is incorrect."
    ),
    "processing_error": Decline(
        "processing_error",
        None,
        "An error occurred while processing your card. Try again in a little bit.",
    ),
}


def decline_for(name: str) -> Decline:
    """Return the refusal of that name, whether it is a code or a bank's decline code."""
    if name in ("card_declined", ""):
        return _DECLINES["generic_decline"]
    return _DECLINES.get(name, Decline("card_declined", name, _PLAIN))


_KNOWN = (
    Card("pm_card_visa", "4242424242424242"),
    Card("pm_card_visa_debit", "4000056655665556", funding="debit"),
    Card("pm_card_mastercard", "5555555555554444", brand="mastercard"),
    Card("pm_card_amex", "378282246310005", brand="amex"),
    Card("pm_card_unionpay", "6200000000000005", brand="unionpay", country="CN"),
    Card("pm_card_de", "4000002760000016", country="DE"),
    Card("pm_card_chargeDeclined", "4000000000000002", verdict=decline_for("generic_decline")),
    Card(
        "pm_card_chargeDeclinedInsufficientFunds",
        "4000000000009995",
        verdict=decline_for("insufficient_funds"),
    ),
    Card("pm_card_chargeDeclinedLostCard", "4000000000009987", verdict=decline_for("lost_card")),
    Card(
        "pm_card_chargeDeclinedStolenCard", "4000000000009979", verdict=decline_for("stolen_card")
    ),
    Card(
        "pm_card_chargeDeclinedExpiredCard",
        "4000000000000069",
        verdict=decline_for("expired_card"),
    ),
    Card(
        "pm_card_chargeDeclinedIncorrectCvc",
        "4000000000000127",
        verdict=decline_for("incorrect_cvc"),
    ),
    Card(
        "pm_card_chargeDeclinedProcessingError",
        "4000000000000119",
        verdict=decline_for("processing_error"),
    ),
    Card("pm_card_createDispute", "4000000000000259", disputed=True),
)

GOOD_CARD = _KNOWN[0]
CARDS_BY_TOKEN = {card.token: card for card in _KNOWN}
CARDS_BY_NUMBER = {card.number: card for card in _KNOWN}
CARDS_BY_FINGERPRINT = {card.fingerprint: card for card in _KNOWN}
