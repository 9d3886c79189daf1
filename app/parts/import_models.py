"""Files that bring parts, prices or stock: what they say, how far they have been read."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, Key, LongText

# As the index says it: with bound values a database would not see that it serves.
AT_WORK = "state IN ('checking', 'importing')"


class ImportKind(StrEnum):
    PARTS = "parts"
    PRICES = "prices"
    STOCK = "stock"


class ImportState(StrEnum):
    """`staged` waits for its columns, `checked` for somebody's yes; two of them are at work."""

    STAGED = "staged"
    CHECKING = "checking"
    CHECKED = "checked"
    IMPORTING = "importing"
    DONE = "done"
    CANCELLED = "cancelled"


class PartImport(Base):
    """One file on its way in. Texts in JSON: `columns` by field, `titles`, `problems`."""

    __tablename__ = "part_imports"
    __table_args__ = (
        UniqueConstraint("store_id", "number"),
        CheckConstraint("rows_done >= 0 AND rows_done <= rows_total", name="done_within_total"),
        Index("ix_part_imports_file", "store_id", "file_sha256"),
        Index(
            "ix_part_imports_at_work",
            "id",
            sqlite_where=text(AT_WORK),
            postgresql_where=text(AT_WORK),
        ),
    )

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    number: Mapped[int] = mapped_column(Integer)
    kind: Mapped[ImportKind]
    file_name: Mapped[str]
    file_sha256: Mapped[str] = mapped_column(String(64))
    # the file itself, until it is imported or given up
    content: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    # as it was understood: empty for a workbook
    encoding: Mapped[str] = mapped_column(String(32), default="")
    separator: Mapped[str] = mapped_column(String(1), default="")
    titles: Mapped[LongText]
    # the field that each column fills, empty for none
    columns: Mapped[LongText]
    sample: Mapped[LongText]
    state: Mapped[ImportState] = mapped_column(default=ImportState.STAGED)
    rows_total: Mapped[int] = mapped_column(Integer)
    rows_done: Mapped[int] = mapped_column(Integer, default=0)
    rows_new: Mapped[int] = mapped_column(Integer, default=0)
    rows_changed: Mapped[int] = mapped_column(Integer, default=0)
    rows_same: Mapped[int] = mapped_column(Integer, default=0)
    problem_count: Mapped[int] = mapped_column(Integer, default=0)
    problems: Mapped[LongText] = mapped_column(default="[]")
    staged_at: Mapped[datetime]
    staged_by: Mapped[str]
    # who asked for the work at hand, as JSON: it is done behind their back
    asked_by: Mapped[LongText] = mapped_column(default="")
    # Whose work it is until then: a process that died leaves it to the next.
    claimed_until: Mapped[datetime | None] = mapped_column(default=None)
    ended_at: Mapped[datetime | None] = mapped_column(default=None)
    ended_by: Mapped[str] = mapped_column(default="")
