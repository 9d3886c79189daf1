"""Pages of bulletins, warranty, terms and documents, as a browser sends and sees them."""

import csv
import io
import re
from datetime import date, timedelta
from html import unescape
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.identity.roles import Role
from app.kernel import clock
from app.kernel.actor import Actor
from app.kernel.audit import AuditEntry
from app.kernel.frozen import freeze
from app.robots import (
    addresses,
    aiclasses,
    bodies,
    contracts,
    dataduties,
    documents,
    figures,
    ownership,
    requirements,
    termsbook,
    warrantypapers,
)
from app.robots.aiclasses import ClassInput
from app.robots.bulletin_models import Bulletin, BulletinKind
from app.robots.bulletincriteria import Criterion
from app.robots.contracts import ContractInput
from app.robots.dataduties import WipeInput
from app.robots.documents import DocumentInput
from app.robots.duty_models import AiRisk, AiRole, FileKind, PaperKind, RobotDocument
from app.robots.figures import FigureInput
from app.robots.models import Unit
from app.robots.warranty_rules import UNITREE
from app.robots.warrantypapers import EvidenceInput
from app.stores import desk
from app.stores.models import Store
from tests.kernel.test_uploads import A_PDF, a_picture
from tests.makers.bulletins import a_bulletin, a_component, sitting, taken_out
from tests.makers.robots import a_maker, a_model, a_unit
from tests.makers.slots import a_plan
from tests.robots.conftest import SignIn, a_customer
from tests.robots.test_robot_pages import csrf, send

pytestmark = pytest.mark.only_on("sqlite")  # pages alike on both: test_pages_answer

File = tuple[str, bytes, str]


def send_files(
    browser: TestClient, address: str, files: dict[str, File], **fields: str
) -> tuple[int, str, str]:
    answer = browser.post(
        address,
        data={"csrf_token": csrf(browser), **fields},
        files=files,
        follow_redirects=False,
    )
    return answer.status_code, answer.headers.get("location", ""), unescape(answer.text)


def a_knee(session: Session, unit: Unit) -> None:
    place = bodies.slot_called(session, unit, "left_knee.actuator")
    sitting(session, unit, place, a_component(session, unit, "K1", lot="24-11"), as_built=True)


# Bulletins


def test_a_bulletin_is_typed_published_and_stands_on_its_robots(
    session: Session, store: Store, signed_in: SignIn
) -> None:
    # given
    a_plan(session, a_model(session))
    unit = a_unit(session, store, "A1")
    a_knee(session, unit)
    maker_id = str(a_maker(session).id)
    browser = signed_in(Role.MANAGER)
    assert "No bulletins yet" in browser.get("/robots/bulletins").text
    typed = {
        "maker": maker_id,
        "code": "SB-25-07",
        "title": "Knee actuator",
        "kind": "mandatory",
        "issued_on": "2025-11-01",
        "lots": "24-11\n 24-12 ",
        "text": "Tighten\nto 4 Nm",
    }
    # when: a range that runs backwards, and a deadline before the issue
    status, _, page = send(
        browser,
        "/robots/bulletins/new",
        **typed,
        serials="A1..A5\nA12..A9",
        firmware=">=4.10,<4.9",
        due_on="2025-10-01",
        token="t1",
    )
    # then: told beside the fields, and nothing is lost
    assert status == 422
    assert "The range runs backwards: a12 comes after a9." in page
    assert "No version can be in the range" in page
    assert "The deadline is before the day of issue." in page
    assert "A1..A5\nA12..A9</textarea>" in page
    assert 'value="SB-25-07"' in page
    # when
    status, here, _ = send(
        browser, "/robots/bulletins/new", **typed, serials="A1..A5\nA9..A12", token="t2"
    )
    # then
    assert status == 303
    campaign = unescape(browser.get(here).text)
    assert "Tighten\nto 4 Nm" in campaign
    assert campaign.count("Lot inside") == 4
    assert re.search(r'<a class="id" href="/robots/A1">A1</a>', campaign)
    robot = unescape(browser.get("/robots/A1").text)
    assert "1 open bulletin." in robot
    assert 'href="/robots/A1/bulletins"' in robot
    listed = browser.get("/robots/bulletins").text
    assert "SB-25-07" in listed
    assert "0%" in listed
    # when the robot is settled
    status, to, page = send(browser, "/robots/A1/bulletins/1", outcome="maybe", token="t3")
    assert (status, "Please choose from the list." in page) == (422, True)
    status, to, _ = send(
        browser, "/robots/A1/bulletins/1", outcome="done", reference="T-7", token="t4"
    )
    assert (status, to) == (303, "/robots/A1/bulletins")
    # then
    settled = unescape(browser.get(to).text)
    assert "Done, Jana Voss" in settled
    assert "open bulletin" not in settled
    assert "100%" in browser.get(here).text
    assert send(browser, "/robots/A1/bulletins/1", outcome="done", token="t5")[0] == 409


def test_letters_name_owners_and_hold_no_formula(
    session: Session, store: Store, manager: Actor, signed_in: SignIn
) -> None:
    # given
    sold, ours = a_unit(session, store, "A1"), a_unit(session, store, "A2")
    customer = a_customer(session, manager, "=HYPERLINK(1)")
    ownership.give_to(session, manager, sold, customer.id, at=clock.now())
    bulletin = a_bulletin(session, manager, a_maker(session), Criterion(serials="A*"))
    assert ours.serial == "A2"
    browser = signed_in(Role.MANAGER)
    # when
    answer = browser.post(
        f"/robots/bulletins/{bulletin.id}/letters",
        data={"csrf_token": csrf(browser), "token": "t1"},
    )
    # then
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "attachment" in answer.headers["content-disposition"]
    titles, *rows = csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline=""))
    (row,) = [dict(zip(titles, row, strict=True)) for row in rows]
    assert (row["name"], row["serial"], row["kind"]) == ("'=HYPERLINK(1)", "A1", "Mandatory")
    actions = list(session.scalars(select(AuditEntry.action)))
    session.rollback()
    assert "bulletin.letters_taken" in actions


def test_a_bulletin_is_withdrawn_with_a_reason(
    session: Session, store: Store, manager: Actor, signed_in: SignIn
) -> None:
    a_unit(session, store, "A1")
    bulletin = a_bulletin(session, manager, a_maker(session), Criterion(serials="A1"))
    here = f"/robots/bulletins/{bulletin.id}"
    browser = signed_in(Role.MANAGER)
    status, _, page = send(browser, f"{here}/withdraw", reason=" ", token="t1")
    assert (status, "Say why it is withdrawn." in page) == (422, True)
    assert send(browser, f"{here}/withdraw", reason="Wrong range", token="t2")[0] == 303
    assert "Wrong range" in browser.get(here).text
    assert "open bulletin" not in browser.get("/robots/A1").text
    assert "SB-25-07" in browser.get("/robots/bulletins?show=withdrawn").text
    assert "SB-25-07" not in browser.get("/robots/bulletins").text


def test_lists_keep_their_filters_in_the_address(
    session: Session, store: Store, manager: Actor, signed_in: SignIn
) -> None:
    for number in range(60):
        a_unit(session, store, f"A{number}")
    yesterday = desk.business_day_of(store) - timedelta(days=1)
    for number in range(30):
        a_bulletin(
            session,
            manager,
            a_maker(session),
            Criterion(serials="A*"),
            code=f"SB-{number:02}",
            kind=BulletinKind.STOP_SALE if number == 7 else BulletinKind.INFORMATION,
            issued_on=yesterday,
            due_on=yesterday if number == 3 else None,
        )
    first = session.scalar(select(Bulletin.id).order_by(Bulletin.id).limit(1))
    browser = signed_in(Role.SALES)

    def codes(address: str) -> list[str]:
        return re.findall(r'<a class="id" href="/robots/bulletins/\d+">', browser.get(address).text)

    assert len(codes("/robots/bulletins")) == 25
    following = re.search(r'href="([^"]+)" rel="next"', browser.get("/robots/bulletins").text)
    assert following is not None
    assert len(codes(unescape(following[1]))) == 5
    assert len(codes("/robots/bulletins?kind=stop_sale")) == 1
    assert len(codes("/robots/bulletins?show=overdue")) == 1
    assert len(codes("/robots/bulletins?show=nonsense&kind=nonsense")) == 25
    page = browser.get(f"/robots/bulletins/{first}?show=open&place=stock").text
    assert 'rel="next"' in page
    assert browser.get(f"/robots/bulletins/{first}?show=done").text.count('id="robot-') == 0
    assert browser.get("/robots/bulletins/999999").status_code == 404
    assert browser.get("/robots/bulletins/99999999999999999999").status_code == 422
    assert send(browser, "/robots/bulletins/new", code="x", token="t")[0] == 403


# Warranty


def test_a_warranty_is_shown_with_its_clause_and_what_it_rests_on(
    session: Session, store: Store, manager: Actor, signed_in: SignIn
) -> None:
    # given
    termsbook.put_published(session, manager, a_maker(session))
    a_plan(session, a_model(session))
    unit = a_unit(session, store, "A1")
    a_knee(session, unit)
    today = desk.business_day_of(store)
    browser = signed_in(Role.SALES)
    here = "/robots/A1/warranty"
    assert "Nothing on file says when the warranty started." in browser.get(here).text
    # when
    status, _, page = send(
        browser, f"{here}/papers", kind="receipt", day="30.11.2025", source="x", token="t1"
    )
    assert (status, "is not a day like 2025-11-30" in page) == (422, True)
    assert 'value="30.11.2025"' in page
    paper = {"kind": "receipt", "day": today.isoformat(), "source": "Card in the box"}
    assert send(browser, f"{here}/papers", **paper, token="t2")[0] == 303
    # then
    page = unescape(browser.get(here).text)
    assert "Covered until" in page
    assert "unitree.term" in page
    assert "Card in the box" in page
    # when one slot is asked for, and by HTMX
    one = unescape(browser.get(f"{here}?slot=left_knee.actuator").text)
    assert re.search(r"<h2>left knee</h2>", one)
    part = browser.get(f"{here}?slot=battery.1", headers={"HX-Request": "true"}).text
    assert "<html" not in part
    assert browser.get(f"{here}?slot=third.arm").status_code == 404


def test_evidence_is_recorded_with_a_photo_and_withdrawn(
    session: Session, store: Store, manager: Actor, signed_in: SignIn
) -> None:
    # given
    termsbook.put_published(session, manager, a_maker(session))
    a_plan(session, a_model(session))
    a_unit(session, store, "A1")
    today = desk.business_day_of(store).isoformat()
    browser = signed_in(Role.TECHNICIAN)
    here = "/robots/A1/warranty"
    form = {"code": "fall", "slot": "left_knee.actuator", "certainty": "confirmed"}
    # when
    broken: File = ("x.png", b"\x89PNG broken", "image/png")
    status, _, page = send_files(
        browser, f"{here}/evidence", {"photo": broken}, **form, seen_on=today, token="t1"
    )
    assert status == 422
    assert "This is not a PDF, PNG or JPEG that can be read." in page
    assert re.search(r'value="fall"\s+checked', page)
    photo: File = ("knee.jpg", a_picture("JPEG"), "image/jpeg")
    status, to, _ = send_files(
        browser, f"{here}/evidence", {"photo": photo}, **form, seen_on=today, token="t2"
    )
    # then
    assert (status, to) == (303, here)
    page = browser.get(here).text
    picture = re.search(r'href="([^"]+/photo)"', page)
    assert picture is not None
    answer = browser.get(picture[1])
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert (
        "Damage by falling is not covered." in browser.get(f"{here}?slot=left_knee.actuator").text
    )
    # when
    address = picture[1].replace("/photo", "/withdraw")
    assert send(browser, address, reason="", token="t3")[0] == 422
    assert send(browser, address, reason="It was another robot", token="t4")[0] == 303
    # then
    assert "It was another robot" in browser.get(here).text
    for code in ("bad_luck", ""):
        status, _, page = send(
            browser, f"{here}/evidence", code=code, seen_on=today, token=f"x{code}"
        )
        assert status == 422


def test_contracts_are_signed_used_and_ended(
    session: Session, store: Store, signed_in: SignIn
) -> None:
    # given
    a_unit(session, store, "A1")
    today = desk.business_day_of(store).isoformat()
    browser = signed_in(Role.MANAGER)
    here = "/robots/A1/warranty"
    # when
    status, _, page = send(
        browser, f"{here}/contracts", name="Care", since=today, months="1e3", visits="0",
        classes="wings", token="t1",
    )  # fmt: skip
    assert status == 422
    assert "“1e3” is not a whole number" in page
    assert 'value="Care"' in page
    fields = {"name": "Care", "since": today, "months": "12", "visits": "1"}
    assert send(browser, f"{here}/contracts", **fields, classes="actuator", token="t2")[0] == 303
    # then
    page = unescape(browser.get(here).text)
    assert "1 of 1 visit left." in page
    visits = f"{here}/contracts/1/visits"
    assert send(browser, visits, reference="T-1", token="t3")[0] == 303
    status, _, page = send(browser, visits, reference="T-2", token="t4")
    assert (status, "has no visit left" in page) == (422, True)
    assert send(browser, f"{here}/contracts/1/end", reason="Sold on", token="t5")[0] == 303
    assert send(browser, f"{here}/contracts/1/end", reason="Sold on", token="t6")[0] == 409
    assert send(browser, f"{here}/contracts/9/end", reason="x", token="t7")[0] == 404


def test_who_paid_for_a_part_is_said_once_it_was_replaced(
    session: Session, store: Store, manager: Actor, signed_in: SignIn
) -> None:
    # given
    termsbook.put_published(session, manager, a_maker(session))
    a_plan(session, a_model(session))
    unit = a_unit(session, store, "A1")
    place = bodies.slot_called(session, unit, "left_knee.actuator")
    first = sitting(session, unit, place, a_component(session, unit, "K1"), as_built=True)
    taken_out(session, first)
    second = sitting(session, unit, place, a_component(session, unit, "K2"))
    second_id, first_id = str(second.id), str(first.id)
    browser = signed_in(Role.TECHNICIAN)
    here = "/robots/A1/warranty"
    slot = f"{here}?slot=left_knee.actuator"
    assert "counts as replaced under warranty" in browser.get(slot).text
    # when
    assert send(browser, f"{here}/payer", occupant=first_id, paid="customer", token="a")[0] == 404
    assert send(browser, f"{here}/payer", occupant=second_id, paid="", token="b")[0] == 422
    assert send(browser, f"{here}/payer", occupant=second_id, paid="warranty", token="c")[0] == 303
    # then
    assert "counts as replaced under warranty" not in browser.get(slot).text


def test_terms_are_read_taken_and_put_back_in_a_new_version(
    session: Session, signed_in: SignIn
) -> None:
    # given
    maker_id = str(a_maker(session).id)
    a_maker(session, "Nobody knows")
    browser = signed_in(Role.MANAGER)
    page = browser.get("/robots/terms").text
    assert "what the maker publishes is known" in page
    assert "verdicts say: ask the maker" in page
    assert send(browser, "/robots/terms/published", maker=maker_id, token="t1")[0] == 303
    # when
    shown = unescape(browser.get("/robots/terms/1").text)
    taken = browser.get("/robots/terms/1/file").content
    # then
    assert "Damage by falling is not covered." in shown
    assert taken == freeze(UNITREE)
    # when it is changed
    longer = taken.replace(b'"months":12', b'"months":24')
    wrong: File = ("x.json", taken[:50], "application/json")
    fields = {"maker": maker_id, "buyers": "everybody", "valid_from": "2026-01-01"}
    status, _, page = send_files(browser, "/robots/terms", {"terms": wrong}, **fields, token="t2")
    assert (status, "These are not warranty terms." in page) == (422, True)
    right: File = ("x.json", longer, "application/json")
    status, to, _ = send_files(browser, "/robots/terms", {"terms": right}, **fields, token="t3")
    # then
    assert (status, to) == (303, "/robots/terms/2")
    assert ">24<" in browser.get(to).text
    assert browser.get("/robots/terms/99").status_code == 404


# Documents


def test_a_document_goes_in_and_comes_out_and_can_do_nothing(
    session: Session, store: Store, signed_in: SignIn
) -> None:
    # given
    a_unit(session, store, "A1")
    browser = signed_in(Role.MANAGER)
    here = "/robots/A1/documents"
    fields = {"kind": "conformity", "title": "Erklärung", "valid_from": "2025-01-01"}
    # when
    exe: File = ("x.pdf", b"MZ", "application/pdf")
    status, _, page = send_files(browser, here, {"file": exe}, **fields, market="EUR", token="t1")
    assert status == 422
    assert "This is not a PDF, PNG or JPEG that can be read." in page
    assert "A market has two letters" in page
    assert 'value="Erklärung"' in page
    pdf: File = ("../Erklärung „7“.pdf", A_PDF, "text/html")
    assert send_files(browser, here, {"file": pdf}, **fields, token="t2")[:2] == (303, here)
    # then
    page = browser.get(here).text
    link = re.search(r'href="(/robots/documents/\d+/file)"', page)
    assert link is not None
    answer = browser.get(link[1])
    assert answer.content == A_PDF
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"].startswith('attachment; filename="document.pdf"')
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    # when withdrawn
    address = link[1].replace("/file", "/withdraw")
    assert send(browser, address, reason="Old", token="t3")[:2] == (303, here)
    assert "Withdrawn" in browser.get(here).text
    # a paper that is only on paper
    assert send(browser, here, **fields, kept_at="Folder 3", token="t4")[0] == 303
    paper = session.scalar(select(RobotDocument.id).order_by(RobotDocument.id.desc()).limit(1))
    session.rollback()
    assert browser.get(f"/robots/documents/{paper}/file").status_code == 404
    assert send(browser, here, **fields, token="t5")[0] == 422


def test_what_the_market_asks_for_is_set_and_shown(
    session: Session, store: Store, signed_in: SignIn
) -> None:
    a_unit(session, store, "A1")
    browser = signed_in(Role.MANAGER)
    assert "Nothing is required yet" in browser.get("/robots/duties").text
    assert send(browser, "/robots/duties/usual", token="t1")[0] == 303
    assert "2023/1230" in browser.get("/robots/duties").text
    status, _, page = send(browser, "/robots/duties", market="EU", kind="label", token="t2")
    assert (status, "EU asks for this already." in page) == (409, True)
    rule = {"market": "de", "kind": "instructions", "language": "de", "basis": "§ 6 ProdSG"}
    assert send(browser, "/robots/duties", **rule, token="t3")[0] == 303
    page = unescape(browser.get("/robots/A1/documents").text)
    assert page.count('class="blocked"') == 5
    assert send(browser, "/robots/duties/1/end", token="t4")[0] == 303
    assert send(browser, "/robots/duties/1/end", token="t5")[0] == 409
    assert browser.get("/robots/A1/documents").text.count('class="blocked"') == 4


def test_a_model_has_its_papers_class_and_figures(session: Session, signed_in: SignIn) -> None:
    # given
    here = f"/robots/models/{a_model(session).id}"
    browser = signed_in(Role.MANAGER)
    day = "2025-11-01"
    # when
    paper = {"kind": "label", "title": "Plate", "valid_from": day, "kept_at": "Folder 1"}
    assert send(browser, f"{here}/documents", **paper, token="t1")[0] == 303
    assessed = {"role": "importer", "risk": "high", "assessed_on": day}
    status, _, page = send(browser, f"{here}/class", **assessed, basis="", token="t2")
    assert (status, "Please fill this in." in page) == (422, True)
    assert send(browser, f"{here}/class", **assessed, basis="Article 6", token="t3")[0] == 303
    for number, value in enumerate(("132", "127")):
        figure = {"name": "Height", "value": value, "unit": "cm", "source": f"s{number}"}
        assert send(browser, f"{here}/figures", **figure, as_of=day, token=f"f{number}")[0] == 303
    # then
    page = browser.get(f"{here}/documents").text
    for word in ("Plate", "High risk", "Importer", "Sources disagree", "132", "127"):
        assert word in page
    # when
    assert send(browser, f"{here}/figures/1/withdraw", token="t4")[0] == 303
    assert send(browser, f"{here}/figures/1/withdraw", token="t5")[0] == 409
    # then
    assert "Sources disagree" not in browser.get(f"{here}/documents").text
    assert browser.get("/robots/models/999/documents").status_code == 404


def test_a_backup_is_asked_about_and_a_wipe_certified(
    session: Session, store: Store, signed_in: SignIn
) -> None:
    a_unit(session, store, "A1")
    browser = signed_in(Role.TECHNICIAN)
    here = "/robots/A1/documents"
    assert send(browser, f"{here}/backup", person="Li Wei", token="t1")[0] == 422
    assert send(browser, f"{here}/backup", person="Li Wei", backup="yes", token="t2")[0] == 303
    assert send(browser, f"{here}/wipe", scope="Maps", token="t3")[0] == 422
    wipe = {"scope": "Maps, accounts", "method": "Factory reset", "person": "李伟"}
    assert send(browser, f"{here}/wipe", **wipe, token="t4")[0] == 303
    page = browser.get(here).text
    assert "W-00001" in page
    assert "Owner has a backup" in page
    certificate = browser.get(f"{here}/wipe/1")
    assert certificate.content.startswith(b"%PDF-")
    assert browser.get(f"{here}/wipe/1").content == certificate.content
    assert browser.get(f"{here}/wipe/2").status_code == 404


@pytest.mark.parametrize("serial", ["A/B", "..", "bulletins", "terms", "宇树/7", "A/warranty"])
def test_a_serial_of_any_signs_has_these_pages(
    session: Session, store: Store, signed_in: SignIn, serial: str
) -> None:
    unit = a_unit(session, store, serial)
    robot = unit.serial
    browser = signed_in(Role.SALES)
    for tab in ("warranty", "bulletins", "documents"):
        page = browser.get(addresses.page_below(robot, tab))
        assert page.status_code == 200, tab
        assert unescape(page.text).count(f'<span class="id strong wrap-any">{robot}</span>') == 1


def test_pages_ask_little_of_the_database(
    session: Session,
    store: Store,
    manager: Actor,
    signed_in: SignIn,
    statements_of_app: list[str],
) -> None:
    # given: a robot with all there is
    termsbook.put_published(session, manager, a_maker(session))
    model = a_model(session)
    a_plan(session, model, tuple(f"joint_{number}.actuator" for number in range(40)))
    unit = a_unit(session, store, "A1")
    place = bodies.slot_called(session, unit, "joint_1.actuator")
    sitting(session, unit, place, a_component(session, unit, "K1", lot="24-11"))
    today = desk.business_day_of(store)
    warrantypapers.file_paper(session, manager, unit, PaperKind.RECEIPT, today, source="x")
    warrantypapers.record_evidence(
        session, manager, unit, EvidenceInput("fall", today), terms=UNITREE, slot=None
    )
    contracts.agree(session, manager, unit, ContractInput("Care", today, 12))
    requirements.put_usual_for_eu(session, manager)
    paper = DocumentInput(FileKind.LABEL, "Plate", date(2025, 1, 1), kept_at="x")
    documents.add(session, manager, unit, paper, sent=None, files=None)
    assess = ClassInput(AiRole.IMPORTER, AiRisk.HIGH, "Article 6", today)
    aiclasses.assess(session, manager, model, assess)
    figures.say(session, manager, model, FigureInput("Mass", "35", "kg", "x", today))
    dataduties.certify_wipe(session, manager, unit, WipeInput("a", "b"))
    for number in range(20):
        a_bulletin(
            session,
            manager,
            a_maker(session),
            Criterion(part_number="AK-80", firmware=">1"),
            code=f"SB-{number}",
        )
    browser = signed_in(Role.MANAGER)
    pages = {
        "/robots/bulletins": 6,
        "/robots/bulletins/1": 11,
        "/robots/A1/warranty": 15,
        "/robots/A1/bulletins": 11,
        "/robots/A1/documents": 15,  # measurement has its word on each tab
        f"/robots/models/{model.id}/documents": 6,
        "/robots/terms": 3,
        "/robots/duties": 3,
    }
    for address, most in pages.items():
        statements_of_app.clear()
        # when
        assert browser.get(address).status_code == 200, address
        # then
        asked = [one for one in statements_of_app if one.startswith("SELECT")]
        assert len(asked) <= most, (address, len(asked), asked)


def test_who_only_looks_changes_nothing(
    session: Session, store: Store, manager: Actor, signed_in: SignIn
) -> None:
    a_unit(session, store, "A1")
    a_bulletin(session, manager, a_maker(session), Criterion(serials="A1"))
    browser = signed_in(Role.AUDITOR)
    for address in ("/robots/bulletins", "/robots/bulletins/1", "/robots/A1/warranty"):
        assert browser.get(address).status_code == 200
    assert browser.get("/robots/bulletins/new").status_code == 403
    for address in (
        "/robots/bulletins/1/letters",
        "/robots/bulletins/1/withdraw",
        "/robots/A1/bulletins/1",
        "/robots/A1/warranty/papers",
        "/robots/A1/documents/backup",
        "/robots/duties/usual",
        "/robots/terms/published",
    ):
        fields = {"reason": "x", "outcome": "done", "day": "2025-01-01", "source": "x"}
        status, _, _ = send(
            browser, address, **fields, person="x", backup="yes", maker="1", token=address
        )
        assert status == 403, address


def test_files_lie_in_the_data_folder_under_their_hash(
    session: Session, store: Store, signed_in: SignIn, tmp_path: Path
) -> None:
    a_unit(session, store, "A1")
    browser = signed_in(Role.MANAGER)
    pdf: File = ("x.pdf", A_PDF, "application/pdf")
    fields = {"kind": "label", "title": "x", "valid_from": "2025-01-01"}
    send_files(browser, "/robots/A1/documents", {"file": pdf}, **fields, token="t1")
    sha256 = session.scalar(select(RobotDocument.file_sha256))
    session.rollback()
    assert sha256 is not None
    kept = tmp_path / "var" / "files" / sha256[:2] / sha256
    assert kept.read_bytes() == A_PDF
    # when somebody changes it
    kept.write_bytes(b"forged")
    # then it is not handed out
    assert browser.get("/robots/documents/1/file").status_code == 503
