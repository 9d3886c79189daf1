"""Lists of customers: the whole book by name, or those whom a text may mean."""

from sqlalchemy import ColumnElement, Select, exists, select, tuple_
from sqlalchemy.orm import Session, aliased

from app.customers import terms
from app.customers.models import Customer, CustomerTerm
from app.kernel.actor import Actor
from app.kernel.searchkeys import folded
from app.web.paging import PAGE, Page, decode, encode

# No text that begins with a term sorts behind the term and this, the last of all characters.
_LAST = "\U0010ffff"
_Term = type[CustomerTerm]


def page(
    session: Session,
    actor: Actor,
    *,
    q: str = "",
    cursor: str | None = None,
    most: int = PAGE,
) -> Page[Customer]:
    """One page of the store's customers; without `q` all of them by name."""
    actor.require("customers.view")
    if folded(q):
        return _search(session, actor, q, cursor, most)
    query = (
        select(Customer)
        .where(Customer.store_id == actor.store_id, Customer.erased_at.is_(None))
        .order_by(Customer.name_key, Customer.id)
        .limit(most + 1)
    )
    if cursor:
        after = decode(cursor, str, int)
        query = query.where(tuple_(Customer.name_key, Customer.id) > after)
    rows = list(session.scalars(query))
    last = rows[most - 1] if len(rows) > most else None
    return Page(rows[:most], encode(last.name_key, last.id) if last else None)


def find(session: Session, actor: Actor, text: str, *, most: int = 8) -> list[Customer]:
    """The first customers whom a text may mean: by name, number, phone, e-mail or VAT id."""
    return list(_search(session, actor, text, None, most).items) if folded(text) else []


def having(actor: Actor, exact: set[str], beginnings: list[str]) -> ColumnElement[bool]:
    """Condition: the customer has one of these terms, or one that begins so."""
    own = [CustomerTerm.term.in_(exact), *(_begins(CustomerTerm, one) for one in beginnings)]
    any_of = own[0]
    for sign in own[1:]:
        any_of |= sign
    return Customer.id.in_(
        select(CustomerTerm.customer_id).where(CustomerTerm.store_id == actor.store_id, any_of)
    )


def _search(
    session: Session, actor: Actor, q: str, cursor: str | None, most: int
) -> Page[Customer]:
    """By the likeliest reading of the text that anybody fits; the cursor keeps to that reading."""
    every = list(enumerate(terms.readings(q)))
    mark = decode(cursor, int, str, int) if cursor else None
    if mark is not None:
        every = [(place, reading) for place, reading in every if place == mark[0]]
    for place, reading in every:
        query = _fitting(actor, reading, after=mark[1:] if mark else None)
        rows = session.execute(query.limit(most + 1)).all()
        if rows:
            last = rows[most - 1] if len(rows) > most else None
            following = encode(place, last.term, last.Customer.id) if last else None
            return Page([row.Customer for row in rows[:most]], following)
    return Page([], None)


def _fitting(
    actor: Actor, reading: list[str], *, after: tuple[str | int, ...] | None
) -> Select[Customer, str]:
    """Customers with a term for each word, in order of the term that the longest word meets."""
    first, *others = sorted(reading, key=len, reverse=True)
    met, earlier = CustomerTerm, aliased(CustomerTerm)
    query = (
        select(Customer, met.term)
        .join(Customer, Customer.id == met.customer_id)
        .where(
            met.store_id == actor.store_id,
            _begins(met, first),
            # who is met twice is shown once, where the first of the two terms stands
            ~exists().where(
                earlier.customer_id == met.customer_id,
                earlier.term >= first,
                earlier.term < met.term,
            ),
        )
        .order_by(met.term, met.customer_id)
    )
    for word in others:
        other = aliased(CustomerTerm)
        query = query.where(
            exists().where(other.customer_id == met.customer_id, _begins(other, word))
        )
    if after is not None:
        query = query.where(tuple_(met.term, met.customer_id) > after)
    return query


def _begins(of: _Term, beginning: str) -> ColumnElement[bool]:
    return (of.term >= beginning) & (of.term < beginning + _LAST)
