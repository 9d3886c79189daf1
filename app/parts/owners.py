"""For whom pieces are kept or lie on a bench: `order:1042`, `ticket:T-1001`, or any other text."""

from app.kernel.text import Text, msg


def owner_label(owner: str) -> Text:
    """An owner as a sentence names it."""
    kind, _, number = owner.partition(":")
    match kind:
        case "order":
            return msg("sale {number}", number=number)
        case "ticket":
            return msg("ticket {number}", number=number)
        case "aside":
            return msg("{owner}", owner=number)
        case "purchase":
            return msg("{owner}", owner=f"PO-{number}")
        case "return":
            return msg("{owner}", owner=f"RT-{number}")
        case _:
            return msg("{owner}", owner=owner)


def owner_page(owner: str) -> str:
    """Where an owner is shown; empty for one without a page."""
    kind, _, number = owner.partition(":")
    pages = {
        "order": f"/sales/{number}",
        "ticket": f"/service/tickets/{number.removeprefix('T-')}",
        "purchase": f"/parts/orders/{number}",
        "return": f"/parts/returns/{number}",
    }
    return pages.get(kind, "")
