"""Registering, owners, transfer, labels and passports, as a browser sends and sees them."""

import json
import re
from html import unescape
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute, Session

from app import cli
from app.identity.roles import Role
from app.kernel import clock
from app.kernel.actor import Actor
from app.kernel.text import msg
from app.robots import addresses, loans, ownership, passportkeys, timeline
from app.robots.life_models import PassportLink
from app.robots.loans import Lending
from app.robots.models import Unit
from app.robots.states import Custody, Holding, UnitState
from app.settings import Settings
from app.stores.models import Store
from tests.makers.robots import a_model, a_unit
from tests.robots.conftest import SignIn, a_customer
from tests.robots.sending import send

pytestmark = pytest.mark.only_on("sqlite")  # pages alike on both: test_pages_answer

Value = TypeVar("Value")
HISTORY = 'id="passport-title"'
SERIALS = [
    "007",
    "Ａ７",
    "🤖-1",
    "x" * 100,
    "a/b%c",
    "50%/owners",
    "..",
    "register",
    "G1/label.pdf",
]


def owned(session: Session, store: Store, actor: Actor, serial: str = "G1-0001") -> Unit:
    unit = a_unit(session, store, serial, state=UnitState.HANDED_OVER)
    unit.custody, unit.holding = Custody.CUSTOMER, Holding.CUSTOMER
    erika = a_customer(session, actor, "Erika Muster")
    ownership.give_to(session, actor, unit, erika.id, at=clock.now())
    return unit


def column_of(session: Session, unit: Unit, column: InstrumentedAttribute[Value]) -> Value:
    """What the database says now; no transaction stays open, or the service could not write."""
    session.rollback()
    found = session.scalars(select(column).where(Unit.id == unit.id)).one()
    session.rollback()
    return found


def test_a_walk_in_is_registered(session: Session, manager: Actor, signed_in: SignIn) -> None:
    # given
    a_model(session)
    owner = a_customer(session, manager, "Erika Muster")
    browser = signed_in(Role.TECHNICIAN)
    # when something is missing: nothing typed is lost
    status, _, page = send(
        browser, "/robots/register", customer="muster", maker="Unitree", serial=" "
    )
    assert status == 422
    assert "A robot needs its serial number." in page
    assert 'value="muster"' in page
    # when
    typed = {
        "customer": "muster",
        "maker": "unitree",
        "model": "g1",
        "serial": "a/b",
        "is_here": "yes",
    }
    status, where, _ = send(browser, "/robots/register", **typed)
    # then
    assert (status, where) == (303, "/robots/a%2Fb")
    assert owner.name in browser.get(where).text
    status, _, page = send(browser, "/robots/register", **typed)
    assert status == 409
    assert 'href="/robots/a%2Fb"' in page


def test_one_without_a_serial_gets_ours(
    session: Session, manager: Actor, signed_in: SignIn
) -> None:
    a_customer(session, manager, "Erika Muster")
    browser = signed_in(Role.MANAGER)
    status, where, _ = send(browser, "/robots/register", customer="erika", no_serial="yes")
    assert (status, where) == (303, "/robots/LEJ-X-000001")


@pytest.mark.parametrize("serial", SERIALS)
def test_pages_of_strange_serials(
    session: Session, store: Store, manager: Actor, signed_in: SignIn, serial: str
) -> None:
    unit = owned(session, store, manager, serial)
    browser = signed_in(Role.MANAGER)
    for path in (("owners",), ("transfer",), ("label",), ("label.svg",), ("passport.json",)):
        address = addresses.page_below(unit.serial, *path)
        assert browser.get(address).status_code == 200, address
    buy = addresses.page_below(unit.serial, "owners", "buy-back")
    status, _, _ = send(browser, buy, price="4.000,00", wipe="wiped", statement="Reset")
    assert status == 303
    assert column_of(session, unit, Unit.state) is UnitState.RECEIVED


def test_a_transfer_is_one_screen(
    session: Session, store: Store, manager: Actor, signed_in: SignIn
) -> None:
    # given
    unit = owned(session, store, manager)
    heir = a_customer(session, manager, "Max Nachher")
    browser = signed_in(Role.SALES)
    # when nothing is said of the data
    status, _, page = send(browser, "/robots/G1-0001/transfer", customer="max")
    assert status == 422
    assert "Say what became of the data" in page
    assert 'value="max"' in page
    # when
    status, where, _ = send(
        browser,
        "/robots/G1-0001/transfer",
        customer=f"C-{heir.number}",
        wipe="wiped",
        statement="Reset",
    )
    # then
    assert (status, where) == (303, "/robots/G1-0001/owners")
    page = browser.get(where).text
    assert page.index("Max Nachher") < page.index("Erika Muster")
    session.rollback()
    assert ownership.owner_of(session, unit.id) == heir.id


def test_a_refusal_stands_in_its_own_part(
    session: Session, store: Store, manager: Actor, signed_in: SignIn
) -> None:
    owned(session, store, manager)
    browser = signed_in(Role.MANAGER)
    status, _, page = send(
        browser, "/robots/G1-0001/owners/buy-back", price="lots", wipe="wiped", statement="Reset"
    )
    assert status == 422
    assert 'id="buy-back-price-error"' in page
    assert 'value="lots"' in page


def test_a_loaner_goes_out_and_comes_back(
    session: Session, store: Store, manager: Actor, signed_in: SignIn
) -> None:
    # given
    unit = a_unit(session, store, "G1-0001")
    a_customer(session, manager, "Erika Muster")
    browser = signed_in(Role.MANAGER)
    base = "/robots/G1-0001/owners"
    # then
    assert send(browser, f"{base}/lend", customer="erika")[0] == 409
    assert send(browser, f"{base}/hold", holding="nonsense")[0] == 422
    assert send(browser, f"{base}/hold", holding="loaner", reason="repairs")[0] == 303
    assert send(browser, f"{base}/lend", customer="erika", due_on="nonsense")[0] == 422
    assert send(browser, f"{base}/lend", customer="erika", due_on="2199-01-01")[0] == 303
    assert "Erika Muster" in browser.get(base).text
    assert column_of(session, unit, Unit.custody) is Custody.CUSTOMER
    assert send(browser, f"{base}/retire", reason="x")[0] == 409
    assert send(browser, f"{base}/take-in", condition="fine")[0] == 303
    assert send(browser, f"{base}/retire", reason="burnt")[0] == 303
    assert send(browser, f"{base}/nonsense")[0] == 404
    assert column_of(session, unit, Unit.state) is UnitState.RETIRED


# The public passport


def test_anybody_reads_the_public_page_and_no_owner(
    session: Session, store: Store, manager: Actor, client: TestClient
) -> None:
    # given
    unit = owned(session, store, manager)
    timeline.note(session, unit.id, kind="owner", summary=msg("Owner: somebody"))
    session.commit()
    # when
    answer = client.get(f"/r/{unit.passport_code}")
    # then
    assert answer.status_code == 200
    assert "G1-0001" in answer.text
    assert answer.text.count("No data yet") == 3
    for secret in ("Erika", "Muster", "somebody", "/robots/", "/customers"):
        assert secret not in answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert "noindex" in answer.headers["x-robots-tag"]
    assert client.get(f"/r/{str(unit.passport_code).upper()}").status_code == 200


def test_every_wrong_guess_looks_alike(
    session: Session, store: Store, manager: Actor, client: TestClient
) -> None:
    unit = owned(session, store, manager)
    session.commit()
    pages = set()
    for guess in ("x", "1" * 26, "%00", "a" * 500, f"{unit.passport_code}/passport.json"):
        answer = client.get(f"/r/{guess}", headers={"accept": "text/html"})
        assert answer.status_code == 404, guess
        pages.add(re.sub(r"[0-9a-f]{12}|[\w-]{20,}", "", answer.text))
    assert len(pages) == 1


def test_codes_are_long_and_never_the_same(session: Session, store: Store) -> None:
    codes = {a_unit(session, store, str(number)).passport_code for number in range(50)}
    assert len(codes) == 50
    assert all(len(code) == 26 for code in codes if code)


def test_the_owners_address_shows_the_history_until_it_ends(
    session: Session, store: Store, manager: Actor, signed_in: SignIn
) -> None:
    # given
    unit = owned(session, store, manager)
    timeline.note(session, unit.id, kind="received", summary=msg("Received"))
    browser = signed_in(Role.MANAGER)
    # when
    status, _, page = send(browser, "/robots/G1-0001/owners/link")
    found = re.search(r'href="[^"]*(/r/\w+\?o=[\w-]+)"', page)
    # then
    assert status == 200
    assert found is not None
    assert HISTORY in browser.get(found[1]).text
    assert HISTORY not in browser.get(found[1] + "x").text
    session.rollback()
    kept = session.scalars(select(PassportLink)).one().token_hash
    session.rollback()
    assert kept not in found[1]
    assert found[1].rpartition("=")[2] not in json.dumps(kept)
    file = found[1].replace("?", "/passport.json?")
    assert browser.get(file).json()["passport"]["serial"] == "G1-0001"
    # when it is revoked
    assert send(browser, "/robots/G1-0001/owners/unlink")[0] == 303
    assert HISTORY not in browser.get(found[1]).text
    assert browser.get(file).status_code == 404


def test_the_owners_address_ends_with_the_ownership(
    session: Session, store: Store, manager: Actor, signed_in: SignIn
) -> None:
    owned(session, store, manager)
    a_customer(session, manager, "Max Nachher")
    browser = signed_in(Role.MANAGER)
    page = send(browser, "/robots/G1-0001/owners/link")[2]
    found = re.search(r'href="[^"]*(/r/\w+\?o=[\w-]+)"', page)
    assert found is not None
    send(browser, "/robots/G1-0001/transfer", customer="max", wipe="wiped", statement="Reset")
    assert HISTORY not in browser.get(found[1]).text


# The signed files


def test_any_changed_byte_of_a_passport_is_found(
    session: Session, store: Store, manager: Actor, signed_in: SignIn, settings: Settings
) -> None:
    # given
    unit = owned(session, store, manager, "Ａ７-🤖")
    timeline.note(session, unit.id, kind="received", summary=msg("Received\t{n}", n="ß\x01"))
    browser = signed_in(Role.MANAGER)
    ours = passportkeys.house_key(settings.data_dir).public
    for kind in ("json", "pdf"):
        # when
        data = browser.get(addresses.page_below(unit.serial, f"passport.{kind}")).content
        # then
        checked = passportkeys.check(data, ours)
        assert checked.problems == ()
        assert checked.is_ours
        assert passportkeys.check(data, None).problems == ()
        assert b"Erika" not in data
        step = 1 if kind == "json" else len(data) // 200
        places = {*range(0, len(data), step), *range(len(data) - 300, len(data))}
        for place in sorted(places):
            changed = bytearray(data)
            changed[place] ^= 0x01 if changed[place] != 0x20 else 0x02
            for key in (ours, None):
                assert passportkeys.check(bytes(changed), key).problems, (kind, place)
        for other in (data + b" ", data[:-1], b" " + data, data.replace(b":", b": ", 1), b""):
            assert passportkeys.check(other, ours).problems


@pytest.fixture
def signed_passport(session: Session, store: Store, manager: Actor, signed_in: SignIn) -> bytes:
    owned(session, store, manager)
    return signed_in(Role.MANAGER).get("/robots/G1-0001/passport.json").content


def test_verify_tells_by_its_exit_code(
    tmp_path: Path,
    signed_passport: bytes,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    # given
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    good.write_bytes(signed_passport)
    bad.write_bytes(signed_passport.replace(b"G1-0001", b"G1-0002"))
    monkeypatch.setenv("QUATREFOIL_DATA_DIR", str(settings.data_dir))
    # then
    assert cli.run(["verify", str(good)]) == 0
    assert "not a byte has changed" in capsys.readouterr().out
    assert cli.run(["verify", str(bad)]) == 1
    assert cli.run(["verify", str(tmp_path / "none")]) == 2
    # a house that never signed anything goes by the key in the file, and says so
    monkeypatch.setenv("QUATREFOIL_DATA_DIR", str(tmp_path / "elsewhere"))
    assert cli.run(["verify", str(good)]) == 0
    assert "/r/key" in capsys.readouterr().out
    key = passportkeys.house_key(settings.data_dir).public
    assert cli.run(["verify", str(good), "--key", key.text]) == 0
    other = passportkeys.house_key(tmp_path / "elsewhere").public
    assert cli.run(["verify", str(good), "--key", other.text]) == 1


def test_the_key_is_made_once_and_is_nobody_elses_to_read(
    tmp_path: Path, client: TestClient, settings: Settings
) -> None:
    first = passportkeys.house_key(tmp_path / "var2")
    assert passportkeys.house_key(tmp_path / "var2").key == first.key
    (file,) = (tmp_path / "var2").iterdir()
    assert file.stat().st_mode & 0o077 == 0
    shown = client.get("/r/key").text
    assert passportkeys.house_key(settings.data_dir).public.text in shown


# Labels


@pytest.mark.parametrize("stock", ["62x29", "100x50", "a4"])
def test_a_label_leads_to_the_public_page(
    session: Session, store: Store, signed_in: SignIn, stock: str
) -> None:
    unit = a_unit(session, store, "H1 2025/004817")
    browser = signed_in(Role.PARTS)
    base = f"/robots/{quote(unit.serial, safe='')}/label"
    zpl = browser.get(f"{base}.zpl", params={"stock": stock})
    assert unit.passport_code is not None
    assert unit.passport_code in zpl.text
    assert "H1 2025/004817" in zpl.text
    assert browser.get(f"{base}.pdf", params={"stock": stock}).content.startswith(b"%PDF-")
    assert "<svg" in browser.get(f"{base}.svg", params={"stock": stock}).text
    assert unit.passport_code in unescape(browser.get(base, params={"stock": stock}).text)
    assert browser.get(f"{base}.svg", params={"stock": "9x9"}).status_code == 404
    assert browser.get(f"{base}.gif").status_code == 404


def test_who_may_not_change_does_not(
    session: Session, store: Store, manager: Actor, signed_in: SignIn
) -> None:
    owned(session, store, manager)
    browser = signed_in(Role.AUDITOR)
    assert browser.get("/robots/G1-0001/owners").status_code == 200
    assert browser.get("/robots/G1-0001/transfer").status_code == 403
    for part in ("buy-back", "link", "unlink", "hold", "lend", "take-in", "retire"):
        fields = {"price": "1", "wipe": "wiped", "holding": "demo", "reason": "x"}
        assert send(browser, f"/robots/G1-0001/owners/{part}", **fields)[0] == 403, part


def test_the_loans_are_on_the_page(
    session: Session, store: Store, manager: Actor, signed_in: SignIn
) -> None:
    unit = a_unit(session, store, "G1-0001")
    loans.hold_as(session, manager, unit, Holding.DEMO, reason="")
    loans.lend(session, manager, unit, Lending(holder="Fair, hall 3"))
    page = signed_in(Role.SALES).get("/robots/G1-0001/owners").text
    assert "Fair, hall 3" in page
    assert 'id="take-in"' in page


def test_a_long_life_costs_no_more_statements(
    session: Session,
    store: Store,
    manager: Actor,
    signed_in: SignIn,
    statements_of_app: list[str],
) -> None:
    # given
    unit = owned(session, store, manager)
    browser = signed_in(Role.SALES)

    def asked() -> list[int]:
        counts = []
        for address in ("/robots/G1-0001/timeline", f"/r/{unit.passport_code}"):
            browser.get(address)
            statements_of_app.clear()
            assert browser.get(address).status_code == 200
            counts.append(len(statements_of_app))
        return counts

    few = asked()
    # when a thousand things have happened
    for number in range(1000):
        timeline.note(session, unit.id, kind="part", summary=msg("Part {n}", n=number))
    session.commit()
    # then
    assert asked() == few
    assert max(few) <= 15
