"""Times as ticket systems write them become UTC ms; what names no instant, or two, is refused. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final, Literal
from zoneinfo import ZoneInfo

from monitor.core.intervals import Ms
from monitor.core.periods import instant
from monitor.records import dataclass

FIRST: Final[Ms] = 0
LAST: Final[Ms] = 32_503_680_000_000  # the year 3000
UNIX, UNIX_MS = "unix", "unix ms"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Times:
    """How times are written: ISO 8601, or by `formats` (as `strptime` has them, "unix", "unix ms").

    Those without an offset are of `zone`; "" refuses them. `repeated` says which pass is meant of an hour
    that autumn repeats; "" refuses those too.
    """

    zone: str = ""
    formats: tuple[str, ...] = ()
    repeated: Literal["", "first", "second"] = ""

    def read(self, told: str | int) -> Ms:
        """The instant; ValueError says what is wrong with it."""
        when = self._parsed(told)
        at = self._instant(when, str(told)) if isinstance(when, datetime) else when
        if not FIRST <= at < LAST:
            raise ValueError(f'"{str(told)[:40]}" is not between 1970 and 2999')
        return at

    def _parsed(self, told: str | int) -> datetime | Ms:
        text = str(told).strip() if not isinstance(told, int) or told.bit_length() < 64 else ""
        for each in self.formats:
            if each in (UNIX, UNIX_MS):
                if text.isascii() and text.isdigit() and len(text) < 16:
                    return int(text) * (1_000 if each == UNIX else 1)
                continue
            try:
                return datetime.strptime(text, each)  # noqa: DTZ007  its zone is looked at next
            except ValueError:
                continue
        try:
            when = datetime.fromisoformat(text)
        except ValueError:
            raise ValueError(f'"{text[:40]}" is not a time: {self._how()}') from None
        if len(text) <= len("2026-04-03"):
            raise ValueError(f'"{text[:40]}" is a day, and no time of day: {self._how()}')
        return when

    def _how(self) -> str:
        if self.formats:
            return f"it is not ISO 8601, and not written as {' or '.join(self.formats)}"
        return 'write it as in "2026-04-03T10:00:00Z", or say in the mapping how: times = ["%d.%m.%Y %H:%M"]'

    def _instant(self, when: datetime, told: str) -> Ms:
        if when.tzinfo is not None:
            delta = when - _EPOCH
            return (delta.days * 86_400 + delta.seconds) * 1_000 + delta.microseconds // 1_000
        if not self.zone:
            raise ValueError(
                f'"{told[:40]}" has no offset: say in the mapping of what zone it is, zone = "Europe/Berlin"'
            )
        here = when.replace(tzinfo=ZoneInfo(self.zone))
        first, second = instant(here), instant(here.replace(fold=1))
        if first == second:
            return first
        if second < first:
            raise ValueError(f'"{told[:40]}" does not exist in {self.zone}: clocks went forward over it')
        if not self.repeated:
            raise ValueError(
                f'"{told[:40]}" came twice in {self.zone}, when clocks went back: write its offset, or say '
                'in the mapping which is meant, repeated = "first" or "second"'
            )
        return first if self.repeated == "first" else second
