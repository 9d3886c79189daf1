"""One box for everything, as JSON."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from app.identity.guard import ApiReading
from app.payments import giftguard
from app.sales import scanning
from app.sales.scanning import HitKind
from app.web.problems import refusals
from app.web.sessions import ReadSession, database_of

router = APIRouter(prefix="/api/v1/search", tags=["search"])


class HitOut(BaseModel):
    kind: HitKind
    label: str
    detail: str
    code: str = Field(description="What names just this thing: a serial, a product's code, C-12.")


class HitsOut(BaseModel):
    """`exact`: the text itself names each of these; else it is part of what they are known by."""

    exact: bool
    items: list[HitOut]


@router.get("", responses=refusals(429))
def search(
    request: Request,
    session: ReadSession,
    actor: ApiReading,
    q: Annotated[str, Query(max_length=500, description="A code, or part of one, or of a name.")],
) -> HitsOut:
    """What a code or text may mean; robots also by components' serials and owners' names."""
    actor.require("robots.view")
    read = scanning.read(q)
    meaning = scanning.resolve(session, actor, read)
    if not meaning.hits:
        giftguard.count_if_code(database_of(request), session, actor, read.text)
    return HitsOut(
        exact=meaning.exact and bool(meaning.hits),
        items=[
            HitOut(kind=hit.kind, label=hit.label, detail=hit.detail, code=hit.value)
            for hit in meaning.hits
        ],
    )
