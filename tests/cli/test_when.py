"""Times as people type them."""

from __future__ import annotations

import pytest

from monitor.cli.when import at_instant, lasting, since
from monitor.core.intervals import DAY, HOUR
from monitor.errors import ConfigError


def test_an_instant_carries_its_offset(made):
    assert at_instant("2026-11-21T02:00+01:00", "--start") == made.at("2026-11-21T01:00Z")


@pytest.mark.parametrize(
    "text", ["tomorrow", "0001-01-01T00:00+14:00", "9999-12-30T00:00Z", "21.11.2026", ""]
)
def test_an_instant_without_one_is_refused_with_what_to_write(text):
    with pytest.raises(ConfigError) as refused:
        at_instant(text, "--start")

    assert str(refused.value) == (
        f'--start: "{text}" is not an instant of the years 1970 to 2999; '
        'write it with its offset: "2026-11-21T02:00+01:00"'
    )


def test_an_instant_without_an_offset_is_told_what_it_lacks():
    with pytest.raises(ConfigError) as refused:
        at_instant("2026-12-24T10:00", "--at")

    assert str(refused.value) == (
        '--at: "2026-12-24T10:00" has no offset: write "2026-12-24T10:00+01:00", or what holds there'
    )


def test_since_takes_a_day_a_length_or_an_instant(made):
    now = made.at("2026-11-18T10:42:07+01:00")

    assert since("2026-10-01", "Europe/Berlin", now, "--since") == made.at("2026-10-01T00:00+02:00")
    assert since("7 days", "Europe/Berlin", now, "--since") == now - 7 * DAY
    assert since("2026-10-01T08:00Z", "Europe/Berlin", now, "--since") == made.at("2026-10-01T08:00Z")


def test_since_says_all_three_where_it_is_none_of_them():
    with pytest.raises(ConfigError) as refused:
        since("last week", "UTC", 0, "--since")

    assert str(refused.value) == (
        '--since: "last week" is neither a day ("2026-10-01") nor a length of time ("7 days") '
        'nor an instant ("2026-10-01T08:00+02:00")'
    )


def test_a_length_of_time_names_its_option():
    assert lasting("2h", "--lasting") == 2 * HOUR
    with pytest.raises(ConfigError, match=r"^--lasting: "):
        lasting("2", "--lasting")
