"""Bulletins, warranty, documents and the gate as JSON."""

from collections.abc import Callable
from datetime import date

from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from app.identity.roles import Role
from app.kernel.actor import Actor
from app.robots import bodies, documents, requirements, termsbook, warrantypapers
from app.robots.bulletincriteria import Criterion
from app.robots.documents import DocumentInput
from app.robots.duty_models import FileKind, PaperKind
from app.robots.requirements import RequirementInput
from app.stores.models import Store
from tests.makers.bulletins import a_bulletin, a_component, sitting
from tests.makers.robots import a_maker, a_model, a_unit
from tests.makers.slots import a_plan

Bearer = Callable[..., dict[str, str]]
BULLETINS, ROBOTS = "/api/v1/bulletins", "/api/v1/robots"


def a_recall(**more: object) -> dict[str, object]:
    return {
        "maker": "unitree",
        "code": "SB-25-07",
        "title": "Knee actuator",
        "kind": "mandatory",
        "issued_on": "2025-11-01",
        "criteria": [{"part_number": "AK-80", "lot": "24-11"}],
        **more,
    }


def test_a_recall_is_published_found_and_settled(
    session: Session, store: Store, client: TestClient, bearer: Bearer
) -> None:
    # given
    a_plan(session, a_model(session))
    unit, other = a_unit(session, store, "A/1"), a_unit(session, store, "A2")
    place = bodies.slot_called(session, unit, "left_knee.actuator")
    sitting(session, unit, place, a_component(session, unit, "K1", lot="24-11"))
    assert other.serial == "A2"
    headers = bearer()
    # when
    made = client.post(BULLETINS, json=a_recall(due_on="2025-11-02"), headers=headers)
    # then
    assert made.status_code == 201
    body = made.json()
    assert (body["open"], body["done"], body["overdue"]) == (1, 0, True)
    assert body["places"] == {"stock": {"open": 1, "done": 0}}
    here = f"{BULLETINS}/{body['id']}"
    (row,) = client.get(f"{here}/robots?stage=open", headers=headers).json()["items"]
    assert (row["serial"], row["open"], row["unsure"]) == ("A/1", True, "")
    (concern,) = client.get(f"{ROBOTS}/A%2F1/bulletins", headers=headers).json()["items"]
    assert (concern["code"], concern["open"], concern["concerns"]) == ("SB-25-07", True, True)
    assert client.get(f"{ROBOTS}/A2/bulletins", headers=headers).json() == {"items": []}
    # when
    settled = {"serial": "a/1", "outcome": "done", "reference": "T-7"}
    again = {"Idempotency-Key": "k1"}
    first = client.post(f"{here}/completions", json=settled, headers=headers | again)
    second = client.post(f"{here}/completions", json=settled, headers=headers | again)
    # then
    assert (first.status_code, second.json()) == (201, first.json())
    assert first.json()["items"][0]["outcome"] == "done"
    assert client.get(here, headers=headers).json()["done"] == 1
    refused = client.post(f"{here}/completions", json=settled, headers=headers)
    assert refused.status_code == 409
    listed = client.get(BULLETINS, headers=headers).json()
    assert [(one["code"], one["done"]) for one in listed["items"]] == [("SB-25-07", 1)]
    assert client.get(f"{BULLETINS}?show=overdue", headers=headers).json()["items"] == []


def test_what_no_bulletin_can_say_is_a_problem(
    session: Session, client: TestClient, bearer: Bearer
) -> None:
    a_model(session)
    headers = bearer()

    def problem(**more: object) -> tuple[int, list[str]]:
        answer = client.post(BULLETINS, json=a_recall(**more), headers=headers)
        return answer.status_code, sorted(answer.json().get("errors", {}))

    backwards = [{"serials": "A10..A9"}, {"firmware": "4.10<4.9"}]
    assert problem(criteria=backwards) == (422, ["criteria.0.serials", "criteria.1.firmware"])
    assert problem(criteria=[{}]) == (422, ["criteria.0.model"])
    assert problem(due_on="2025-10-31") == (422, ["due_on"])
    assert problem(criteria=[])[0] == 422
    assert problem(issued_on="31.11.2025")[0] == 422
    assert problem(kind="urgent")[0] == 422
    assert problem(maker="Nobody")[0] == 404
    assert problem(criteria=[{"model": "X9"}])[0] == 404
    assert client.get(f"{BULLETINS}/99", headers=headers).status_code == 404
    assert client.get(f"{BULLETINS}?cursor=rubbish", headers=headers).status_code == 422
    seller = bearer(Role.SALES)
    assert client.post(BULLETINS, json=a_recall(), headers=seller).status_code == 403


def test_lists_of_bulletins_and_robots_are_paged(
    session: Session, store: Store, manager: Actor, client: TestClient, bearer: Bearer
) -> None:
    for number in range(5):
        a_unit(session, store, f"A{number}")
        a_bulletin(
            session,
            manager,
            a_maker(session),
            Criterion(serials="A*"),
            code=f"SB-{number}",
            issued_on=date(2025, 11, 1 + number // 2),
        )
    headers = bearer()

    def listed(address: str, field: str) -> list[str]:
        seen: list[str] = []
        cursor = ""
        while True:
            answer = client.get(
                address,
                params={"limit": 2, "cursor": cursor} if cursor else {"limit": 2},
                headers=headers,
            ).json()
            seen += [item[field] for item in answer["items"]]
            if not answer["next"]:
                return seen
            cursor = answer["next"]

    assert listed(BULLETINS, "code") == ["SB-4", "SB-3", "SB-2", "SB-1", "SB-0"]
    first = client.get(BULLETINS, headers=headers).json()["items"][0]["id"]
    assert listed(f"{BULLETINS}/{first}/robots", "serial") == ["A4", "A3", "A2", "A1", "A0"]


def test_a_warranty_is_told_slot_by_slot(
    session: Session, store: Store, manager: Actor, client: TestClient, bearer: Bearer
) -> None:
    # given
    termsbook.put_published(session, manager, a_maker(session))
    a_plan(session, a_model(session))
    unit = a_unit(session, store, "A1")
    warrantypapers.file_paper(
        session, manager, unit, PaperKind.RECEIPT, date(2025, 3, 1), source="card"
    )
    headers = bearer()
    # when
    told = client.get(f"{ROBOTS}/A1/warranty?on=2026-03-01", headers=headers).json()
    one = client.get(f"{ROBOTS}/A1/warranty?on=2026-03-02&slot=Battery.1", headers=headers).json()
    # then
    assert told["terms"] == {"key": "unitree", "version": 1}
    assert [slot["verdict"] for slot in told["slots"]] == ["covered"] * 3
    assert told["robot"]["ends_on"] == "2026-03-01"
    (battery,) = one["slots"]
    assert (battery["slot"], battery["verdict"]) == ("battery.1", "not_covered")
    assert battery["clause"]["code"] == "unitree.term"
    assert battery["payers"] == [{"kind": "customer", "reference": "", "certain": True}]
    assert {"label": "Months of cover", "value": 12} in battery["computed_from"]
    assert {"label": "Receipt of the robot", "value": "2025-03-01"} in battery["computed_from"]
    wrong = {"slot=third_arm": 404, "on=yesterday": 422, "maker=nobody": 404}
    for query, status in wrong.items():
        answer = client.get(f"{ROBOTS}/A1/warranty?{query}", headers=headers)
        assert answer.status_code == status, query


def test_documents_and_the_gate_are_told(
    session: Session, store: Store, manager: Actor, client: TestClient, bearer: Bearer
) -> None:
    # given
    unit = a_unit(session, store, "A1")
    requirements.require(session, manager, RequirementInput("EU", FileKind.LABEL))
    a_bulletin(session, manager, a_maker(session), Criterion(serials="A1"))
    headers = bearer(Role.AUDITOR)
    # when
    gate = client.get(f"{ROBOTS}/A1/gate", headers=headers).json()
    # then
    closed = {item["name"]: item["reasons"] for item in gate["items"] if item["reasons"]}
    assert gate["open"] is False
    assert set(closed) == {"bulletins", "documents"}
    assert closed["documents"][0]["link"] == "/robots/A1/documents"
    # when
    paper = DocumentInput(FileKind.LABEL, "Plate", date(2025, 1, 1), kept_at="On the robot")
    documents.add(session, manager, unit, paper, sent=None, files=None)
    session.commit()
    # then
    told = client.get(f"{ROBOTS}/A1/documents", headers=headers).json()
    assert told["required"] == [
        {"market": "EU", "kind": "label", "language": "", "standing": "there"}
    ]
    assert [(one["title"], one["of_model"], one["valid"]) for one in told["items"]] == [
        ("Plate", False, True)
    ]
