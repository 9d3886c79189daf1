"""The same request twice is one act: the first answer is kept and given again."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Integer, LargeBinary, String, UniqueConstraint, bindparam, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.kernel import clock
from app.kernel.canonical import canonical, sha256_hex
from app.kernel.db import Base, Key, LongText
from app.kernel.errors import Conflict
from app.kernel.text import msg

KEPT_FOR = timedelta(days=7)


class KeptAnswer(Base):
    __tablename__ = "kept_answers"
    __table_args__ = (UniqueConstraint("scope", "token"),)

    id: Mapped[Key] = mapped_column(init=False)
    scope: Mapped[str]
    token: Mapped[str]
    fingerprint: Mapped[str] = mapped_column(String(64))
    status: Mapped[int] = mapped_column(Integer)
    headers: Mapped[LongText]
    body: Mapped[bytes] = mapped_column(LargeBinary)
    kept_at: Mapped[datetime] = mapped_column(index=True)


_KEPT = select(KeptAnswer).where(
    KeptAnswer.scope == bindparam("scope"), KeptAnswer.token == bindparam("token")
)


class TokenReused(Conflict):
    code = "idempotency_key_reused"


@dataclass(frozen=True, slots=True)
class Request:
    """One attempt to act: whose, under which token, and a hash over everything that was sent."""

    scope: str
    token: str
    fingerprint: str


def recall(session: Session, request: Request) -> KeptAnswer | None:
    """The answer given before, or None. Raises TokenReused when the request was another one."""
    kept = session.scalar(_KEPT, {"scope": request.scope, "token": request.token})
    if kept is not None and kept.fingerprint != request.fingerprint:
        raise TokenReused(
            msg("This form was already sent with other contents. Reload the page and look first.")
        )
    return kept


def keep(
    session: Session, request: Request, *, status: int, headers: Mapping[str, str], body: bytes
) -> None:
    """Keep an answer in the transaction of its effect."""
    session.add(
        KeptAnswer(
            scope=request.scope,
            token=request.token,
            fingerprint=request.fingerprint,
            status=status,
            headers=canonical(headers).decode(),
            body=body,
            kept_at=clock.now(),
        )
    )
    session.flush()


def forget_old(session: Session) -> None:
    """Drop answers older than a week; no browser or program repeats after that."""
    session.execute(delete(KeptAnswer).where(KeptAnswer.kept_at < clock.now() - KEPT_FOR))


def fingerprint(*parts: str) -> str:
    """What makes two requests the same request, as one hash."""
    return sha256_hex("\n".join(parts).encode())
