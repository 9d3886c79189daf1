"""What a bundle holds, and what each of it costs there."""

from sqlalchemy.orm import Session

from app.kernel.errors import Refused
from app.kernel.money import split
from app.kernel.text import msg
from app.sales import catalogue
from app.sales.models import BundleItem, Product


def shares(session: Session, bundle: Product) -> list[tuple[BundleItem, Product, int]]:
    """Each content with its share of the bundle's price, spread by their own prices. Raises
    Refused for a bundle that holds nothing.
    """
    inside = catalogue.contents(session, bundle.id)
    if not inside:
        raise Refused(msg("{name} is an empty bundle.", name=bundle.name), field="code")
    weights = [product.price_minor * item.quantity for item, product in inside]
    parts = split(bundle.price_minor, weights if any(weights) else [1] * len(weights))
    return [(item, product, part) for (item, product), part in zip(inside, parts, strict=True)]
