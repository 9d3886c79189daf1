"""A fair gate: who came first goes first."""

from collections import deque
from threading import Event, Lock

from app.kernel.errors import Unavailable
from app.kernel.text import msg

PATIENCE_S = 20.0


class Gate:
    """Lets one through at a time, in order of arrival. May be left by another thread."""

    def __init__(self) -> None:
        self._mutex = Lock()
        self._busy = False
        self._queue: deque[Event] = deque()

    def enter(self) -> None:
        """Wait for one's turn; raises Unavailable after 20 s."""
        with self._mutex:
            if not self._busy:
                self._busy = True
                return
            turn = Event()
            self._queue.append(turn)
        if turn.wait(PATIENCE_S):
            return
        with self._mutex:
            if turn.is_set():  # our turn came between giving up and looking
                return
            self._queue.remove(turn)
        raise Unavailable(msg("The store is very busy just now. Nothing was saved; try again."))

    def leave(self) -> None:
        with self._mutex:
            if self._queue:
                self._queue.popleft().set()
            else:
                self._busy = False
