"""Parties, calendars, resources, windows, targets and fees: what the file says and what it comes to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest

from monitor.agreements.fees import FeeTerm
from monitor.config import ConfigProblems, load_plan
from monitor.config.plan import NOTHING_PROBED, Agreement, Plan, fees_of
from monitor.core.calendars import parse_hours
from monitor.core.intervals import DAY, Span
from monitor.core.money import Money
from monitor.core.numbers import Bound
from monitor.core.periods import midnight

Load = Callable[..., Plan]
Refused = Callable[..., list[str]]

OFFICE = '[calendar.office]\nhours = "Mon-Fri 09:00-17:00"\ntimezone = "Europe/Berlin"\nholidays = "DE-BE"\n'
CLOUD = '[provider.cloud]\nname = "Cloud"\ntimezone = "UTC"\ncurrency = "USD"\n'
BERLIN = "Europe/Berlin"


def agreement(plan: Plan) -> Agreement:
    return plan.agreements["acme-shop"]


def euro(amount: str) -> Money:
    return Money(Fraction(amount), "EUR")


# --- parties --------------------------------------------------------------------------------------------


def test_what_is_bought_has_a_provider_and_its_zone_and_currency(load: Load, good: str) -> None:
    text = CLOUD + good.replace('customer = "acme"', 'provider = "cloud"') + 'claim = "automatic"\n'
    plan = load(text)
    bought = agreement(plan)
    assert (bought.kind, bought.zone, bought.currency) == ("provider", "UTC", "USD")
    assert plan.party_of(bought).party.name == "Cloud"


def test_what_is_bought_says_by_when_a_credit_is_claimed(refused: Refused, good: str) -> None:
    (said,) = refused(CLOUD + good.replace('customer = "acme"', 'provider = "cloud"'))
    assert said.endswith(
        "agreement.acme-shop: we buy this, and nothing says by when a credit must be claimed: "
        'claim = "30 days after period", or "automatic"'
    )


def test_an_agreement_has_one_party(refused: Refused, good: str) -> None:
    (both,) = refused(CLOUD + good + 'provider = "cloud"\n')
    (none,) = refused(good.replace('customer = "acme"\n', ""))
    assert both.endswith("we sell or we buy: keep customer or provider")
    assert '"customer" is missing: write customer = "acme", or provider = "acme" where we buy' in none


def test_an_amendment_of_a_customer_changes_what_is_printed_from_its_day(load: Load, good: str) -> None:
    customer = load(good + '[customer.acme.amendment.2026-10-01]\nname = "ACME SE"\n').customers["acme"]
    assert customer.party_on(date(2026, 9, 30)).name == "ACME GmbH"
    assert customer.party_on(date(2026, 10, 1)).name == "ACME SE"


# --- calendars ------------------------------------------------------------------------------------------


def test_a_calendar_is_resolved_for_the_years_that_are_asked(load: Load) -> None:
    plan = load(OFFICE + "add = [2026-12-24]\nremove = [2026-05-01]\n" + WEB)
    office = plan.calendars_for(2026, 2027)["office"]
    assert office.hours == parse_hours("Mon-Fri 09:00-17:00")
    assert office.known == (2026, 2027)
    assert {date(2026, 12, 24), date(2026, 12, 25)} <= office.holidays
    assert date(2026, 5, 1) not in office.holidays


def test_a_calendar_of_calendars_holds_its_members(load: Load) -> None:
    text = OFFICE + '[calendar.all]\nany_of = ["office"]\ntimezone = "UTC"\nholidays = "none"\n' + WEB
    both = load(text).calendars_for(2026, 2026)["all"]
    assert [member.name for member in both.members] == ["office"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("DE-BE", "DE-XX"), "calendar.office.holidays: DE-XX is no subdivision of DE"),
        (("09:00-17:00", "9 to 5"), 'calendar.office.hours: "Mon-Fri 9 to 5" is not days and hours'),
        (
            ("hours = ", "any_of = ['office']\nhours = "),
            "calendar.office: a calendar has either hours or any_of",
        ),
        (
            ('hours = "Mon-Fri 09:00-17:00"', "any_of = ['office']"),
            "calendar.office.any_of: a calendar cannot be",
        ),
    ],
)
def test_a_calendar_that_cannot_be_is_refused(refused: Refused, change: tuple[str, str], said: str) -> None:
    (problem,) = refused(OFFICE.replace(*change) + WEB)
    assert said in problem


def test_business_days_are_counted_in_the_calendar_of_the_customer(load: Load, good: str) -> None:
    notice = 'exclude = [{ what = "scheduled maintenance", notice = "5 business days" }]\n'
    text = OFFICE + good.replace('currency = "EUR"', 'currency = "EUR"\ncalendar = "office"') + notice
    ((_, promise),) = agreement(load(text)).terms[0].terms.promises
    assert [each.calendar for each in promise.exclude] == ["office"]


def test_business_days_without_a_calendar_are_refused(refused: Refused, good: str) -> None:
    (said,) = refused(good + 'exclude = [{ what = "scheduled maintenance", notice = "5 business days" }]\n')
    assert "agreement.acme-shop.exclude[1].calendar: business time is counted in a calendar, and none" in said


def test_a_calendar_that_nobody_wrote_is_refused(refused: Refused, good: str) -> None:
    (said,) = refused(good + 'period = { service_hours = "office" }\n')
    assert said.endswith('period.service_hours: there is no calendar "office": write [calendar.office]')


# --- services -------------------------------------------------------------------------------------------


def test_resources_exist_from_and_until_days_in_the_zone_of_their_agreements(load: Load, good: str) -> None:
    text = good.replace(
        "up_when",
        'resources = { a = {}, b = { from = 2026-04-16, until = 2026-04-20, region = "eu" } }\nup_when',
    )
    found = load(text).services["shop"].resources
    assert found["a"].life == (None, None)
    assert found["b"].life == (midnight(date(2026, 4, 16), BERLIN), midnight(date(2026, 4, 21), BERLIN))
    assert found["b"].labels == {"region": "eu"}


def test_a_resource_stands_once_in_a_list(refused: Refused, good: str) -> None:
    (said,) = refused(good.replace("up_when", 'resources = ["a", "a"]\nup_when'))
    assert said.endswith('service.shop.resources[2]: "a" stands here twice: keep one')


def test_each_resource_has_a_fee_where_it_is_credited_on_its_own(refused: Refused, good: str) -> None:
    text = good.replace("up_when", 'resources = ["a", "b"]\nup_when').replace('"840.00"', '{ a = "1.00" }')
    (said,) = refused(text + 'base = { per = "resource" }\n')
    assert "agreement acme-shop has none for b" in said


def test_a_service_that_nothing_probes_is_priced_from_files_alone(tmp_path: Path, good: str) -> None:
    text = good[good.index("[customer") :] + "\n[service.shop]\n"
    path = tmp_path / "contract.toml"
    path.write_text(text, encoding="utf-8")
    assert load_plan(path, environ={}, purpose="files").services["shop"].up_when == NOTHING_PROBED
    with pytest.raises(ConfigProblems, match='"up_when" is missing'):
        load_plan(path, environ={})


def test_files_need_no_endpoints_no_secrets_and_no_issuer(tmp_path: Path, good: str) -> None:
    text = good[good.index("[service") :].replace('"web"', '"elsewhere"')
    path = tmp_path / "contract.toml"
    path.write_text(
        text + '[endpoint.x]\nurl = "https://x.example/"\nheaders = { A = { env = "UNSET" } }\n',
        encoding="utf-8",
    )
    assert list(load_plan(path, environ={}, purpose="files").agreements) == ["acme-shop"]


# --- windows and exclusions -----------------------------------------------------------------------------

CUT = """
[exclusion.cut]
what = "force majeure"
services = ["shop"]
start = 2026-03-20T11:00:00Z
end = 2026-03-20T12:00:00Z
reason = "Fibre cut"
author = "n.huber"
recorded = 2026-03-21T09:00:00Z
"""


def test_an_exclusion_is_a_window_after_the_fact(load: Load, good: str) -> None:
    window = load(good + CUT).exclusions["cut"].window
    assert (window.what, window.after_the_fact, window.author) == ("force majeure", True, "n.huber")
    assert window.services == {"shop"}


@pytest.mark.parametrize("key", ["reason", "author", "recorded"])
def test_an_exclusion_without_its_why_and_who_is_refused(refused: Refused, good: str, key: str) -> None:
    lines = [line for line in CUT.splitlines() if not line.startswith(key)]
    (said,) = refused(good + "\n".join(lines) + "\n")
    assert f'exclusion.cut: "{key}" is missing' in said


def test_a_window_counts_from_when_it_was_announced(load: Load, good: str) -> None:
    text = '[maintenance.w]\nservices = ["shop"]\nevery = "0 2 * * SUN"\nlasting = "2h"\ntimezone = "UTC"\n'
    again = load(good + text + 'announced = "5 days before"\nemergency = true\n').maintenance["w"]
    window = again.window(Span(10 * DAY, 11 * DAY))
    assert (window.recorded, window.what) == (5 * DAY, "emergency maintenance")


def test_a_window_that_comes_again_is_announced_each_time(refused: Refused, good: str) -> None:
    text = '[maintenance.w]\nservices = ["shop"]\nevery = "0 2 * * SUN"\nlasting = "2h"\ntimezone = "UTC"\n'
    (said,) = refused(good + text + "announced = 2026-02-27T10:00:00Z\n")
    assert said.endswith('write announced = "5 days before"')


# --- targets --------------------------------------------------------------------------------------------


def test_a_target_bounds_a_metric_and_times(load: Load, good: str) -> None:
    text = '[target.fast]\nservice = "shop"\nobjective = "<= 300 ms"\nrepair = "<= 30m"\n'
    text += 'measure = { evidence = "metrics", metric = "rtt", unit = "ms", as = "mean" }\n'
    target = load(good + text).targets["fast"]
    assert (target.of, target.unit, target.objective) == ("metric", "ms", Bound("<=", Fraction(300)))
    assert target.repair == Bound("<=", Fraction(1_800_000))
    assert target.terms is not None


# --- money ----------------------------------------------------------------------------------------------


def test_a_fee_has_items_and_a_unit(load: Load, good: str) -> None:
    text = good.replace('monthly_fee = "840.00"', 'annual_fee = { port = "100.00", usage = "20.00" }')
    items = (("port", euro("100")), ("usage", euro("20")))
    assert agreement(load(text)).fees == (FeeTerm(date(2026, 1, 1), items, "year"),)


def test_two_fees_for_one_time_are_refused(refused: Refused, good: str) -> None:
    (said,) = refused(good + 'annual_fee = "1"\n')
    assert "monthly_fee and annual_fee both say what is paid: keep one" in said


def test_an_item_that_no_fee_has_is_refused(refused: Refused, good: str) -> None:
    (said,) = refused(good + 'base = { items = ["rtc"] }\n')
    assert 'agreement.acme-shop.base: the fee of agreement acme-shop has no item "rtc"' in said


def test_terms_that_look_at_a_sum_ask_for_it(refused: Refused, load: Load, good: str) -> None:
    limited = good + 'limits = "8% of the contract fee per contract"\n'
    (said,) = refused(limited)
    assert said.endswith(
        '"contract_fee" is missing, and the terms look at it: write contract_fee = "14400.00"'
    )
    terms = agreement(load(limited + 'contract_fee = "14400.00"\n')).terms[0]
    assert terms.fee_words == {"period", "contract"}


def test_money_of_another_currency_is_refused(refused: Refused, good: str) -> None:
    (said,) = refused(good + 'credits = "9.76 GBP"\n')
    assert "agreement.acme-shop.credits: GBP is not the currency of agreement acme-shop, EUR" in said


def test_a_bill_is_of_a_period(refused: Refused, good: str) -> None:
    (said,) = refused(good + 'bills = { "April" = "1.00" }\n')
    assert 'agreement.acme-shop.bills.April: "April" names no period of "calendar month"' in said


def test_a_bill_stands_above_the_fee_and_a_given_one_above_both(load: Load, good: str) -> None:
    own = agreement(load(good + 'bills = { "2026-04" = "812.50" }\n'))
    terms, april = own.settled_by("2026-04")
    billed = fees_of(own, terms, april)["period"]
    assert [line.money for line in billed] == [euro("812.50")]
    given = fees_of(own, terms, april, {"2026-04": billed + billed})["period"]
    assert len(given) == 2


def test_an_agreement_is_not_added_to_those_it_names(refused: Refused, load: Load, good: str) -> None:
    second = good[good.index("[agreement") :].replace("acme-shop", "acme-too")
    warned = load(good + 'not_with = ["acme-too"]\n' + second).warnings
    assert [warning for warning in warned if "twice" in warning] == []
    (said,) = refused(good + 'not_with = ["acme-two"]\n')
    assert 'not_with[1]: there is no agreement "acme-two"' in said


def test_an_agreement_knows_its_first_instant(load: Load, good: str) -> None:
    assert agreement(load(good)).first == midnight(date(2026, 1, 1), BERLIN)


WEB = '[endpoint.web]\nurl = "https://www.example.com/"\n'
