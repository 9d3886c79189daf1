"""Customers as JSON."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from app.customers import book, finding, privacy
from app.customers.book import LONGEST, LONGEST_NOTES, CustomerInput
from app.customers.models import Customer, CustomerKind
from app.identity.guard import ApiReading, ApiWriting
from app.kernel.errors import Conflict
from app.kernel.text import msg
from app.web.idempotent import once
from app.web.paging import MOST, PAGE
from app.web.problems import refusals, refusals_of_writing
from app.web.sessions import ReadSession, WriteSession
from app.web.wire import Cursor, PageOut, RowId, Sent

router = APIRouter(prefix="/api/v1/customers", tags=["customers"])

Line = Annotated[str, Field(max_length=LONGEST)]
Language = Literal["", "en", "de", "zh"]


class CustomerSent(Sent):
    """What a new customer is. Phone and e-mail in any writing; a VAT id of the EU is checked."""

    kind: Annotated[CustomerKind, Field(strict=False)] = CustomerKind.PERSON
    name: Line
    contact_name: Line = ""
    phone: Line = ""
    email: Line = ""
    street: Line = ""
    postcode: Line = ""
    city: Line = ""
    country: Annotated[str, Field(max_length=2, description="Two letters, or empty.")] = ""
    vat_id: Line = ""
    language: Language = ""
    marketing_consent: bool = False
    notes: Annotated[str, Field(max_length=LONGEST_NOTES)] = ""

    def read(self) -> CustomerInput:
        return CustomerInput(**self.model_dump(exclude={"despite_duplicates"}))


class NewCustomer(CustomerSent):
    despite_duplicates: bool = Field(
        default=False, description="Add also when somebody like that is in the book (409)."
    )


class ChangedCustomer(Sent):
    """What shall be different; what is left out stays. `version` is the one that you read."""

    version: int = Field(ge=1, le=2**31 - 1)
    kind: Annotated[CustomerKind | None, Field(strict=False)] = None
    name: Line | None = None
    contact_name: Line | None = None
    phone: Line | None = None
    email: Line | None = None
    street: Line | None = None
    postcode: Line | None = None
    city: Line | None = None
    country: Annotated[str | None, Field(max_length=2)] = None
    vat_id: Line | None = None
    language: Language | None = None
    marketing_consent: bool | None = None
    notes: Annotated[str | None, Field(max_length=LONGEST_NOTES)] = None

    def onto(self, customer: Customer) -> CustomerInput:
        """The customer's present particulars with these changes."""
        changes = self.model_dump(exclude={"version"}, exclude_none=True)
        before = book.as_input(customer)
        return CustomerInput(
            **{name: changes.get(name, getattr(before, name)) for name in before.__slots__}
        )


class CustomerOut(BaseModel):
    """`erased_at` is set when the person asked to be forgotten; only the number is left then."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    number: int
    version: int
    kind: CustomerKind
    name: str
    contact_name: str
    phone: str
    email: str
    street: str
    postcode: str
    city: str
    country: str
    vat_id: str
    language: str
    marketing_consent_at: datetime | None
    notes: str
    made_at: datetime
    erased_at: datetime | None

    @classmethod
    def of(cls, customer: Customer) -> Self:
        return cls.model_validate(customer)


class Erasure(Sent):
    reason: Annotated[str, Field(min_length=1, max_length=200, pattern=r"\S")]


class Export(BaseModel):
    """All that is kept of a person: `customer`, and a chapter for each part of the house."""

    model_config = ConfigDict(extra="allow")

    exported_at: datetime
    customer: dict[str, Any]


@router.get("", responses=refusals())
def list_customers(
    session: ReadSession,
    actor: ApiReading,
    q: Annotated[
        str, Query(max_length=200, description="Name, number, phone, e-mail or VAT id.")
    ] = "",
    cursor: Cursor = "",
    limit: Annotated[int, Query(ge=1, le=MOST)] = PAGE,
) -> PageOut[CustomerOut]:
    page = finding.page(session, actor, q=q, cursor=cursor or None, most=limit)
    return PageOut(items=[CustomerOut.of(one) for one in page.items], next=page.next)


@router.post("", status_code=201, responses=refusals_of_writing())
@once
def add_customer(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    body: NewCustomer,
) -> CustomerOut:
    """Into the book. 409 names who may be the same; with `despite_duplicates` they are added."""
    actor.require("customers.edit")
    typed = body.read()
    book.checked(typed)
    twins = [] if body.despite_duplicates else book.likely_duplicates(session, actor, typed)
    if twins:
        numbers = ", ".join(str(one.number) for one in twins)
        raise Conflict(
            msg("Somebody like that is in the book already: customer {numbers}.", numbers=numbers)
        )
    return CustomerOut.of(book.add(session, actor, typed))


@router.get("/{customer_id}", responses=refusals(404))
def show_customer(session: ReadSession, actor: ApiReading, customer_id: RowId) -> CustomerOut:
    actor.require("customers.view")
    return CustomerOut.of(book.by_id(session, actor, customer_id))


@router.patch("/{customer_id}", responses=refusals_of_writing(404))
def change_customer(
    session: WriteSession, actor: ApiWriting, customer_id: RowId, body: ChangedCustomer
) -> CustomerOut:
    """Change some particulars. 409 when somebody changed the customer since you read it."""
    actor.require("customers.edit")
    customer = book.by_id(session, actor, customer_id)
    book.change(session, actor, customer, body.onto(customer), version=body.version)
    return CustomerOut.of(customer)


@router.get("/{customer_id}/export", responses=refusals(404))
def export_customer(session: WriteSession, actor: ApiWriting, customer_id: RowId) -> Export:
    """Everything that the house keeps of a customer. That it was handed out goes on record."""
    customer = book.by_id(session, actor, customer_id)
    return Export.model_validate(privacy.export(session, actor, customer))


@router.post("/{customer_id}/erase", responses=refusals_of_writing(404))
@once
def erase_customer(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    customer_id: RowId,
    body: Erasure,
) -> CustomerOut:
    """Forget the person: sales and legal documents stay, under the number alone. Export first."""
    customer = book.by_id(session, actor, customer_id)
    return CustomerOut.of(privacy.erase(session, actor, customer, reason=body.reason))
