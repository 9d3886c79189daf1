"""Who looks at the page, as far as the look depends on it."""

from dataclasses import dataclass

from starlette.requests import Request

from app.kernel.actor import Actor
from app.kernel.text import Text


@dataclass(frozen=True, slots=True)
class Viewer:
    """A signed-in person's name and preferences; made by the guard, read by the renderer."""

    actor: Actor
    name: str
    role_label: Text
    locale: str | None
    theme: str
    density: str
    sounds: bool
    letter_keys: bool = True
    store_name: str = ""
    currency: str = "EUR"
    zone: str = "UTC"
    till_name: str | None = None

    @property
    def initials(self) -> str:
        words = self.name.split()
        letters = [word[0] for word in (words[0], words[-1])] if len(words) > 1 else [self.name[:2]]
        return "".join(letters).upper()


def viewer_of(request: Request) -> Viewer | None:
    found = getattr(request.state, "viewer", None)
    return found if isinstance(found, Viewer) else None
