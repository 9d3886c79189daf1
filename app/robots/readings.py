"""What is read off a robot in hand, as programs send it with whatever they do to it."""

from decimal import Decimal
from typing import Annotated

from pydantic import Field

from app.robots.counters import MOST
from app.robots.touches import Touch, read_touch
from app.web.forms import Reading
from app.web.wire import Sent

Hours = Annotated[Decimal, Field(strict=False, ge=0, le=10**9, max_digits=12, decimal_places=2)]
Count = Annotated[int, Field(ge=0, le=MOST)]
Version = Annotated[str, Field(max_length=64)]


class ReadingIn(Sent):
    """What the robot counts and what runs in it; what was not read is left out."""

    hours: Hours | None = None
    steps: Count | None = None
    falls: Count | None = None
    cycles: Count | None = None
    firmware: Version = ""
    controller: Version = ""
    ai_model: Version = ""

    def touch(self) -> Touch:
        """Raises Invalid for what cannot be read, by `reading.<field>`."""
        seen = Reading()
        touch = read_touch(self.as_typed("reading."), seen, prefix="reading.")
        seen.done()
        return touch

    def as_typed(self, prefix: str = "") -> dict[str, str]:
        """The same as the fields of a form; hours without an exponent."""
        read = self.model_dump(exclude_none=True)
        return {
            prefix + name: f"{value:f}" if isinstance(value, Decimal) else str(value)
            for name, value in read.items()
        }
