"""A robot's public page, where its label leads: for anybody, without signing in."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.robots import bulletins, openpassport, passportexport, passportkeys
from app.web.rendering import render
from app.web.sessions import ReadSession
from app.web.unlisted import HEADERS, unlisted

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


@router.get("/{code}")
def show_passport(
    request: Request, session: ReadSession, *, code: str, o: str = "", before: str = ""
) -> Response:
    """Model, warranty, calibration, bulletins; with the owner's key the robot's history too."""
    unit = openpassport.by_code(session, code)
    is_owner = openpassport.opens_history(session, unit, o)
    lines = openpassport.history(session, unit, cursor=before or None) if is_owner else None
    answer = render(
        request,
        "robots/public.html",
        unit=unit,
        facts=openpassport.facts(session, unit),
        concerns=openpassport.open_bulletins(session, unit),
        kinds=bulletins.KIND_LABELS,
        lines=lines,
        before=before,
        owner_key=o if is_owner else "",
    )
    return unlisted(answer)
