"""What the shelf refuses."""

from app.kernel.errors import Conflict
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
