"""What a repair's open page asks now and then: has anything changed?"""

from fastapi import APIRouter, Request
from starlette.responses import PlainTextResponse, Response

from app.portal import pulse
from app.web.sessions import ReadSession
from app.web.unlisted import unlisted

router = APIRouter(prefix="/s")


@router.get("/{token}/pulse")
def show_pulse(request: Request, session: ReadSession, *, token: str) -> Response:
    """The mark of the page as it would be now; 304 to whoever names that mark."""
    tag = f'"{pulse.mark(session, token)}"'
    known = request.headers.get("if-none-match", "")
    answer = Response(status_code=304) if known == tag else PlainTextResponse(tag.strip('"'))
    answer.headers["ETag"] = tag
    return unlisted(answer)
