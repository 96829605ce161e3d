"""The values people write, one parser each."""

# ruff: noqa: E501  a case is a line
from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from monitor.config import values
from monitor.core.numbers import Bound

READ: dict[str, tuple[Callable[[Any], object], object, object]] = {
    "a pause of nothing": (values.pause, "none", 0),
    "a pause": (values.pause, "2s", 2_000),
    "no notice": (values.notice, "none", 0),
    "a notice": (values.notice, "48h", 172_800_000),
    "a share is at least": (values.share_bound, "99.9%", Bound(">=", Fraction(999, 1000))),
    "a strict bound": (values.share_bound, "> 99%", Bound(">", Fraction(99, 100))),
    "a coverage": (values.coverage, ">= 95%", Fraction(95, 100)),
    "no coverage asked for": (values.coverage, ">= 0%", Fraction(0)),
    "a coverage without its sign": (values.coverage, "90%", Fraction(9, 10)),
    "a zone": (values.zone, "Europe/Berlin", "Europe/Berlin"),
    "a currency": (values.currency, "JPY", "JPY"),
    "a language": (values.locale, "en", "en"),
    "a day": (values.day, date(2026, 1, 1), date(2026, 1, 1)),
    "an instant": (values.moment, datetime(2026, 3, 8, 1, tzinfo=timezone(timedelta(hours=1))), 1_772_928_000_000),
    "a cron line": (values.cron, "0 2 * * SUN", "0 2 * * SUN"),
    "an address": (values.url, "https://a.example:8443/x?y=1", "https://a.example:8443/x?y=1"),
    "an IPv6 address": (values.tcp, "[::1]:5432", "[::1]:5432"),
    "a whole name": (values.tcp, "db.example.:1", "db.example.:1"),
    "a name in ASCII": (values.tls, "xn--mwe-sna.example", "xn--mwe-sna.example:443"),
    "the longest label": (values.server_name, f"{'a' * 63}.example", f"{'a' * 63}.example"),
    "a host and a port": (values.tcp, "localhost:1", "localhost:1"),
    "a status": (values.statuses, 204, ((204, 204),)),
    "a class of statuses": (values.statuses, "3xx", ((300, 399),)),
    "statuses of all kinds": (values.statuses, [200, "404", "500-503"], ((200, 200), (404, 404), (500, 503))),
    "a text": (values.texts, "ok", ("ok",)),
    "texts": (values.texts, ["a", "b"], ("a", "b")),
    "a label": (values.label, "team = web", ("team", "web")),
}  # fmt: skip


@pytest.mark.parametrize(("parse", "written", "value"), READ.values(), ids=READ.keys())
def test_a_value_is_read(parse: Callable[[object], object], written: object, value: object) -> None:
    assert parse(written) == value


REFUSED: dict[str, tuple[Callable[[Any], object], object, str]] = {
    "a name in letters of its own": (values.tls, "möwe.example", '"möwe.example:443" is not written as name servers know it: write "xn--…:443"'),
    "an empty label": (values.tcp, "a..b:1", '"a..b" is a name that no host has: write "db.example.com:5432"'),
    "a host for all": (values.tls, "*.example", '"*.example" is a name that no host has: write "www.example.com:443"'),
    "a label that no name has": (values.server_name, "a" * 64, f'{values.shown("a" * 64)} is not a host: write "www.example.com"'),
    "a name that is too long": (values.server_name, "a." * 126 + "ab", f'{values.shown("a." * 126 + "ab")} is not a host: write "www.example.com"'),
    "a coverage of more than": (values.coverage, "> 95%", '"> 95%": coverage is "at least": write ">= 95%"'),
    "a share of nothing": (values.share_bound, "0%", '"0%" is not between 0% and 100%: write "99.9%"'),
    "more than everything": (values.share_bound, "> 100%", '"> 100%" is not between 0% and 100%: write "99.9%"'),
    "a zone in other capitals": (values.zone, "europe/berlin", '"europe/berlin" is not a time zone; did you mean "Europe/Berlin"?'),
    "a path for a zone": (values.zone, "/etc/hosts", '"/etc/hosts" is not a time zone: write "Europe/Berlin" or "UTC"'),
    "a zone that is no text": (values.zone, 1, '1 is not a time zone: write "Europe/Berlin"'),
    "gold for a currency": (values.currency, "XAU", '"XAU" is not a currency of ISO 4217: write "EUR", "USD" or the like'),
    "a currency in small letters": (values.currency, "eur", '"eur" is not a currency of ISO 4217: write "EUR", "USD" or the like'),
    "a language by its name": (values.locale, "English", '"English" is not a language in which statements are written yet: write "en"'),
    "another language": (values.locale, "de", '"de" is not a language in which statements are written yet: write "en"'),
    "a share with a comma": (values.share_bound, "99,9%", '"99,9%" is not a share: write it with a point, "99.9%"'),
    "a bound with a comma": (values.share_bound, ">= 99,95 %", '"99,95 %" is not a share: write it with a point, "99.95%"'),
    "a day in quotes": (values.day, "2026-01-31", '"2026-01-31" is not a date: write 2026-01-31, without quotes'),
    "a day that is none, in quotes": (values.day, "2026-02-31", '"2026-02-31" is not a date: write 2026-07-01, without quotes'),
    "an instant in quotes": (values.moment, "2026-01-31T05:00:00+01:00", '"2026-01-31T05:00:00+01:00" is not an instant: write 2026-01-31T05:00:00+01:00, without quotes'),
    "an instant for a day": (values.day, datetime(2026, 1, 1, tzinfo=UTC), "2026-01-01T00:00:00+00:00 is an instant, and a day is asked: write 2026-01-01"),
    "a day for an instant": (values.moment, date(2026, 1, 1), "2026-01-01 is not an instant: write 2026-03-08T01:00:00+01:00, without quotes"),
    "a day of long ago": (values.day, date(1, 1, 1), "0001-01-01 is too far away: a year is from 1970 to 2999"),
    "a cron line that never comes": (values.cron, "0 0 30 2 *", '"0 0 30 2 *" is not a cron line (bad day-of-month): write "0 2 * * SUN"'),
    "a cron line with seconds": (values.cron, "0 0 2 * * 0", '"0 0 2 * * 0" is not a cron line of five fields: write "0 2 * * SUN"'),
    "an address of another kind": (values.url, "ftp://a/", 'an address starts with http:// or https:// and a host: "https://www.example.com/"'),
    "an address with a bad port": (values.url, "https://a:99999/", "the address has no such port: a port is 1 to 65535"),
    "an address with port zero": (values.url, "https://a:0/", "the address has no such port: a port is 1 to 65535"),
    "an address with a space": (values.url, "https://a /", 'not an address: write url = "https://www.example.com/health"'),
    "an address with a fragment": (values.url, "https://a/#b", "an address to probe has no #fragment: take it off"),
    "an address with a token": (values.url, "https://a/?api_key=1", 'secret written in clear: send it in a header, write { env = "NAME" } there'),
    "port zero": (values.tcp, "a:0", "0 is not a port: a port is 1 to 65535"),
    "a range upside down": (values.statuses, "299-200", '"299-200" is not a status: write 200, "2xx", "200-299" or [200, 404]'),
    "a status of 600": (values.statuses, 600, '600 is not a status: write 200, "2xx", "200-299" or [200, 404]'),
    "true for a status": (values.statuses, True, 'true is not a status: write 200, "2xx", "200-299" or [200, 404]'),
    "no status at all": (values.statuses, [], 'an empty list expects no status at all: write "2xx"'),
    "an empty text": (values.texts, [""], 'not a text: write "…" or ["…", "…"], none of them empty'),
    "a selector without a value": (values.label, "web", '"web" selects nothing: write label = "team=web"'),
    "a method of one's own": (values.method, "FETCH", '"FETCH" is not known here: write one of "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"'),
    "a method in small letters": (values.method, "get", '"get" is not known here; did you mean "GET"?'),
    "a name with a space": (values.name, "my shop", '"my shop" is not a name (small letters, digits, hyphens): write "my-shop"'),
    "a name of signs": (values.name, "!", '"!" is not a name (small letters, digits, hyphens)'),
    "a flag for money": (values.money, True, 'true is not an amount: write "840.00"'),
}  # fmt: skip


@pytest.mark.parametrize(("parse", "written", "sentence"), REFUSED.values(), ids=REFUSED.keys())
def test_a_value_is_refused_with_what_to_write(
    parse: Callable[[object], object], written: object, sentence: str
) -> None:
    with pytest.raises(ValueError) as caught:
        parse(written)
    assert str(caught.value) == sentence


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (True, "true"),
        ("text", '"text"'),
        (Decimal("99.90"), "99.90"),
        (Decimal("1e3000000"), "1E+3000000"),
        (10**400, "this number"),
        ("a\nb", "this text"),
        ("https://me:word@example.com/", "this text"),
        (["x"], "a list"),
        ({"x": 1}, "a table"),
        ("x" * 500, '"' + "x" * 60 + '"'),
    ],
)
def test_a_value_is_shown_short_and_never_where_it_may_be_a_secret(value: object, written: str) -> None:
    assert values.shown(value) == written


@pytest.mark.parametrize(("ms", "said"), [(500, "500ms"), (10_000, "10s"), (5_400_000, "1h30m"), (0, "0s")])
def test_a_duration_is_said_as_people_write_it(ms: int, said: str) -> None:
    assert values.said(ms) == said
