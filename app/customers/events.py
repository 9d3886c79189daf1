"""What the book of customers announces."""

from dataclasses import dataclass

from app.kernel.events import Event


@dataclass(frozen=True, slots=True)
class CustomerErased(Event):
    """A person asked to be forgotten. A listener removes what it knows of the person beside legal
    documents, or raises Refused while something is still open with them.
    """

    store_id: int
    customer_id: int
    customer_number: int
