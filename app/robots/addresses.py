"""Where a robot's page is: by its serial number, whatever signs are in it."""

from urllib.parse import quote, urlencode

# Pages that stand beside the robots', and pages below a robot's.
_NEIGHBOURS = frozenset({"receive", "models", "unit"})
_BELOW = frozenset({"inspection"})
_OWNERS = {"order": "/sales/"}


def robot_page(serial: str, *, maker: str = "") -> str:
    """The address of a robot's page. `maker` is needed only where two makers share the serial.

    A serial that would be read as another page's address, or that browsers would resolve (`..`),
    goes into the query.
    """
    parts = serial.split("/")
    ambiguous = (
        parts[0] in _NEIGHBOURS
        or (len(parts) > 1 and parts[-1] in _BELOW)
        or not {"", ".", ".."}.isdisjoint(parts)
    )
    if ambiguous:
        query = {"serial": serial} | ({"maker": maker} if maker else {})
        return f"/robots/unit?{urlencode(query)}"
    address = f"/robots/{quote(serial, safe='')}"
    return f"{address}?{urlencode({'maker': maker})}" if maker else address


def note_page(number: int) -> str:
    """The robots that came with a delivery note."""
    return f"/robots?note={number}"


def new_model_page(*, maker: str, code: str) -> str:
    """The form for a new model, filled with what a delivery note says of it."""
    return f"/robots/models?{urlencode({'maker': maker, 'code': code})}#new-model"


def inspection_page(serial: str, *, maker: str = "") -> str:
    query = f"?{urlencode({'maker': maker})}" if maker else ""
    return f"/robots/{quote(serial, safe='')}/inspection{query}"


def owner_page(owner: str) -> str:
    """Where to look at whoever claims a unit (`order:1042`); empty if it has no page."""
    kind, _, number = owner.partition(":")
    return f"{_OWNERS[kind]}{number}" if kind in _OWNERS else ""
