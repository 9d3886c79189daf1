"""A counter with a robot for sale, and a program that sells there."""

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from tests.makers.programs import Program, a_program
from tests.makers.sales import Counter, a_counter, a_robot


@pytest.fixture
def counter(session: Session) -> Counter:
    made = a_counter(session)
    a_robot(session, made)
    session.commit()
    return made


@pytest.fixture
def shop(session: Session, client: TestClient, counter: Counter) -> Program:
    return a_program(session, client, counter)
