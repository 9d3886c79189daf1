"""How the pages look and speak: for staff kept with the person, for visitors in a cookie."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from app.identity.forms import THEMES, PreferencesForm
from app.identity.guard import find_stay, is_idle
from app.identity.pages import cookies
from app.web.i18n import LANGUAGE_COOKIE, LANGUAGES
from app.web.nextpage import came_from, is_own
from app.web.rendering import THEME_COOKIE
from app.web.sessions import WriteSession

router = APIRouter()


@router.post("/preferences")
def prefer(
    request: Request, session: WriteSession, form: Annotated[PreferencesForm, Form()]
) -> Response:
    wanted = form.next if is_own(form.next) else "/"
    page = came_from(request)
    # The form names the page; the browser also knows its filters.
    back = page if page.partition("?")[0] == wanted else wanted
    response = RedirectResponse(back, 303)
    stay = find_stay(request, session)
    if stay is not None and not is_idle(request, stay):
        form.apply_to(stay.staff)
        return response
    if form.language in LANGUAGES:
        cookies.keep_choice(request, response, LANGUAGE_COOKIE, form.language)
    if form.theme in THEMES:
        cookies.keep_choice(request, response, THEME_COOKIE, form.theme)
    return response
