"""What the pages of identity send."""

from dataclasses import dataclass

from app.identity.models import Staff
from app.identity.roles import Role
from app.kernel.errors import Refused
from app.kernel.text import msg
from app.web.forms import Reading, StoreForm, Typed
from app.web.i18n import LANGUAGES
from app.web.nextpage import own_path

THEMES = ("auto", "light", "dark")
DENSITIES = ("office", "touch")
_LARGEST_ID = 2**63 - 1


class DoorForm(StoreForm):
    """Which door was knocked at, where to go then, and whether it stands over another page."""

    door: Typed = "sign-in"
    next: Typed = "/"
    over: Typed = ""

    @property
    def back(self) -> str:
        return own_path(self.next)


class PasswordForm(DoorForm):
    login: Typed = ""
    password: Typed = ""


class PinForm(DoorForm):
    staff: Typed = ""
    pin: Typed = ""

    def staff_id(self) -> int:
        """Who was chosen; 0, which nobody is, for anything that is no id."""
        return read_id(self.staff) or 0


class BadgeForm(DoorForm):
    code: Typed = ""


class BackForm(StoreForm):
    next: Typed = ""


class PreferencesForm(StoreForm):
    """One choice at a time: each button of the menu sends its own."""

    next: Typed = "/"
    theme: Typed = ""
    density: Typed = ""
    sounds: Typed = ""
    letter_keys: Typed = ""
    language: Typed = ""

    def apply_to(self, person: Staff) -> None:
        """Write what was chosen to the person; what is not offered is passed over."""
        if self.theme in THEMES:
            person.theme = self.theme
        if self.density in DENSITIES:
            person.density = self.density
        if self.sounds in {"on", "off"}:
            person.sounds = self.sounds == "on"
        if self.letter_keys in {"on", "off"}:
            person.letter_keys = self.letter_keys == "on"
        if self.language in LANGUAGES:
            person.language = self.language


class OwnPinForm(StoreForm):
    current: Typed = ""
    pin: Typed = ""


class OwnPasswordForm(StoreForm):
    current: Typed = ""
    password: Typed = ""
    again: Typed = ""

    def read(self) -> str:
        """The new password, typed twice alike."""
        reading = Reading()
        if self.password != self.again:
            reading.refuse("again", msg("The two passwords differ."))
        reading.done()
        return self.password


@dataclass(frozen=True, slots=True)
class NewStaff:
    login: str
    name: str
    role: Role
    password: str
    pin: str


class StaffForm(StoreForm):
    login: Typed = ""
    name: Typed = ""
    role: Typed = ""
    password: Typed = ""
    pin: Typed = ""

    def read(self) -> NewStaff:
        reading = Reading()
        read = NewStaff(
            login=reading.text("login", self.login, most=64, required=True),
            name=reading.text("name", self.name, required=True),
            role=reading.take("role", lambda: read_role(self.role), Role.SALES),
            password=self.password,
            pin=self.pin.strip(),
        )
        reading.done()
        return read


class NameForm(StoreForm):
    name: Typed = ""


class RoleForm(StoreForm):
    role: Typed = ""

    def read(self) -> Role:
        return read_role(self.role)


class SecretForm(StoreForm):
    """A new PIN or a new password for somebody."""

    pin: Typed = ""
    password: Typed = ""


class EnrolForm(StoreForm):
    name: Typed = ""
    till: Typed = ""
    density: Typed = "touch"

    def till_id(self) -> int | None:
        """The chosen till; None for a device that takes no money."""
        if not self.till:
            return None
        found = read_id(self.till)
        if found is None:
            raise Refused(msg("There is no such till in this store."), field="till")
        return found


class ProgramForm(StoreForm):
    name: Typed = ""
    role: Typed = ""

    def read(self) -> Role:
        return read_role(self.role)


def read_role(text: str) -> Role:
    try:
        return Role(text)
    except ValueError:
        raise Refused(msg("Choose a role from the list."), field="role") from None


def read_id(text: str) -> int | None:
    """A row's id as a form sends it; None for anything else."""
    if not (text.isascii() and text.isdigit() and len(text) <= 19):  # noqa: PLR2004 - of 2**63
        return None
    found = int(text)
    return found if found <= _LARGEST_ID else None
