"""The API is as it describes itself: made-up calls find no defect and no undocumented answer."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as how
from hypothesis.strategies import SearchStrategy
from pydantic import SecretStr
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.openapi import from_asgi, from_dict
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from sqlalchemy.orm import Session

from app.main import create_app
from app.payments import stripe_gate
from app.robots.states import UnitState
from app.settings import Settings
from app.web.problems import MEDIA_TYPE
from tests.makers.programs import Program, a_token
from tests.makers.robots import a_unit
from tests.makers.sales import Counter, a_counter, a_robot
from tests.stripe_server import StripeStandIn

Operation = APIOperation[Any, Any, Any, Any]
MadeUpCall = Case[Operation]
ADDRESS = "/api/v1/openapi.json"
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
EXAMPLES = {GenerationMode.POSITIVE: 6, GenerationMode.NEGATIVE: 3}
# What there is, so that calls also come past the first look-up.
KNOWN: dict[str, Any] = {
    "number": 1,
    "payment": 1,
    "session_id": 1,
    "serial": "NEW-1",
}


@pytest.fixture
def description(app: FastAPI) -> dict[str, Any]:
    described: dict[str, Any] = TestClient(app).get(ADDRESS).json()
    return described


@pytest.fixture
def headers(session: Session, app: FastAPI) -> dict[str, str]:
    """A program with every permission of a manager, in a store where things have happened."""
    counter = a_counter(session)
    a_robot(session, counter)
    a_unit(session, counter.store, "NEW-1", model=counter.model, state=UnitState.RECEIVED)
    token = a_token(session, counter.manager)
    session.commit()
    _sell(Program(TestClient(app), token), counter)
    return {"Authorization": f"Bearer {token}"}


def _sell(shop: Program, counter: Counter) -> None:
    lines = [{"serial": "DEMO-G1-0001"}, {"product": "BAT-G1"}]
    shop.post("/orders", {"customer": counter.customer.number, "lines": lines})
    paid = shop.post("/orders/1/payments", {"tender": "cash", "till": counter.till.id})
    assert paid.status_code == 201


def operations(described: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, verbs in described["paths"].items():
        for verb, operation in verbs.items():
            if path.startswith("/api/v1/"):
                yield path, verb, operation


@pytest.fixture(scope="module")
def made_up_calls() -> list[MadeUpCall]:
    """Calls of each kind to each operation: made up once, which takes longer than making them."""
    described = create_app(Settings(database_url="sqlite:///never-opened.db"))
    api = from_dict(described.openapi())
    api.app = described  # calls then go to an application; to which one, each call says
    calls: list[MadeUpCall] = []
    for result in api.include(path_regex="^/api/v1/").get_all_operations():
        assert isinstance(result, Ok)
        operation: Operation = result.ok()
        named = [parameter.name for parameter in operation.path_parameters]
        known = {name: KNOWN[name] for name in named if name in KNOWN}
        for mode, examples in EXAMPLES.items():
            calls += made_up(operation.as_strategy(generation_mode=mode), examples)
        if known:
            there = operation.as_strategy(path_parameters=known)
            calls += made_up(there, EXAMPLES[GenerationMode.POSITIVE])
    return calls


# An address that ends like a file's name gives that file.
_FILES = {".csv": "text/csv", ".pdf": "application/pdf", ".xml": "application/xml"}


def made_up(calls: SearchStrategy[Any], examples: int) -> list[MadeUpCall]:
    """Calls of one kind, the same ones in each run."""
    made: list[MadeUpCall] = []

    @how(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=calls)
    def make(case: MadeUpCall) -> None:
        made.append(case)

    make()
    return made


def test_made_up_calls_find_no_defect(
    app: FastAPI,
    headers: dict[str, str],
    made_up_calls: list[MadeUpCall],
    stripe_stand_in: StripeStandIn,
) -> None:
    """With a card service that answers: one that does not is a 503, and told so elsewhere."""
    known: Settings = app.state.settings
    there = {
        "stripe_secret_key": SecretStr(stripe_stand_in.key),
        "stripe_api_base": stripe_stand_in.url,
    }
    stripe_gate.connect(app.state.database, known.model_copy(update=there))
    troubles: list[str] = []
    for case in made_up_calls:
        try:
            case.call_and_validate(app=app, headers=dict(headers), checks=CHECKS)
        except FailureGroup as group:
            troubles.extend(f"{case.operation.label}: {failure}" for failure in group.exceptions)
    assert len(made_up_calls) > len({case.operation.label for case in made_up_calls}) * 6
    assert not troubles, "\n\n".join(troubles)


@pytest.mark.only_on("sqlite")
def test_the_description_is_public_and_complete(app: FastAPI, description: dict[str, Any]) -> None:
    from_asgi(ADDRESS, app).validate()
    assert description["openapi"].startswith("3.1")
    seen = set()
    for path, verb, operation in operations(description):
        where = f"{verb} {path}"
        assert operation["operationId"] not in seen, where
        seen.add(operation["operationId"])
        assert operation["summary"], where
        assert operation["security"] == [{"bearer": []}], where
        assert {"401", "403", "422"} <= operation["responses"].keys(), where
        for status, answer in operation["responses"].items():
            if status == "204":  # nothing is said
                assert "content" not in answer, where
                continue
            kind = MEDIA_TYPE if status >= "400" else _FILES.get(path[-4:], "application/json")
            assert list(answer["content"]) == [kind], f"{where} {status}"
    assert description["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"


@pytest.mark.only_on("sqlite")
def test_pages_are_no_part_of_the_description(description: dict[str, Any]) -> None:
    others = {path for path in description["paths"] if not path.startswith("/api/v1/")}

    assert others == {"/healthz", "/readyz", "/metrics", "/webhooks/stripe"}


@pytest.mark.only_on("sqlite")
def test_a_body_over_the_cap_is_a_problem_too(app: FastAPI, headers: dict[str, str]) -> None:
    answer = TestClient(app).post("/api/v1/orders", content=b"x" * 1_000_001, headers=headers)

    assert answer.status_code == 413
    assert answer.headers["content-type"] == MEDIA_TYPE
    assert answer.json()["code"] == "too_large"
