"""Document numbers: gapless per store and series, allotted in the transaction that issues."""

from sqlalchemy import CheckConstraint, ForeignKey, Integer, UniqueConstraint, bindparam, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.kernel.db import Base, Key


class DocumentSeries(Base):
    """The last number given in one series of one store."""

    __tablename__ = "document_series"
    __table_args__ = (
        UniqueConstraint("store_id", "series"),
        CheckConstraint("last_number >= 0", name="not_negative"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    series: Mapped[str]
    last_number: Mapped[int] = mapped_column(Integer, default=0)


_NEXT = (
    update(DocumentSeries)
    .where(
        DocumentSeries.store_id == bindparam("of_store"),
        DocumentSeries.series == bindparam("of_series"),
    )
    .values(last_number=DocumentSeries.last_number + 1)
    .returning(DocumentSeries.last_number)
    .execution_options(synchronize_session=False)
)


def allot(session: Session, *, store_id: int, series: str) -> int:
    """The next number of a series, from 1. Taken back with the transaction, so no gap remains."""
    number = session.scalar(_NEXT, {"of_store": store_id, "of_series": series})
    if number is None:
        number = 1
        session.add(DocumentSeries(store_id=store_id, series=series, last_number=number))
        session.flush()
    return number
