"""Where a request comes from: the address that limits are counted by.

What proxies write into `X-Forwarded-For` counts only as far as our own proxies (the setting
`trusted_proxies`) wrote it: anybody could send the header along and claim another address.
"""

import re
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from starlette.requests import Request

from app.settings import Settings

_MOST_HOPS = 20
# Whoever has one address of IPv6 has a network of them.
_IPV6_NETWORK = 64
_WITH_PORT = re.compile(r"\[([0-9A-Fa-f:.]+)\](?::\d+)?|([\d.]+):\d+", re.ASCII)


def visitor_of(request: Request) -> str:
    """The address of whoever asks, an IPv6 one by its network; empty where there is none."""
    settings: Settings = request.app.state.settings
    here = request.client.host if request.client else ""
    forwarded = ",".join(request.headers.getlist("x-forwarded-for")).split(",")
    hops = [hop.strip() for hop in forwarded if hop.strip()][-_MOST_HOPS:]
    while hops and _is_ours(here, settings):
        before = hops.pop()
        if _read(before) is None:
            break
        here = before
    return _network(here)


def _is_ours(address: str, settings: Settings) -> bool:
    found = _read(address)
    return found is not None and any(found in network for network in settings.proxies)


def _network(address: str) -> str:
    found = _read(address)
    if not isinstance(found, IPv6Address):
        return str(found or address)
    return str(ip_network((found, _IPV6_NETWORK), strict=False))


def _read(address: str) -> IPv4Address | IPv6Address | None:
    """`::ffff:192.0.2.1` is the address of IPv4 that it maps. Some proxies write a port, too."""
    with_port = _WITH_PORT.fullmatch(address)
    bare = with_port[1] or with_port[2] if with_port else address.partition("%")[0]
    try:
        found = ip_address(bare)
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found
