"""What the settings say of certificates."""

from app.calibration import dccsigning
from app.calibration.drawingup import House
from app.settings import Settings


def house_of(settings: Settings) -> House:
    return House(
        public_url=settings.public_url,
        accreditation=settings.accreditation.strip(),
        accredited=frozenset(one.strip() for one in settings.accredited_procedures.split(",")),
        signing=dccsigning.key_of(settings.dcc_key, settings.dcc_certificate),
    )
