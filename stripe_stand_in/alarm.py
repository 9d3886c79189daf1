"""Waiting for the next thing to do, without asking again and again."""

import asyncio

from stripe_stand_in import clock


class Alarm:
    """Rings when a time has come or when somebody rings it."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()

    def ring(self) -> None:
        """Wake whoever waits, as there may be something new."""
        self._rung.set()

    async def wait_until(self, due: float | None) -> None:
        """Sleep until `due` (seconds since 1970; None is for ever), or until rung."""
        seconds = None if due is None else max(0.0, due - clock.now())
        try:
            await asyncio.wait_for(self._rung.wait(), seconds)
        except TimeoutError:
            return
        finally:
            self._rung.clear()
