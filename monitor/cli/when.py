"""Times and spans as people type them on a command line; a mistake is told with what to write instead."""

from __future__ import annotations

from datetime import UTC, date, datetime

from monitor.core.intervals import Ms
from monitor.core.numbers import parse_duration
from monitor.core.periods import instant, midnight
from monitor.errors import ConfigError

FIRST_YEAR, LAST_YEAR = 1970, 2999
_FIRST, _LAST = (instant(datetime(year, 1, 1, tzinfo=UTC)) for year in (FIRST_YEAR, LAST_YEAR + 1))


def _in_our_time(at: Ms) -> Ms:
    if not _FIRST <= at < _LAST:
        raise ValueError("out of the years that are looked at")
    return at


def at_instant(text: str, option: str) -> Ms:
    """An instant with its offset, `2026-11-21T02:00+01:00`, as UTC ms; ConfigError names `option`."""
    try:
        when = datetime.fromisoformat(text)
        if when.tzinfo is None and len(text) > len("2026-11-21"):
            raise ConfigError(f'{option}: "{text}" has no offset: write "{text}+01:00", or what holds there')
        return _in_our_time(instant(when))
    except (ValueError, OverflowError):
        raise ConfigError(
            f'{option}: "{text}" is not an instant of the years {FIRST_YEAR} to {LAST_YEAR}; '
            'write it with its offset: "2026-11-21T02:00+01:00"'
        ) from None


def since(text: str, zone: str, now: Ms, option: str) -> Ms:
    """A day (`2026-10-01`: its first instant in `zone`), an instant, or how long ago (`7 days`)."""
    try:
        return _in_our_time(midnight(date.fromisoformat(text), zone))
    except (ValueError, OverflowError):
        pass
    try:
        return _in_our_time(now - parse_duration(text))
    except ValueError:
        pass
    try:
        return _in_our_time(instant(datetime.fromisoformat(text)))
    except (ValueError, OverflowError):
        raise ConfigError(
            f'{option}: "{text}" is neither a day ("2026-10-01") nor a length of time ("7 days") '
            'nor an instant ("2026-10-01T08:00+02:00")'
        ) from None


def lasting(text: str, option: str) -> Ms:
    """A length of time such as `2h`, in ms; ConfigError names `option`."""
    try:
        return parse_duration(text)
    except ValueError as error:
        raise ConfigError(f"{option}: {error}") from None
