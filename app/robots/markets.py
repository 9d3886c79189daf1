"""Markets in which robots are handed over: countries, and what several of them ask in common."""

from app.kernel.errors import Refused
from app.kernel.searchkeys import search_key
from app.kernel.text import msg

EU = "EU"
# Where the CE mark and its declarations are law: the Union's 27 members and, by the EEA agreement
# (annex II), Iceland, Liechtenstein and Norway.
_EU_AND_EEA = frozenset(
    {
        "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE",
        "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK", "IS", "LI", "NO",
    }
)  # fmt: skip
_TWO_LETTERS = 2


def markets_of(country: str) -> frozenset[str]:
    """The markets whose rules hold in a country: itself, and what it belongs to."""
    return frozenset({country, EU} if country in _EU_AND_EEA else {country})


def read_market(text: str, *, field: str = "market") -> str:
    """Two letters of a country, or EU; empty for all markets."""
    market = search_key(text).upper()
    if market and not (len(market) == _TWO_LETTERS and market.isascii() and market.isalpha()):
        raise Refused(msg("A market has two letters, e.g. DE, CN or EU."), field=field)
    return market
