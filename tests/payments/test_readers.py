"""The account's card readers: registered, named, put beside a till, removed."""

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.kernel.errors import NotFound, Refused, Unavailable
from app.payments import cards, readers
from app.payments.states import AttemptState
from app.stores import desk
from tests.makers.browsing import Browser, a_browser
from tests.makers.payments import shop
from tests.makers.programs import Program, a_token
from tests.makers.sales import a_counter
from tests.payments.counter import Counter
from tests.stripe_server import StripeStandIn

sqlite = pytest.mark.only_on("sqlite")
pytestmark = sqlite


def labels(counter: Counter) -> dict[str, str]:
    return {one.id: one.label for one in readers.all_of(counter.database)}


def test_a_reader_is_registered_at_the_stores_own_place(counter: Counter) -> None:
    manager = counter.place.manager
    for label in ("Till 2", "Till 3"):
        readers.register(counter.database, manager, code="apple-pear-plum", label=label)
    assert {"Till 2", "Till 3"} <= set(labels(counter).values())
    stands = [
        each.location
        for each in counter.stripe.client().v1.terminal.readers.list().data
        if each.label in {"Till 2", "Till 3"}
    ]
    assert len(set(map(str, stands))) == 1
    assert counter.audit.count("reader.registered") == 2


@pytest.mark.parametrize(
    ("code", "label", "field"), [("", "Till 2", "code"), ("a-b-c", "  ", "label")]
)
def test_what_is_missing_is_said_at_its_field(
    counter: Counter, code: str, label: str, field: str
) -> None:
    with pytest.raises(Refused) as refusal:
        readers.register(counter.database, counter.place.manager, code=code, label=label)
    assert refusal.value.field == field


def test_a_new_name_is_the_card_services_too(counter: Counter) -> None:
    readers.rename(counter.database, counter.place.manager, counter.reader_id, label="Front desk")
    assert labels(counter)[counter.reader_id] == "Front desk"


def test_a_reader_that_is_removed_stands_at_no_till(counter: Counter) -> None:
    for _ in range(2):
        readers.remove(counter.database, counter.place.manager, counter.reader_id)
    assert counter.reader_id not in labels(counter)
    with counter.database.reading() as session:
        (till,) = desk.tills_of(session, counter.place.store.id)
    assert till.reader_id == ""


def test_a_reader_at_which_a_payment_runs_stays(counter: Counter) -> None:
    attempt_id = counter.at_reader()
    for act in (readers.remove, readers.clear):
        with pytest.raises(Refused, match="A payment runs"):
            act(counter.database, counter.place.manager, counter.reader_id)
    counter.present()
    assert counter.refresh(attempt_id) is AttemptState.CAPTURED


def test_a_screen_that_nobody_waits_for_is_cleared(counter: Counter) -> None:
    """The till gave the payment up while the reader was not reachable."""
    attempt_id = counter.at_reader()
    counter.stripe.outage("refuse")
    assert counter.refresh(attempt_id) is AttemptState.UNKNOWN
    cards.set_aside(
        counter.database, counter.place.manager, attempt_id, reason="the reader lay switched off"
    )
    counter.stripe.outage("off")
    readers.clear(counter.database, counter.place.manager, counter.reader_id)
    (reader,) = readers.all_of(counter.database)
    assert not reader.is_working


def test_another_stores_reader_is_not_ours_to_change(counter: Counter) -> None:
    with counter.database.transaction() as session:
        other = shop(session, code="BER", reader_id="tmr_other")
    for act in (readers.remove, readers.clear):
        with pytest.raises(NotFound):
            act(counter.database, other.manager, counter.reader_id)
    with pytest.raises(NotFound):
        readers.rename(counter.database, other.manager, counter.reader_id, label="Mine")


def test_while_the_card_service_is_silent_nothing_is_forgotten(counter: Counter) -> None:
    counter.stripe.outage("refuse")
    with pytest.raises(Unavailable):
        readers.remove(counter.database, counter.place.manager, counter.reader_id)
    with counter.database.reading() as session:
        (till,) = desk.tills_of(session, counter.place.store.id)
    assert till.reader_id == counter.reader_id


# The page


@pytest.fixture
def manager(app: FastAPI) -> Browser:
    with app.state.database.transaction() as session:
        cookie = a_counter(session).manager_cookie
    return a_browser(app, cookie)


def known(app: FastAPI) -> dict[str, str]:
    return {one.label: one.id for one in readers.all_of(app.state.database)}


def test_the_page_registers_names_and_removes(app: FastAPI, manager: Browser) -> None:
    typed = {"code": "apple-pear-plum", "label": "Window"}
    assert manager.send("/till/readers/new", typed).status_code == 303
    assert "Window" in manager.get("/till/readers").text
    reader_id = known(app)["Window"]
    assert manager.post(f"/till/readers/{reader_id}/name", label="Door").status_code == 303
    assert known(app) == {"Door": reader_id}
    assert manager.post(f"/till/readers/{reader_id}/remove").status_code == 303
    assert known(app) == {}


def test_the_page_keeps_what_was_typed(stripe: StripeStandIn, manager: Browser) -> None:
    answer = manager.post("/till/readers/new", code="", label="Window")
    assert answer.status_code == 422
    assert 'value="Window"' in answer.text
    stripe.outage("refuse")
    silent = manager.get("/till/readers")
    assert silent.status_code == 200
    assert "does not answer" in silent.text


def test_programs_register_place_rename_and_remove(app: FastAPI) -> None:
    client = TestClient(app)
    with app.state.database.transaction() as session:
        token = a_token(session, a_counter(session).manager)
    program = Program(client, token)

    made = program.post("/card-readers", {"code": "apple-pear-plum", "label": "Window"}).json()
    at = f"/card-readers/{made['id']}"
    placed = program.post("/card-readers/till", {"till": "Till 1", "reader": made["id"]})
    renamed = program.patch(at, {"label": "Door"})
    (listed,) = program.get("/card-readers").json()
    removed = client.delete(f"/api/v1{at}", headers={"Authorization": f"Bearer {token}"})

    assert [one.status_code for one in (placed, renamed, removed)] == [200, 204, 204]
    assert (listed["label"], listed["tills"]) == ("Door", ["Till 1"])
    assert program.get("/card-readers").json() == []
