"""The clock's own work: doing what is due, one thing at a time."""

import logging

from stripe_stand_in import clock, settling
from stripe_stand_in.alarm import Alarm
from stripe_stand_in.state import Appointment, State

_LOG = logging.getLogger("stripe_stand_in")


class Agenda:
    """Keeps appointments, also those that fell due while the server was down."""

    def __init__(self, state: State) -> None:
        self._state = state
        self.alarm = Alarm()

    async def run(self) -> None:
        """Keep appointments for ever."""
        while True:
            first = self._state.next_appointment()
            if first and first.due <= clock.now():
                self._keep(first)
            else:
                await self.alarm.wait_until(first.due if first else None)

    def _keep(self, appointment: Appointment) -> None:
        try:
            with self._state.transaction():
                settling.keep(self._state, appointment)
        except Exception:
            # struck all the same, or it would be tried again for ever
            _LOG.exception("%s of %s failed", appointment.kind, appointment.subject)
            with self._state.transaction():
                self._state.unschedule(appointment.kind, appointment.subject)
