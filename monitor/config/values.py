"""The values people write in a file, one parser each: text in, a checked value out, or a plain sentence.

Numbers, durations, shares and money go through `monitor.core.numbers` alone. The text
of Refused, a ValueError, says what is wrong and what to write; whoever knows the place adds it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo

from monitor.config.problems import MAY_HOLD_A_SECRET, Refused
from monitor.core.intervals import DAY, SECOND, Ms
from monitor.core.money import minor_digits
from monitor.core.numbers import Bound, parse_duration, parse_share, parse_share_bounds
from monitor.core.periods import instant

NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
LONGEST_NAME = 80
FIRST_YEAR, LAST_YEAR = 1970, 2999
DAY_WRITTEN, MOMENT_WRITTEN = "2026-07-01", "2026-03-08T01:00:00+01:00"
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\s:/@\[\]]+):(\d{1,5})")
HOST_NAME = re.compile(r"[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*")
COMMA = re.compile(r"(\d{1,12}),(\d{1,12})\s*%")
URL_SECRET = re.compile(r"(^|&)[^=&]*(token|key|secret|passw|auth)[^=&]*=", re.IGNORECASE)


def shown(value: object) -> str:
    """A value as TOML writes it, short, for a sentence; a text that may hold a secret is not shown."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        plain = NAME.fullmatch(value) or (value.isprintable() and not MAY_HOLD_A_SECRET.search(value))
        return f'"{value[:60]}"' if plain else "this text"
    if isinstance(value, int):
        return str(value) if value.bit_length() < 128 else "this number"
    if isinstance(value, Decimal):
        return str(value)[:40]
    if isinstance(value, date):
        return value.isoformat()
    return "a list" if isinstance(value, list) else "a table" if isinstance(value, dict) else "this"


def meant(word: str, known: Iterable[str]) -> str | None:
    """The known word that is nearest, if any is near."""
    import difflib  # for mistakes alone

    plain = {re.sub(r"[\s_-]+", " ", each.lower()): each for each in known}
    near = difflib.get_close_matches(re.sub(r"[\s_-]+", " ", word.lower()), plain, n=1, cutoff=0.7)
    return plain[near[0]] if near else None


def choice(value: object, known: Iterable[str]) -> str:
    """One of some words."""
    words = list(known)
    if isinstance(value, str) and value in words:
        return value
    near = meant(value, words) if isinstance(value, str) else None
    if near:
        raise Refused(f'{shown(value)} is not known here; did you mean "{near}"?')
    listed = ", ".join(f'"{word}"' for word in words)
    raise Refused(f"{shown(value)} is not known here: write {'one of ' if len(words) > 1 else ''}{listed}")


def text(value: object) -> str:
    """A text that is printed: not empty, and without control characters."""
    if not isinstance(value, str):
        raise Refused(f'{shown(value)} is not a text: write it in quotes')  # fmt: skip
    if not value.strip() or not value.isprintable():
        raise Refused(f"{shown(value)} is empty or holds control characters: write a line of text")
    return value


def name(value: object) -> str:
    """The name of a table or a reference to one."""
    if isinstance(value, str) and NAME.fullmatch(value) and len(value) <= LONGEST_NAME:
        return value
    if not isinstance(value, str):
        raise Refused(f"{shown(value)} is not a name: write it in quotes")
    better = sound_name(value)
    hint = f': write "{better}"' if better else ""
    raise Refused(f"{shown(value)} is not a name (small letters, digits, hyphens){hint}")


def sound_name(value: str) -> str:
    """What a name would be in small letters, digits and hyphens: `Shop_Web` as `shop-web`."""
    return re.sub(r"[^a-z0-9]+", "-", value.lower()).strip("-")[:LONGEST_NAME].rstrip("-")


LEAST_KEPT: Ms = 400 * DAY


def duration(value: object) -> Ms:
    """`"30s"`, in ms."""
    return parse_duration(value)


def ahead(value: object) -> tuple[Ms, ...]:
    """How long before a last day one is reminded: `"14 days"`, or a list of such; the longest first."""
    found = tuple(duration(each) for each in (value if isinstance(value, list) else [value]))
    if any(each % DAY for each in found):
        raise Refused(
            f'{shown(value)}: a last day is reminded of whole days ahead: write ["14 days", "3 days"]'
        )
    if len(set(found)) != len(found):
        raise Refused("the same time stands twice: keep one of them")
    return tuple(sorted(found, reverse=True))


def interval(value: object) -> Ms:
    """From one check to the next, `"30s"`, in ms."""
    length = parse_duration(value)
    if not SECOND <= length <= DAY:
        raise Refused(f'{shown(value)} is not between 1s and 24h: write "30s"')
    return length


def pause(value: object) -> Ms:
    """A duration, or `"none"`, in ms."""
    return 0 if value == "none" else parse_duration(value)


def keeping(value: object) -> Ms | None:
    """How long checks are kept, at least `"400 days"`; `"forever"` is None."""
    if value == "forever":
        return None
    length = parse_duration(value)
    if length < LEAST_KEPT:
        raise Refused(
            f'{shown(value)} is too short: a year\'s figures rest on checks; write "400 days" or more'
        )
    return length


def notice(value: object) -> Ms:
    """How far ahead maintenance is recorded: a duration, or `"none"`, in ms."""
    if isinstance(value, str) and "business" in value:
        raise Refused(f'{shown(value)} needs a calendar, which this version does not do yet: write "48h"')
    return pause(value)


def share(value: object) -> Fraction:
    """`"99.9%"` or `"1/30"`; a comma for the point is pointed out."""
    must_have_points(value)
    return parse_share(value)


def must_have_points(value: object) -> None:
    """Refused where a share is written with a comma, `"99,9%"`."""
    found = COMMA.search(value) if isinstance(value, str) else None
    if found:
        raise Refused(f'"{found[0]}" is not a share: write it with a point, "{found[1]}.{found[2]}%"')


def share_bound(value: object, *, default: str = ">=") -> Bound:
    """`"99.9%"` (at least), `"> 99%"`: a bound from below, of a share from 0 to 1."""
    must_have_points(value)
    if not isinstance(value, str) or not value.lstrip().startswith(("<", ">", "=")):
        bound = Bound(">=", parse_share(value))
    else:
        bounds = parse_share_bounds(value)
        if len(bounds) != 1 or bounds[0].sign not in (">", ">="):
            raise Refused(f'{shown(value)} is no bound from below: write "99.9%" (at least) or "> 99.9%"')
        bound = bounds[0]
    if not 0 < bound.value <= 1 or (bound.sign == ">" and bound.value == 1):
        raise Refused(f'{shown(value)} is not between 0% and 100%: write "99.9%"')
    return bound


def coverage(value: object) -> Fraction:
    """`">= 95%"`: the least share of the time that must have been seen; `"0%"` asks for none."""
    if isinstance(value, str) and value.replace(" ", "") in (">=0%", "0%"):
        return Fraction(0)
    bound = share_bound(value)
    if bound.sign != ">=":
        raise Refused(f'{shown(value)}: coverage is "at least": write ">= 95%"')
    return bound.value


def zone(value: object) -> str:
    """A time zone of the IANA database."""
    if not isinstance(value, str):
        raise Refused(f'{shown(value)} is not a time zone: write "Europe/Berlin"')
    try:
        ZoneInfo(value)
    except (ValueError, OSError, LookupError):
        raise Refused(_unknown_zone(value)) from None
    return value


def _unknown_zone(value: str) -> str:
    from zoneinfo import available_timezones

    near = meant(value, sorted(available_timezones()))
    hint = f'did you mean "{near}"?' if near else 'write "Europe/Berlin" or "UTC"'
    return (
        f"{shown(value)} is not a time zone; {hint}" if near else f"{shown(value)} is not a time zone: {hint}"
    )


def currency(value: object) -> str:
    """A currency of ISO 4217 that has minor units."""
    if isinstance(value, str):
        try:
            minor_digits(value)
        except KeyError:
            pass
        else:
            return value
    raise Refused(f'{shown(value)} is not a currency of ISO 4217: write "EUR", "USD" or the like')


def locale(value: object) -> str:
    """`"en"`: statements are written in English, as yet in no other language."""
    if value == "en":
        return "en"
    raise Refused(f'{shown(value)} is not a language in which statements are written yet: write "en"')


def day(value: object) -> date:
    """A day: a TOML date without quotes and without a time."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return _in_our_time(value)
    if isinstance(value, datetime):
        raise Refused(f"{shown(value)} is an instant, and a day is asked: write {value.date().isoformat()}")
    raise Refused(f"{shown(value)} is not a date: write {_unquoted(value, DAY_WRITTEN)}, without quotes")


def _unquoted(value: object, example: str) -> str:
    """What stands in the quotes, where that is what is asked for; else an example."""
    try:
        meant_by_it = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        meant_by_it = None
    if meant_by_it is None or len(str(value)) != len(example):
        return example
    return str(value)


def day_key(value: str) -> date:
    """The date in the name of an amendment, `2026-07-01`."""
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        try:
            day_named = date.fromisoformat(value)
        except ValueError:
            raise Refused(f"{value} is no date: there is no such day") from None
        return _in_our_time(day_named)
    raise Refused(f'{shown(value)} is not a date: name an amendment for its day, as "2026-07-01"')


def _in_our_time(value: date) -> date:
    """A day whose neighbours, zones and months can all be computed."""
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise Refused(f"{shown(value)} is too far away: a year is from {FIRST_YEAR} to {LAST_YEAR}")
    return value


def moment(value: object) -> Ms:
    """An instant with its offset, in ms."""
    if isinstance(value, datetime) and value.tzinfo is not None:
        _in_our_time(value)
        return instant(value)
    if isinstance(value, datetime):
        written = value.isoformat()
        raise Refused(f"{written} has no offset: write {written}Z for UTC, or {written}+02:00")
    raise Refused(
        f"{shown(value)} is not an instant: write {_unquoted(value, MOMENT_WRITTEN)}, without quotes"
    )


def cron(value: object) -> str:
    """Five cron fields that fire at some time."""
    from cronsim import CronSim, CronSimError

    if not isinstance(value, str) or len(value.split()) != 5:
        raise Refused(f'{shown(value)} is not a cron line of five fields: write "0 2 * * SUN"')
    try:
        next(CronSim(value, datetime(2026, 1, 1)))  # noqa: DTZ001  cron runs on the wall clock
    except CronSimError as error:
        what = str(error).lower()
        raise Refused(f'{shown(value)} is not a cron line ({what}): write "0 2 * * SUN"') from None
    except StopIteration:
        raise Refused(f'{shown(value)} never comes: write "0 2 * * SUN"') from None
    return value


def schedule(value: object) -> Ms | str:
    """How often a job ends: a duration of a second to a year, in ms, or five cron fields."""
    if isinstance(value, str) and len(value.split()) == 5:
        return cron(value)
    try:
        length = parse_duration(value)
    except ValueError:
        length = 0
    if not SECOND <= length <= 366 * DAY:
        raise Refused(f'{shown(value)} is neither a duration nor a cron line: write "24h" or "0 2 * * *"')
    return length


def url(value: object) -> str:
    """An http or https address without credentials."""
    if not isinstance(value, str) or not value.isprintable() or " " in value or len(value) > 2_048:
        raise Refused('not an address: write url = "https://www.example.com/health"')
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError:
        raise Refused("the address has no such port: a port is 1 to 65535") from None
    _check_url(parts, port)
    return value


def _check_url(parts: SplitResult, port: int | None) -> None:
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Refused('an address starts with http:// or https:// and a host: "https://www.example.com/"')
    if "@" in parts.netloc:
        raise Refused(
            "secret written in clear: take the user and password out of the address and write "
            'headers = { Authorization = { env = "NAME" } }'
        )
    if URL_SECRET.search(parts.query):
        raise Refused('secret written in clear: send it in a header, write { env = "NAME" } there')
    if port == 0:
        raise Refused("the address has no such port: a port is 1 to 65535")
    if parts.fragment:
        raise Refused("an address to probe has no #fragment: take it off")


def proxy(value: object) -> str:
    """`http://host:port`, and nothing more."""
    found = (
        urlsplit(value) if isinstance(value, str) and HOST.fullmatch(value.removeprefix("http://")) else None
    )
    if found is None or found.scheme != "http":
        raise Refused(
            f'{shown(value)} is not a proxy: write "http://proxy.example.com:3128" (and proxy_basic)'
        )
    return str(value)


def tcp(value: object) -> str:
    """`host:port`."""
    found = HOST.fullmatch(value) if isinstance(value, str) else None
    if not found:
        raise Refused(f'{shown(value)} is not a host and a port: write "db.example.com:5432"')
    if not found[1].isascii():
        raise Refused(f'{shown(value)} is not written as name servers know it: write "xn--…:{found[2]}"')
    if not found[1].startswith("[") and not _is_name(found[1].removesuffix(".")):
        raise Refused(f'{shown(found[1])} is a name that no host has: write "db.example.com:5432"')
    if not 1 <= int(found[2]) <= 65_535:
        raise Refused(f"{found[2]} is not a port: a port is 1 to 65535")
    return str(value)


def tls(value: object) -> str:
    """`host:port`; without a port it is 443."""
    named = isinstance(value, str) and re.fullmatch(r"[^\s:/@\[\]]+|\[[0-9A-Fa-f:.]+\]", value)
    try:
        return tcp(f"{value}:443" if named else value)
    except Refused as error:
        raise Refused(str(error).replace("db.example.com:5432", "www.example.com:443")) from None


_LABEL = r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)"
_NAME = re.compile(rf"{_LABEL}(\.{_LABEL})*\.?")


def dns_name(value: object) -> str:
    """A name of the DNS, in ASCII."""
    if not isinstance(value, str) or len(value) > 253 or not _NAME.fullmatch(value):
        raise Refused(f'{shown(value)} is not a name of the DNS: write "www.example.com", umlauts as xn--…')
    return value


def name_server(value: object) -> str:
    """An address, and a port if it is not 53: as `address:port`."""
    if isinstance(value, str) and _is_address(value.strip("[]")):
        host = value.strip("[]")
        return f"[{host}]:53" if ":" in host else f"{host}:53"
    found = HOST.fullmatch(value) if isinstance(value, str) else None
    if not found or not _is_address(found[1].strip("[]")) or not 1 <= int(found[2]) <= 65_535:
        raise Refused(f'{shown(value)} is not the address of a name server: write "192.0.2.53"')
    return str(value)


def pinged(value: object) -> str:
    """A host or an address."""
    if isinstance(value, str) and _is_address(value.strip("[]")):
        return value.strip("[]")
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise Refused(f'{shown(value)} is not a host: write "www.example.com" or "192.0.2.1"')
    return value


def server_name(value: object) -> str:
    """A host, without a port."""
    if not isinstance(value, str) or not _is_name(value):
        raise Refused(f'{shown(value)} is not a host: write "www.example.com"')
    return value


def _is_name(host: str) -> bool:
    """Whether name servers, and certificates, could know a host by this name, or four numbers."""
    return len(host) <= 253 and HOST_NAME.fullmatch(host) is not None


def listening(value: object) -> tuple[str, int]:
    """`address:port` to listen at; `:port` is loopback."""
    written = f"127.0.0.1{value}" if isinstance(value, str) and value.startswith(":") else value
    found = HOST.fullmatch(written) if isinstance(written, str) else None
    if not found or not _is_address(found[1].strip("[]")):
        raise Refused(
            f'{shown(value)} is not an address and a port: write "127.0.0.1:8080" or "0.0.0.0:8080"'
        )
    if not 1 <= int(found[2]) <= 65_535:
        raise Refused(f"{found[2]} is not a port: a port is 1 to 65535")
    return found[1].strip("[]"), int(found[2])


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def method(value: object) -> str:
    """An HTTP method."""
    return choice(value, METHODS)


def statuses(value: object) -> tuple[tuple[int, int], ...]:
    """`200`, `"2xx"`, `"200-299"` or a list of them: inclusive ranges."""
    parts = value if isinstance(value, list) else [value]
    if not parts:
        raise Refused('an empty list expects no status at all: write "2xx"')
    return tuple(_status(part) for part in parts)


def _status(value: object) -> tuple[int, int]:
    written = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    if found := re.fullmatch(r"([1-5])xx", written):
        return int(found[1]) * 100, int(found[1]) * 100 + 99
    if found := re.fullmatch(r"([1-5]\d\d)(?:\s*-\s*([1-5]\d\d))?", written):
        low, high = int(found[1]), int(found[2] or found[1])
        if low <= high:
            return low, high
    raise Refused(f'{shown(value)} is not a status: write 200, "2xx", "200-299" or [200, 404]')


def texts(value: object) -> tuple[str, ...]:
    """A text or a list of texts, in order."""
    parts = value if isinstance(value, list) else [value]
    if any(not isinstance(part, str) or not part for part in parts):
        raise Refused('not a text: write "…" or ["…", "…"], none of them empty')
    return tuple(parts)


def label(value: object) -> tuple[str, str]:
    """A selector `"team=web"`."""
    if isinstance(value, str) and (found := re.fullmatch(r"([^=\s]+)\s*=\s*(\S.*)", value)):
        return found[1], found[2]
    raise Refused(f'{shown(value)} selects nothing: write label = "team=web"')


def money(value: object) -> str | int | Decimal:
    """An amount as written; its currency is known later, so it is parsed then."""
    if isinstance(value, str | int | Decimal) and not isinstance(value, bool):
        return value
    raise Refused(f'{shown(value)} is not an amount: write "840.00"')


def said(length: Ms) -> str:
    """A duration as people write it: `1h30m`, `10s`."""
    out = ""
    for size, unit in ((3_600_000, "h"), (60_000, "m"), (1_000, "s"), (1, "ms")):
        count, length = divmod(length, size)
        out += f"{count}{unit}" if count else ""
    return out or "0s"
