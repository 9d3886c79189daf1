"""The settings of a store: who may, what is refused, and what nobody overwrites unseen."""

import re
from datetime import date, timedelta

import pytest
from fastapi import FastAPI
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.identity.models import Staff
from app.identity.roles import Role
from app.identity.signing import actor_for
from app.kernel import audit
from app.kernel.audit import AuditEntry
from app.kernel.errors import Conflict, NotFound, Refused
from app.kernel.money import Money
from app.kernel.tax import PriceMode, TaxCategory
from app.payments import bills
from app.stores import desk
from app.stores.models import Store, TaxRate, Till
from tests.makers.identity import Screen, a_person, a_session
from tests.makers.stores import a_store

pytestmark = pytest.mark.only_on("sqlite")  # pages alike on both: test_pages_answer


@pytest.fixture
def store(session: Session) -> Store:
    return a_store(session)


@pytest.fixture
def petra(session: Session, store: Store) -> Staff:
    return a_person(session, store, "Petra Krause", role=Role.MANAGER)


@pytest.fixture
def screen(app: FastAPI, session: Session, petra: Staff) -> Screen:
    """The manager's browser."""
    cookie = a_session(session, petra)
    session.commit()
    return Screen(app, cookie=cookie)


def shown(screen: Screen) -> dict[str, str]:
    """The store's form as a browser would send it back."""
    page = screen.get("/settings/store").text
    fields = dict(re.findall(r'name="([a-z_]+)"\s+(?:type="\w+"\s+)?value="([^"]*)"', page))
    return {**fields, "price_mode": "gross", "language": "en"}


def today(store: Store) -> date:
    return desk.business_day_of(store)


@pytest.mark.parametrize("address", ["", "/store", "/tills", "/tax", "/components"])
def test_a_seller_looks_and_does_not_change(
    app: FastAPI, session: Session, store: Store, address: str
) -> None:
    cookie = a_session(session, a_person(session, store))
    session.commit()
    seller = Screen(app, cookie=cookie)

    assert seller.get(f"/settings{address}").status_code == 200
    assert seller.post("/settings/store", name="X").status_code in {403, 422}
    assert seller.post("/settings/tills", name="Till 9").status_code == 403
    assert "/settings/staff" not in seller.get("/settings").text


def test_the_overview_leads_everywhere_a_manager_may_go(screen: Screen) -> None:
    page = screen.get("/settings").text

    for address in re.findall(r'class="btn lg block"\s+href="([^"]+)"', page):
        assert screen.get(address).status_code == 200, address
    assert "/settings/staff" in page


def test_what_the_store_says_of_itself_is_changed_and_on_record(
    screen: Screen, session: Session, store: Store
) -> None:
    form = shown(screen) | {
        "street": "Markt 1",
        "vat_id": "de 136 695 976",
        "bank_account": "de89370400440532013000",
        "day_starts_at": "05:30",
        "zone": "Asia/Shanghai",
    }

    answer = screen.post("/settings/store", **form)

    assert answer.status_code == 303
    session.rollback()
    kept = session.get_one(Store, store.id, populate_existing=True)
    assert (kept.street, kept.vat_id, kept.zone) == ("Markt 1", "DE136695976", "Asia/Shanghai")
    assert kept.bank_account == "DE89 3704 0044 0532 0130 00"
    assert kept.day_starts_at.isoformat() == "05:30:00"
    body = session.scalars(
        select(AuditEntry.body).where(AuditEntry.action == "store.changed")
    ).one()
    assert '"zone":"Europe/Berlin"' in body
    assert '"zone":"Asia/Shanghai"' in body
    assert "legal_name" not in body


def test_each_bad_field_is_told_and_nothing_typed_is_lost(screen: Screen) -> None:
    form = shown(screen) | {
        "name": "",
        "zone": "Mars/Olympus",
        "email": "nowhere",
        "vat_id": "DE1",
        "bank_account": "DE00370400440532013000",
        "day_starts_at": "25:00",
        "city": "Leipzig",
    }

    answer = screen.post("/settings/store", **form)
    zone_alone = screen.post("/settings/store", **shown(screen) | {"zone": "../etc/passwd"})

    assert answer.status_code == 422
    for field in ("name", "email", "vat_id", "bank_account", "day_starts_at"):
        assert f'id="f-{field}-error"' in answer.text, field
    assert 'value="Leipzig"' in answer.text
    assert 'id="f-zone-error"' in zone_alone.text


def test_prices_keep_their_meaning_once_something_was_sold(
    screen: Screen, session: Session, store: Store, petra: Staff
) -> None:
    before = screen.post("/settings/store", **shown(screen) | {"price_mode": "net"})
    bills.raise_bill(
        session,
        actor_for(petra, terminal=None),
        reference="order:1",
        customer_id=None,
        total=Money(100, "EUR"),
    )
    session.commit()

    after = screen.post("/settings/store", **shown(screen) | {"price_mode": "gross"})

    assert before.status_code == 303
    assert after.status_code == 422
    assert "once something was sold" in after.text
    session.rollback()
    assert session.get_one(Store, store.id, populate_existing=True).price_mode is PriceMode.NET


def test_two_editors_of_a_store_see_each_others_change(screen: Screen) -> None:
    first, second = shown(screen), shown(screen)
    screen.post("/settings/store", **first | {"city": "Leipzig"})

    late = screen.post("/settings/store", **second | {"city": "Halle"})
    again = re.findall(r'name="seen" value="([^"]+)"', late.text)[0]
    saved = screen.post("/settings/store", **second | {"city": "Halle", "seen": again})

    assert late.status_code == 409
    assert "Saved by somebody else meanwhile" in late.text
    assert "Leipzig" in late.text
    assert 'value="Halle"' in late.text
    assert saved.status_code == 303


def test_a_till_is_added_renamed_and_given_its_printer(screen: Screen, session: Session) -> None:
    for name in ("Till 1", "Till 2"):
        assert screen.post("/settings/tills", name=name).status_code == 303
    till_id = session.scalars(select(Till.id).where(Till.name == "Till 1")).one()
    session.rollback()
    page = f"/settings/tills/{till_id}"

    twice = screen.post("/settings/tills", name="Till 1")
    taken = screen.post(page, name="Till 2", printer="", reader_id="")
    saved = screen.post(page, name="Front", printer="tcp://printer.local:9100", reader_id="tmr_1")

    assert (twice.status_code, taken.status_code, saved.status_code) == (409, 409, 303)
    assert 'value="Till 1"' in twice.text
    kept = session.get_one(Till, till_id, populate_existing=True)
    assert (kept.name, kept.printer, kept.reader_id) == (
        "Front",
        "tcp://printer.local:9100",
        "tmr_1",
    )


def test_a_printer_is_a_network_address_or_a_device_and_nothing_else_of_the_machine(
    session: Session, petra: Staff
) -> None:
    manager = actor_for(petra, terminal=None)
    till = desk.add_till(session, manager, name="Till 1")

    for printer in ("tcp://10.0.0.7", "tcp://[::1]:9100", "file:///dev/usb/lp0", ""):
        desk.change_till(session, manager, till, printer=printer, reader_id="")
        assert till.printer == printer
    for printer in (
        "lp0",
        "http://printer",
        "tcp://",
        "tcp://host:99999",
        "file:///etc/passwd",
        "file:///dev/../etc/passwd",
        "file:///tmp/%2e%2e/etc/passwd",
        "tcp://" + "h" * 300,
    ):
        with pytest.raises(Refused) as refusal:
            desk.change_till(session, manager, till, printer=printer, reader_id="")
        assert refusal.value.field == "printer"


def test_a_rate_is_added_and_the_next_of_its_code_waits_for_its_day(
    screen: Screen, session: Session, store: Store
) -> None:
    first = {"code": "standard", "label": "VAT", "rate": "19", "valid_from": "2020-01-01"}
    tomorrow = (today(store) + timedelta(days=1)).isoformat()

    screen.post("/settings/tax", **first)
    screen.post("/settings/tax", **first | {"rate": "20,5 %", "valid_from": tomorrow})
    past = screen.post("/settings/tax", **first | {"rate": "7", "valid_from": "2021-01-01"})
    bad = screen.post("/settings/tax", **first | {"rate": "1e2", "valid_from": "soon", "code": ""})
    prefilled = screen.get("/settings/tax?code=standard").text

    assert desk.rate_on(session, store.id, "standard", today(store)) == 1900
    assert desk.rate_on(session, store.id, "standard", today(store) + timedelta(days=1)) == 2050
    assert past.status_code == 422
    assert "keeps its tax" in past.text
    for field in ("rate", "valid_from", "code"):
        assert f'id="f-{field}-error"' in bad.text, field
    assert 'name="label"\n           type="text"\n           value="VAT"' in prefilled


def test_only_a_rate_that_has_not_begun_is_taken_back(
    session: Session, store: Store, petra: Staff
) -> None:
    manager = actor_for(petra, terminal=None)
    now = desk.add_rate(
        session, manager, code="standard", label="VAT", rate_bp=1900, valid_from=today(store)
    )
    coming = desk.add_rate(
        session,
        manager,
        code="standard",
        label="VAT",
        rate_bp=2900,
        valid_from=today(store) + timedelta(days=9),
    )

    desk.withdraw_rate(session, manager, coming.id)

    assert session.scalars(select(TaxRate)).all() == [now]
    with pytest.raises(Refused, match="in force already"):
        desk.withdraw_rate(session, manager, now.id)
    with pytest.raises(NotFound):
        desk.withdraw_rate(session, manager, 99)
    with pytest.raises(Conflict, match="already changes on that day"):
        desk.add_rate(
            session, manager, code="standard", label="VAT", rate_bp=700, valid_from=today(store)
        )
    audit.write(session)
    actions = session.scalars(select(AuditEntry.action).order_by(AuditEntry.position)).all()
    assert actions == ["tax_rate.added", "tax_rate.added", "tax_rate.withdrawn"]


@pytest.mark.parametrize("till_id", ["0", "99", str(2**63), "x"])
def test_a_till_that_is_not_here_is_no_defect(screen: Screen, till_id: str) -> None:
    assert screen.get(f"/settings/tills/{till_id}").status_code in {404, 422}


def test_a_rate_of_nothing_says_why(screen: Screen, session: Session) -> None:
    course = {"code": "course", "label": "Course", "rate": "0", "valid_from": "2020-01-01"}
    course |= {"category": "exempt", "reason": "VAT-free by UStG § 4 no. 21"}

    screen.post("/settings/tax", **course)
    wrong = screen.post("/settings/tax", **course | {"code": "other", "rate": "19"})
    unknown = screen.post("/settings/tax", **course | {"code": "third", "category": "margin"})

    rate = session.scalars(select(TaxRate).where(TaxRate.code == "course")).one()
    assert (rate.category, rate.reason) == (TaxCategory.EXEMPT, "VAT-free by UStG § 4 no. 21")
    assert "VAT-free by UStG § 4 no. 21" in screen.get("/settings/tax").text
    assert "What is exempt has a rate of 0 %." in wrong.text
    assert "Choose why a rate is none." in unknown.text
