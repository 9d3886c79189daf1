"""Where a visitor goes after a detour such as signing in: only ever to a page of ours."""

import re
from urllib.parse import quote, urlencode, urlsplit

from starlette.requests import Request

LONGEST = 2_000
# From the root, and printable ASCII without the backslash: browsers read `//`, `/\` and `/<tab>/`
# as the beginning of another site.
_OWN_PATH = re.compile(r"/(?![/\\])[!-\[\]-~]*")
# Going back to a door would show it again, or lead out.
_DOORS = {"sign-in", "sign-out", "lock", "switch", "preferences"}


def is_own(address: str) -> bool:
    """Does this lead to our own site, whatever a browser makes of it?"""
    return len(address) <= LONGEST and _OWN_PATH.fullmatch(address) is not None


def own_path(wanted: str, *, default: str = "/") -> str:
    """`wanted` if it is an address of ours that one can go back to, else `default`."""
    if not is_own(wanted) or re.split(r"[/?#]", wanted)[1] in _DOORS:
        return default
    return wanted


def came_from(request: Request) -> str:
    """The page of ours on which a form was sent, with its query; `/` when nothing tells."""
    return _own_part(request.headers.get("referer", ""))


def page_at(request: Request) -> str:
    """The page on which this request was made: what a person wants to see again.

    A reading request is that page itself; one of HTMX, or a form that was sent, came from it.
    """
    if request.headers.get("HX-Request") == "true":
        return own_path(_own_part(request.headers.get("HX-Current-URL", "")))
    if request.method not in {"GET", "HEAD"}:
        return own_path(came_from(request))
    query = f"?{request.url.query}" if request.url.query else ""
    return own_path(quote(request.url.path) + query)


def detour(door: str, back: str) -> str:
    """The address of `door`, from where the visitor comes back to `back`."""
    return door if back == "/" else f"{door}?{urlencode({'next': back})}"


def _own_part(address: str) -> str:
    try:
        parts = urlsplit(address)
    except ValueError:
        return "/"
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    return path if is_own(path) else "/"
