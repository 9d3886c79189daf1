"""The stream of news that a page of a signed-in person follows."""

from fastapi import APIRouter, Request
from starlette.responses import Response, StreamingResponse

from app.identity import guard
from app.kernel.errors import StoreError
from app.web import live
from app.web.sessions import ReadSession, database_of

router = APIRouter()

_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


@router.get("/live")
def follow(request: Request, session: ReadSession, topics: str = "") -> Response:
    """Follow some topics: `robot:12`, or `robot:12=7` for a page that shows mark 7.

    A live page is no sign of a hand: following never keeps a terminal open.

    The session that admits is closed before the stream begins.
    """
    actor = guard.watching_actor(request, session)
    wanted, shown = live.read_topics(topics)
    known = live.marks_written(request.headers.get("last-event-id", ""))
    seen = {**live.marks(session, actor, wanted), **shown, **known}
    database = database_of(request)

    def still_there() -> bool:
        with database.reading() as again:
            try:
                guard.watching_actor(request, again)
            except StoreError:
                return False
        return True

    return StreamingResponse(
        live.stream(request, database, actor, wanted, seen=seen, still_there=still_there),
        media_type="text/event-stream",
        headers=_HEADERS,
    )
