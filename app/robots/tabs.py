"""Tabs that higher floors add to a robot's pages; filled by `app.wiring`."""

from dataclasses import dataclass
from typing import Protocol

from app.kernel.text import Text


class Address(Protocol):
    """Where the tab of a robot leads; the maker where two share its serial."""

    def __call__(self, serial: str, *, maker: str = "") -> str: ...


@dataclass(frozen=True, slots=True)
class Tab:
    label: Text
    address: Address


_tabs: dict[str, Tab] = {}


def show(name: str, label: Text, address: Address) -> None:
    """Have a tab lead there; the same name again replaces it."""
    _tabs[name] = Tab(label, address)


def listed() -> list[Tab]:
    return list(_tabs.values())
