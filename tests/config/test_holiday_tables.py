"""Holidays by country and part of a country, joined, intersected, added to and taken from."""

from __future__ import annotations

import subprocess
import sys
from datetime import date

import pytest

from monitor.config.holiday_tables import Spec, check, resolve
from monitor.core.calendars import Calendar, business_day_after, is_business_day, parse_hours


def d(text: str) -> date:
    return date.fromisoformat(text)


def test_no_holidays_are_no_dates() -> None:
    assert resolve("none", range(2025, 2030)) == frozenset()


def test_a_part_of_a_country_has_its_own_days_too() -> None:
    berlin, germany = resolve("DE-BE", [2026]), resolve("DE", [2026])
    assert berlin - germany == {d("2026-03-08")}
    assert germany == {
        d(f"2026-{day}")
        for day in ("01-01", "04-03", "04-06", "05-01", "05-14", "05-25", "10-03", "12-25", "12-26")
    }


def test_england_has_its_bank_holidays() -> None:
    assert resolve("GB-ENG", [2025]) == {
        d(f"2025-{day}") for day in ("01-01", "04-18", "04-21", "05-05", "05-26", "08-25", "12-25", "12-26")
    }


def test_every_year_asked_for_is_resolved_and_no_other() -> None:
    assert {day.year for day in resolve("US", range(2024, 2027))} == {2024, 2025, 2026}
    assert resolve("US", []) == frozenset()


def test_the_day_observed_for_a_weekend_is_a_holiday_even_at_the_turn_of_a_year() -> None:
    assert d("2021-12-31") in resolve("US", [2021])  # New Year 2022 is a Saturday


THREE: Spec = {"all_of": ["US", "GB", "JP"]}


def test_a_holiday_in_all_of_three_countries_is_one_in_each() -> None:
    assert resolve(THREE, [2025]) == {d("2025-01-01")}


def test_a_holiday_in_any_of_them_is_one() -> None:
    joined = resolve({"any_of": ["US", "GB"]}, [2025])
    assert joined == resolve("US", [2025]) | resolve("GB", [2025])
    assert {d("2025-07-04"), d("2025-12-26")} <= joined


def test_lists_stand_in_lists() -> None:
    nested: Spec = {"any_of": [{"all_of": ["US", "GB"]}, "DE-BE"]}
    assert resolve(nested, [2026]) == (
        (resolve("US", [2026]) & resolve("GB", [2026])) | resolve("DE-BE", [2026])
    )


def test_dates_are_added_and_removed_within_the_years() -> None:
    found = resolve("DE", [2026], add=[d("2026-12-24"), d("2027-12-24")], remove=[d("2026-05-01")])
    assert found == (resolve("DE", [2026]) | {d("2026-12-24")}) - {d("2026-05-01")}


def test_a_holiday_of_one_country_is_a_business_day_of_a_team_in_three() -> None:
    team = Calendar(
        "team", "UTC", parse_hours("Mon-Fri 08:00-18:00"), (), resolve(THREE, range(2025, 2027)), (2025, 2026)
    )
    assert is_business_day(team, d("2025-07-04"))
    assert not is_business_day(team, d("2026-01-01"))
    assert business_day_after(team, d("2025-12-31"), 10) == d("2026-01-15")


@pytest.mark.parametrize(
    "spec", ["none", "DE", "DE-BE", "GB-ENG", "US-CA", {"any_of": ["US", {"all_of": ["GB", "JP"]}]}]
)
def test_what_can_be_resolved_passes(spec: Spec) -> None:
    check(spec)


@pytest.mark.parametrize(
    ("spec", "problem"),
    [
        ("UK", '"UK" is no country that is known here: did you mean "GB"?'),
        ("UK-ENG", '"UK-ENG" is no country that is known here: did you mean "GB-ENG"?'),
        ("USA", '"USA" is no country that is known here: did you mean "US"?'),
        ("de-be", '"de-be" is no country that is known here: did you mean "DE-BE"?'),
        ("Germny", '"Germny" is no country that is known here: did you mean "DE"?'),
        ("United Kingdom", '"United Kingdom" is no country that is known here: did you mean "GB"?'),
        ("XX", '"XX" is no country that is known here: write "none", a country as in "DE"'),
        ("", '"" is no country that is known here: write "none"'),
        ("DE-Berlin", 'DE-Berlin is no subdivision of DE: did you mean "DE-BE"?'),
        ("DE-BX", "DE-BX is no subdivision of DE: write DE- and one of Augsburg, BB, BE, BW, BY, HB, "),
        ("DE-", "DE- is no subdivision of DE: write DE- and one of "),
        ("US-QQ", "US-QQ is no subdivision of US: write US- and one of AK, AL, "),
        ("IS-1", 'IS-1 is no subdivision of IS: write "IS", whose holidays are the same everywhere'),
        ({"any": ["US"]}, '"any" is not known here: write any_of (a holiday in any of them) or all_of'),
        ({"any_of": []}, 'any_of lists no holidays: write { any_of = ["US", "GB"] }'),
        ({"any_of": "US"}, 'any_of lists no holidays: write { any_of = ["US", "GB"] }'),
        ({}, '{} does not name holidays: write "none"'),
        ({"any_of": ["US"], "all_of": ["GB"]}, "does not name holidays"),
        ({"any_of": [7]}, "7 does not name holidays"),
    ],
)
def test_what_cannot_be_resolved_says_what_is_near(spec: Spec, problem: str) -> None:
    with pytest.raises(ValueError) as caught:
        check(spec)
    assert problem in str(caught.value)
    with pytest.raises(ValueError) as again:
        resolve(spec, [2026])
    assert str(again.value) == str(caught.value)


def test_everything_wrong_in_a_list_is_said_at_once() -> None:
    with pytest.raises(ValueError, match=r'"UK" is no country.*; DE-BX is no subdivision of DE'):
        check({"any_of": ["UK", {"all_of": ["DE-BX", "US"]}]})


def test_a_year_beyond_the_tables_is_refused() -> None:
    with pytest.raises(ValueError, match=r'the holidays of "DE" are known for 1991 to 2100, not for 2101'):
        resolve("DE", [2100, 2101])


def test_the_tables_are_not_loaded_for_a_calendar_without_holidays() -> None:
    program = (
        "import sys; from monitor.config.holiday_tables import resolve; resolve('none', [2026]); "
        "sys.exit('holidays' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_a_calendar_of_two_countries_loads_those_two_and_leaves_the_package_to_others() -> None:
    program = (
        "import sys; from monitor.config.holiday_tables import resolve; "
        "resolve({'any_of': ['DE', 'FR']}, [2026]); "
        "print(sorted(name for name in sys.modules if name.startswith('holidays.countries.'))); "
        "from holidays.countries import Austria; print(len(Austria(years=2026)) > 5)"
    )
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert done.stdout.splitlines() == ["['holidays.countries.france', 'holidays.countries.germany']", "True"]
