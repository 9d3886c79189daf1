"""What the pages of cases send."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from app.calibration.impact import Finding
from app.calibration.impact_models import ImpactSubject
from app.kernel import clock
from app.kernel.errors import Refused
from app.kernel.searchkeys import clean
from app.kernel.text import msg
from app.robots.daytext import required_day
from app.web.forms import Reading, StoreForm, Typed


class CaseForm(StoreForm):
    """`key` is the chosen thing as `equipment:5`, or the computation's edition in `edition`."""

    key: Typed = ""
    edition: Typed = ""
    since: Typed = ""
    until: Typed = ""
    bias: Typed = ""
    bias_standard: Typed = ""
    unit: Typed = ""
    reason: Typed = ""

    def read(self, zone: str) -> Finding:
        """From the beginning of one day to the end of another, in the store's zone."""
        seen = Reading()
        word, _, key = self.key.partition(":")
        subject = seen.take("key", lambda: _subject(word), ImpactSubject.SOFTWARE)
        since = seen.take("since", lambda: required_day(self.since, field="since"), date.min)
        until = seen.take("until", lambda: required_day(self.until, field="until"), date.min)
        seen.done()
        end = _begin(until + timedelta(days=1), zone)
        if _begin(until, zone) <= clock.now():
            end = min(end, clock.now())
        return Finding(
            subject=subject,
            key=clean(self.edition) if subject is ImpactSubject.SOFTWARE else key,
            since=_begin(since, zone),
            until=end,
            reason=self.reason,
            bias=clean(self.bias).replace(",", "."),
            bias_standard=clean(self.bias_standard).replace(",", ".") or "0",
            unit=clean(self.unit),
        )


def _subject(word: str) -> ImpactSubject:
    if word not in set(ImpactSubject):
        raise Refused(msg("Choose one of these."))
    return ImpactSubject(word)


def _begin(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)
