"""Net promoter score and satisfaction, by model, by person, by month; and how fast bad answers are
seen to.

NPS: the share of answers of 9 or 10 minus the share of 0 to 6, in points from -100 to 100, as
F. Reichheld defined it (The One Number You Need to Grow, Harvard Business Review, December 2003).
CSAT: the share of answers of 8 or more; the house's own definition, said on the page. Both only
where the store's least number of answers came, and both by the month in which it was asked, so that
the response rate is about the same questions.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from statistics import median

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session

from app.identity.models import Staff
from app.kernel.actor import Actor
from app.robots.models import RobotModel
from app.stores import desk
from app.stores.models import Store
from app.survey import months, rules
from app.survey.models import FollowUp, Survey, SurveyAnswer
from app.survey.states import LEAST_PROMOTER, LEAST_SATISFIED, MOST_DETRACTOR

MOST_MONTHS = 24


@dataclass(frozen=True, slots=True)
class Tally:
    """Answers counted. Figures are None where fewer came than the store asks for."""

    asked: int
    answered: int
    promoters: int
    detractors: int
    satisfied: int
    least: int

    @property
    def is_enough(self) -> bool:
        return self.answered >= self.least

    @property
    def nps(self) -> int | None:
        """Points from -100 to 100."""
        if not self.is_enough:
            return None
        return _rounded(Fraction(100 * (self.promoters - self.detractors), self.answered))

    @property
    def csat_bp(self) -> int | None:
        """The share of those who were satisfied, in basis points."""
        if not self.is_enough:
            return None
        return _rounded(Fraction(100 * self.satisfied, self.answered)) * 100

    @property
    def response_bp(self) -> int | None:
        return _rounded(Fraction(100 * self.answered, self.asked)) * 100 if self.asked else None


@dataclass(frozen=True, slots=True)
class Named:
    name: str
    tally: Tally


@dataclass(frozen=True, slots=True)
class Monthly:
    month: date
    tally: Tally


@dataclass(frozen=True, slots=True)
class Loop:
    """What became of the bad answers of the time: `median_hours` from answer to outcome."""

    opened: int
    done: int
    late: int
    median_hours: int | None


@dataclass(frozen=True, slots=True)
class Figures:
    total: Tally
    by_model: list[Named]
    by_person: list[Named]
    by_month: list[Monthly]
    loop: Loop
    least: int


@dataclass(frozen=True, slots=True)
class _Group:
    place: int
    model: str
    person: str
    counts: tuple[int, int, int, int, int]


def figures(session: Session, actor: Actor, *, count: int) -> Figures:
    """Of the last so many months: four statements, however many answers there are."""
    actor.require("survey.view")
    store = desk.store_of(session, actor.store_id)
    least = rules.of_store(session, store.id).least_answers
    wanted = months.lately(store, min(max(count, 1), MOST_MONTHS))
    groups = _groups(session, store, wanted)
    return Figures(
        total=_tally(groups, least),
        by_model=_named(groups, least, lambda one: one.model),
        by_person=_named(groups, least, lambda one: one.person),
        by_month=[
            Monthly(month, _tally([one for one in groups if one.place == place], least))
            for place, month in enumerate(wanted)
        ],
        loop=_loop(session, store, since=months.bounds(store, wanted[0])[0]),
        least=least,
    )


def of_month(session: Session, store: Store, model_id: int, month: date) -> Tally:
    """One model's answers of one month."""
    least = rules.of_store(session, store.id).least_answers
    return _tally(_groups(session, store, [month], model_id=model_id), least)


def _groups(
    session: Session, store: Store, wanted: Sequence[date], *, model_id: int | None = None
) -> list[_Group]:
    """Counts by month, model and person, in one statement."""
    edges = [months.bounds(store, month) for month in wanted]
    place = _place([end for _, end in edges])
    columns = (place, RobotModel.name, func.coalesce(Staff.name, ""))
    query = (
        select(
            *columns,
            func.count(Survey.id),
            func.count(SurveyAnswer.id),
            func.sum(case((SurveyAnswer.score >= LEAST_PROMOTER, 1), else_=0)),
            func.sum(case((SurveyAnswer.score <= MOST_DETRACTOR, 1), else_=0)),
            func.sum(case((SurveyAnswer.score >= LEAST_SATISFIED, 1), else_=0)),
        )
        .select_from(Survey)
        .join(RobotModel, RobotModel.id == Survey.model_id)
        .outerjoin(Staff, Staff.id == Survey.staff_id)
        .outerjoin(SurveyAnswer, SurveyAnswer.survey_id == Survey.id)
        .where(
            Survey.store_id == store.id,
            Survey.asked_at >= edges[0][0],
            Survey.asked_at < edges[-1][1],
        )
        .group_by(*columns)
    )
    if model_id is not None:
        query = query.where(Survey.model_id == model_id)
    return [
        _Group(row[0], row[1], row[2], (row[3], row[4], int(row[5]), int(row[6]), int(row[7])))
        for row in session.execute(query)
    ]


def _place(ends: Sequence[datetime]) -> ColumnElement[int]:
    """Which of the months a question was asked in, counted from 0."""
    before = ends[:-1] or ends
    steps = [(Survey.asked_at < end, place) for place, end in enumerate(before)]
    return case(*steps, else_=len(ends) - 1)


def _named(groups: Iterable[_Group], least: int, by: Callable[[_Group], str]) -> list[Named]:
    """Groups by a name, those with most answers first."""
    sorted_out: dict[str, list[_Group]] = {}
    for one in groups:
        sorted_out.setdefault(by(one), []).append(one)
    named = [Named(name, _tally(ones, least)) for name, ones in sorted_out.items()]
    return sorted(named, key=lambda one: (-one.tally.answered, one.name))


def _tally(groups: Iterable[_Group], least: int) -> Tally:
    sums = [0, 0, 0, 0, 0]
    for one in groups:
        sums = [had + more for had, more in zip(sums, one.counts, strict=True)]
    asked, answered, promoters, detractors, satisfied = sums
    return Tally(asked, answered, promoters, detractors, satisfied, least)


def _loop(session: Session, store: Store, *, since: datetime) -> Loop:
    rows = session.execute(
        select(FollowUp.opened_at, FollowUp.due_on, FollowUp.done_at).where(
            FollowUp.store_id == store.id, FollowUp.opened_at >= since
        )
    ).all()
    today = desk.business_day_of(store)
    took = [(done - opened).total_seconds() for opened, _, done in rows if done is not None]
    late = sum(
        (desk.business_day_of(store, done) if done else today) > due for _, due, done in rows
    )
    return Loop(
        opened=len(rows),
        done=len(took),
        late=late,
        median_hours=_rounded(Fraction(int(median(took)), 3600)) if took else None,
    )


def _rounded(value: Fraction) -> int:
    """Half away from zero, as people round."""
    whole = abs(value) + Fraction(1, 2)
    return (whole.numerator // whole.denominator) * (1 if value >= 0 else -1)
