"""Whose request it is: the last address that no proxy of ours has."""

import pytest
from fastapi import FastAPI
from starlette.requests import Request

from app.settings import Settings
from app.web.visitors import visitor_of

pytestmark = pytest.mark.only_on("sqlite")


def seen(trusted: str, peer: str, *forwarded: str) -> str:
    app = FastAPI()
    app.state.settings = Settings(trusted_proxies=trusted)
    headers = [(b"x-forwarded-for", one.encode()) for one in forwarded]
    return visitor_of(
        Request({"type": "http", "app": app, "client": (peer, 1), "headers": headers})
    )


@pytest.mark.parametrize(
    ("trusted", "peer", "forwarded", "visitor"),
    [
        # nobody is trusted: the header means nothing
        ("", "192.0.2.1", ["198.51.100.9"], "192.0.2.1"),
        # a stranger's header means nothing beside our proxy's network
        ("10.0.0.0/8", "192.0.2.1", ["198.51.100.9"], "192.0.2.1"),
        ("10.0.0.0/8", "10.0.0.1", ["198.51.100.9"], "198.51.100.9"),
        # what a visitor claims stands further left
        ("10.0.0.0/8", "10.0.0.1", ["203.0.113.5, 198.51.100.9"], "198.51.100.9"),
        ("10.0.0.0/8", "10.0.0.1", ["203.0.113.5", "198.51.100.9, 10.2.0.4"], "198.51.100.9"),
        ("10.0.0.0/8", "10.0.0.1", ["198.51.100.9, nonsense"], "10.0.0.1"),
        ("10.0.0.0/8", "::ffff:10.0.0.1", ["198.51.100.9"], "198.51.100.9"),
        ("10.0.0.0/8", "10.0.0.1", ["198.51.100.9:4711"], "198.51.100.9"),
        ("::1/128", "::1", ["[2001:db8:1:2::7]:443"], "2001:db8:1:2::/64"),
        ("::1/128", "::1", ["2001:db8:1:2:aaaa::7"], "2001:db8:1:2::/64"),
    ],
)
def test_only_hops_of_ours_are_believed(
    trusted: str, peer: str, forwarded: list[str], visitor: str
) -> None:
    assert seen(trusted, peer, *forwarded) == visitor


def test_what_is_no_network_stops_the_service() -> None:
    with pytest.raises(ValueError, match="nonsense"):
        Settings(trusted_proxies="nonsense")
