"""Who acts: named in every audit entry, asked by every permission check."""

from dataclasses import dataclass, field

from app.kernel.errors import Forbidden
from app.kernel.text import Text, msg


@dataclass(frozen=True, slots=True)
class Actor:
    """A person at a terminal, a program with a token, or the house itself, inside one store."""

    store_id: int
    name: str
    role: str
    permissions: frozenset[str] = field(default_factory=frozenset)
    staff_id: int | None = None
    token_id: int | None = None
    terminal_id: int | None = None
    terminal_name: str | None = None
    role_label: Text | None = None

    @property
    def key(self) -> str:
        """A stable name for idempotency scopes."""
        if self.staff_id is not None:
            return f"staff:{self.staff_id}"
        return f"token:{self.token_id}" if self.token_id is not None else f"house:{self.name}"

    def may(self, permission: str) -> bool:
        return permission in self.permissions

    def require(self, permission: str) -> None:
        """Raises Forbidden unless the role has this permission."""
        if permission not in self.permissions:
            raise Forbidden(
                msg(
                    "Your role ({role}) may not do this ({permission}). Ask a manager.",
                    role=self.role_label or self.role,
                    permission=permission,
                )
            )
