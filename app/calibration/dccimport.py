"""A reference's digital certificate taken in: its lines, its bytes, how its signature stood."""

from sqlalchemy.orm import Session

from app.calibration import dccreading
from app.calibration.dccsignature import SignatureState
from app.calibration.equipment_models import Equipment, EquipmentCertificate
from app.calibration.equipmentcertificates import record_certificate
from app.calibration.typedcertificate import Bytes, CertificateInput
from app.kernel.actor import Actor
from app.kernel.canonical import sha256_hex
from app.kernel.errors import Refused
from app.kernel.quantity import row_number
from app.kernel.text import msg

_LONG = 2_000
_REFUSED = frozenset({SignatureState.BROKEN, SignatureState.REVOKED})


def record_dcc(
    session: Session,
    actor: Actor,
    equipment: Equipment,
    data: bytes,
    *,
    due_on: str = "",
    as_found_ok: str = "",
    parent: str = "",
    parent_factor: str = "",
) -> EquipmentCertificate:
    """A certificate with every line of the file; the bytes lie in the file store already.

    One that was changed since it was signed, or whose signer was revoked, is not taken in.
    """
    dcc = dccreading.read(data)
    if dcc.signature.state in _REFUSED:
        raise Refused(
            msg("Its signature does not hold: ask the laboratory for the certificate."),
            field="file",
        )
    sha256 = sha256_hex(data)
    above = row_number(parent)
    notes = [
        *dcc.notes,
        f"{dcc.signature.state.value}: {dcc.signature.signer}" if dcc.signature.signer else "",
    ]
    return record_certificate(
        session,
        actor,
        equipment,
        CertificateInput(
            issuer=dcc.issuer,
            number=dcc.number,
            calibrated_on=dcc.calibrated_on,
            due_on=due_on or dcc.due_on,
            as_found_ok=as_found_ok,
            adjusted=dcc.adjusted,
            note="\n".join(filter(None, notes))[:_LONG],
            results=dcc.results,
            parents=[above] if above else [],
            sensitivities={above: parent_factor} if above else {},
        ),
        came_with=Bytes(dcc_sha256=sha256, dcc_schema=dcc.schema),
        foreign_units=True,
    )
