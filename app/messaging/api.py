"""Messages to customers, by JSON."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from app.identity.guard import ApiReading
from app.messaging import queries
from app.messaging.models import Channel, Topic
from app.messaging.queries import Fate, MessageRow
from app.web.problems import refusals
from app.web.sessions import ReadSession
from app.web.wire import Cursor, PageOut

router = APIRouter(prefix="/api/v1/messages", tags=["messages"])


class MessageOut(BaseModel):
    """A message and how far it came."""

    id: int
    topic: Topic
    channel: Channel
    address: str
    language: str
    reference: str
    subject: str
    body: str
    written_at: datetime
    sent_at: datetime | None
    given_up_at: datetime | None
    tries: int
    last_error: str


@router.get("", responses=refusals())
def list_messages(
    session: ReadSession,
    actor: ApiReading,
    cursor: Cursor = "",
    fate: Annotated[Fate | None, Query(description="Only those that came so far.")] = None,
) -> PageOut[MessageOut]:
    """Messages, newest first, 50 a page."""
    page = queries.listed(session, actor, fate=fate, cursor=cursor or None)
    return PageOut(items=[_out(row) for row in page.items], next=page.next)


def _out(row: MessageRow) -> MessageOut:
    names = MessageOut.model_fields
    shown = {name: getattr(row.message, name) for name in names}
    return MessageOut(**shown | {"body": row.body})
