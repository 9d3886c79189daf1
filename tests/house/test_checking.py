"""`quatrefoil check` leaves no domain out."""

import importlib
from pathlib import Path

from app import checking

APP = Path(checking.__file__).parent


def test_every_domain_that_can_prove_something_is_asked() -> None:
    rooms = sorted(path.parent.name for path in APP.glob("*/checks.py"))
    proofs = {importlib.import_module(f"app.{room}.checks").breaches for room in rooms}

    assert rooms
    assert proofs <= set(checking.PROOFS)
