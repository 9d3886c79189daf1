"""When something was done: now, or before now if it is entered later."""

from datetime import UTC, datetime, timedelta

from app.kernel import clock
from app.kernel.errors import Refused
from app.kernel.text import msg

# How far a device's clock may run ahead of ours.
_AHEAD = timedelta(minutes=5)


def moment_of(at: datetime | None, *, field: str = "at") -> datetime:
    """The moment that was said, or now; raises Refused for the future."""
    now = clock.now()
    if at is None:
        return now
    try:
        at = at.astimezone(UTC)
    except OverflowError:
        raise Refused(msg("That moment is out of reach."), field=field) from None
    if at > now + _AHEAD:
        raise Refused(msg("{moment} is not over yet.", moment=at), field=field)
    return min(at, now)
