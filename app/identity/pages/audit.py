"""The record of who changed what, newest first."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.identity import queries
from app.identity.guard import SignedIn
from app.identity.roles import ROLE_LABELS
from app.web.rendering import render
from app.web.sessions import ReadSession

router = APIRouter()


@router.get("/audit")
def list_entries(
    request: Request,
    session: ReadSession,
    actor: SignedIn,
    subject: str = "",
    cursor: str | None = None,
) -> Response:
    page = queries.audit_page(session, actor, subject=subject, cursor=cursor)
    return render(
        request,
        "identity/audit.html",
        block="rows",
        page=page,
        subject=subject,
        cursor=cursor,
        roles={role.value: label for role, label in ROLE_LABELS.items()},
    )
