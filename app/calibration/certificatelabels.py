"""The label that goes on a robot: certificate and day, a due day only where it was agreed."""

from app.calibration.certificatelists import Listed
from app.calibration.certificates import snapshot_of
from app.web import labels
from app.web.i18n import speech
from app.web.labels import STOCKS, Label

_DEFAULT = "62x29"


def pdf(found: Listed, stock: str = "") -> bytes:
    """One label; its code leads to the public check."""
    shot = snapshot_of(found.certificate)
    spoken = speech(shot.language, shot.zone)
    day = spoken.say(shot.names.measured_at.date())
    due = f" → {spoken.say(shot.due_on)}" if shot.due_on else ""
    label = Label(
        title=f"{shot.method.title}, {day}{due}",
        identity=f"{shot.number} {shot.item.serial}",
        url=shot.check_address,
    )
    return labels.pdf([label], STOCKS.get(stock, STOCKS[_DEFAULT]))
