"""Pages of calibration: drift of a robot's figures, failures of the fleet, intervals."""

from urllib.parse import quote, urlencode

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from app.calibration import failures, figuretext, trends
from app.calibration.failures import GROUPING_LABELS, Failures, Grouping
from app.calibration.states import VERDICT_LABELS, VERDICT_TONES
from app.calibration.trends import Outlook, Series
from app.identity.guard import SignedIn
from app.kernel.errors import StoreError
from app.kernel.searchkeys import clean
from app.robots import makers, registry
from app.web import charts
from app.web.charts import Frame, LimitChart, Reach
from app.web.rendering import render
from app.web.sessions import ReadSession

router = APIRouter(prefix="/calibration/trends")

_MONTHS = (3, 6, 12, 24, 60)
_DRAWN = 12
_LEAST_BARS = 6


@router.get("")
def show_fleet(
    request: Request,
    session: ReadSession,
    actor: SignedIn,
    *,
    by: str = "",
    months: str = "12",
    serial: str = "",
) -> Response:
    """What comes out of tolerance, by procedure, model, target or lot; and the way to a robot."""
    actor.require("calibration.view")
    unknown = None
    if clean(serial):
        try:
            unit = registry.by_serial(session, actor, serial)
        except StoreError as missing:
            unknown = missing.message
        else:
            return RedirectResponse(page(unit.serial), 303)
    grouping = Grouping(by) if by in set(Grouping) else Grouping.PROCEDURE
    span = int(months) if months in {str(each) for each in _MONTHS} else 12
    groups = failures.by(session, actor, grouping, months=span)
    drawn = [group for group in groups if group.failed][:_DRAWN]
    return render(
        request,
        "calibration/trends.html",
        groups=groups,
        drawn=drawn,
        # room for some: one bar alone would fill the page
        chart=charts.in_bars(
            [*(group.failed for group in drawn), *[0] * (_LEAST_BARS - len(drawn))]
        ),
        grouping=grouping,
        groupings=[
            {
                "href": f"/calibration/trends?{urlencode({'by': each, 'months': span})}",
                "label": label,
                "current": each is grouping,
            }
            for each, label in GROUPING_LABELS.items()
        ],
        grouping_label=GROUPING_LABELS[grouping],
        months=span,
        spans=_MONTHS,
        serial=clean(serial),
        unknown=unknown,
        bounds=_bounds,
    )


@router.get("/{serial:path}")
def show_robot(
    request: Request,
    session: ReadSession,
    actor: SignedIn,
    *,
    serial: str,
    maker: str = "",
    target: str = "",
    point: str = "",
) -> Response:
    """A robot's figures over its life; the chosen one drawn, with the same numbers beside."""
    actor.require("calibration.view")
    maker_id = makers.maker_called(session, maker).id if clean(maker) else None
    unit = registry.by_serial(session, actor, serial, maker_id=maker_id)
    series = trends.of_unit(session, actor, unit)
    fitting = [one for one in series if not target or one.key.target == target]
    chosen = next(
        (one for one in fitting if not point or address_of(one) == point),
        fitting[0] if fitting else None,
    )
    outlook = trends.outlook(chosen) if chosen else None
    return render(
        request,
        "calibration/trend.html",
        unit=unit,
        maker=maker,
        series=[(one, page(unit.serial, maker=maker, series=one)) for one in series],
        chosen=chosen,
        outlook=outlook,
        standing=trends.standing(session, actor, unit, chosen) if chosen else None,
        controls=trends.controls(chosen) if chosen else None,
        chart=_chart(chosen, outlook) if chosen else None,
        drifts=_drifts(chosen) if chosen else None,
        verdict_labels=VERDICT_LABELS,
        verdict_tones=VERDICT_TONES,
        said=figuretext.said,
        spread=figuretext.uncertainty,
    )


def page(serial: str, *, maker: str = "", series: Series | None = None) -> str:
    """The address of a robot's trends, of one series of it."""
    asked = {"maker": maker}
    if series is not None:
        asked |= {"target": series.key.target, "point": address_of(series)}
    query = urlencode({name: said for name, said in asked.items() if said})
    return f"/calibration/trends/{quote(serial, safe='')}{'?' if query else ''}{query}"


def address_of(series: Series) -> str:
    """What tells series of one target apart in an address."""
    return f"{series.key.code}/{series.key.label}"


def _chart(series: Series, outlook: Outlook | None) -> LimitChart:
    newest = series.newest
    return charts.within_limits(
        [
            (one.at, one.found.value, one.found.expanded or 0.0)
            for one in series.calibrations
            if one.found is not None
        ],
        Frame(
            lower=newest.lower,
            upper=newest.upper,
            expected=[
                Reach(trends.moment(each.day), each.value, each.low, each.high)
                for each in (outlook.expected if outlook else ())
            ],
            others=[
                (one.at, one.left.value)
                for one in series.calibrations
                if one.left is not None and not one.unadjusted
            ],
        ),
    )


def _drifts(series: Series) -> LimitChart | None:
    """The drifts against their natural limits; nothing with fewer than two."""
    limits = trends.controls(series)
    if limits is None:
        return None
    return charts.within_limits(
        [(at, drift, 0.0) for at, drift in series.drifts],
        Frame(controls=(limits.lower, limits.centre, limits.upper)),
    )


def _bounds(group: Failures) -> tuple[float, float]:
    return group.bounds.lower, group.bounds.upper
