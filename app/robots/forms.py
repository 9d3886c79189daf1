"""What the robots' pages send."""

import re
from decimal import Decimal

from app.kernel.errors import Refused
from app.kernel.searchkeys import clean, search_key
from app.kernel.text import msg
from app.robots.makers import ModelInput
from app.web.forms import Reading, StoreForm, Typed

_FIGURE = re.compile(r"\d{1,6}(?:\.\d{1,3})?", re.ASCII)


class ConfirmForm(StoreForm):
    """Nothing but the hidden fields: what is confirmed stands in the address."""


class ModelForm(StoreForm):
    maker: Typed = ""
    code: Typed = ""
    name: Typed = ""
    height: Typed = ""
    mass: Typed = ""
    axes: Typed = ""
    source: Typed = ""

    def read(self) -> ModelInput:
        """Height is typed in centimetres and mass in kilograms; raises Invalid."""
        seen = Reading()
        typed = ModelInput(
            maker=seen.text("maker", self.maker, most=100, required=True),
            code=seen.text("code", self.code, most=64, required=True),
            name=seen.text("name", self.name, most=100, required=True),
            height_mm=seen.take("height", lambda: _figure(self.height, 10, "height"), None),
            mass_g=seen.take("mass", lambda: _figure(self.mass, 1000, "mass"), None),
            axes=seen.take("axes", lambda: _figure(self.axes, 1, "axes"), None),
            source=seen.text("source", self.source, most=2000),
        )
        seen.done()
        return typed


def _figure(text: str, per_unit: int, field: str) -> int | None:
    """`132.5` or `132,5` in the smaller unit, which must come out whole; None for nothing."""
    if not clean(text):
        return None
    plain = search_key(text).replace(",", ".")
    if not _FIGURE.fullmatch(plain):
        raise Refused(
            msg("“{text}” is not a number like 132.5.", text=clean(text)[:40]), field=field
        )
    small = Decimal(plain) * per_unit
    if small != small.to_integral_value():
        raise Refused(msg("“{text}” is finer than is kept here.", text=clean(text)), field=field)
    return int(small)
