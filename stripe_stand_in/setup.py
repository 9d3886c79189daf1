"""What the command line ordered, and how it is laid over the state at the start and at a reset."""

from dataclasses import asdict, dataclass, field

from stripe_stand_in import account, events, webhooks
from stripe_stand_in.readers import Habits, change_habits
from stripe_stand_in.state import State

_PREFIX = "we_command_line_"


@dataclass(frozen=True)
class Setup:
    """Where webhooks go (address and secret), what customers do, where the account is."""

    webhooks: tuple[tuple[str, str], ...] = ()
    habits: Habits = field(default_factory=Habits)
    country: str = "DE"
    currency: str = "eur"

    def start(self, state: State) -> None:
        """Go on with a state as it was left, with what this command line says."""
        with state.transaction():
            if next(state.newest_first("account"), None) is None:
                state.put(account.create_account(country=self.country, currency=self.currency))
            self._lay_over(state)

    def start_anew(self, state: State) -> None:
        """Empty a state, inside the caller's transaction; the account keeps its id."""
        own = next(state.newest_first("account"))
        state.empty()
        state.put(own)
        events.change_plan(state, asdict(events.Plan()))
        self._lay_over(state)

    def _lay_over(self, state: State) -> None:
        change_habits(state, asdict(self.habits))
        # A till that starts again may listen on another port: the endpoint keeps its id, so that
        # what it is still owed finds it there.
        for number, (url, secret) in enumerate(self.webhooks):
            webhooks.put_endpoint(
                state,
                f"{_PREFIX}{number}",
                url=url,
                secret=secret,
                enabled_events=["*"],
                description="ordered on the command line",
            )
        for endpoint in list(state.newest_first("webhook_endpoint")):
            place = endpoint["id"].removeprefix(_PREFIX)
            if place != endpoint["id"] and int(place) >= len(self.webhooks):
                state.remove(endpoint["id"])
