"""One request to the API, as the endpoints see it."""

from collections.abc import Mapping
from dataclasses import dataclass

from stripe_stand_in.errors import StripeObject, not_found
from stripe_stand_in.forms import Params
from stripe_stand_in.state import State

# the names under which Stripe reports an unknown id in the path
_PATH_PARAMS = {
    "payment_intent": "intent",
    "charge": "charge",
    "refund": "refund",
    "terminal.reader": "reader",
    "terminal.location": "location",
    "checkout.session": "session",
}


@dataclass(frozen=True)
class Call:
    """What was asked of which object.

    `base_url` is where the client reached this server, `version` the API version that it speaks.
    """

    state: State
    path: str
    ids: Mapping[str, str]
    params: Params
    base_url: str
    version: str

    def subject(self, kind: str) -> StripeObject:
        """Return the object that the path names, or answer 404."""
        object_id = self.ids["id"]
        found = self.state.get(kind, object_id)
        if found is None:
            raise not_found(kind, object_id, param=_PATH_PARAMS.get(kind, "id"))
        return found

    def named(self, kind: str, param: str) -> StripeObject | None:
        """Return the object that a parameter names, None if it was not sent, else answer 400."""
        object_id = self.params.text(param)
        if object_id is None:
            return None
        found = self.state.get(kind, object_id)
        if found is None:
            raise not_found(kind, object_id, param=param, status=400)
        return found
