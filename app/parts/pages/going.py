"""To another page, for browsers with and without HTMX."""

from fastapi import Request
from starlette.responses import RedirectResponse, Response

from app.web.rendering import is_htmx


def go(request: Request, address: str) -> Response:
    if is_htmx(request):
        return Response(status_code=204, headers={"HX-Redirect": address})
    return RedirectResponse(address, 303)
