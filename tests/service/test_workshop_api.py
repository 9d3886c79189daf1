"""The workshop as programs meet it: benches, hours, loaners, visits, statistics, the board."""

from base64 import b64decode
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from fastapi.testclient import TestClient
from pypdf import PdfReader
from sqlalchemy.orm import Session

from app.identity.roles import Role
from app.robots.states import Custody, Holding, UnitState
from app.service import links, tickets
from app.service.states import TicketState
from app.web.problems import MEDIA_TYPE
from tests.makers.estimates import priced
from tests.makers.programs import Program, a_token, eur
from tests.makers.robots import a_unit
from tests.makers.service import KNEE, SERIAL, Workshop, a_finding, a_ticket


@pytest.fixture
def program(session: Session, shop: Workshop, client: TestClient) -> Program:
    token = a_token(session, shop.manager)
    session.commit()
    return Program(client, token)


def a_loaner(session: Session, shop: Workshop) -> str:
    unit = a_unit(session, shop.store, "DEMO-LOAN-1", state=UnitState.AVAILABLE)
    unit.holding, unit.custody = Holding.LOANER, Custody.STORE
    session.commit()
    return unit.serial


def test_a_loaner_goes_out_and_back_as_on_the_page(
    session: Session, shop: Workshop, program: Program
) -> None:
    number = tickets.label(a_ticket(session, shop))
    serial = a_loaner(session, shop)
    here = f"/tickets/{number}/loaners"
    assert [one["serial"] for one in program.get("/loaners").json()["items"]] == [serial]

    body = {"serial": serial, "due_on": "2031-01-31", "reading": {"falls": 2}}
    lent = program.post(here, body, key="lend-1")
    replayed = program.post(here, body, key="lend-1")
    again = program.post(here, body)

    assert lent.status_code == 201, lent.text
    assert replayed.json() == lent.json()
    assert (again.status_code, again.headers["content-type"]) == (409, MEDIA_TYPE)
    (out,) = lent.json()["items"]
    assert (out["serial"], out["due_on"], out["back_at"]) == (serial, "2031-01-31", None)
    assert program.get("/loaners").json()["items"] == []
    assert program.post(f"{here}/{out['id'] + 1}/back", {}).status_code == 404
    back = program.post(f"{here}/{out['id']}/back", {"reading": {"falls": 3}})
    assert back.json()["items"][0]["counts"] == {"falls": [2, 3]}
    assert program.get(here).json() == back.json()


def test_a_visit_is_written_down_and_its_way_put_on_the_estimate(
    session: Session, shop: Workshop, program: Program
) -> None:
    priced(session, shop)
    ticket = a_ticket(session, shop, state=TicketState.DIAGNOSING)
    here = f"/tickets/{tickets.label(ticket)}/visit"
    session.commit()
    travel = {"description": "Travel, 40 km", "price": eur(6_000)}

    too_early = program.post(f"{here}/travel", travel)
    empty = program.post(here, {"address": " "})
    there = program.post(here, {"address": "Parkweg 7", "contact": "Ward 3"})
    added = program.post(f"{here}/travel", travel, key="way-1")
    once = program.post(f"{here}/travel", travel, key="way-1")

    assert (too_early.status_code, empty.status_code) == (409, 422)
    assert empty.json()["errors"]["address"]
    assert there.json() == program.get(here).json()
    assert (added.status_code, once.json()) == (201, added.json())
    lines = program.get(f"/tickets/{tickets.label(ticket)}/estimate").json()["lines"]
    assert [(one["kind"], one["unit_price"]) for one in lines] == [("freight", eur(6_000))]
    ended = program.post(f"{here}/end")
    assert (ended.json()["on_site"], program.post(f"{here}/end").status_code) == (False, 409)


def test_benches_and_skills_are_set_by_programs_too(shop: Workshop, program: Program) -> None:
    made = program.post("/benches", {"name": "Hoist", "kind": "hoist"})
    again = program.post("/benches", {"name": "HOIST"})
    here = f"/benches/{made.json()['id']}"

    assert (made.status_code, again.status_code, again.json()["field"]) == (201, 409, "name")
    assert program.post(f"{here}/archive").json()["archived"] is True
    assert program.post(f"{here}/restore").json()["archived"] is False
    assert [one["name"] for one in program.get("/benches").json()["items"]] == ["Hoist"]
    emre = shop.people[Role.TECHNICIAN].id
    set_now = program.post(f"/skills/{emre}", {"skills": ["Unitree", "Hands", "hands"]})
    assert set_now.json()["skills"] == ["hands", "Unitree"]
    known = {one["staff"]: one["skills"] for one in program.get("/skills").json()["items"]}
    assert known[emre] == ["hands", "Unitree"]


def test_hours_and_closed_days_move_the_free_times(program: Program) -> None:
    program.post("/benches", {"name": "Bench 1"})
    week: list[Any] = [{"opens": "6:00", "closes": "24:00"}] * 7
    day = datetime.now(UTC).date() + timedelta(days=3)

    wrong = program.post("/workshop-hours", {"week": [{"opens": "9", "closes": "8"}, *week[1:]]})
    odd = program.post("/workshop-hours", {"week": [{"opens": "soon", "closes": "8"}, *week[1:]]})
    set_now = program.post("/workshop-hours", {"week": week})
    closed = program.post("/workshop-hours/closures", {"day": f"{day}", "why": "Training"})

    assert [one.status_code for one in (wrong, odd, set_now, closed)] == [422, 422, 200, 201]
    assert closed.json()["closed"] == [{"day": f"{day}", "why": "Training"}]
    assert set_now.json()["week"][6] == {"opens": "06:00", "closes": "00:00"}
    free = program.get("/free-times", day=f"{day}", minutes="90").json()
    first = datetime.fromisoformat(free["items"][0]["starts_at"])
    assert (first.date(), first.hour) == (day + timedelta(days=1), 6)
    assert len(free["promises"]) == 3
    reopen = f"/workshop-hours/closures/{day}/reopen"
    assert program.post(reopen).json()["closed"] == []
    assert program.post(reopen).status_code == 404
    assert program.post("/workshop-hours/closures/soon/reopen").status_code == 422


def test_a_plan_is_changed_left_out_and_made_due_by_what_happened(program: Program) -> None:
    made = program.post("/service-plans", {"name": "After a fall", "occasion": "fall"}).json()
    here, changed = f"/service-plans/{made['id']}", {"name": "After falls", "occasion": "fall"}

    stale = program.patch(here, changed | {"version": 9})
    edited = program.patch(here, changed | {"version": 1})
    due = program.post("/due-work/occasions", {"serial": SERIAL, "occasion": "fall"})

    assert (stale.status_code, edited.json()["name"]) == (409, "After falls")
    assert [one["plan"] for one in due.json()["due"]] == [made["id"]]
    assert program.post(f"{here}/archive").json()["archived"] is True
    assert program.get("/due-work").json()["items"] == []
    assert program.post(f"{here}/restore").json()["archived"] is False


def test_what_is_written_on_a_ticket_is_changed_with_the_version_that_was_read(
    session: Session, shop: Workshop, program: Program
) -> None:
    ticket = a_ticket(session, shop)
    here = f"/tickets/{tickets.label(ticket)}"
    session.commit()
    version = program.get(here).json()["version"]
    emre = shop.people[Role.TECHNICIAN].id

    edited = program.patch(
        here,
        {"version": version, "seal": "S-9", "accessories": ["Charger"], "technician": emre},
    )
    stale = program.patch(here, {"version": version, "seal": "S-10"})
    nothing = program.patch(here, {"version": version, "complaint": None})

    assert (edited.status_code, stale.status_code, nothing.status_code) == (200, 409, 422)
    now = program.get(here).json()
    assert (now["seal"], now["accessories"], now["technician"]) == ("S-9", ["Charger"], "Emre Kaya")


def test_findings_are_corrected_and_counted(
    session: Session, shop: Workshop, program: Program
) -> None:
    ticket = a_ticket(session, shop)
    a_finding(session, shop, ticket)
    here = f"/tickets/{tickets.label(ticket)}"
    session.commit()
    (found,) = program.get(here).json()["diagnoses"]
    body = {"symptom": "play", "slot": KNEE}

    right = program.post(f"{here}/diagnoses/{found['id']}/correct", body)
    late = program.post(f"{here}/diagnoses/{found['id']}/correct", body)

    assert (right.json()["symptom"], late.status_code) == ("play", 409)
    counts = program.get("/faults").json()
    assert (counts["total"], counts["by_symptom"][0]["name"]) == (1, "play")


def test_a_code_of_the_stores_own_is_left_out_and_taken_back(program: Program) -> None:
    code = {"kind": "symptom", "code": "hums"}
    assert program.post("/fault-codes", code | {"label": "Hums"}).status_code == 201
    assert program.post("/fault-codes", code | {"label": "Hums"}).status_code == 409

    def in_use(answer: Any) -> bool:
        (one,) = (row for row in answer.json()["items"] if row["code"] == "hums")
        return bool(one["in_use"])

    assert not in_use(program.post("/fault-codes/use", code | {"in_use": False}))
    assert in_use(program.post("/fault-codes/use", code | {"in_use": True}))
    assert in_use(program.get("/fault-codes"))
    strange = {"kind": "symptom", "code": "sings", "in_use": True}
    assert program.post("/fault-codes/use", strange).status_code == 404


def test_the_board_and_what_came_back_are_read_by_programs(
    session: Session, shop: Workshop, program: Program
) -> None:
    first = a_ticket(session, shop, state=TicketState.CLOSED)
    again = a_ticket(session, shop, complaint="Squeaks again")
    a_finding(session, shop, again)
    session.commit()

    limited = program.post("/board/limits", {"state": "diagnosing", "most": 1}).json()
    report = program.get("/comebacks", days="30").json()

    column = next(one for one in limited["columns"] if one["state"] == "diagnosing")
    assert (column["total"], column["most"], column["over"]) == (1, 1, False)
    assert [one["number"] for one in column["items"]] == [tickets.label(again)]
    assert program.get("/board", waiting="true").json()["columns"][1]["items"] == []
    assert [(one["ticket"], one["before"]) for one in report["items"]] == [
        (tickets.label(again), tickets.label(first))
    ]
    assert report["people"][0]["share_bp"] == 10_000


def test_papers_of_a_ticket_come_in_base64_and_each_receipt_has_its_own_key(
    session: Session, shop: Workshop, program: Program
) -> None:
    number = tickets.label(a_ticket(session, shop))
    here = f"/tickets/{number}"
    session.commit()
    program.post(f"{here}/visit", {"address": "Parkweg 7"})

    sheet, label = program.get(f"{here}/job-sheet"), program.get(f"{here}/label", file="zpl")
    first, second = (program.post(f"{here}/receipt") for _ in range(2))

    pages = PdfReader(BytesIO(b64decode(sheet.json()["content"]))).pages
    assert "Parkweg 7" in " ".join(page.extract_text() for page in pages)
    assert number in b64decode(label.json()["content"]).decode()
    assert program.get(f"{here}/label", stock="1x1").status_code == 404
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["url"] != second.json()["url"]
    key = first.json()["url"].rpartition("/")[2]
    session.rollback()
    assert tickets.label(links.ticket_of(session, key)) == number


def test_who_may_only_look_changes_nothing(
    session: Session, shop: Workshop, client: TestClient
) -> None:
    number = tickets.label(a_ticket(session, shop))
    looking = Program(client, a_token(session, shop.manager, Role.AUDITOR, name="audit"))
    session.commit()

    for address, body in (
        ("/benches", {"name": "Bench 9"}),
        ("/workshop-hours/closures", {"day": f"{date.max.replace(year=2030)}"}),
        (f"/tickets/{number}/visit", {"address": "Parkweg 7"}),
        ("/board/limits", {"state": "in_work", "most": 1}),
        ("/due-work/occasions", {"serial": SERIAL, "occasion": "fall"}),
    ):
        assert looking.post(address, body).status_code == 403, address
    assert looking.get(f"/tickets/{number}/visit").status_code == 200
