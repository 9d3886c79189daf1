"""Where a robot's page is: by its serial number, whatever signs are in it."""

from urllib.parse import quote, urlencode

# Pages that stand beside the robots', and pages below a robot's.
_NEIGHBOURS = frozenset(
    {
        "receive",
        "register",
        "models",
        "unit",
        "components",
        "bulletins",
        "documents",
        "duties",
        "terms",
    }
)
_BELOW = frozenset(
    {
        "inspection", "timeline", "parts", "slots", "counters", "firmware", "documents", "owners",
        "warranty", "bulletins", "transfer", "passport.json", "passport.pdf",
        "label", "label.pdf", "label.zpl", "label.svg",
    }
)  # fmt: skip
_OWNERS = {"order": "/sales/", "voucher": "/books/vouchers/"}


def robot_page(serial: str, *, maker: str = "") -> str:
    """The address of a robot's page. `maker` is needed only where two makers share the serial.

    A serial that would be read as another page's address, or that browsers would resolve (`..`),
    goes into the query.
    """
    return page_below(serial, maker=maker)


def page_below(serial: str, *path: str, maker: str = "", **query: str) -> str:
    """The address of a page of one robot: `page_below("7", "parts")` is `/robots/7/parts`.

    Parts of the query that are empty are left out.
    """
    asked = {"maker": maker, **query}
    start = f"/robots/{quote(serial, safe='')}"
    if _is_ambiguous(serial):
        start, asked = "/robots/unit", {"serial": serial, **asked}
    filled = urlencode({name: value for name, value in asked.items() if value})
    address = "/".join([start, *(quote(word, safe="") for word in path)])
    return f"{address}?{filled}" if filled else address


def _is_ambiguous(serial: str) -> bool:
    parts = serial.split("/")
    return (
        parts[0] in _NEIGHBOURS
        or not _BELOW.isdisjoint(parts[1:])
        or not {"", ".", ".."}.isdisjoint(parts)
    )


def component_page(component_id: int) -> str:
    """The passport of a component with a serial number of its own."""
    return f"/robots/components/{component_id}"


def bulletin_page(bulletin_id: int) -> str:
    """A bulletin with its campaign."""
    return f"/robots/bulletins/{bulletin_id}"


def model_documents_page(model_id: int) -> str:
    """What is on file of a model: documents, class under the AI Act, figures."""
    return f"/robots/models/{model_id}/documents"


def slots_page(model_id: int, revision: str = "") -> str:
    """A model's slots, of one hardware revision."""
    query = f"?{urlencode({'revision': revision})}" if revision else ""
    return f"/robots/models/{model_id}/slots{query}"


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
