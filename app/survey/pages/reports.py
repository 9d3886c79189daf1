"""Figures of the survey, and the maker's pack as page, PDF and CSV."""

from datetime import UTC, datetime, time

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.identity.guard import SignedIn
from app.kernel.actor import Actor
from app.kernel.csvfile import MEDIA_TYPE
from app.kernel.errors import StoreError
from app.robots import makers
from app.service.states import FaultKind
from app.stores import desk
from app.survey import figures, makerpack, makerpapers, months
from app.survey.figures import Figures
from app.survey.makerpack import LEAST_HOURS, Pack
from app.survey.states import OCCASION_LABELS
from app.web import charts
from app.web.charts import Chart
from app.web.errors import status_of
from app.web.forms import problems_of
from app.web.i18n import language_of
from app.web.rendering import render
from app.web.sessions import ReadSession

router = APIRouter(prefix="/survey")

_SPANS = (3, 6, 12, 24)
_USUAL = 12
_MONTHS_SHOWN = 24


@router.get("/figures")
def show_figures(
    request: Request, session: ReadSession, actor: SignedIn, *, span: str = ""
) -> Response:
    """Of the last `span` months."""
    count = int(span) if span in {str(each) for each in _SPANS} else _USUAL
    found = figures.figures(session, actor, count=count)
    return render(
        request,
        "survey/figures.html",
        figures=found,
        chart=_chart(found),
        spans=_SPANS,
        span=count,
    )


@router.get("/maker")
def show_pack(
    request: Request, session: ReadSession, actor: SignedIn, *, model: str = "", month: str = ""
) -> Response:
    """One model's month; without a choice the first model's last whole month."""
    actor.require("survey.view")
    models = makers.models(session)
    try:
        pack = _pack(session, actor, model or (str(models[0].id) if models else "0"), month)
        refusal = None
    except StoreError as refused:
        pack, refusal = None, refused
    store = desk.store_of(session, actor.store_id)
    return render(
        request,
        "survey/maker.html",
        status=status_of(refusal) if refusal and models else 200,
        pack=pack,
        models=[(one.id, one.name) for one in models],
        months=[(months.shown(one), one) for one in reversed(months.lately(store, _MONTHS_SHOWN))],
        chosen=(model, month),
        symptom=FaultKind.SYMPTOM,
        occasions=OCCASION_LABELS,
        least_hours=LEAST_HOURS,
        problems=problems_of(refusal) if refusal else {},
    )


@router.get("/maker.pdf")
def download_pdf(
    request: Request, session: ReadSession, actor: SignedIn, *, model: str = "", month: str = ""
) -> Response:
    """The same on paper, in the language of whoever asks."""
    pack = _pack(session, actor, model, month)
    pdf = makerpapers.pdf(pack, language=language_of(request))
    return _file(pdf, "application/pdf", f"{pack.file_name}.pdf")


@router.get("/maker.csv")
def download_csv(
    session: ReadSession, actor: SignedIn, *, model: str = "", month: str = ""
) -> Response:
    """The same for programs: words of the house's codes, no language."""
    pack = _pack(session, actor, model, month)
    return _file(makerpapers.csv(pack), MEDIA_TYPE, f"{pack.file_name}.csv")


def _pack(session: Session, actor: Actor, model: str, month: str) -> Pack:
    plain = model.isascii() and model.isdigit() and len(model) <= 18  # noqa: PLR2004
    return makerpack.of(session, actor, model_id=int(model) if plain else 0, month=month)


def _chart(found: Figures) -> Chart:
    """NPS by month, where enough answered."""
    return charts.over_time(
        [
            (datetime.combine(one.month, time(12), UTC), float(one.tally.nps))
            for one in found.by_month
            if one.tally.nps is not None
        ]
    )


def _file(data: bytes, media_type: str, name: str) -> Response:
    return Response(
        data,
        media_type=media_type,
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "private, no-store",
        },
    )
