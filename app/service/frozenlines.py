"""An estimate and its lines as they were sent and decided: frozen, and hashed."""

from dataclasses import dataclass

from app.kernel.canonical import sha256_hex
from app.kernel.frozen import freeze
from app.kernel.money import Money
from app.kernel.tax import PriceMode
from app.payments.treatments import Treatment
from app.service import tickets
from app.service.estimate_models import Estimate, EstimateLine, LineKind
from app.service.models import Ticket
from app.service.payers import Payer


@dataclass(frozen=True, slots=True)
class FrozenShare:
    payer: Payer
    amount: Money
    reference: str = ""


@dataclass(frozen=True, slots=True)
class FrozenLine:
    """A line as the customer saw it. It says nothing of its version: the same line again is the
    same bytes, so that what was approved before can be known again.
    """

    ticket: str
    key: str
    kind: LineKind
    description: str
    quantity: int
    unit_price: Money
    tax_bp: int
    total: Money
    shares: tuple[FrozenShare, ...]
    minutes: int = 0
    part_number: str = ""
    operation_code: str = ""
    slot_path: str = ""


@dataclass(frozen=True, slots=True)
class FrozenEstimate:
    ticket: str
    version: int
    price_mode: PriceMode
    lines: tuple[FrozenLine, ...]
    note: str = ""
    tax_treatment: Treatment = Treatment.HOME


def of_line(line: EstimateLine, ticket: Ticket, currency: str) -> FrozenLine:
    """A line that was loaded with its shares."""
    return FrozenLine(
        ticket=tickets.label(ticket),
        key=line.key,
        kind=line.kind,
        description=line.description,
        quantity=line.quantity,
        unit_price=Money(line.unit_price_minor, currency),
        tax_bp=line.tax_bp,
        total=Money(line.total_minor, currency),
        shares=tuple(
            FrozenShare(share.payer, Money(share.amount_minor, currency), share.reference)
            for share in sorted(line.shares, key=lambda share: share.payer.value)
        ),
        minutes=line.minutes,
        part_number=line.part_number,
        operation_code=line.operation_code,
        slot_path=line.slot_path,
    )


def bytes_of(line: EstimateLine, ticket: Ticket, currency: str) -> bytes:
    return freeze(of_line(line, ticket, currency))


def whole(estimate: Estimate, ticket: Ticket) -> bytes:
    """A version with all of its lines, loaded with their shares."""
    return freeze(
        FrozenEstimate(
            ticket=tickets.label(ticket),
            version=estimate.version,
            price_mode=estimate.price_mode,
            lines=tuple(of_line(line, ticket, estimate.currency) for line in estimate.lines),
            note=estimate.note,
            tax_treatment=estimate.sent_treatment or estimate.tax_treatment,
        )
    )


def hash_of(line: EstimateLine, ticket: Ticket, currency: str) -> str:
    return sha256_hex(bytes_of(line, ticket, currency))
