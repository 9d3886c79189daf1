"""Pages of documents, of what a market asks for, of backups and wipes, as a browser sees them."""

import re
from datetime import date
from html import unescape
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.identity.roles import Role
from app.kernel.actor import Actor
from app.robots import (
    addresses,
    aiclasses,
    bodies,
    contracts,
    dataduties,
    documents,
    figures,
    requirements,
    termsbook,
    warrantypapers,
)
from app.robots.aiclasses import ClassInput
from app.robots.bulletincriteria import Criterion
from app.robots.contracts import ContractInput
from app.robots.dataduties import WipeInput
from app.robots.documents import DocumentInput
from app.robots.duty_models import AiRisk, AiRole, FileKind, PaperKind, RobotDocument
from app.robots.figures import FigureInput
from app.robots.warranty_rules import UNITREE
from app.robots.warrantypapers import EvidenceInput
from app.stores import desk
from app.stores.models import Store
from tests.kernel.test_uploads import A_PDF
from tests.makers.bulletins import a_bulletin, a_component, sitting
from tests.makers.robots import a_maker, a_model, a_unit
from tests.makers.slots import a_plan
from tests.robots.conftest import SignIn
from tests.robots.sending import File, send, send_files

pytestmark = pytest.mark.only_on("sqlite")  # pages alike on both: test_pages_answer


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
