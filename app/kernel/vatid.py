"""VAT ids and bank accounts in compact writing, with the check digits of those that have any."""

import re

from stdnum import iban
from stdnum.eu import vat
from stdnum.exceptions import ValidationError

from app.kernel import words
from app.kernel.errors import Refused
from app.kernel.searchkeys import clean
from app.kernel.text import msg

LONGEST = 200
_NOT_WRITTEN = re.compile(r"[\s./-]+")
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[0-9A-Z]{8,}")


def compact(text: str) -> str:
    """Without spaces and the signs that people put in for reading, in capitals."""
    return _NOT_WRITTEN.sub("", clean(text)).upper()


def read_vat_id(text: str, *, field: str = "vat_id") -> str:
    """A VAT id, compact; empty stays empty. Raises Refused when an EU id's check digits are wrong.

    Ids of other countries are kept as they are: each has its own rules, and many have none.
    """
    written = compact(text)
    of_eu = written[:2].lower() in vat.MEMBER_STATES or written[:2] == "EL"
    if len(written) > LONGEST:
        raise Refused(msg("At most {most} characters fit here.", most=LONGEST), field=field)
    if not of_eu:
        return written
    try:
        checked: str = vat.validate(written)
    except ValidationError:
        raise Refused(
            msg("The check digits of {vat_id} do not fit.", vat_id=written[:20]), field=field
        ) from None
    return checked


def read_bank_account(text: str, *, field: str = "bank_account") -> str:
    """A bank account. What looks like an IBAN must be one (ISO 13616); others are kept as typed."""
    written = compact(text)
    if not _IBAN.fullmatch(written):
        return words.fitting(text, most=LONGEST, field=field)
    try:
        iban.validate(written)
    except ValidationError:
        raise Refused(msg("The check digits of this IBAN do not fit."), field=field) from None
    grouped: str = iban.format(written)
    return grouped
