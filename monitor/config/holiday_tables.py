"""Holidays as a file names them become dates here, and nowhere else; whoever evaluates is given the dates.

The tables belong to a library that is loaded when a calendar first needs it. They change between its
releases, so what a settlement used is recorded as dates. A country code alone names the days that hold in
the whole country: the late summer bank holiday is in `GB-ENG`, not in `GB`.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from functools import lru_cache
from importlib.util import find_spec, module_from_spec
from typing import TYPE_CHECKING, cast

from monitor.config.values import meant

if TYPE_CHECKING:
    from holidays import HolidayBase

Spec = str | Mapping[str, object]

HOW = 'write "none", a country as in "DE", a part of one as in "DE-BE", or { any_of = ["US", "GB"] }'
MOST_LISTED = 20


def resolve(
    spec: Spec, years: Iterable[int], *, add: Iterable[date] = (), remove: Iterable[date] = ()
) -> frozenset[date]:
    """The holidays of a specification in some years, with the dates of those years added and removed.

    `"none"`, a code (`"DE"`, `"DE-BE"`), or a table of one key, `any_of` (a holiday in any of the list) or
    `all_of` (only in all of them at once), whose items are codes or tables in turn. Days that are observed in
    place of a weekend are holidays too. ValueError as in `check`, and for a year the tables do not reach.
    """
    check(spec)
    wanted = tuple(years)
    found = frozenset(day for year in wanted for day in _in_year(spec, year))
    return (found | {day for day in add if day.year in wanted}) - frozenset(remove)


def reach(spec: object) -> tuple[int, int]:
    """The first and the last year of which every table of a specification knows the holidays."""
    if spec == "none":
        return date.min.year, date.max.year
    if isinstance(spec, str):
        country, _, part = spec.partition("-")
        table = _country(country, part or None)
        return table.start_year, table.end_year
    ((_, items),) = cast("Mapping[str, list[object]]", spec).items()
    first, last = zip(*map(reach, items), strict=True)
    return max(first), min(last)


def check(spec: Spec) -> None:
    """ValueError for a specification that cannot be resolved: all that is wrong, and what is near."""
    problems = list(_problems(spec))
    if problems:
        raise ValueError("; ".join(problems))


def _in_year(spec: object, year: int) -> frozenset[date]:
    if isinstance(spec, str):
        return frozenset() if spec == "none" else _days(spec, year)
    ((key, items),) = cast("Mapping[str, list[object]]", spec).items()
    sets = [_in_year(item, year) for item in items]
    return frozenset.intersection(*sets) if key == "all_of" else frozenset.union(*sets)


@lru_cache(maxsize=4_096)
def _days(code: str, year: int) -> frozenset[date]:
    country, _, part = code.partition("-")
    table = _country(country, part or None)
    if not table.start_year <= year <= table.end_year:
        raise ValueError(
            f'the holidays of "{code}" are known for {table.start_year} to {table.end_year}, not for {year}: '
            f'name the days of {year} with holidays = "none" and add'
        )
    return frozenset(_country(country, part or None, year))


def _country(code: str, part: str | None = None, year: int | None = None) -> HolidayBase:
    """The library's table of a country, or of a part of it, with the days of a year."""
    import holidays

    try:
        with _countries_one_by_one():
            return holidays.country_holidays(code, subdiv=part, years=year)
    except ImportError:  # a release whose countries need the others
        return holidays.country_holidays(code, subdiv=part, years=year)


@contextmanager
def _countries_one_by_one() -> Iterator[None]:
    """Inside, a country's module is imported without those of all others.

    They are what the package of countries imports for whoever names one there: two hundred files, a tenth of
    all that a command takes. The library's registry names their modules, so that the package need only be.
    """
    name = "holidays.countries"
    spec = None if name in sys.modules else find_spec(name)
    if spec is None:
        yield
        return
    sys.modules[name] = module_from_spec(spec)
    try:
        yield
    finally:
        sys.modules.pop(name, None)


def _problems(spec: object) -> Iterator[str]:
    if isinstance(spec, str):
        if spec != "none":
            yield from _code_problems(spec)
    elif not isinstance(spec, Mapping) or len(spec) != 1:
        yield f"{spec!r:.60} does not name holidays: {HOW}"
    else:
        ((key, items),) = spec.items()
        yield from _list_problems(key, items)


def _list_problems(key: object, items: object) -> Iterator[str]:
    if key not in ("any_of", "all_of"):
        yield f'"{key}" is not known here: write any_of (a holiday in any of them) or all_of (in all of them)'
    if not isinstance(items, list | tuple) or not items:
        yield f'{key} lists no holidays: write {{ {key} = ["US", "GB"] }}'
    else:
        for item in items:
            yield from _problems(item)


def _code_problems(code: str) -> Iterator[str]:
    country, dash, part = code.partition("-")
    if country not in _countries():
        near = _code_meant(country, part)
        hint = f'did you mean "{near}"?' if near else HOW
        yield f'"{code:.40}" is no country that is known here: {hint}'
    elif dash and part not in _parts(country):
        yield f"{code:.40} is no subdivision of {country}: {_parts_hint(country, part)}"


@lru_cache(maxsize=1)
def _countries() -> dict[str, set[str]]:
    """The names of every country, small and plain, by its code."""
    from holidays.registry import COUNTRIES

    return {
        code: {_plain(key), _plain(code), *map(_plain, others)}
        for key, (_, code, *others) in COUNTRIES.items()
    }


def _plain(word: str) -> str:
    return re.sub(r"[\W_]+", "", word).lower()


@lru_cache(maxsize=256)
def _parts(country: str) -> dict[str, set[str]]:
    """The names of every subdivision, small and plain, by its code."""
    table = _country(country)
    names = table.get_subdivision_aliases()
    return {code: {_plain(code), *map(_plain, names.get(code, ()))} for code in table.subdivisions}


def _called(word: str, known: Mapping[str, set[str]]) -> str | None:
    by_name = {name: code for code, names in known.items() for name in names}
    near = meant(_plain(word), by_name)
    return by_name[near] if near else None


def _code_meant(country: str, part: str) -> str | None:
    near = _called(country, _countries())
    subdivision = _called(part, _parts(near)) if near and part else None
    return f"{near}-{subdivision}" if subdivision else near


def _parts_hint(country: str, part: str) -> str:
    parts = _parts(country)
    near = _called(part, parts)
    if near:
        return f'did you mean "{country}-{near}"?'
    if not parts:
        return f'write "{country}", whose holidays are the same everywhere'
    more = " …" if len(parts) > MOST_LISTED else ""
    return f"write {country}- and one of {', '.join(sorted(parts)[:MOST_LISTED])}{more}"
