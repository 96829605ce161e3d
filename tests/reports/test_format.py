"""How values are printed, as tables of value and text."""

from __future__ import annotations

from datetime import UTC, datetime
from fractions import Fraction as F
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.intervals import DAY, HOUR, MINUTE, SECOND, Span
from monitor.core.money import Amount, Money
from monitor.core.periods import Period, instant, month
from reports import format as f
from reports.format import PAGE, PLAIN

BERLIN = "Europe/Berlin"


def berlin(day: int, hour: int, minute: int, second: int = 0, month: int = 10, fold: int = 0) -> int:
    return instant(datetime(2026, month, day, hour, minute, second, tzinfo=ZoneInfo(BERLIN), fold=fold))


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (F(1), "100.0000 %"),
        (1 - F(1, 10**9), "99.9999 %"),
        (F(999_996, 10**6), "99.9996 %"),
        (F(9_999_996, 10**7), "99.9999 %"),
        (F(2_678_346, 2_681_748), "99.8731 %"),
        (F(0), "0.0000 %"),
        (F(1, 3), "33.3333 %"),
    ],
)
def test_availability_is_cut_off_after_four_decimals(share: F, text: str) -> None:
    assert f.availability(share, PLAIN) == text


@given(st.fractions(min_value=0, max_value=1))
def test_what_is_missing_and_what_is_known_make_up_the_whole(share: F) -> None:
    known, missing = (
        F(said.removesuffix(" %")) for said in (f.availability(share, PLAIN), f.missing(1 - share, PLAIN))
    )

    assert known + missing == 100


@settings(max_examples=200)
@given(st.fractions(min_value=0, max_value=1))
def test_only_exactly_one_reads_100_percent_and_the_text_never_says_too_much(share: F) -> None:
    said = F(f.availability(share, PLAIN).removesuffix(" %")) / 100

    assert said <= share < said + F(1, 10**6)
    assert (said == 1) == (share == 1)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (F(999, 1000), "99.9 %"),
        (F(1, 8), "12.5 %"),
        (F(1), "100 %"),
        (F(0), "0 %"),
        (F(1, 30), "1/30"),
        (F(-1, 8), "-12.5 %"),
        (F(1, 3001), "0.0333... %"),
    ],
)
def test_shares_are_exact_and_short(value: F, text: str) -> None:
    assert f.share(value, PLAIN) == text


def test_used_shares_are_rounded_up_and_left_shares_down() -> None:
    assert f.used(F(8391, 10_000), PLAIN) == "84.0 %"
    assert f.left(F(1609, 10_000), PLAIN) == "16.0 %"
    assert f.used(F(0), PLAIN) == "0.0 %"
    assert f.left(F(-2685, 10_000), PLAIN) == "-26.9 %"
    assert f.times(F(13, 11), PLAIN) == "1.2"


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (F(9989, 10_000), "99.9 %"),
        (1 - F(994, 2_591_000), "99.97 %"),
        (1 - F(1, 10**9), "99.9999999 %"),
        (F(1), "100.0 %"),
        (F(10_001, 10_000), "100.1 %"),
    ],
)
def test_nothing_reads_as_used_up_before_it_is(share: F, text: str) -> None:
    assert f.used(share, PLAIN) == text


@pytest.mark.parametrize(
    ("ms", "text"),
    [
        (0, "none"),
        (31 * MINUTE + 22 * SECOND, "31 min 22 s"),
        (HOUR + 5 * MINUTE, "1 h 05 min 00 s"),
        (745 * HOUR, "745 h 00 min 00 s"),
        (8784 * HOUR, "8,784 h 00 min 00 s"),
        (9 * SECOND, "9 s"),
        (420, "0.420 s"),
        (61_417, "1 min 01.417 s"),
        (-(4 * MINUTE + 12 * SECOND), "-4 min 12 s"),
        (HOUR + 1, "1 h 00 min 00.001 s"),
    ],
)
def test_durations_always_have_units_and_seconds(ms: int, text: str) -> None:
    assert f.duration(ms, PLAIN) == text


def test_brief_durations_are_cut_to_whole_seconds_unless_shorter_than_one() -> None:
    assert f.brief(61_999, PLAIN) == "1 min 01 s"
    assert f.brief(-61_999, PLAIN) == "-1 min 01 s"
    assert f.brief(999, PLAIN) == "0.999 s"
    assert f.brief(0, PLAIN) == "none"


def test_an_upper_bound_is_rounded_up_to_whole_seconds() -> None:
    assert [f.at_most(ms, PLAIN) for ms in (897, 1_000, 1_001, 1_999, 0)] == [
        "1 s",
        "1 s",
        "2 s",
        "2 s",
        "none",
    ]


def test_what_is_taken_off_has_a_minus_and_nothing_has_none() -> None:
    assert f.less(4 * MINUTE, PLAIN) == "-4 min 00 s"
    assert f.less(0, PLAIN) == "none"
    assert f.less(4 * MINUTE) == "\u2212\u202f4\u00a0min\u00a000\u00a0s"


def test_notice_is_whole_hours_or_in_full() -> None:
    assert f.notice(73 * HOUR, PLAIN) == "73 h"
    assert f.notice(48 * HOUR - 1, PLAIN) == "47 h 59 min 59 s"
    assert f.notice(0, PLAIN) == "none"


@pytest.mark.parametrize(
    ("money", "text"),
    [
        (Amount(124_000, "EUR"), "1,240.00 EUR"),
        (Amount(0, "EUR"), "0.00 EUR"),
        (Amount(12_000, "JPY"), "12,000 JPY"),
        (Amount(1_234, "KWD"), "1.234 KWD"),
        (Amount(-5, "EUR"), "-0.05 EUR"),
        (Amount(5, "XQZ"), "0.05 XQZ"),
        (Money(F(1200), "EUR"), "1,200.00 EUR"),
        (Money(F(1, 8), "EUR"), "0.125 EUR"),
        (Money(F(100, 3), "EUR"), "33.333333... EUR"),
        (Money(F(-100, 3), "EUR"), "-33.333334... EUR"),
    ],
)
def test_money_has_its_code_behind_it_and_the_decimals_of_its_currency(
    money: Amount | Money, text: str
) -> None:
    assert f.money(money, PLAIN) == text


def test_a_fee_column_cuts_off_fractions_of_a_minor_unit() -> None:
    assert f.fee(Money(F(200, 3), "EUR"), PLAIN) == "66.66 EUR"
    assert f.fee_figure(Money(F(200, 3), "JPY"), PLAIN) == "66"
    assert not f.is_whole(Money(F(200, 3), "EUR"))
    assert f.is_whole(Money(F(1201, 100), "EUR"))


def test_an_instant_has_its_zone() -> None:
    at = berlin(6, 14, 2, 10)

    assert f.instant(at, BERLIN, PLAIN) == "6 Oct, 14:02:10 CEST"
    assert f.instant(at, BERLIN, PLAIN, seconds=False) == "6 Oct, 14:02 CEST"
    assert f.instant(at, "America/Sao_Paulo", PLAIN) == "6 Oct, 09:02:10 UTC-03"
    assert f.instant(at, "UTC", PLAIN) == "6 Oct, 12:02:10 UTC"
    assert f.instant(at, BERLIN) == "6\u00a0Oct,\u00a014:02:10\u00a0CEST"


def test_an_exact_instant_shows_milliseconds_where_there_are_any() -> None:
    at = berlin(6, 14, 2, 10)

    assert f.instant(at + 393, BERLIN, PLAIN, exact=True) == "6 Oct, 14:02:10.393 CEST"
    assert f.instant(at, BERLIN, PLAIN, exact=True) == "6 Oct, 14:02:10 CEST"
    assert f.instant(at + 393, BERLIN, PLAIN, seconds=False, exact=True) == "6 Oct, 14:02:10.393 CEST"
    assert f.end_of(Span(at, at + 1_005), BERLIN, PLAIN, exact=True) == "14:02:11.005 CEST"
    span = Span(at + 607, at + 2_000)
    assert f.clock_range(span, BERLIN, PLAIN, exact=True) == "6 Oct, 14:02:10.607-14:02:12 CEST"
    assert f.clock_range(span, BERLIN, PLAIN) == "6 Oct, 14:02:10-14:02:12 CEST"


def test_the_year_is_printed_where_it_is_not_the_pages() -> None:
    assert f.instant(berlin(31, 23, 59, 0, month=12), BERLIN, PLAIN, year=2027) == "31 Dec 2026, 23:59:00 CET"
    assert f.day(berlin(6, 1, 0), BERLIN, PLAIN, year=2026) == "6 Oct"


@pytest.mark.parametrize(
    ("start", "end", "text"),
    [
        (berlin(9, 3, 10, 4), berlin(9, 3, 12, 34), "9 Oct, 03:10:04-03:12:34 CEST"),
        (berlin(14, 2, 0), berlin(14, 4, 0), "14 Oct, 02:00-04:00 CEST"),
        (berlin(25, 2, 51, 40), berlin(25, 2, 1, 2, fold=1), "25 Oct, 02:51:40 CEST - 02:01:02 CET"),
        (berlin(6, 23, 0), berlin(7, 1, 0), "6 Oct, 23:00 CEST - 7 Oct, 01:00 CEST"),
    ],
)
def test_a_range_shows_both_zones_across_a_change_and_both_days_across_midnight(
    start: int, end: int, text: str
) -> None:
    assert f.clock_range(Span(start, end), BERLIN, PLAIN) == text


def test_the_end_of_a_span_has_its_day_when_it_is_another_one() -> None:
    start = berlin(6, 23, 0)

    assert f.end_of(Span(start, start + MINUTE), BERLIN, PLAIN) == "23:01:00 CEST"
    assert f.end_of(Span(start, start + 2 * HOUR), BERLIN, PLAIN) == "7 Oct, 01:00:00 CEST"


def test_dates_and_months_in_full() -> None:
    at = berlin(2, 9, 0, month=11)

    assert f.moment(at, BERLIN, PLAIN) == "2 November 2026, 09:00 CET"
    assert f.zone_name(at, BERLIN) == "CET"
    assert f.month_title(month("2026-10", BERLIN)) == "October 2026"
    assert f.month_title(Period(Span(0, 1), "UTC", "the trial")) == "the trial"


def test_a_zone_without_a_name_is_utc() -> None:
    class Nameless(ZoneInfo):
        def tzname(self, dt: datetime | None, /) -> str | None:
            return None

    assert f._letters(datetime(2026, 1, 1, tzinfo=Nameless("UTC"))) == "UTC"
    assert f._letters(datetime(2026, 1, 1, tzinfo=UTC)) == "UTC"


def test_odd_days_are_named() -> None:
    assert f.odd_days((DAY, 25 * HOUR, DAY)) == ", one of 25 hours"
    assert f.odd_days((23 * HOUR,)) == ", one of 23 hours"
    assert f.odd_days((DAY, DAY)) == ""


def test_numbers_are_grouped_and_a_fraction_that_does_not_end_says_so() -> None:
    assert f.number(2_681_748) == "2,681,748"
    assert f.number(F(1, 3), PLAIN) == "0.3333..."
    assert f.number(-3) == "\u2212\u202f3"
    assert f.counted(3) == "three"
    assert f.counted(13) == "13"
    assert f.counted(1200) == "1,200"
    assert f.plural(1, "outage", "outages", PLAIN) == "1 outage"
    assert f.plural(2, "outage", "outages", PLAIN) == "2 outages"


@pytest.mark.parametrize(
    ("items", "text"), [((), ""), (("A",), "A"), (("A", "B"), "A and B"), (("A", "B", "C"), "A, B and C")]
)
def test_lists_read_as_sentences(items: tuple[str, ...], text: str) -> None:
    assert f.listed(items) == text


def test_a_choice_reads_as_one() -> None:
    assert [f.either(items) for items in ((), ("A",), ("A", "B"), ("A", "B", "C"))] == [
        "", "A", "A or B", "A, B or C",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("dirty", "tidy"),
    [
        ("Müller & Söhne", "Müller & Söhne"),
        ("a\x1b[31mb\x07c\x9d", "a[31mbc"),
        ("pay\u202egnp.exe\u2066x\u2069", "paygnp.exex"),
        ("two\r\nlines\tand\u2028more", "two lines and more"),
        ("lone \ud800 half", "lone  half"),
        ("فارسی می‌خواهم", "فارسی می‌خواهم"),
    ],
)
def test_cleaning_takes_controls_and_direction_marks_and_leaves_letters(dirty: str, tidy: str) -> None:
    assert f.clean(dirty) == tidy


def test_text_for_a_style_sheet_cannot_end_its_string() -> None:
    assert f.css_text('October"}</style>\\27 · 2026') == "Octoberstyle27 · 2026"


@settings(max_examples=100)
@given(st.integers(-(10**12), 10**12), st.fractions(min_value=0, max_value=2))
def test_the_plain_twin_is_ascii(ms: int, share: F) -> None:
    texts = (
        f.duration(ms, PLAIN), f.brief(ms, PLAIN), f.share(share, PLAIN), f.availability(share, PLAIN),
        f.number(share, PLAIN), f.money(Money(share, "EUR"), PLAIN),
        f.clock_range(Span(abs(ms), abs(ms) + 1), BERLIN, PLAIN),
    )  # fmt: skip

    assert all(text.isascii() for text in texts)


def test_on_a_page_number_and_unit_never_part() -> None:
    texts = (
        f.duration(HOUR), f.share(F(1, 8)), f.money(Amount(124_000, "EUR")), f.notice(73 * HOUR),
        f.instant(0, "UTC"), f.used(F(1, 8)),
    )  # fmt: skip

    assert not any(" " in text for text in texts)
    assert PAGE.minus == "\u2212"
