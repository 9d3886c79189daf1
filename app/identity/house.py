"""The house itself: who acts when the command line does, without anybody signed in."""

from app.identity.roles import PERMISSIONS
from app.kernel.actor import Actor

_EVERYTHING = frozenset[str]().union(*PERMISSIONS.values())


def command_line(store_id: int) -> Actor:
    """Whoever can reach the machine may do everything; the audit names the command line."""
    return Actor(store_id=store_id, name="command line", role="house", permissions=_EVERYTHING)


def writing_letters(store_id: int) -> Actor:
    """The house when it writes to a customer: it makes the keys that stand in its letters."""
    may = frozenset({"robots.transfer"})
    return Actor(store_id=store_id, name="messages", role="house", permissions=may)
