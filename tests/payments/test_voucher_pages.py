"""Pages and JSON of schemes, the claims desk and data vouchers."""

import io
import zipfile

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.payments import schemes, voucherclaims
from app.payments.voucher_models import Rest, VoucherScheme
from app.sales import voucherpay
from app.web import csrf
from tests.makers.books import breaches_of
from tests.makers.browsing import SECRET, Browser, a_browser
from tests.makers.programs import Program, a_token
from tests.makers.sales import a_counter
from tests.makers.vouchers import WORTH, a_sale, a_scheme, used

PAPER = b"%PDF-1.7 a certificate %%EOF"


def test_a_manager_adds_a_scheme_and_gaps_are_told_at_their_fields(
    app: FastAPI, session: Session
) -> None:
    counter = a_counter(session)
    session.commit()
    desk = a_browser(app, counter.manager_cookie)
    form = {"name": "Robots", "authority": "Ministry", "valid_from": "2026-01-01", "token": "s1"}
    gaps = desk.send("/settings/schemes", {**form, "most": "a lot", "valid_until": "x"})
    assert gaps.status_code == 422
    assert "This is no day." in gaps.text
    whole = {
        **form,
        "most": "1500",
        "valid_until": "2099-01-01",
        "models": str(counter.model.id),
        "papers": "Photo\r\n\r\nCertificate\r\nPhoto",
        "rest": "customer",
        "token": "s2",
    }
    assert desk.send("/settings/schemes", whole).status_code == 303
    session.expire_all()
    made = session.scalars(select(VoucherScheme)).one()
    assert (made.most_minor, made.rest) == (WORTH, Rest.CUSTOMER)
    assert schemes.models_of(session, [made.id]) == {made.id: [counter.model.id]}
    papers = schemes.papers_of(session, [made.id])[made.id]
    assert [paper.name for paper in papers] == ["Photo", "Certificate"]


def test_the_desk_claims_books_the_answer_and_sends_back(app: FastAPI, session: Session) -> None:
    counter = a_counter(session)
    scheme = a_scheme(session, counter)
    voucher = used(session, counter, scheme)
    session.commit()
    desk = a_browser(app, counter.manager_cookie)
    assert scheme.name in desk.get("/books/vouchers").text
    assert "ABC1" in desk.get(f"/books/vouchers/schemes/{scheme.id}").text
    path = f"/books/vouchers/claim/{scheme.id}"
    assert desk.send(path, {"chosen": "yes", "token": "b0"}).status_code == 422
    sent = desk.send(path, {"chosen": "yes", "voucher": str(voucher.id), "token": "b1"})
    assert sent.headers["location"] == "/books/vouchers/claims/1"
    assert "Claim 1" in desk.get("/books/vouchers?show=claimed").text
    answer = {f"paid-{voucher.id}": "1500.01", "token": "b2"}
    refused = desk.send("/books/vouchers/1/settle", answer)
    assert refused.status_code == 422
    assert "Between nothing and" in refused.text
    assert "Write the transfer" in refused.text
    answer = {**answer, f"paid-{voucher.id}": "1500.00", "note": "REF", "token": "b3"}
    assert desk.send("/books/vouchers/1/settle", answer).status_code == 303
    assert "REF" in desk.get("/books/vouchers/claims/1").text
    session.expire_all()
    assert breaches_of(session) == []


def test_a_vouchers_papers_are_added_shown_and_taken_away(app: FastAPI, session: Session) -> None:
    counter = a_counter(session)
    scheme = a_scheme(session, counter, papers=("Certificate",))
    voucher = used(session, counter, scheme)
    paper = schemes.papers_of(session, [scheme.id])[scheme.id][0]
    session.commit()
    seller = a_browser(app, counter.session_cookie)
    here = f"/books/vouchers/{voucher.id}"
    assert "missing" in seller.get(here).text
    bad = _uploaded(seller, here, paper.id, b"no pdf", "p1")
    assert (bad.status_code, f"f-file-{paper.id}-error" in bad.text) == (422, True)
    assert _uploaded(seller, here, paper.id, PAPER, "p2").status_code == 303
    assert seller.get(f"{here}/papers/1").content == PAPER
    manager = a_browser(app, counter.manager_cookie)
    sent = manager.send(f"/books/vouchers/claim/{scheme.id}", {"token": "p3"})
    assert sent.status_code == 303
    pack = zipfile.ZipFile(io.BytesIO(manager.get("/books/vouchers/claims/1/pack.zip").content))
    assert pack.namelist() == ["claim.csv", f"voucher-{voucher.id}/1-1.pdf"]
    assert "ABC1" in pack.read("claim.csv").decode()


def test_a_program_adds_a_scheme_and_books_a_claims_answer(app: FastAPI, session: Session) -> None:
    counter = a_counter(session)
    client, token = TestClient(app), a_token(session, counter.manager)
    program = Program(client, token)
    session.commit()
    most = {"amount": WORTH, "currency": "EUR"}
    body = {"name": "R", "authority": "M", "most": most, "papers": ["Photo"], "rest": "customer"}
    days = {"valid_from": "2020-01-01", "valid_until": "2099-01-01"}
    made = program.post("/schemes", {**body, **days}, key="a").json()
    assert (made["papers"][0]["name"], made["rest"], made["is_open"]) == ("Photo", "customer", True)
    scheme = schemes.by_id(session, counter.manager, made["id"])
    voucher = used(session, counter, scheme)
    session.commit()
    lacking = program.post("/voucher-claims", {"scheme": scheme.id}, key="b")
    assert lacking.status_code == 422
    (waiting,) = program.get("/vouchers", waiting_of=str(scheme.id)).json()["items"]
    assert waiting["missing"] == ["Photo"]
    paper = {"file": ("p.pdf", PAPER, "application/pdf")}
    put = client.post(
        f"/api/v1/vouchers/{voucher.id}/papers",
        files=paper,
        data={"paper": str(made["papers"][0]["id"])},
        headers={"Authorization": f"Bearer {token}", "Idempotency-Key": "c"},
    )
    assert (put.status_code, put.json()["missing"]) == (201, [])
    assert program.post("/voucher-claims", {"scheme": scheme.id}, key="d").json()["number"] == 1
    paid = [{"voucher": voucher.id, "amount": {"amount": 100_000, "currency": "EUR"}}]
    wrong = {"paid": [*paid, *paid], "note": "REF"}
    assert program.post("/voucher-claims/1/settle", wrong, key="e").status_code == 422
    done = program.post("/voucher-claims/1/settle", {"paid": paid, "note": "REF"}, key="f").json()
    assert done["rows"][0]["charged"]["amount"] == 50_000
    assert program.get("/vouchers/ageing").json()["buckets"][0]["open"]["amount"] == 0


def test_the_desks_lists_go_on_where_the_page_before_ended(
    app: FastAPI, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.web.paging.PAGE", 1)
    counter = a_counter(session)
    first, second = (a_scheme(session, counter, name=name) for name in ("First", "Second"))
    used(session, counter, first)
    voucherclaims.send(session, counter.manager, first)
    voucherpay.pay(session, counter.seller, a_sale(session, counter, "R-2"), second, code="B")
    voucherclaims.send(session, counter.manager, second)
    program = Program(TestClient(app), a_token(session, counter.manager))
    session.commit()
    page = program.get("/voucher-claims").json()
    after = program.get("/voucher-claims", cursor=page["next"]).json()
    assert [page["items"][0]["number"], after["items"][0]["number"]] == [1, 2]
    assert after["next"] is None


def test_data_vouchers_are_given_used_and_printed(app: FastAPI, session: Session) -> None:
    counter = a_counter(session)
    session.commit()
    desk = a_browser(app, counter.manager_cookie)
    assert "No data voucher yet" in desk.get("/entitlements").text
    gift = {"customer": str(counter.customer.number), "name": "Grasping", "reason": "launch"}
    gaps = desk.send("/entitlements/new", {**gift, "amount": "x", "serial": "?", "token": "g1"})
    assert gaps.status_code == 422
    assert "f-amount-error" in gaps.text
    assert "f-serial-error" in gaps.text
    made = desk.send("/entitlements/new", {**gift, "amount": "10", "token": "g2"})
    assert made.headers["location"] == "/entitlements/1"
    seller = a_browser(app, counter.session_cookie)
    much = {"amount": "11", "reference": "session 7", "token": "g3"}
    assert "Only 10 h are left." in seller.send("/entitlements/1/draw", much).text
    drawn = seller.send("/entitlements/1/draw", {**much, "amount": "2.5"})
    assert drawn.status_code == 303
    assert "7.5 h" in seller.get("/entitlements/1").text
    bare = seller.send("/entitlements/1/moves/2/reverse", {"token": "g5"})
    assert (bare.status_code, "f-reason-2-error" in bare.text) == (422, True)
    assert b'"2","' in seller.get("/entitlements/1/statement.csv").content
    assert "Grasping" in seller.get(f"/customers/{counter.customer.number}").text


def test_a_program_uses_a_data_voucher(app: FastAPI, session: Session) -> None:
    counter = a_counter(session)
    program = Program(TestClient(app), a_token(session, counter.manager))
    session.commit()
    gift = {"name": "Grasping", "unit": "gigabytes", "amount": "1.5", "reason": "launch"}
    gift["customer"] = counter.customer.number  # type: ignore[assignment]
    assert program.post("/entitlements", gift, key="a").json()["usable"] == "1.5"
    draw = {"amount": "0.25", "reference": "session 7"}
    said = program.post("/entitlements/1/draw", draw, key="b").json()
    assert (said["usable"], said["moves"][1]["amount"]) == ("1.25", "-0.25")
    assert program.post("/entitlements/1/draw", draw, key="b").json() == said
    back = program.post("/entitlements/1/moves/2/reverse", {"reason": "typo"}, key="c").json()
    assert (back["usable"], back["moves"][2]["reverses"]) == ("1.5", 2)
    assert (
        program.post("/entitlements/1/withdraw", {"reason": "x"}, key="d").json()["usable"] == "0"
    )
    listed = program.get("/entitlements", customer=str(counter.customer.number)).json()
    assert listed["items"][0]["granted"] == "1.5"


def _uploaded(browser: Browser, here: str, paper_id: int, content: bytes, token: str) -> Response:
    return browser.client.post(
        f"{here}/papers",
        data={csrf.FIELD: csrf._token(SECRET), "token": token, "paper": str(paper_id)},
        files={"file": ("certificate.pdf", content, "application/pdf")},
        follow_redirects=False,
    )
