"""Scores counted, hours that counters vouch for, and the maker's pack."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from app.kernel import clock
from app.robots import counters
from app.robots.slot_models import Counter
from app.survey import figures, makerpack, makerpapers, runtime
from app.survey.figures import Tally
from app.web import printing
from tests.makers.identity import a_person
from tests.makers.robots import a_unit
from tests.makers.service import Workshop, a_finding, a_ticket
from tests.makers.surveys import a_survey

OCTOBER = datetime(2026, 10, 1, tzinfo=UTC)
MIDDLE = datetime(2026, 10, 15, 12, tzinfo=UTC)
NOVEMBER = datetime(2026, 11, 1, tzinfo=UTC)


def read(session: Session, shop: Workshop, hours: int, at: datetime) -> None:
    counters.read(session, shop.manager, shop.unit, {Counter.HOURS: hours * 3600}, at=at)


@pytest.mark.parametrize(
    ("counts", "nps", "csat_bp"),
    [
        ((10, 10, 5, 3, 6), 20, 6000),
        ((10, 8, 0, 8, 0), -100, 0),
        ((10, 8, 5, 4, 7), 13, 8800),  # 12.5 is 13, 87.5 is 88
        ((10, 8, 4, 5, 7), -13, 8800),
        ((10, 4, 4, 0, 4), None, None),
        ((0, 0, 0, 0, 0), None, None),
    ],
)
def test_nps_is_promoters_less_detractors_where_enough_answered(
    counts: tuple[int, int, int, int, int], nps: int | None, csat_bp: int | None
) -> None:
    tally = Tally(*counts, least=5)
    assert (tally.nps, tally.csat_bp) == (nps, csat_bp)


def test_figures_by_model_person_and_month_in_few_statements(
    session: Session, shop: Workshop
) -> None:
    other = a_person(session, shop.store, "Nele Brandt")
    with clock.set_to(MIDDLE):
        for score in (10, 9, 9, 8, 2):
            a_survey(session, shop, score=score)
        a_survey(session, shop)
    with clock.set_to(MIDDLE + timedelta(days=30)):
        a_survey(session, shop, score=10, staff_id=other.id)
        said: list[str] = []
        engine = session.connection().engine
        event.listen(engine, "before_cursor_execute", lambda *a: said.append(a[2]))
        found = figures.figures(session, shop.manager, count=3)

    assert len(said) <= 4
    assert (found.total.asked, found.total.answered, found.total.nps) == (7, 6, 50)
    assert [(one.name, one.tally.answered, one.tally.nps) for one in found.by_person] == [
        ("Emre Kaya", 5, 40),
        ("Nele Brandt", 1, None),
    ]
    assert [one.tally.answered for one in found.by_month] == [0, 5, 1]
    assert (found.loop.opened, found.loop.done, found.loop.late) == (1, 0, 1)


def test_hours_between_two_readings_are_spread_evenly(session: Session, shop: Workshop) -> None:
    read(session, shop, 100, OCTOBER - timedelta(days=10))
    read(session, shop, 300, OCTOBER + timedelta(days=10))
    read(session, shop, 400, OCTOBER + timedelta(days=20))
    span = {"start": OCTOBER, "end": NOVEMBER}

    run = runtime.seconds_of_model(session, shop.store.id, shop.unit.model_id, **span)

    assert run == {shop.unit.id: 200 * 3600}  # 200 at the month's begin, 400 at the last reading


@pytest.mark.only_on("sqlite")
def test_a_new_meter_goes_on_and_a_robot_read_once_vouches_for_nothing(
    session: Session, shop: Workshop
) -> None:
    lone = a_unit(session, shop.store, "DEMO-G1-0009")
    counters.read(session, shop.manager, lone, {Counter.HOURS: 9000}, at=MIDDLE)
    read(session, shop, 50, OCTOBER)
    with clock.set_to(MIDDLE):
        counters.exchange(
            session, shop.manager, shop.unit, Counter.HOURS, last=80 * 3600, first=0, reason="board"
        )
    read(session, shop, 20, NOVEMBER - timedelta(days=1))
    span = {"start": OCTOBER - timedelta(days=1), "end": NOVEMBER}

    run = runtime.seconds_of_model(session, shop.store.id, shop.unit.model_id, **span)

    assert run == {shop.unit.id: 50 * 3600}


def a_month(session: Session, shop: Workshop) -> None:
    read(session, shop, 0, OCTOBER - timedelta(days=1))
    with clock.set_to(MIDDLE):
        ticket = a_ticket(session, shop)
        a_finding(session, shop, ticket)
        a_survey(session, shop, score=2, comment="Klinik am Park waits, call 069 90009771")
        a_survey(session, shop, score=9, comment="=Good")
    read(session, shop, 250, NOVEMBER + timedelta(hours=1))


def test_the_pack_names_its_base_and_nobody(session: Session, shop: Workshop) -> None:
    a_month(session, shop)

    pack = makerpack.of(session, shop.manager, model_id=shop.unit.model_id, month="2026-10")

    assert (pack.failures, pack.faults_read, pack.robots_read) == (1, 1, 1)
    assert pack.rate is not None
    assert Decimal("3.8") <= pack.rate <= Decimal("4.3")
    assert [one.text for one in pack.verbatims] == ["[name] waits, call [phone]", "=Good"]
    everything = makerpapers.csv(pack).decode()
    for secret in ("Klinik", "90009771", shop.unit.serial, "Emre"):
        assert secret not in everything
    assert '"\'=Good"' in everything


@pytest.mark.only_on("sqlite")
def test_the_same_data_give_the_same_bytes(session: Session, shop: Workshop) -> None:
    a_month(session, shop)

    def papers() -> tuple[bytes, str]:
        pack = makerpack.of(session, shop.manager, model_id=shop.unit.model_id, month="2026-10")
        paper = makerpapers.paper(pack, language="zh")
        # a PDF has the same bytes for the same page
        return makerpapers.csv(pack), printing.document_html(makerpapers.TEMPLATE, paper)

    first = papers()
    session.expire_all()
    with clock.set_to(clock.now() + timedelta(days=9)):
        assert papers() == first
