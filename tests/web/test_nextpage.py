"""Nobody is led to another site, whatever a browser makes of an address."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.web.nextpage import is_own, own_path


@pytest.mark.parametrize(
    "address", ["/", "/robots?q=G1%207&state=sold#row-3", "/robots/A%2FB", "/.//x"]
)
def test_an_address_of_ours_is_kept(address: str) -> None:
    assert own_path(address) == address


@pytest.mark.parametrize(
    "address",
    [
        "",
        "robots",
        "//evil.example",
        "/\\evil.example",
        "/\\/evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        " /robots",
        "https://evil.example",
        "https:/evil.example",
        "javascript:alert(1)",
        "/ü",
        "/a b",
        "/x\r\nSet-Cookie: a=b",
        "/" + "x" * 2_000,
    ],
)
def test_any_other_leads_home(address: str) -> None:
    assert own_path(address) == "/"


@pytest.mark.parametrize(
    "door", ["/sign-in", "/lock?next=/", "/switch#x", "/sign-out", "/preferences"]
)
def test_nobody_is_sent_back_to_a_door(door: str) -> None:
    assert own_path(door) == "/"
    assert is_own(door)


@given(st.text(alphabet="/\\ \t\n\r:@evil.%?#", max_size=12))
def test_no_text_becomes_another_host(text: str) -> None:
    """As the URL standard reads it: tabs and line ends vanish, a backslash is a slash."""
    read = own_path(text).translate({9: None, 10: None, 13: None}).replace("\\", "/")

    assert read.startswith("/")
    assert not read.startswith("//")
