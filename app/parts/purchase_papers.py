"""Purchase orders and returns on paper, in the language of whom they go to."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from app.kernel.money import Money
from app.parts import purchase_lists, returns
from app.parts.buying_models import PurchaseOrder, Supplier, SupplierReturn
from app.parts.purchase_states import OrderState
from app.stores import desk
from app.stores.models import Store
from app.web import printing
from app.web.i18n import LANGUAGES

_ORDER, _RETURN = "documents/purchase_order.html", "documents/supplier_return.html"


@dataclass(frozen=True, slots=True)
class Party:
    """Who stands at the head of a paper, or in its window."""

    name: str
    contact: str = ""
    address: tuple[str, ...] = ()
    vat_id: str = ""
    phone: str = ""
    mail: str = ""


@dataclass(frozen=True, slots=True)
class PaperLine:
    position: int
    number: str
    supplier_number: str
    name: str
    quantity: int
    detail: str = ""
    price: Money | None = None
    amount: Money | None = None


@dataclass(frozen=True, slots=True)
class Paper:
    """What a template of `templates/documents` shows of an order or a return."""

    number: str
    language: str
    zone: str
    issued_at: datetime
    seller: Party
    store: str
    supplier: Party
    account: str
    lines: tuple[PaperLine, ...]
    total: Money
    url: str
    by: str
    note: str = ""
    due_on: date | None = None
    authorisation: str = ""
    is_draft: bool = False
    is_cancelled: bool = False
    footer: tuple[str, ...] = ()


def order_pdf(session: Session, order: PurchaseOrder, *, public_url: str) -> bytes:
    """The same bytes each time for an order that was sent; a draft says that it is one."""
    view = purchase_lists.order_page(session, order)
    lines = tuple(
        PaperLine(
            each.line.position,
            each.part.number,
            each.line.supplier_number,
            each.part.name,
            each.line.quantity,
            price=each.price,
            amount=each.amount,
        )
        for each in view.lines
    )
    paper = Paper(
        number=view.label,
        issued_at=order.sent_at or order.made_at,
        lines=lines,
        total=view.total,
        url=f"{public_url.rstrip('/')}/parts/orders/{order.number}",
        by=order.sent_by or order.made_by,
        note=order.note,
        due_on=order.expected_on,
        is_draft=view.state is OrderState.DRAFT,
        is_cancelled=view.state is OrderState.CANCELLED,
        **_heads(desk.store_of(session, order.store_id), view.supplier),
    )
    return printing.pdf_document(_ORDER, paper)


def return_pdf(session: Session, row: SupplierReturn, *, public_url: str) -> bytes:
    """What goes back, and what is expected for it."""
    lines = tuple(
        PaperLine(
            line.position,
            part.number,
            "",
            part.name,
            line.quantity,
            detail=component.serial if component else line.lot,
        )
        for line, part, component in returns.lines_of(session, row)
    )
    paper = Paper(
        number=returns.label(row),
        issued_at=row.sent_at,
        lines=lines,
        total=Money(row.expected_minor, row.currency),
        url=f"{public_url.rstrip('/')}/parts/returns/{row.number}",
        by=row.sent_by,
        note=row.reason,
        due_on=row.due_on,
        authorisation=row.authorisation,
        **_heads(desk.store_of(session, row.store_id), session.get_one(Supplier, row.supplier_id)),
    )
    return printing.pdf_document(_RETURN, paper)


def _heads(store: Store, supplier: Supplier) -> dict[str, Any]:
    town = " ".join(part for part in (store.postcode, store.city) if part)
    ours = Party(
        name=store.legal_name,
        address=tuple(row for row in (store.street, town, store.country) if row),
        vat_id=store.vat_id,
        phone=store.phone,
        mail=store.email,
    )
    theirs = Party(
        name=supplier.name,
        contact=supplier.contact,
        address=tuple(row for row in supplier.address.splitlines() if row.strip()),
        phone=supplier.phone,
        mail=supplier.email,
    )
    return {
        "language": supplier.language if supplier.language in LANGUAGES else "en",
        "zone": store.zone,
        "seller": ours,
        "store": store.name,
        "supplier": theirs,
        "account": supplier.account,
    }
