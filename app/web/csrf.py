"""Writes come from our own pages: by the browser's word (Origin, Sec-Fetch-Site) and by a token."""

import hashlib
import hmac
import secrets
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from app.kernel.errors import Forbidden
from app.kernel.text import msg

COOKIE = "qf_csrf"
FIELD = "csrf_token"
HEADER = "x-csrf-token"
_SAFE = {"GET", "HEAD", "OPTIONS"}
# Programs there carry a bearer token or a signature and no cookie, so no browser can be misled.
_NOT_FOR_BROWSERS = ("/api/", "/webhooks/")


def secret_of(request: Request) -> str:
    """This browser's secret; a fresh one when it has none (the answer then sets the cookie)."""
    secret = request.cookies.get(COOKIE) or getattr(request.state, "csrf_secret", None)
    if not secret:
        secret = secrets.token_urlsafe(24)
        request.state.csrf_secret = secret
    return secret


def token_for(request: Request) -> str:
    """What our forms carry; a foreign page cannot compute it."""
    return _token(secret_of(request))


def renew(request: Request, response: Response) -> str:
    """A new secret for this browser, in the answer's cookie; gives the token that goes with it.

    At each sign-in and sign-out: what was read before is worth nothing after.
    """
    secret = secrets.token_urlsafe(24)
    give(request, response, secret)
    return _token(secret)


def give(request: Request, response: Response, secret: str) -> None:
    """Set the cookie; no script can read it."""
    response.set_cookie(
        COOKIE,
        secret,
        httponly=True,
        samesite="lax",
        secure=request.app.state.settings.secure_cookies,
    )


async def check(request: Request) -> None:
    """A dependency of the whole application. Raises Forbidden for a write that is not ours."""
    if request.method in _SAFE or request.url.path.startswith(_NOT_FOR_BROWSERS):
        return
    _check_origin(request)
    secret = request.cookies.get(COOKIE, "")
    sent = request.headers.get(HEADER) or (await request.form()).get(FIELD)
    if not secret or not isinstance(sent, str) or not _is_same(sent, _token(secret)):
        raise Forbidden(
            msg("This page was open too long or comes from elsewhere. Reload it and try again.")
        )


def _check_origin(request: Request) -> None:
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    foreign_site = site is not None and site not in {"same-origin", "none"}
    foreign_origin = origin is not None and urlsplit(origin).netloc != request.headers.get("host")
    if foreign_site or foreign_origin:
        raise Forbidden(msg("This request comes from another site."))


def _is_same(sent: str, token: str) -> bool:
    """In the same time for every wrong one, whatever signs it is made of."""
    return hmac.compare_digest(sent.encode("utf-8", "replace"), token.encode())


def _token(secret: str) -> str:
    return hmac.new(secret.encode(), b"quatrefoil csrf", hashlib.sha256).hexdigest()
