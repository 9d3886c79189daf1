"""Where a part's page is: by its number, whatever signs are in it."""

from urllib.parse import quote, urlencode

# Pages that stand beside the parts', and pages below a part's.
_NEIGHBOURS = frozenset(
    {
        "batteries", "counts", "demand", "export", "fits", "import", "imports", "labels", "moves",
        "new", "numbers", "orders", "part", "pictures", "places", "purchases", "receive",
        "receiving", "returns", "stocktake", "stocktakes", "substitutions", "suggestions",
        "suppliers", "transfers", "value",
    }
)  # fmt: skip
_BELOW = frozenset(
    {
        "archive", "availability", "edit", "fits", "label", "label.pdf", "label.svg", "label.zpl",
        "movements", "numbers", "pictures", "restore", "successor", "substitutions", "copy",
    }
)  # fmt: skip


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


def _is_ambiguous(number: str) -> bool:
    parts = number.split("/")
    return (
        parts[0] in _NEIGHBOURS
        or not _BELOW.isdisjoint(parts[1:])
        or not {"", ".", ".."}.isdisjoint(parts)
    )
