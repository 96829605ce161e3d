"""Agreements beside the ordinary one, settled from what the monitor saw: October 2026, read from a file."""

from __future__ import annotations

from fractions import Fraction

import pytest

from monitor.config import load_plan
from monitor.core.checks import Reason
from monitor.core.intervals import HOUR, MINUTE
from monitor.core.money import Amount, Money
from monitor.errors import ConfigError
from monitor.statements import exclusions
from monitor.statements.build import statement
from monitor.statements.health import health

HOUSE = """
[issuer]
name = "Beispiel Cloud GmbH"

[endpoint.web]
url = "http://127.0.0.1:1/"
interval = "30s"

[endpoint.api]
url = "http://127.0.0.1:1/api"
interval = "30s"

[service.checkout]
title = "Checkout"
up_when = { all = ["web", "api"] }

[service.both]
title = "Both"
resources = ["web", "api"]

[customer.acme]
name = "ACME GmbH"
timezone = "Europe/Berlin"
currency = "EUR"

[agreement.mine]
customer = "acme"
service = "SERVICE"
sla = "mine"
monthly_fee = "100.00"
from = 2026-01-01
"""
ONE_HOUR = ("2026-10-06 14:00:00", "2026-10-06 15:00:00", Reason.TIMEOUT)
CREDITS = 'commitment = "99.9%"\ncredits = { "< 99.9%" = "10%", "< 99.0%" = "25%" }\n'


@pytest.fixture
def written(tmp_path):
    """A plan of an agreement on a service, its SLA in the words of the file, and more of it behind."""

    def write(sla: str, service: str = "checkout", more: str = "", terms: str = ""):
        text = HOUSE.replace("SERVICE", service) + f"{more}\n[sla.mine]\n{sla}\n{terms}"
        path = tmp_path / "makegood.toml"
        path.write_text(text, encoding="utf-8")
        return load_plan(path, environ={})

    return write


@pytest.fixture
def seen(house):
    """Web was down for an hour on 6 October; the API never was."""
    return house.snapshot(ONE_HOUR, reached="2026-11-15 12:00")


def paper(house, plan, snapshot, label="2026-10", now="2026-11-15 12:00"):
    return statement(plan, snapshot, "acme", label, house.at(now))


def section(house, plan, snapshot, label="2026-10", now="2026-11-15 12:00"):
    (found,) = paper(house, plan, snapshot, label, now).sections
    return found


EVERY = [
    "calendar month", "calendar quarter", "calendar year", "fiscal quarter", "billing month",
    "contract month", "contract year", "30 days", "any 30 days", "365 days before the claim",
]  # fmt: skip


def period(every: str) -> str:
    """A period in the words of the file."""
    first = ', first_month = "February"' if every == "fiscal quarter" else ""
    return f'{{ every = "{every}"{first} }}'


@pytest.mark.parametrize("every", EVERY)
def test_every_period_is_stated_in_the_month_in_which_it_ends_and_named_in_others(
    written, house, seen, every
):
    """In other months it is named. Of blocks of 30 days none ends in February, and two end in March."""
    plan = written(f"{CREDITS}period = {period(every)}")
    stated, named = 0, 0
    for month in range(1, 13):
        found = paper(house, plan, seen, f"2026-{month:02d}", "2027-02-15 12:00")
        stated += len(found.sections)
        named += len(found.continuing)
        for each in found.sections:
            assert each.period.span.end <= found.period.span.end + HOUR
            assert each.period.span.end > found.period.span.start

    ends = {"calendar quarter": 4, "fiscal quarter": 4, "calendar year": 1, "contract year": 1}.get(every, 12)
    assert (stated, named) == (ends, 1 if every == "30 days" else 12 - ends)


@pytest.mark.parametrize("every", EVERY)
def test_every_period_has_a_budget_of_its_own_that_runs(written, house, seen, every):
    plan = written(f"{CREDITS}period = {period(every)}")

    (row,) = health(plan, seen, house.at("2026-10-20 12:00"))

    assert row.no_budget == ""
    assert row.budget.spent == HOUR
    assert row.period.label == plan.agreements["mine"].settled_by(row.period.label)[1].label


def test_a_quarter_is_told_by_its_own_name_too(written, house, seen):
    plan = written(f'{CREDITS}period = "calendar quarter"')

    found = paper(house, plan, seen, "2026-Q4", "2027-01-03 12:00")

    assert found.period.label == "2026-Q4"
    assert found.sections[0].counted == HOUR
    assert found.sections[0].fee == Money(Fraction(300), "EUR")


def test_a_name_that_is_no_period_is_told_with_those_that_run(written, house, seen):
    plan = written(f'{CREDITS}period = "calendar quarter"')

    with pytest.raises(ConfigError, match="or a period of an agreement: now 2026-Q4"):
        paper(house, plan, seen, "summer")


def test_a_month_in_which_no_period_ends_has_no_figure_but_says_until_when_it_runs(written, house, seen):
    found = paper(house, written(f'{CREDITS}period = "calendar quarter"'), seen)

    assert (found.sections, found.totals) == ((), ())
    assert [each.period.label for each in found.continuing] == ["2026-Q4"]


def test_resources_have_a_figure_each_and_the_worst_stands_for_the_whole(written, house, seen):
    found = section(house, written(CREDITS, "both"), seen)

    assert [(line.resource, line.met, line.down) for line in found.promises] == [
        ("web", False, HOUR),
        ("api", True, 0),
    ]
    assert found.availability == 1 - Fraction(1, 745)
    assert (found.counted, found.promised) == (HOUR, 745 * HOUR)
    assert found.credit == Amount(1_000, "EUR")
    assert [(line.letter, line.resource, line.counted) for line in found.outages] == [("A", "web", HOUR)]
    assert [lane.resource for lane in found.lanes] == ["web", "api"]


@pytest.mark.parametrize(
    ("scope", "figure", "counted"),
    [
        ("any down", 1 - Fraction(1, 745), HOUR),
        ("all down", Fraction(1), 0),
        ("sum of resource-minutes", 1 - Fraction(1, 1490), HOUR),
        ("worst", 1 - Fraction(1, 745), HOUR),
    ],
)
def test_resources_are_joined_as_the_agreement_says(written, house, seen, scope, figure, counted):
    found = section(house, written(f'{CREDITS}scope = "{scope}"', "both"), seen)

    assert (found.availability, found.counted) == (figure, counted)
    times = found.up + found.counted + found.excused + found.unmeasured + found.set_aside
    assert times == found.promised
    assert sum(day.counted for day in found.days) == found.counted


def test_a_resource_counts_while_it_existed(written, house, seen):
    more = """
[service.later]
title = "Later"
resources = { web = { from = 2026-10-06T12:30:00Z }, api = {} }
"""
    found = section(house, written(CREDITS, "later", more), seen)

    assert [line.down for line in found.promises] == [30 * MINUTE, 0]


TWO = """
together = "sum"
limits = "12% per period"
[sla.mine.promise.month]
commitment = "99.9%"
credits = { "< 99.9%" = "10%" }
[sla.mine.promise.outage]
commitment = "100%"
credits = { each = "outage", credit = "5.00 EUR" }
"""


def test_several_promises_have_a_line_each_and_one_credit(written, house, seen):
    found = section(house, written(TWO), seen)

    assert [(line.promise, line.met, line.credit) for line in found.promises] == [
        ("month", False, Money(Fraction(10), "EUR")),
        ("outage", False, Money(Fraction(5), "EUR")),
    ]
    assert found.credit == Amount(1_200, "EUR")
    assert any(sentence.startswith("month: ") for sentence in found.plain)


def test_several_promises_have_no_allowance_but_an_exposure(written, house, seen):
    (row,) = health(written(TWO), seen, house.at("2026-10-20 12:00"))

    assert row.no_budget == "there are several promises, each with a commitment of its own"
    assert row.exposure.owed == Amount(1_200, "EUR")


def test_the_next_tier_of_several_resources_is_that_of_all_of_them_down_at_once(written, house):
    """Added up, two resources lose two minutes in each."""
    plan = written(f'{CREDITS}scope = "sum of resource-minutes"', "both")
    (row,) = health(plan, house.snapshot(), house.at("2026-10-20 12:00"))

    assert row.budget.allowed == 2 * 745 * HOUR // 1000
    assert row.exposure.until_next == 745 * HOUR // 1000 + 1


NEEDS = {
    'measure = { evidence = "slots", as = "total" }': "it is settled from counts of requests",
    'outage = { affecting = "> 50%" }': "outages count by how many were affected",
    'outage = { only = { region = "eu" } }': "outages of certain kinds alone are counted",
    'measure = { evidence = "outages", weighted_by = "users" }': "outages count by how many were affected",
}


@pytest.mark.parametrize(("stage", "why"), NEEDS.items())
def test_what_checks_cannot_give_is_not_settled_from_them(written, house, seen, stage, why):
    plan = written(f"{CREDITS}{stage}")

    found = section(house, plan, seen)
    (row,) = health(plan, seen, house.at("2026-10-20 12:00"))

    assert (found.needs, found.met, found.credit, found.availability) == (why, None, None, None)
    assert (row.unsettled, row.no_budget, row.exposure.owed) == (why, why, None)


def test_a_service_that_nothing_checks_needs_a_file(written, house, seen):
    more = '\n[service.files]\ntitle = "Files"\nresources = ["eu-1"]\n'

    assert section(house, written(CREDITS, "files", more), seen).needs == "nothing checks eu-1"


def test_outages_are_cut_into_slots(written, house, seen):
    measure = 'measure = { evidence = "outages", as = "bad slots", slot = "1h", bad = "down > 6m" }'
    snapshot = house.snapshot(("2026-10-06 14:50:00", "2026-10-06 15:05:00", Reason.TIMEOUT))

    found = section(house, written(f"{CREDITS}{measure}"), snapshot)

    assert found.availability == 1 - Fraction(1, 745)
    assert found.counted == HOUR
    assert found.outages[0].counted == 10 * MINUTE


def test_an_outage_may_count_from_the_last_success(written, house, seen):
    found = section(house, written(f'{CREDITS}outage = {{ starts = "last success" }}'), seen)

    assert found.counted == HOUR + 30_000


def test_a_person_enters_what_no_program_decides(written, house, seen):
    sla = 'commitment = "99.9%"\ncredits = "manual"\nmanual = ["section 7 is at our discretion"]\n'

    found = section(house, written(sla), seen)

    assert (found.met, found.credit) == (False, None)
    assert found.undecided == "a person enters the credit"
    assert ("manual", "section 7 is at our discretion") in found.notes


def test_service_is_added_beside_money(written, house, seen):
    found = section(house, written('commitment = "99.9%"\ncredits = "3 days of service"\n'), seen)

    assert (found.credit, found.service_added) == (Amount(0, "EUR"), 72 * HOUR)


def test_an_allowance_of_a_year_knows_what_the_months_before_used(written, house):
    """Ten hours a year: eight went in September, so that two of the three in October are excused."""
    sla = f'{CREDITS}exclude = [{{ what = "force majeure", at_most = "10h per year" }}]'
    snapshot = house.snapshot(
        ("2026-09-10 08:00:00", "2026-09-10 16:00:00", Reason.TIMEOUT),
        ("2026-10-10 08:00:00", "2026-10-10 11:00:00", Reason.TIMEOUT),
    )
    plan = written(sla, more=exclusion("storm", "2026-09-10T06:00:00Z", "2026-09-10T14:00:00Z")
                   + exclusion("flood", "2026-10-10T06:00:00Z", "2026-10-10T09:00:00Z"))  # fmt: skip
    record(house, plan, snapshot)

    found = section(house, plan, snapshot)

    assert (found.counted, found.excused) == (HOUR, 2 * HOUR)


def test_a_right_to_terminate_counts_the_months_before(written, house):
    sla = f'{CREDITS}termination = ["2 of 2 periods missed"]'
    snapshot = house.snapshot(("2026-09-10 08:00:00", "2026-09-10 16:00:00", Reason.TIMEOUT), ONE_HOUR)

    kinds = [kind for kind, _ in section(house, written(sla), snapshot).notes]

    assert kinds == ["termination"]
    assert section(house, written(sla), house.snapshot(ONE_HOUR)).notes == ()


def exclusion(id: str, start: str, end: str, what: str = "force majeure") -> str:
    return f"""
[exclusion.{id}]
what = "{what}"
services = ["checkout"]
start = {start}
end = {end}
reason = "Lightning"
author = "n.huber"
recorded = 2026-10-20T09:00:00Z
"""


def record(house, plan, snapshot, at="2026-10-21 12:00"):
    snapshot.record(*exclusions.changes(plan.exclusions, snapshot.journal, "anna", house.at(at)))


def test_an_exclusion_takes_downtime_off_where_the_agreement_excludes_its_class(written, house, seen):
    more = exclusion("storm", "2026-10-06T12:30:00Z", "2026-10-06T14:00:00Z")
    plan = written(f'{CREDITS}exclude = ["force majeure"]', more=more)
    before = section(house, plan, seen)
    record(house, plan, seen)

    found = section(house, plan, seen)

    assert (before.counted, before.excused) == (HOUR, 0)
    assert (found.counted, found.excused) == (30 * MINUTE, 30 * MINUTE)
    (line,) = found.windows
    assert (line.use.what, line.use.window, line.recorded) == (
        "force majeure", "storm", house.at("2026-10-21 12:00"),
    )  # fmt: skip
    assert found.outages[0].excused_by == ("storm",)


def test_an_exclusion_of_a_class_that_is_not_excluded_changes_nothing(written, house, seen):
    more = exclusion("storm", "2026-10-06T12:30:00Z", "2026-10-06T14:00:00Z", "third party")
    plan = written(f'{CREDITS}exclude = ["force majeure"]', more=more)
    record(house, plan, seen)

    assert section(house, plan, seen).counted == HOUR


def test_a_more_favourable_credit_is_not_added_to(written, house, seen):
    more = """
[sla.other]
commitment = "99.9%"
credits = "30%"
[agreement.other]
customer = "acme"
service = "checkout"
sla = "other"
monthly_fee = "100.00"
from = 2026-01-01
not_with = ["mine"]
"""
    found = paper(house, written(CREDITS, more=more), seen)

    assert [(each.agreement, each.gives_way_to) for each in found.sections] == [
        ("mine", "other"),
        ("other", ""),
    ]
    assert [total.credit for total in found.totals] == [Amount(3_000, "EUR")]


SPLIT = """
[agreement.mine.amendment.2026-10-16]
applies = "split the period"
commitment = "100%"
credits = "20%"
"""


def test_a_period_that_an_amendment_splits_is_judged_by_the_terms_of_each_part(written, house, seen):
    """The hour is in the first part, whose 15 days of 31 cost 48.39: ten percent of it are 4.84."""
    found = section(house, written(CREDITS, more=SPLIT), seen)

    assert [(line.promise, line.met) for line in found.promises] == [
        ("mine from 2026-01-01", False),
        ("mine from 2026-10-16", True),
    ]
    assert found.credit == Amount(484, "EUR")
    assert found.fee == Money(Fraction(100), "EUR")
    assert found.plain[0].startswith("From 2026-01-01: We measure")


def test_a_split_period_has_no_allowance_but_says_what_is_owed(written, house, seen):
    (row,) = health(written(CREDITS, more=SPLIT), seen, house.at("2026-10-20 12:00"))

    assert row.no_budget == "an amendment splits the period"
    assert row.exposure.owed == Amount(484, "EUR")


def test_a_service_has_another_expression_from_a_day_on(written, house):
    """Until 5 October both had to be up; from then on one of them is enough."""
    more = '\n[service.checkout.amendment.2026-10-05]\nup_when = { any = ["web", "api"] }\n'
    first = ("2026-10-04 14:00:00", "2026-10-04 15:00:00", Reason.TIMEOUT)

    found = section(house, written(CREDITS, more=more), house.snapshot(first, ONE_HOUR))

    assert found.counted == HOUR
    assert [outage.span.start for outage in found.outages] == [house.at("2026-10-04 14:00")]


def test_what_we_buy_is_on_nobodys_statement(written, house, seen):
    more = """
[provider.acme]
name = "ACME Networks"
timezone = "Europe/Berlin"
currency = "EUR"
[agreement.bought]
provider = "acme"
service = "checkout"
sla = "mine"
monthly_fee = "500.00"
from = 2026-01-01
claim = "30 days after period"
"""
    plan = written(CREDITS, more=more)

    assert [each.agreement for each in paper(house, plan, seen).sections] == ["mine"]
    rows = health(plan, seen, house.at("2026-10-20 12:00"))
    assert [(row.agreement, row.customer, row.ours) for row in rows] == [
        ("mine", "ACME GmbH", True),
        ("bought", "ACME Networks", False),
    ]


def test_the_pace_of_service_hours_is_that_of_the_hours(written, house):
    """Of October's 22 working days 14 are gone. At 8 minutes in 112 hours, 10:33.6 last 147.84 hours."""
    more = """
[calendar.office]
hours = "Mon-Fri 09:00-17:00"
timezone = "Europe/Berlin"
holidays = "none"
"""
    sla = f'{CREDITS}period = {{ every = "calendar month", service_hours = "office" }}'
    snapshot = house.snapshot(("2026-10-06 14:00:00", "2026-10-06 14:08:00", Reason.TIMEOUT))

    (row,) = health(written(sla, more=more), snapshot, house.at("2026-10-20 18:00"))

    assert row.budget.gone == Fraction(14, 22)
    assert row.budget.spent == 8 * MINUTE
    assert row.budget.exhausted == house.at("2026-10-27 12:50:24")
