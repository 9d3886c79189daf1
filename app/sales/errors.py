"""What the counter refuses."""

from app.kernel.errors import Conflict, Refused


class OrderLocked(Conflict):
    """Money is taken or under way: lines and prices stand."""

    code = "order_locked"


class NotSellable(Conflict):
    """This unit cannot be sold now; the sentence says why, the link leads there."""

    code = "not_sellable"


class AlreadyOnOrder(Conflict):
    code = "already_on_order"


class DiscountTooBig(Refused):
    """More than the role may give; a second person's PIN lifts it."""

    code = "discount_too_big"
