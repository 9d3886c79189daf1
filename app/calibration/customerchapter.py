"""What measurement keeps of a customer, for the copy of their data."""

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.calibration.certificate_models import CalibrationCertificate
from app.calibration.certificates import snapshot_of
from app.customers.models import Customer
from app.kernel.actor import Actor
from app.robots.models import Ownership, Unit


def chapter(session: Session, actor: Actor, customer: Customer) -> object:  # noqa: ARG001
    """The certificates of robots while they were the customer's, with the name that each says.

    A certificate is frozen: the name stays on it when the customer is erased, as on an invoice.
    """
    rows = session.execute(
        select(CalibrationCertificate, Unit.serial)
        .join(Unit, Unit.id == CalibrationCertificate.unit_id)
        .join(Ownership, Ownership.unit_id == Unit.id)
        .where(
            Ownership.customer_id == customer.id,
            Ownership.since <= CalibrationCertificate.issued_at,
            or_(Ownership.until.is_(None), Ownership.until > CalibrationCertificate.issued_at),
        )
        .order_by(CalibrationCertificate.id)
    )
    return [
        {
            "number": certificate.number,
            "serial": serial,
            "issued_at": certificate.issued_at,
            "customer_name": snapshot_of(certificate).customer.name,
            "check": snapshot_of(certificate).check_address,
        }
        for certificate, serial in rows
    ]
