"""By what a customer is found: the terms stored beside a customer, and how a search reads a text.

Every term is looked up by its beginning, a range of one index, so that a search takes as long among
a million customers as among a thousand. Chinese has no spaces: there each sign begins a term.
"""

import re
from itertools import chain

from app.customers.models import Customer
from app.kernel.searchkeys import folded, phone_key, search_key
from app.kernel.vatid import compact

LONGEST_TERM = 64
# A shorter run of digits is a house number or a typing error, not a telephone.
SHORTEST_PHONE = 5
# What two writings of one telephone have in common at their end, at the least.
_SAME_PHONE = 7
_MOST_TERMS = 100
_BETWEEN_WORDS = re.compile(r"[^\w]+|_+")
_PHONE = re.compile(r"[+(]?[0-9][0-9 ()/.+-]*")
_PHONE_SIGN = "tel:"
# CJK radicals and everything above in the plane of signs that are written without spaces.
_FIRST_UNSPACED = "\u2e80"


def terms_of(customer: Customer) -> set[str]:
    """Everything that the beginning of a search text may meet."""
    words = chain(_words(customer.name), _words(customer.contact_name))
    found = set(list(chain.from_iterable(_beginnings(word) for word in words))[:_MOST_TERMS])
    found.add(str(customer.number))
    found.update(_exact_terms(customer.phone, customer.email, customer.vat_id))
    return {term[:LONGEST_TERM] for term in found if term}


def readings(text: str) -> list[list[str]]:
    """What a search text may mean, likeliest first: each a list of terms that all must begin so."""
    whole = folded(text)
    if "@" in whole:
        return [[search_key(text)[:LONGEST_TERM]]]
    found = [[word[:LONGEST_TERM] for word in _words(text)]]
    tail = phone_tail(text) if _PHONE.fullmatch(whole) else ""
    if len(tail) >= SHORTEST_PHONE:
        found.append([_PHONE_SIGN + tail])
    if len(found[0]) > 1 and " " not in whole:
        found.append([whole[:LONGEST_TERM]])  # a domain
    if len(found[0]) > 1:
        found.append([compact(text).casefold()[:LONGEST_TERM]])
    return [reading for reading in found if reading and all(reading)]


def same_terms(phone: str, email: str, vat_id: str) -> tuple[set[str], list[str]]:
    """Terms that a likely duplicate has too, and beginnings of terms that it may have.

    `+49 341 123456` and `0341 123456` end alike; either may be on record.
    """
    tail = phone_tail(phone)
    exact = {term[:LONGEST_TERM] for term in _exact_terms("", email, vat_id) if "@" in term}
    if compact(vat_id):
        exact.add(compact(vat_id).casefold()[:LONGEST_TERM])
    if len(tail) < _SAME_PHONE:
        if len(tail) >= SHORTEST_PHONE:
            exact.add(_PHONE_SIGN + tail)
        return exact, []
    exact.update(_PHONE_SIGN + tail[:length] for length in range(_SAME_PHONE, len(tail) + 1))
    return exact, [_PHONE_SIGN + tail]


def phone_tail(text: str) -> str:
    """A telephone's digits from the last to the first, without zeros in front of the number.

    Read from the end, the national writing is the beginning of the international one.
    """
    return phone_key(text).lstrip("0")[::-1][: LONGEST_TERM - len(_PHONE_SIGN)]


def _exact_terms(phone: str, email: str, vat_id: str) -> list[str]:
    """Of the things that are one term each; an e-mail also begins anew at its domain."""
    address = search_key(email)
    tail = phone_tail(phone)
    return [
        *([_PHONE_SIGN + tail] if len(tail) >= SHORTEST_PHONE else []),
        *([address, address.rpartition("@")[2]] if address else []),
        *([compact(vat_id).casefold()] if vat_id else []),
    ]


def _words(text: str) -> list[str]:
    return [word for word in _BETWEEN_WORDS.split(folded(text)) if word]


def _beginnings(word: str) -> list[str]:
    """The word; and from each Chinese, Japanese or Korean sign in it to the end."""
    return [
        word,
        *(word[at:] for at in range(1, len(word)) if word[at] >= _FIRST_UNSPACED),
    ]
