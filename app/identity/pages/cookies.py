"""The cookies that say who sits at a browser and which device it is. No script can read them."""

from datetime import timedelta

from fastapi import Request
from starlette.responses import Response

from app.identity.guard import SESSION_COOKIE, TERMINAL_COOKIE

# The longest that browsers keep a cookie; renewed at each sign-in.
_LONGEST = timedelta(days=400)
_YEAR = timedelta(days=365)


def open_session(request: Request, response: Response, token: str) -> None:
    """Ends with the browser, and on the server when its hours are over."""
    _set(request, response, SESSION_COOKIE, token, lasts=None)


def close_session(response: Response) -> None:
    response.delete_cookie(SESSION_COOKIE)


def keep_terminal(request: Request, response: Response, token: str) -> None:
    _set(request, response, TERMINAL_COOKIE, token, lasts=_LONGEST)


def forget_terminal(response: Response) -> None:
    response.delete_cookie(TERMINAL_COOKIE)


def keep_choice(request: Request, response: Response, name: str, value: str) -> None:
    """A visitor's choice of language or colours."""
    _set(request, response, name, value, lasts=_YEAR)


def _set(
    request: Request, response: Response, name: str, value: str, *, lasts: timedelta | None
) -> None:
    response.set_cookie(
        name,
        value,
        max_age=int(lasts.total_seconds()) if lasts else None,
        httponly=True,
        samesite="lax",
        secure=request.app.state.settings.secure_cookies,
    )
