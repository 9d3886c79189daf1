"""Refusals of the till and of card payments."""

from app.kernel.errors import Conflict, Refused, StoreError, Unavailable


class TillClosed(Refused):
    """No session is open at this till, or the one that was named is closed."""

    code = "till_closed"


class OverTender(Refused):
    """More than is due, by a tender that gives no change."""

    code = "over_tender"


class NotEnoughTendered(Refused):
    """What the customer hands over does not reach the amount."""

    code = "not_enough_tendered"


class PaymentUnderWay(Conflict):
    """Another payment for this bill may still bring money; it comes first."""

    code = "payment_under_way"


class DifferenceUnexplained(Refused):
    """The count is not what was expected, and nobody said why."""

    code = "difference_unexplained"


class CardServiceSilent(Unavailable):
    """No answer, or none that says whether the thing was done."""

    code = "card_service_silent"


class CardServiceRefused(Unavailable):
    """The card service said no, and nothing was done; `reason` is a word of failures.py."""

    code = "card_service_refused"
    reason = "service_refused"


class NotGenuine(StoreError):
    """A message in the card service's name that is not from it, not for us, or not of now."""

    code = "not_genuine"
