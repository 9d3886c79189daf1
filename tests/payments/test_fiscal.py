"""The fiscal device: asked after the commit, once a document, and never waited for."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from app.kernel import outbox
from app.kernel.db import Database
from app.kernel.errors import Unavailable
from app.kernel.text import msg
from app.payments import fiscal, fiscalsigning, issuing, tills
from app.payments.fiscal import Signed, Statement
from app.payments.fiscal_models import FiscalSignature, SignatureState
from app.payments.models import IssuedDocument
from tests.makers.payments import Shop, eur, opened, shop

MOMENT = datetime(2026, 3, 2, 9, tzinfo=UTC)


class Device:
    """A device on the desk: it may be unplugged, and signs each label once."""

    name = "bench device"

    def __init__(self) -> None:
        self.plugged = True
        self.signed: dict[str, Signed] = {}

    def sign(self, statement: Statement) -> Signed:
        if not self.plugged:
            raise Unavailable(msg("The device is unplugged."))
        number = str(len(self.signed) + 1)
        answer = Signed(
            serial="F00D",
            transaction=number,
            counter=number,
            signature=statement.sha256[:16],
            signed_at=MOMENT,
        )
        return self.signed.setdefault(statement.label, answer)


@pytest.fixture
def device() -> Iterator[Device]:
    device = Device()
    fiscal.sign_by(device)
    outbox.deliver_by(fiscal.SIGN, fiscalsigning.deliver)
    yield device
    fiscal.sign_by(None)


def a_z_report(database: Database) -> tuple[Shop, int]:
    with database.transaction() as session:
        place = shop(session)
        closed = tills.close(session, place.cashier, opened(session, place), eur(20_000))
        assert closed.z_document_id is not None
        return place, closed.z_document_id


def lines(database: Database, document_id: int) -> tuple[str, ...]:
    with database.reading() as session:
        document = session.get_one(IssuedDocument, document_id)
        return fiscalsigning.printable(session, document).fiscal


def test_without_a_device_nothing_is_signed_and_no_paper_says_so(database: Database) -> None:
    _, document_id = a_z_report(database)
    with database.reading() as session:
        assert session.scalars(select(FiscalSignature)).all() == []
    assert lines(database, document_id) == ()


@pytest.mark.usefixtures("device")
def test_a_document_is_signed_after_its_commit_and_its_paper_tells(database: Database) -> None:
    _, document_id = a_z_report(database)
    assert lines(database, document_id) == (
        "Not signed by the fiscal device: The device has not answered yet.",
    )

    outbox.deliver_due(database)

    assert lines(database, document_id)[:3] == (
        "Fiscal device F00D",
        "Transaction 1",
        "Signature counter 1",
    )
    with database.reading() as session:
        document = session.get_one(IssuedDocument, document_id)
        assert issuing.content_of(document).fiscal == ()


def test_an_unplugged_device_stops_no_till_and_signs_later(
    database: Database, device: Device
) -> None:
    device.plugged = False
    place, document_id = a_z_report(database)
    outbox.deliver_due(database)
    assert lines(database, document_id) == (
        "Not signed by the fiscal device: The device is unplugged.",
    )
    device.plugged = True

    with database.transaction() as session:
        assert fiscalsigning.ask_again(session, place.manager) == 1
    outbox.deliver_due(database)

    with database.reading() as session:
        row = session.scalars(select(FiscalSignature)).one()
        assert (row.state, row.tries, row.reason) == (SignatureState.SIGNED, 2, "")


def test_a_signature_stays_as_it_is_and_is_asked_for_once(
    database: Database, device: Device
) -> None:
    _, document_id = a_z_report(database)
    outbox.deliver_due(database)
    device.plugged = False

    fiscalsigning.deliver(database, {"document_id": document_id})

    assert len(device.signed) == 1
    with pytest.raises(DBAPIError, match="stays as it is"), database.transaction() as session:
        session.execute(text("UPDATE fiscal_signatures SET signature = 'x'"))


@pytest.mark.only_on("sqlite")
def test_no_device_is_a_signer_that_refuses() -> None:
    with pytest.raises(Unavailable, match="not signed"):
        fiscal.signer().sign(Statement("R-000001", "", None))  # type: ignore[arg-type]
