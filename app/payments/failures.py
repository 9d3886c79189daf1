"""Why a card payment brought no money, in words for the counter.

Stored is the word; what no word here covers is stored as the card service's own sentence. Lost
and stolen cards look like any other decline, as card schemes ask.
"""

from app.kernel.text import Text, msg

READER_OFFLINE = "reader_offline"
READER_BUSY = "reader_busy"
SERVICE_REFUSED = "service_refused"
SERVICE_SILENT = "service_silent"
SERVICE_UNREACHABLE = "service_unreachable"
CANCELLED_HERE = "cancelled_here"
CANCELLED_AT_READER = "customer_canceled"
OTHER_AMOUNT = "other_amount"
NOT_TAKEN = "not_taken"
SET_ASIDE = "set_aside"
PAGE_EXPIRED = "page_expired"

# With these nobody asked a bank, so the attempt was not declined.
WITHOUT_BANK = frozenset(
    {
        READER_OFFLINE,
        READER_BUSY,
        SERVICE_REFUSED,
        SERVICE_UNREACHABLE,
        CANCELLED_HERE,
        CANCELLED_AT_READER,
        NOT_TAKEN,
        SET_ASIDE,
        PAGE_EXPIRED,
        "connection_error",
    }
)

_DECLINED = msg("The bank declined the card. Take another card or another way to pay.")
_WORDS: dict[str, Text] = {
    READER_OFFLINE: msg("The card reader is switched off or has no network. Nothing was taken."),
    READER_BUSY: msg("The card reader is busy with another payment. Nothing was taken."),
    SERVICE_REFUSED: msg("The card service did not accept this payment. Nothing was taken."),
    SERVICE_SILENT: msg("The card service does not answer just now."),
    SERVICE_UNREACHABLE: msg("The card service cannot be reached. Nothing was taken."),
    CANCELLED_HERE: msg("Cancelled at the counter. Nothing was taken."),
    CANCELLED_AT_READER: msg("The customer cancelled at the reader. Nothing was taken."),
    OTHER_AMOUNT: msg(
        "The card service reports another amount or currency than ours. Look into its dashboard."
    ),
    NOT_TAKEN: msg("The reader ended without a card. Nothing was taken."),
    SET_ASIDE: msg("Set aside by hand: no money was found at the card service."),
    PAGE_EXPIRED: msg("The payment page was left without paying. Nothing was taken."),
    "insufficient_funds": msg("The bank declined: not enough funds on the card."),
    "expired_card": msg("The card has expired."),
    "incorrect_pin": msg("The PIN was wrong."),
    "pin_try_exceeded": msg("The PIN was wrong too often; this card is blocked."),
    "card_not_supported": msg("The bank does not allow this kind of payment with the card."),
    "currency_not_supported": msg("The card does not take this currency."),
    "withdrawal_count_limit_exceeded": msg("The card has reached its limit."),
    "generic_decline": _DECLINED,
    "card_declined": _DECLINED,
    "do_not_honor": _DECLINED,
    "lost_card": _DECLINED,
    "stolen_card": _DECLINED,
    "pickup_card": _DECLINED,
    "fraudulent": _DECLINED,
    "processing_error": msg("The bank could not work on this card. Try again in a moment."),
    "connection_error": msg("The reader lost its connection."),
}


def told(failure: str) -> Text | None:
    """The sentence behind a stored failure; None when there is none."""
    if not failure:
        return None
    return _WORDS.get(failure) or Text("{sentence}", {"sentence": failure})
