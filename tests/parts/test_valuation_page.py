"""The value of the stock on a day, on a page and as a file."""

from datetime import timedelta

import pytest
from fastapi import FastAPI
from sqlalchemy.orm import Session

from app.identity.roles import Role
from app.kernel import clock
from app.kernel.actor import Actor
from app.parts.models import Part
from app.stores import desk
from app.stores.models import Store
from tests.makers.browsing import Browser, a_browser
from tests.makers.identity import a_person, a_session
from tests.makers.parts import a_part, stocked

pytestmark = pytest.mark.only_on("sqlite")


@pytest.fixture
def browser(app: FastAPI, session: Session, store: Store) -> Browser:
    cookie = a_session(session, a_person(session, store, "Mei Lin", role=Role.PARTS))
    session.commit()
    return a_browser(app, cookie)


def test_the_value_of_a_day_is_shown_and_saved(
    session: Session, store: Store, manager: Actor, knee: Part, browser: Browser
) -> None:
    # given
    stocked(session, manager, knee, quantity=3, cost_minor=1_250)
    formula = a_part(session, manager, "P-2", name="=HYPERLINK(1)")
    stocked(session, manager, formula, quantity=1, cost_minor=5)
    session.commit()
    today = desk.business_day_of(store, clock.now())
    # when
    page = browser.get(f"/parts/valuation?on={today.isoformat()}")
    before = browser.get(f"/parts/valuation?on={(today - timedelta(days=1)).isoformat()}")
    file = browser.get(f"/parts/valuation/{today.isoformat()}.csv")
    # then
    assert "€37.55" in page.text
    assert 'href="/parts/KNEE-L"' in page.text
    assert "Nothing lay in the store" in before.text
    assert file.headers["content-type"].startswith("text/csv")
    rows = file.text.lstrip("\ufeff").splitlines()
    assert rows[1:] == [
        f'"KNEE-L","Knee, left","3","37.50","EUR","{today}"',
        f'"P-2","\'=HYPERLINK(1)","1","0.05","EUR","{today}"',
    ]


@pytest.mark.parametrize("day", ["yesterday", "2025-13-01", "9999-12-31", "0001-01-01"])
def test_a_day_that_is_none_is_refused_at_its_field(browser: Browser, day: str) -> None:
    answer = browser.get(f"/parts/valuation?on={day}")
    assert answer.status_code == 422
    assert f'value="{day}"' in answer.text
    assert browser.get(f"/parts/valuation/{day}.csv").status_code == 422


def test_a_kind_of_file_that_is_none_is_not_found(browser: Browser) -> None:
    assert browser.get("/parts/valuation/2026-01-01.pdf").status_code == 404
