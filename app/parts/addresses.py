"""Where a part's page is: by its number, whatever signs are in it."""

from urllib.parse import parse_qs, quote, unquote, urlencode, urlsplit

# Pages that stand beside the parts', and pages below a part's.
_NEIGHBOURS = frozenset(
    {
        "batteries", "buying", "counts", "demand", "export", "fits", "imports", "labels", "move",
        "new", "numbers", "orders", "part", "pictures", "places", "receive", "returns",
        "substitutions", "suppliers", "valuation", "value",
    }
)  # fmt: skip
_BELOW = frozenset(
    {
        "archive", "availability", "edit", "fits", "label", "label.pdf", "label.svg", "label.zpl",
        "movements", "numbers", "pictures", "restore", "successor", "substitutions", "copy",
    }
)  # fmt: skip
# fewer than the 19 digits of 2**63 - 1, the largest number that a column holds
_DIGITS_OF_A_ROW = 18


def part_page(number: str) -> str:
    """The address of a part's page.

    A number that would be read as another page's address, or that browsers would resolve (`..`),
    goes into the query.
    """
    return page_below(number)


def page_below(number: str, *path: str, **query: str) -> str:
    """The address of a page of one part: `page_below("7", "edit")` is `/parts/7/edit`."""
    start, asked = f"/parts/{quote(number, safe='')}", dict(query)
    if _is_ambiguous(number):
        start, asked = "/parts/part", {"number": number, **query}
    filled = urlencode({name: value for name, value in asked.items() if value})
    address = "/".join([start, *(quote(word, safe="") for word in path)])
    return f"{address}?{filled}" if filled else address


def picture(picture_id: int, *, preview: bool = False) -> str:
    """The file of a picture, or its small copy."""
    return f"/parts/pictures/{picture_id}" + ("/preview" if preview else "")


def place_page(place_id: int) -> str:
    """What lies in a place; its label leads there."""
    return f"/parts/places/{place_id}"


def number_at(text: str) -> str | None:
    """The number of the part to whose page an address leads; None for any other text."""
    path, query = _own(text)
    if path == "/parts/part":
        return parse_qs(query).get("number", [None])[0]
    number = path.removeprefix("/parts/")
    if number == path or "/" in number or unquote(number) in _NEIGHBOURS:
        return None
    return unquote(number)


def place_at(text: str) -> int | None:
    """The place to whose page an address leads; None for any other text."""
    path, _ = _own(text)
    number = path.removeprefix("/parts/places/")
    is_one = number != path and number.isascii() and number.isdigit()
    return int(number) if is_one and len(number) <= _DIGITS_OF_A_ROW else None


def _own(text: str) -> tuple[str, str]:
    """Path and query of an address; both empty for what is none."""
    if not text.lower().startswith(("http://", "https://")):
        return "", ""
    try:
        parts = urlsplit(text)
    except ValueError:
        return "", ""
    return parts.path, parts.query


def _is_ambiguous(number: str) -> bool:
    parts = number.split("/")
    return (
        parts[0] in _NEIGHBOURS
        or not _BELOW.isdisjoint(parts[1:])
        or not {"", ".", ".."}.isdisjoint(parts)
    )
