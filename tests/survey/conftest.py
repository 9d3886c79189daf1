"""A workshop for every test of the survey."""

from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from tests.makers.service import Workshop, a_workshop


@pytest.fixture
def shop(session: Session, tmp_path: Path) -> Workshop:
    return a_workshop(session, tmp_path)
