"""Pictures of parts, on their way in and out."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from app.identity.guard import Acting, SignedIn
from app.kernel.uploads import JPEG
from app.parts import addresses, catalogue, pictures
from app.web.files import file_response, files_of
from app.web.forms import StoreForm
from app.web.sessions import ReadSession, WriteSession
from app.web.wire import RowId

router = APIRouter(prefix="/parts/pictures")


@router.get("/{picture_id}")
def take_picture(
    request: Request, session: ReadSession, actor: SignedIn, picture_id: RowId
) -> Response:
    actor.require("stock.view")
    picture = pictures.by_id(session, actor, picture_id)
    content = files_of(request).get(picture.sha256)
    return file_response(content, media_type=JPEG, name=f"picture-{picture.id}")


@router.get("/{picture_id}/preview")
def take_preview(
    request: Request, session: ReadSession, actor: SignedIn, picture_id: RowId
) -> Response:
    """The small copy."""
    actor.require("stock.view")
    picture = pictures.by_id(session, actor, picture_id)
    content = files_of(request).get(picture.preview_sha256)
    return file_response(content, media_type=JPEG, name=f"preview-{picture.id}")


@router.post("/{picture_id}/remove")
def remove_picture(
    session: WriteSession,
    actor: Acting,
    picture_id: RowId,
    form: Annotated[StoreForm, Form()],  # noqa: ARG001 - reads the page's token
) -> Response:
    picture = pictures.by_id(session, actor, picture_id)
    part = catalogue.by_id(session, actor, picture.part_id)
    pictures.remove(session, actor, picture)
    return RedirectResponse(addresses.part_page(part.number), 303)
