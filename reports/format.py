"""PURE. How values are printed: one set of rules, two alphabets (`PAGE` for paper and screen, `PLAIN` ASCII).

Availability and coverage are cut off after four decimals; nothing is ever rounded up to 100 %. A duration
is exact: its milliseconds are printed when they are not zero, so that printed parts add up to the printed
sum; `brief` cuts to whole seconds, for sentences, and `at_most` rounds up to them. A clock time is exact
where a sum rests on it. Every clock time carries its zone. Number and unit are joined by a space that does
not break.
"""

from __future__ import annotations

import re
from datetime import datetime
from fractions import Fraction

from monitor.core.intervals import DAY, HOUR, MINUTE, SECOND, Ms, Span
from monitor.core.money import Amount, Money, minor_digits
from monitor.core.periods import Period, local
from monitor.records import dataclass


@dataclass(frozen=True, slots=True)
class Style:
    """The characters a text is set in."""

    minus: str
    negative: str
    dash: str
    space: str
    thin: str
    divided: str
    more: str
    apostrophe: str


PAGE = Style("\u2212", "\u2212\u202f", "\u2013", "\u00a0", "\u202f", "\u00f7", "\u2026", "\u2019")
PLAIN = Style("-", "-", "-", " ", " ", "/", "...", "'")

NONE = "none"

MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip

_COUNTS = (
    "no",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
)

_LINE_ENDS = re.compile(r"[\t\n\r\v\f\x85\u2028\u2029]+")
# Control characters, lone surrogates, and marks that reorder or hide what stands beside them; letters of
# right-to-left scripts are untouched.
_UNPRINTED = re.compile(
    r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]"
)


def clean(text: str) -> str:
    """Text without control characters, lone surrogates and direction overrides; line ends become spaces."""
    if not _UNPRINTED.search(text):
        return text
    return _UNPRINTED.sub("", _LINE_ENDS.sub(" ", text))


def counted(count: int) -> str:
    """`three`, `13`: small numbers as words."""
    return _COUNTS[count] if 0 <= count < len(_COUNTS) else f"{count:,}"


def alone(count: int) -> str:
    """`three`, or `none`: a number that no noun follows, as in "three of the four"."""
    return counted(count) if count else "none"


def plural(count: int, one: str, many: str, style: Style = PAGE) -> str:
    """`1 outage`, `3 outages`."""
    return f"{count:,}{style.space}{one if count == 1 else many}"


def listed(items: tuple[str, ...]) -> str:
    """`A`, `A and B`, `A, B and C`."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}" if items else ""


def either(items: tuple[str, ...]) -> str:
    """`A`, `A or B`, `A, B or C`."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} or {items[-1]}" if items else ""


def decimal_text(value: Fraction, least: int = 0, most: int = 12) -> str | None:
    """The exact digits of `value` with grouping, or None when they do not end within `most` places."""
    for places in range(least, most + 1):
        scaled = value * 10**places
        if scaled.denominator == 1:
            return _point(scaled.numerator, places)
    return None


def _point(scaled: int, places: int) -> str:
    whole, rest = divmod(abs(scaled), 10**places)
    sign = "-" if scaled < 0 else ""
    return f"{sign}{whole:,}.{rest:0{places}d}" if places else f"{sign}{whole:,}"


def _signed(text: str, style: Style) -> str:
    return f"{style.negative}{text[1:]}" if text.startswith("-") else text


def _floor(value: Fraction, places: int) -> str:
    return _point(value.numerator * 10**places // value.denominator, places)


def number(value: int | Fraction, style: Style = PAGE) -> str:
    """`2,681,748`; a fraction that does not end is cut after four places and says so."""
    exact = decimal_text(Fraction(value))
    text = exact if exact is not None else _floor(Fraction(value), 4) + style.more
    return _signed(text, style)


def availability(share: Fraction, style: Style = PAGE) -> str:
    """`99.8731 %`, cut off after four decimals: `100.0000 %` only when it is exactly 1."""
    return f"{_signed(_floor(share * 100, 4), style)}{style.thin}%"


def missing(share: Fraction, style: Style = PAGE) -> str:
    """A share that was not measured, rounded up to four decimals: what `availability` leaves of the whole."""
    return f"{_point(_rounded_up(share, 4), 4)}{style.thin}%"


def share(value: Fraction, style: Style = PAGE) -> str:
    """Exact and short: `99.9 %`, `12.5 %`; `1/30` where no decimal says it."""
    exact = decimal_text(value * 100)
    if exact is not None:
        return f"{_signed(exact, style)}{style.thin}%"
    if value.denominator <= 1000:
        return f"{value.numerator}/{value.denominator}"
    return f"{_signed(_floor(value * 100, 4), style)}{style.more}{style.thin}%"


def used(value: Fraction, style: Style = PAGE) -> str:
    """A share that was used up, rounded up to one decimal, or to more while `100.0 %` would not be true."""
    places = next((n for n in range(1, 9) if value >= 1 or _rounded_up(value, n) < 10 ** (n + 2)), 9)
    return f"{_signed(_point(_rounded_up(value, places), places), style)}{style.thin}%"


def _rounded_up(share: Fraction, places: int) -> int:
    """A share in percent, as a whole number of its last decimal."""
    whole: int = 10 ** (places + 2)
    return -(-share.numerator * whole // share.denominator)


def left(value: Fraction, style: Style = PAGE) -> str:
    """A share that is left: one decimal, rounded down."""
    return f"{_signed(_floor(value * 100, 1), style)}{style.thin}%"


def duration(ms: Ms, style: Style = PAGE) -> str:
    """`31 min 22 s`, `1 h 05 min 00 s`, `0.420 s`, `none`; exact to the millisecond."""
    if ms == 0:
        return NONE
    sign = style.negative if ms < 0 else ""
    return sign + _clockwork(abs(ms)).replace(" ", style.space)


def brief(ms: Ms, style: Style = PAGE) -> str:
    """A duration cut to whole seconds where it lasts at least one."""
    return duration(whole_seconds(ms), style)


def short(ms: Ms, style: Style = PAGE) -> str:
    """A duration without the parts that are nought: `2 h`, `5 h 30 min`, `90 min 05 s` never."""
    hours, minutes, rest = ms // HOUR, ms % HOUR // MINUTE, ms % MINUTE
    parts = [f"{hours:,}{style.space}h"] if hours else []
    parts += [f"{minutes}{style.space}min"] if minutes else []
    parts += [duration(rest, style)] if rest or not parts else []
    return style.space.join(parts)


def at_most(ms: Ms, style: Style = PAGE) -> str:
    """An upper bound, rounded up to whole seconds."""
    return duration(-(-ms // SECOND) * SECOND, style)


def whole_seconds(ms: Ms) -> Ms:
    """Cut towards zero to whole seconds; less than a second stays as it is."""
    size = abs(ms)
    kept = size if size < SECOND else size // SECOND * SECOND
    return kept if ms > 0 else -kept


def less(ms: Ms, style: Style = PAGE) -> str:
    """A duration that is taken off: `- 4 min 12 s`, `none`."""
    return duration(-ms, style)


def notice(ms: Ms, style: Style = PAGE) -> str:
    """How long ahead: whole hours as `73 h`, anything else in full."""
    return f"{ms // HOUR:,}{style.space}h" if ms > 0 and ms % HOUR == 0 else brief(ms, style)


def _clockwork(ms: Ms) -> str:
    hours, minutes = ms // HOUR, ms % HOUR // MINUTE
    seconds, rest = divmod(ms % MINUTE, SECOND)
    tail = f".{rest:03d} s" if rest else " s"
    if hours:
        return f"{hours:,} h {minutes:02d} min {seconds:02d}{tail}"
    return f"{minutes} min {seconds:02d}{tail}" if minutes else f"{seconds}{tail}"


def digits(currency: str) -> int:
    """Decimals of a currency; two where the table does not know it."""
    try:
        return minor_digits(currency)
    except KeyError:
        return 2


def is_whole(money: Money) -> bool:
    """Whether an exact amount is a whole number of minor units."""
    return Fraction(money.amount * 10 ** digits(money.currency)).denominator == 1


def figure(value: Amount | Money, style: Style = PAGE) -> str:
    """An amount without its code, for a column that names it: `1,240.00`.

    An exact amount that is not a whole number of minor units shows more decimals, cut off after four more.
    """
    places = digits(value.currency)
    if isinstance(value, Amount):
        return _signed(_point(value.minor, places), style)
    exact = decimal_text(value.amount, places, places + 4)
    text = exact if exact is not None else _floor(value.amount, places + 4) + style.more
    return _signed(text, style)


def fee_figure(fee: Money, style: Style = PAGE) -> str:
    """A fee cut off to the minor unit. For fee columns alone: the page says that fractions are cut off."""
    return _signed(_floor(fee.amount, digits(fee.currency)), style)


def money(value: Amount | Money, style: Style = PAGE) -> str:
    """`1,240.00 EUR`, exact; `33.3333… EUR` shows that more follows."""
    return f"{figure(value, style)}{style.space}{clean(value.currency)}"


def fee(value: Money, style: Style = PAGE) -> str:
    """A fee with its code, cut off to the minor unit."""
    return f"{fee_figure(value, style)}{style.space}{clean(value.currency)}"


def month_title(period: Period) -> str:
    """`October 2026`; a label that is no month stands for itself."""
    found = re.fullmatch(r"(\d{4})-(0[1-9]|1[0-2])", period.label)
    return f"{MONTHS[int(found[2]) - 1]} {int(found[1])}" if found else period.label


def period_title(period: Period, style: Style = PAGE) -> str:
    """`October 2026`, `Q3 2026`, `2026`; of any other period its first and last day."""
    quarter = re.fullmatch(r"(\d{4})-Q([1-4])", period.label)
    if quarter:
        return f"Q{quarter[2]} {quarter[1]}"
    if re.fullmatch(r"\d{4}(-\d{2})?", period.label):
        return month_title(period)
    return f"{date(period.span.start, period.zone, style)} to {last_day(period, style)}"


def last_day(period: Period, style: Style = PAGE) -> str:
    """The date of the last day of a period."""
    return date(period.span.end - 1, period.zone, style)


def zone_name(at: Ms, zone: str) -> str:
    """`CEST`; a zone that has no letters is `UTC+03`."""
    return _letters(local(at, zone))


def _letters(when: datetime) -> str:
    name = when.tzname() or "UTC"
    return f"UTC{name}" if name[0] in "+-" else name


def date(at: Ms, zone: str, style: Style = PAGE) -> str:
    """`2 November 2026`."""
    here = local(at, zone)
    return f"{here.day}{style.space}{MONTHS[here.month - 1]} {here.year}"


def day(at: Ms, zone: str, style: Style = PAGE, *, year: int | None = None) -> str:
    """`6 Oct`; with the year when it is not the `year` the page is about."""
    here = local(at, zone)
    other = f" {here.year}" if year is not None and year != here.year else ""
    return f"{here.day} {MONTHS[here.month - 1][:3]}{other}".replace(" ", style.space)


def clock(at: Ms, zone: str, style: Style = PAGE, *, seconds: bool = True, exact: bool = False) -> str:
    """`14:02:10 CEST`, or `14:02 CEST`; where it is `exact`, `14:02:10.393 CEST`."""
    here = local(at, zone)
    return f"{_face(here, seconds=seconds, exact=exact)}{style.space}{_letters(here)}"


def _face(when: datetime, *, seconds: bool, exact: bool = False) -> str:
    rest = when.microsecond // 1000 if exact else 0
    fine = f":{when.second:02d}" if seconds or rest else ""
    return f"{when.hour:02d}:{when.minute:02d}{fine}" + (f".{rest:03d}" if rest else "")


def instant(
    at: Ms,
    zone: str,
    style: Style = PAGE,
    *,
    seconds: bool = True,
    exact: bool = False,
    year: int | None = None,
) -> str:
    """`6 Oct, 14:02:10 CEST`; with its milliseconds where it is `exact` and they are not zero."""
    shown = clock(at, zone, style, seconds=seconds, exact=exact)
    return f"{day(at, zone, style, year=year)},{style.space}{shown}"


def moment(at: Ms, zone: str, style: Style = PAGE) -> str:
    """`2 November 2026, 09:00 CET`: a date in full."""
    return f"{date(at, zone, style)}, {clock(at, zone, style, seconds=False)}"


def clock_range(
    span: Span, zone: str, style: Style = PAGE, *, exact: bool = False, year: int | None = None
) -> str:
    """`9 Oct, 03:10:04–03:12:34 CEST`; both zones across a change, both days across midnight.

    Seconds are left out where both ends are whole minutes.
    """
    seconds = bool(span.start % MINUTE or span.end % MINUTE)
    start, end = local(span.start, zone), local(span.end, zone)
    first = instant(span.start, zone, style, seconds=seconds, exact=exact, year=year)
    apart = f" {style.dash} "
    if start.date() != end.date():
        return f"{first}{apart}{instant(span.end, zone, style, seconds=seconds, exact=exact, year=year)}"
    last = clock(span.end, zone, style, seconds=seconds, exact=exact)
    if _letters(start) != _letters(end):
        return f"{first}{apart}{last}"
    face = _face(start, seconds=seconds, exact=exact)
    return f"{day(span.start, zone, style, year=year)},{style.space}{face}{style.dash}{last}"


def end_of(
    span: Span, zone: str, style: Style = PAGE, *, exact: bool = False, year: int | None = None
) -> str:
    """The end of a span beside its start: `14:33:32 CEST`, with the day when it is another one."""
    if local(span.start, zone).date() == local(span.end, zone).date():
        return clock(span.end, zone, style, exact=exact)
    return instant(span.end, zone, style, exact=exact, year=year)


def odd_days(lengths: tuple[Ms, ...]) -> str:
    """`, one of 25 h` for a month in which the clocks change; nothing for any other."""
    odd = tuple(length for length in lengths if length != DAY and length % HOUR == 0)
    return "".join(f", one of {length // HOUR} hours" for length in odd)


def times(value: Fraction, style: Style = PAGE) -> str:
    """A factor with one decimal, rounded up: `1.3`."""
    return _signed(_point(-(-value.numerator * 10 // value.denominator), 1), style)


def css_text(text: str) -> str:
    """Text for a quoted string of a style sheet: letters, digits and quiet punctuation alone."""
    return re.sub(r"[^\w \u00a0·,:+\u2013.\u2019-]", "", clean(text))
