"""Tickets as programs open, read and move them."""

import io

import pytest
from fastapi.testclient import TestClient
from PIL import Image
from sqlalchemy.orm import Session

from app.identity.roles import Role
from tests.makers.programs import ROOT, Program, a_token, fields_of
from tests.makers.service import KNEE, SERIAL, Workshop, a_ticket


@pytest.fixture
def program(session: Session, client: TestClient, shop: Workshop) -> Program:
    token = a_token(session, shop.manager)
    session.commit()
    return Program(client, token)


def test_a_ticket_from_intake_to_diagnosis(program: Program) -> None:
    opened = program.post(
        "/tickets",
        {
            "serial": SERIAL,
            "complaint": "Squeaks",
            "accessories": ["Charger"],
            "soc_percent": 62,
            "falls": 2,
            "evidence": {"fall": "suspected"},
            "backup": "has_backup",
            "signer": "Kerstin Arndt",
            "promised_at": "2099-01-02T16:00:00+01:00",
        },
    )
    number = opened.json()["number"]
    found = program.post(
        f"/tickets/{number}/diagnoses",
        {"symptom": "play", "slot": KNEE, "measurement": "0.9", "measured_in": "mm"},
    )
    noted = program.post(f"/tickets/{number}/notes", {"text": "Ask the maker"})
    shown = program.get(f"/tickets/{number}").json()

    assert (opened.status_code, found.status_code, noted.status_code) == (201, 201, 201)
    assert shown["state"] == "diagnosing"
    assert shown["due"] == "2099-01-02T15:00:00Z"
    assert [move["after"] for move in shown["moves"]] == ["received", "diagnosing"]
    assert [one["slot"] for one in shown["diagnoses"]] == [KNEE]
    assert [one["text"] for one in shown["notes"]] == ["Ask the maker"]


def test_one_key_opens_one_ticket(program: Program) -> None:
    body = {"serial": SERIAL, "complaint": "Squeaks"}

    first = program.post("/tickets", body, key="k-1")
    again = program.post("/tickets", body, key="k-1")
    other = program.post("/tickets", body)

    assert first.json()["number"] == again.json()["number"]
    assert (other.status_code, other.json()["code"]) == (409, "on_the_bench")


def test_a_booked_ticket_goes_on_when_the_robot_comes(program: Program) -> None:
    booked = program.post(
        "/tickets", {"serial": SERIAL, "complaint": "Yearly service", "booked": True}
    )
    early = program.post(f"/tickets/{booked.json()['number']}/moves", {"to": "received"})
    came = program.post("/tickets", {"serial": SERIAL, "complaint": "Yearly service, and a squeak"})

    assert booked.json()["state"] == "booked"
    assert (early.status_code, early.json()["code"]) == (409, "not_yet")
    assert came.json()["number"] == booked.json()["number"]
    assert came.json()["state"] == "received"


def test_moves_name_what_may_follow(session: Session, program: Program, shop: Workshop) -> None:
    a_ticket(session, shop)
    session.commit()

    wrong = program.post("/tickets/1/moves", {"to": "ready"})
    stale = program.post("/tickets/1/moves", {"to": "diagnosing", "version": 9})
    right = program.post("/tickets/T-1/moves", {"to": "diagnosing", "version": 1})
    late = program.post("/tickets/T-1/moves", {"to": "cancelled", "version": 1})

    assert (wrong.status_code, wrong.json()["code"]) == (409, "wrong_state")
    assert stale.status_code == 422
    assert right.json()["version"] == 2
    assert (late.status_code, late.json()["code"]) == (409, "edited_meanwhile")


def test_waiting_moves_the_due_date(session: Session, program: Program, shop: Workshop) -> None:
    a_ticket(session, shop)
    session.commit()

    waits = program.post("/tickets/1/waits", {"reason": "maker", "note": "Case 4711"})
    goes_on = program.post("/tickets/1/waits", {"reason": None})
    again = program.post("/tickets/1/waits", {"reason": None})

    assert waits.json()["waiting"] == "maker"
    assert goes_on.json()["waiting"] is None
    assert again.status_code == 409


def test_a_list_is_narrowed_by_state_and_robot(
    session: Session, program: Program, shop: Workshop
) -> None:
    a_ticket(session, shop)
    session.commit()

    def numbers(**params: str) -> list[str]:
        return [one["number"] for one in program.get("/tickets", **params).json()["items"]]

    assert numbers() == numbers(open="true") == numbers(serial=SERIAL) == ["T-1"]
    assert numbers(state="ready") == []


def test_photos_are_sent_as_files(
    session: Session, client: TestClient, program: Program, shop: Workshop
) -> None:
    a_ticket(session, shop)
    session.commit()
    written = io.BytesIO()
    Image.new("RGB", (8, 8)).save(written, "PNG")

    sent = client.post(
        f"{ROOT}/tickets/1/photos",
        headers=program._headers,
        files=[("photos", ("a.png", written.getvalue()))],
        data={"stage": "work"},
    )
    wrong = client.post(
        f"{ROOT}/tickets/1/photos",
        headers=program._headers,
        files=[("photos", ("a.jpg", b"<svg/>"))],
    )

    assert sent.status_code == 201, sent.text
    assert sent.json()["items"][0]["stage"] == "work"
    assert wrong.status_code == 422
    assert fields_of(wrong) == {"photos"}


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"serial": "DEMO-NOBODY", "complaint": "x"}, 404),
        ({"serial": SERIAL, "complaint": ""}, 422),
        ({"serial": SERIAL, "complaint": "x", "soc_percent": 101}, 422),
        ({"serial": SERIAL, "complaint": "x", "customer": 4711}, 404),
        ({"serial": SERIAL, "complaint": "x", "evidence": {"fall": "perhaps"}}, 422),
        ({"serial": SERIAL, "complaint": "x", "evidence": {"thunder": "seen"}}, 422),
        ({"serial": SERIAL, "complaint": "x", "promised_at": "2001-01-01T00:00:00Z"}, 422),
        ({"serial": SERIAL, "complaint": "x", "accessories": ["a"] * 51}, 422),
        ({"serial": SERIAL, "complaint": "x", "colour": "red"}, 422),
    ],
)
def test_what_cannot_be_is_refused(program: Program, body: dict[str, object], status: int) -> None:
    answer = program.post("/tickets", body)

    assert answer.status_code == status, answer.text


def test_who_may_only_look_opens_nothing(
    session: Session, client: TestClient, shop: Workshop
) -> None:
    token = a_token(session, shop.manager, Role.AUDITOR, name="auditor")
    session.commit()
    auditor = Program(client, token)

    assert auditor.get("/tickets").status_code == 200
    assert auditor.post("/tickets", {"serial": SERIAL, "complaint": "x"}).status_code == 403
