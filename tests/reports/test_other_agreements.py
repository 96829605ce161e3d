"""Pages and twins of agreements beside the ordinary one: several figures, other periods, no figure at all."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from typing import Any

from monitor.core.cycles import Cycle, named
from monitor.core.intervals import DAY, HOUR
from monitor.core.money import Amount, Money
from monitor.core.numbers import Bound
from monitor.core.periods import Period
from monitor.statements.value import LaneDays, PromiseLine, Running
from reports.internal.page import internal_page
from reports.render import internal_csv, render_internal, render_statement, statement_csv, statement_json
from reports.view import statement_page

QUARTER = named(Cycle("calendar quarter", "Europe/Berlin"), "2026-Q4")
BLOCK = named(Cycle("any 30 days", "Europe/Berlin"), "2026-11-05")


def plain(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ")


def line(resource: str, figure: Fraction | None, *, met: bool | None, credit: int | None = 0) -> PromiseLine:
    return PromiseLine(
        promise="uptime",
        resource=resource,
        commitment=">= 99.9%",
        figure=figure,
        unit="",
        met=met,
        coverage=Fraction(1),
        down=0 if met else HOUR,
        credit=None if credit is None else Money(Fraction(credit), "EUR"),
    )


def several(samples: Any) -> Any:
    """Two resources, of which the first was missed."""
    lines = (line("eu-1", Fraction(744, 745), met=False, credit=10), line("eu-2", Fraction(1), met=True))
    section = samples.section("Checkout", outages=samples.outages, share=Fraction(1, 10), row="< 99.9%")
    lanes = tuple(LaneDays(each.resource, section.days) for each in lines)
    return replace(section, promises=lines, lanes=lanes)


def test_each_figure_has_a_row_and_each_resource_a_strip(samples: Any) -> None:
    page = statement_page(samples.statement(several(samples)))

    (table,) = page.promises
    assert [(row.name, row.mark, plain(row.credit)) for row in table.rows] == [
        ("uptime, eu-1", "missed", "10.00 EUR"),
        ("uptime, eu-2", "met", "0.00 EUR"),
    ]
    assert [strip.name for strip in page.days[0].strips] == ["eu-1: Checkout", "eu-2: Checkout"]
    assert "the worst of two figures" in page.headline.lede


def test_a_figure_that_nobody_can_tell_has_no_amount(samples: Any) -> None:
    unknown = replace(several(samples), promises=(line("eu-1", None, met=None, credit=None),))
    (row,) = statement_page(samples.statement(unknown)).promises[0].rows

    assert (row.figure, row.result, row.credit) == ("not determinable", "not determinable", "no amount")


def test_the_twins_have_every_figure(samples: Any) -> None:
    paper = samples.statement(several(samples))

    assert len(json.loads(statement_json(paper))["sections"][0]["promises"]) == 2
    assert statement_csv(paper).count("\r\npromise,") == 2


def test_an_agreement_that_needs_a_file_says_from_what_it_is_settled(samples: Any) -> None:
    needs = replace(
        samples.undeterminable(),
        needs="it is settled from counts of requests",
        commitment=None,
        promised_in_words=">= 99.95%",
        days=(),
        outages=(),
        windows=(),
        unknown=(),
        workings=(),
    )
    page = statement_page(samples.statement(needs))

    assert page.headline.lede == (
        "Checks alone cannot settle this agreement, since it is settled from counts of requests."
    )
    assert page.summary.rows[0].credit == "no amount"
    assert (page.days, page.outages, page.workings) == ((), (), ())
    assert "checks alone cannot settle" in render_statement(samples.statement(needs))


def test_a_section_of_another_period_says_which(samples: Any) -> None:
    own = replace(samples.section("Checkout"), period=QUARTER)
    other = replace(samples.section("Search"), period=BLOCK)
    page = statement_page(samples.statement(own, other))

    assert [plain(row.period) for row in page.summary.rows] == [
        "Q4 2026",
        "7 October 2026 to 5 November 2026",
    ]
    assert [(plain(group.title), plain(group.heading)) for group in page.days] == [
        ("Q4 2026", ""),
        ("", "7 October 2026 to 5 November 2026"),
    ]


def test_a_period_that_runs_on_is_named_and_has_no_figure(samples: Any) -> None:
    running = Running("acme-search", "Search", "Gold", QUARTER)
    paper = replace(samples.statement(), sections=(), totals=(), continuing=(running,))
    page = statement_page(paper)

    assert page.headline.parts == ("No period ends in this month",)
    assert plain(page.continuing[0]) == (
        "Search, Gold: its period, Q4 2026, runs until 31 December 2026 and is stated then."
    )
    assert "Not stated this month" in render_statement(paper)
    assert "continuing,acme-search,Search" in statement_csv(paper)


def test_what_is_owed_beside_money_stands_with_the_credit(samples: Any) -> None:
    section = replace(
        samples.section("Checkout"), service_added=3 * DAY, units=(("run-credits", Fraction(144)),)
    )

    assert plain(statement_page(samples.statement(section)).summary.rows[0].added) == (
        "3 days of service and 144 run-credits"
    )


def test_what_stands_beside_the_figures_is_told(samples: Any) -> None:
    section = replace(
        samples.section("Checkout"), notes=(("termination", "2 of 2 periods missed"), ("manual", "section 7"))
    )

    assert statement_page(samples.statement(section)).notes == (
        "A right to terminate is reached: 2 of 2 periods missed.",
        "No program decides: section 7.",
    )


def test_a_credit_that_gives_way_says_to_which(samples: Any) -> None:
    mine = replace(samples.section("Checkout"), agreement="mine", gives_way_to="other")
    other = replace(samples.section("Search"), agreement="other")

    assert statement_page(samples.statement(mine, other)).notes == (
        "Checkout: Its credit is not added to that of Search, which is the more favourable and applies.",
    )


def test_a_commitment_that_is_no_share_is_told_as_the_contract_has_it(samples: Any) -> None:
    downtime = replace(samples.section("Checkout"), commitment=None, promised_in_words="<= 45m")
    none = replace(downtime, promised_in_words="none")

    rows = [statement_page(samples.statement(each)).summary.rows[0] for each in (downtime, none)]

    assert [row.commitment for row in rows] == ["<= 45m", "none"]


def test_an_exclusion_is_told_by_its_class(samples: Any) -> None:
    window = samples.windows[0]
    taken = replace(window, use=replace(window.use, what="force majeure", ahead=0))
    page = statement_page(samples.statement(samples.section("Checkout", windows=(taken,))))

    assert page.windows_title == "Maintenance and exclusions"
    assert page.windows[0].rows[0].effect == "Not counted under the contract: force majeure."


def test_the_team_sees_why_there_is_no_allowance_and_what_is_bought(samples: Any) -> None:
    report = samples.internal()
    health = replace(
        report.agreements[0],
        commitment=None,
        promised="<= 45m and >= 99%",
        no_budget="there are several promises",
        exposure=replace(report.agreements[0].exposure, owed=Amount(500, "EUR")),
        ours=False,
        period=QUARTER,
    )
    report = replace(report, agreements=(health,))
    page = internal_page(report)

    assert page.margins == ()
    (row,) = page.exposures
    assert (row.used, row.pace) == ("", "no allowance: there are several promises")
    assert row.customer.endswith(" (bought)")
    assert row.name.endswith(", Q4 2026")
    assert "<= 45m and >= 99%" in internal_csv(report)
    assert "no allowance" in render_internal(report)


def test_the_bound_of_a_share_keeps_its_sign(samples: Any) -> None:
    section = replace(samples.section("Checkout"), commitment=Bound(">", Fraction(999, 1000)))

    assert plain(statement_page(samples.statement(section)).summary.rows[0].commitment) == "more than 99.9 %"


def test_the_days_of_a_long_period_are_told_by_their_months(samples: Any) -> None:
    period: Period = QUARTER
    section = replace(
        samples.section("Checkout"), period=period, days=samples.day_times((), (), period=period)
    )
    page = statement_page(samples.statement(section))

    assert [tick.text for tick in page.days[0].axis] == ["Oct", "Nov", "Dec"]
