"""The key that signs passports, and the signed file for a robot's owner; the page itself stands
in the portal.
"""

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.robots import openpassport, passportexport, passportkeys
from app.web.sessions import ReadSession
from app.web.unlisted import HEADERS

router = APIRouter(prefix="/r")


@router.get("/key")
def show_key(request: Request) -> Response:
    """The public key by which anybody checks a passport file."""
    public = passportkeys.house_key(request.app.state.settings.data_dir).public
    text = f"{public.algorithm} {public.text}\nkey {public.key}\n"
    return Response(text, media_type="text/plain; charset=utf-8")


@router.get("/{code}/passport.json")
def download(request: Request, session: ReadSession, *, code: str, o: str = "") -> Response:
    """The signed file, for its owner."""
    unit = openpassport.by_code(session, code)
    if not openpassport.opens_history(session, unit, o):
        unit = openpassport.by_code(session, "")  # as if there were no such robot
    key = passportkeys.house_key(request.app.state.settings.data_dir)
    return Response(
        passportexport.as_json(session, unit, key),
        media_type="application/json",
        headers={**HEADERS, "Content-Disposition": 'attachment; filename="passport.json"'},
    )
