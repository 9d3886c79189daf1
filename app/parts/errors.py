"""What the shelf refuses."""

from collections.abc import Sequence

from app.kernel.errors import Conflict, Refused
from app.kernel.text import msg


class NotEnoughStock(Conflict):
    code = "not_enough_stock"

    def __init__(self, number: str, *, wanted: int, free: int, field: str | None = None) -> None:
        super().__init__(
            msg(
                "{number}: {wanted} wanted, {free} free. The rest is promised or not on the shelf.",
                number=number,
                wanted=wanted,
                free=free,
            ),
            field=field,
        )


class Elsewhere(Conflict):
    """A component that is not where somebody wants to take it from."""

    code = "component_elsewhere"


class Promised(Conflict):
    """A piece, or pieces, that somebody else waits for; the sentence names them."""

    code = "promised"


class MoreThanOrdered(Refused):
    """More came of a line than was ordered: (part number, ordered, what it would be) of each."""

    code = "more_than_ordered"

    def __init__(self, over: Sequence[tuple[str, int, int]], *, may_confirm: bool) -> None:
        number, ordered, would_be = over[0]
        told = (
            msg(
                "{number}: {ordered} ordered, {would_be} came. Confirm that more is kept.",
                number=number,
                ordered=ordered,
                would_be=would_be,
            )
            if may_confirm
            else msg(
                "{number}: {ordered} ordered, {would_be} came. Ask who may order, or reject them.",
                number=number,
                ordered=ordered,
                would_be=would_be,
            )
        )
        super().__init__(told, field="confirmed")
        self.may_confirm = may_confirm
