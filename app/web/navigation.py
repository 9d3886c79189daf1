"""The rail: which places exist, and which of them this person may enter."""

from dataclasses import dataclass

from starlette.requests import Request

from app.kernel.text import Text
from app.web.viewer import Viewer


@dataclass(frozen=True, slots=True)
class Place:
    """One entry of the rail; shown to those who hold `permission` (None: to all staff)."""

    href: str
    icon: str
    label: Text
    permission: str | None = None


@dataclass(frozen=True, slots=True)
class NavItem:
    href: str
    icon: str
    label: Text
    current: bool
    badge: int = 0


def navigation_of(request: Request, viewer: Viewer | None) -> list[NavItem]:
    if viewer is None:
        return []
    places: list[Place] = getattr(request.app.state, "places", [])
    path = request.url.path
    return [
        NavItem(place.href, place.icon, place.label, current=_stands_on(path, place.href))
        for place in places
        if place.permission is None or viewer.actor.may(place.permission)
    ]


def _stands_on(path: str, href: str) -> bool:
    return path == href if href == "/" else path == href or path.startswith(f"{href}/")
