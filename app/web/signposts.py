"""Where an address leads, by its first step.

FastAPI tries one pattern after the other, and again on each floor of a router within routers: with
more than a thousand of them, finding the way takes longer than most answers.
"""

from collections.abc import Iterator, Sequence
from re import Pattern
from typing import Any

from fastapi import APIRouter
from fastapi.routing import RouteContext, iter_route_contexts
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

# Of one first step, by method, in the order in which they were declared: the first that fits is it.
Ways = dict[str, list[tuple[Pattern[str], RouteContext]]]


class Signposts:
    """The routes of whole routers, told apart by the first step of their addresses.

    FastAPI works out what the endpoints of a router ask for when its first address is looked for.
    """

    def __init__(self, routers: Sequence[BaseRoute]) -> None:
        self.routers = routers
        self._having: dict[str, list[BaseRoute]] = {}
        for router in routers:
            for step in {_first_step(path) for path in _paths((router,))}:
                self._having.setdefault(step, []).append(router)
        self._ways: dict[str, Ways] = {}

    def at(self, path: str) -> Ways:
        """The ways among which this address can be; empty when no address begins like it."""
        step = _first_step(path)
        known = self._ways.get(step)
        if known is None:
            if step not in self._having:  # anybody may ask for anything: that is not kept
                return {}
            known = self._ways[step] = self._worked_out(step)
        return known

    def _worked_out(self, step: str) -> Ways:
        found: Ways = {}
        for way in iter_route_contexts(self._having[step]):
            if _first_step(way.path or "") == step:
                for method in way.methods or ():
                    found.setdefault(method, []).append((way.path_regex, way))
        return found


class Guide:
    """ASGI application in front of a router: takes a request straight to where it leads, and leaves
    to the router whatever needs more than that.
    """

    def __init__(self, router: APIRouter, signposts: Signposts) -> None:
        self._router = router
        self._signposts = signposts
        self._passed = {id(route) for route in signposts.routers}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._router.app(scope, receive, send)
            return
        path, ways = scope["path"], self._signposts.at(scope["path"])
        for pattern, way in ways.get(scope["method"], ()):
            if pattern.match(path) is None:
                continue
            match, found = way.matches(scope)
            if match is Match.FULL:
                scope.update(found, route=way.original_route)
                scope.setdefault("router", self._router)
                await way.app(scope, receive, send)
                return
        is_elsewhere = self._is_beside(scope) or _is_near(path, ways)
        await (self._router.app if is_elsewhere else self._router.default)(scope, receive, send)

    def _is_beside(self, scope: Scope) -> bool:
        """Whether the router has it besides what the signposts name: files, for instance."""
        beside = (route for route in self._router.routes if id(route) not in self._passed)
        return bool(scope.get("root_path")) or any(
            route.matches(scope)[0] is not Match.NONE for route in beside
        )


def _is_near(path: str, ways: Ways) -> bool:
    """Whether an address is there for another method, or but for a stroke at its end."""
    other = path.rstrip("/") if path.endswith("/") else f"{path}/"
    return any(
        pattern.match(one)
        for of_method in ways.values()
        for pattern, _ in of_method
        for one in (path, other)
    )


def _first_step(path: str) -> str:
    """`robots` of `/robots/{serial}`."""
    return path.split("/", 2)[1] if path.startswith("/") else ""


def _paths(routes: Sequence[Any], before: str = "") -> Iterator[str]:
    """The path of every route, also of routers within routers, without working them out."""
    for route in routes:
        inner = getattr(route, "original_router", None)
        if inner is None:
            yield before + route.path
        else:
            yield from _paths(inner.routes, before + route.include_context.prefix)
