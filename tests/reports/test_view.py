"""What a statement's page says, cell by cell."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction as F
from typing import Any

from monitor.core.checks import Reason, State, state_of
from monitor.core.intervals import DAY, HOUR, MINUTE, SECOND, Span
from monitor.core.money import Amount, Money
from monitor.core.periods import days, month
from monitor.statements.value import DayTime, UnknownLine
from reports.issued import in_groups
from reports.page import StatementPage
from reports.sentences import CAUSES
from reports.setting import section_names
from reports.view import statement_page


def plain(text: str) -> str:
    return text.replace("\u202f", " ").replace("\u00a0", " ").replace("\u2212 ", "- ")


def page_of(samples: Any, *sections: Any, **more: Any) -> StatementPage:
    return statement_page(samples.statement(*sections, **more))


def test_a_draft_says_so_and_a_running_month_says_how_far_it_goes(samples: Any) -> None:
    assert statement_page(samples.statement()).notice == "Draft, not issued"
    assert plain(statement_page(samples.running()).notice) == "November 2026 so far, to 25 Nov, 10:42 CET"
    assert plain(statement_page(samples.running()).notice_detail).startswith("The month has not ended")
    assert "as of 1 Nov, 00:00 CET" in plain(statement_page(samples.statement()).notice_detail)


def test_generated_time_is_labelled_with_its_spans(samples: Any) -> None:
    page = page_of(samples, generated=(Span(samples.at("1 00:00:00"), samples.at("20 12:30:00")),))

    label, span = page.generated
    assert label == "Generated demonstration data, not measured"
    assert plain(span) == "1 Oct, 00:00 CEST – 20 Oct, 12:30 CEST"
    assert statement_page(samples.statement()).generated == ()


def test_the_summary_names_the_currency_once_where_there_is_only_one(samples: Any) -> None:
    summary = statement_page(samples.statement()).summary

    first = summary.rows[0]
    assert summary.unit == "EUR"
    assert (plain(first.availability), plain(first.downtime), first.result) == (
        "99.8731 %", "56 min 42 s", "missed",
    )  # fmt: skip
    assert (first.fee, first.credit, first.mark) == ("1,200.00", "120.00", "missed")
    assert [(total.label, total.fee, total.credit) for total in summary.totals] == [
        ("Total", "2,300.00", "120.00")
    ]
    assert summary.notes == ()


def test_two_currencies_have_two_totals_and_every_cell_its_code(samples: Any) -> None:
    summary = page_of(samples, samples.section("A"), samples.section("B", fee=Money(F(950), "GBP"))).summary

    assert summary.unit == ""
    assert [plain(row.fee) for row in summary.rows] == ["1,200.00 EUR", "950.00 GBP"]
    assert [(t.label, plain(t.credit)) for t in summary.totals] == [
        ("Total, EUR", "0.00 EUR"),
        ("Total, GBP", "0.00 GBP"),
    ]


def test_one_agreement_needs_no_total(samples: Any) -> None:
    assert page_of(samples, samples.section("A")).summary.totals == ()


def test_a_fee_with_fractions_is_cut_off_and_the_page_says_so(samples: Any) -> None:
    euro = page_of(samples, samples.section("A", fee=Money(F(100, 3), "EUR"))).summary
    yen = page_of(samples, samples.section("A", fee=Money(F(100, 3), "JPY"))).summary
    dinar = page_of(samples, samples.section("A", fee=Money(F(100, 3), "KWD"))).summary

    assert euro.rows[0].fee == "33.33"
    assert euro.notes == (
        "Fees are cut off here to whole hundredths of EUR; credits are worked out from the exact fee.",
    )
    assert "whole units" in yen.notes[0]
    assert "whole minor units" in dinar.notes[0]


def test_not_determinable_has_no_amount_anywhere(samples: Any) -> None:
    summary = page_of(samples, samples.undeterminable(), samples.section("B")).summary

    first = summary.rows[0]
    assert (first.availability, first.result, first.credit, first.mark) == (
        "not determinable", "not determinable", "no amount", "unknown",
    )  # fmt: skip
    assert summary.totals[0].credit == "no amount"
    assert summary.notes == ("A total is given once every figure can be determined.",)


def test_services_of_one_name_are_told_apart_by_their_sla(samples: Any) -> None:
    gold = samples.section("Checkout")
    silver = replace(gold, sla="Silver")

    assert section_names((gold, silver, samples.section("B"))) == (
        "Checkout (Gold)",
        "Checkout (Silver)",
        "B",
    )


def test_an_outage_shows_its_sampling_error_and_what_excused_it(samples: Any) -> None:
    table = statement_page(samples.statement()).outages[0]

    first, second, _, last = table.rows
    assert table.name == "Checkout"
    assert plain(first.start) == "6 Oct, 14:02:10 CEST"
    assert plain(first.start_error) == "or up to 30 s earlier"
    assert plain(first.end) == "14:33:32 CEST"
    assert second.cause == "The service refused connections. Not counted in part: M1."
    assert plain(second.counted) == "1 min 30 s"
    assert (last.start_error, plain(last.end)) == ("earlier by an unknown time", "02:01:02 CET")


def test_an_outage_shows_the_milliseconds_that_a_sum_rests_on(samples: Any) -> None:
    """What is printed can be checked: from 14:02:10.393 to 14:02:13.500 is 3.107 s."""
    start, end = samples.at("6 14:02:10") + 393, samples.at("6 14:02:13") + 500
    short = samples.outage("A", start, end, Reason.STATUS, error=(897, 1_999))
    row = page_of(samples, samples.section("A", outages=(short,))).outages[0].rows[0]

    assert (plain(row.start), plain(row.end)) == ("6 Oct, 14:02:10.393 CEST", "14:02:13.500 CEST")
    assert plain(row.duration) == "3.107 s"
    assert (plain(row.start_error), plain(row.end_error)) == ("or up to 1 s earlier", "or up to 2 s earlier")


def test_windows_gaps_and_the_end_of_a_running_month_are_exact_too(samples: Any) -> None:
    span = Span(samples.at("14 02:00:00") + 500, samples.at("14 02:30:00"))
    window = replace(samples.windows[0], span=span, recorded=samples.at("14 01:59:57") + 250)
    gap = UnknownLine(Span(samples.at("9 03:10:04"), samples.at("9 03:10:05") + 7), Reason.MONITOR_STALL)
    page = page_of(samples, samples.section("A", windows=(window,), unknown=(gap,)))
    running = replace(samples.running(), as_of=samples.running().as_of + 393)

    row = page.windows[0].rows[0]
    assert plain(row.window) == "14 Oct, 02:00:00.500–02:30:00 CEST"
    assert plain(row.announced) == "14 Oct, 01:59:57 CEST"
    assert plain(page.gaps[0].when) == "9 Oct, 03:10:04–03:10:05.007 CEST"
    assert plain(statement_page(running).notice_detail).endswith("as of 25 Nov, 10:42:07.393 CET.")
    assert plain(statement_page(samples.running()).notice_detail).endswith("as of 25 Nov, 10:42:07 CET.")


def test_a_commitment_that_cannot_be_kept_any_more_is_missed_already(samples: Any) -> None:
    section = replace(samples.running().sections[0], met=False, credit=Amount(12_000, "EUR"))

    def result(owed: Amount | None) -> str:
        running = replace(samples.running(), sections=(replace(section, owed_already=owed),))
        return statement_page(running).summary.rows[0].result

    assert result(Amount(12_000, "EUR")) == "missed already"
    assert result(Amount(0, "EUR")) == result(None) == "not met so far"


def test_an_outage_that_goes_on_has_no_end(samples: Any) -> None:
    row = statement_page(samples.running()).outages[0].rows[0]

    assert (row.end, row.end_error) == ("still down", "")


def test_an_outage_across_the_months_end_says_what_lies_in_the_period(samples: Any) -> None:
    whole = samples.outage(
        "A", samples.at("1 00:10:00") - 20 * MINUTE, samples.at("1 00:10:00"), Reason.TIMEOUT,
        in_period=10 * MINUTE, counted=10 * MINUTE, error=(0, 0),
    )  # fmt: skip
    row = page_of(samples, samples.section("A", outages=(whole,))).outages[0].rows[0]

    assert plain(row.duration) == "20 min 00 s"
    assert plain(row.within) == "10 min 00 s of it in this period"
    assert row.start_error == ""


def test_an_outage_excused_in_full_and_by_what_the_page_has_no_letter_for(samples: Any) -> None:
    whole = replace(samples.outages[1], counted=0, excused_by=("force-majeure",))
    row = page_of(samples, samples.section("A", outages=(whole,))).outages[0].rows[0]

    assert row.cause.endswith("Not counted: force-majeure.")
    assert row.counted == "none"


def test_the_occurrences_of_one_recurring_window_are_told_apart(samples: Any) -> None:
    first, second, _ = samples.windows
    again = replace(second, use=replace(second.use, window="mw-7"))
    row = (
        page_of(samples, samples.section("A", outages=samples.outages, windows=(first, again)))
        .outages[0]
        .rows[1]
    )

    assert row.cause.endswith("Not counted in part: M1.")


def test_a_month_without_outages_says_so(samples: Any) -> None:
    page = page_of(samples, samples.section("A"))

    assert (page.outages, page.outages_note) == ((), "No outage was seen.")
    assert (page.windows, page.windows_note) == ((), "No maintenance was announced.")


def test_services_without_outages_are_named_beside_those_with(samples: Any) -> None:
    assert statement_page(samples.statement()).outages_note.endswith("No outage was seen of Image delivery.")


def test_what_became_of_each_window(samples: Any) -> None:
    first = samples.windows[0]

    def effect(verdict: str, inside: int, excused: int, **more: Any) -> str:
        use = replace(first.use, verdict=verdict, inside=inside, excused=excused)
        window = replace(first, use=use, **more)
        return plain(page_of(samples, samples.section("A", windows=(window,))).windows[0].rows[0].effect)

    assert effect("valid", HOUR, HOUR) == "Announced in time: its downtime is not counted."
    assert effect("late", HOUR, 0) == "Announced too late: its downtime counts in full."
    assert effect("declared_later", HOUR, 0) == "Announced after it had begun: its downtime counts in full."
    assert effect("cap_used", HOUR, 10 * MINUTE).endswith("was used up: 50 min 00 s of it counts.")
    assert effect("valid", 0, 0) == "Announced in time. No downtime occurred."
    assert effect("late", 0, 0, cancelled=samples.at("13 10:00:00")) == (
        "Announced too late. No downtime occurred. Cancelled 13 Oct, 10:00 CEST."
    )


def test_a_window_shows_its_notice(samples: Any) -> None:
    late = replace(samples.windows[0], use=replace(samples.windows[0].use, ahead=-90 * MINUTE))
    rows = page_of(samples, samples.section("A", windows=(*samples.windows, late))).windows[0].rows

    assert plain(rows[0].window) == "14 Oct, 02:00–04:00 CEST"
    assert (plain(rows[0].announced), plain(rows[0].ahead)) == ("11 Oct, 01:00 CEST", "73 h ahead")
    assert plain(rows[3].ahead) == "1 h 30 min 00 s after its start"


def test_both_figures_are_shown_with_and_without_exclusions(samples: Any) -> None:
    assert plain(statement_page(samples.statement()).windows_note) == (
        "Checks went on during the work. Without any exclusion, Checkout had 99.7277 %."
    )
    gone = replace(samples.undeterminable(), windows=samples.windows)
    assert page_of(samples, gone).windows_note == "Checks went on during the work."


def test_how_much_was_measured_is_said_once_where_it_is_the_same(samples: Any) -> None:
    page = statement_page(samples.statement())

    assert [plain(text) for text in page.measured] == [
        "Checks were made every 30 s. 99.9906 % of the promised time was measured."
    ]
    assert page.checks == ("A check asks for a page, as a customer would, and judges the answer.",)
    assert page.gaps_note.endswith("It counts neither as working time nor as downtime.")
    assert [(plain(gap.when), plain(gap.length), gap.why) for gap in page.gaps] == [
        ("9 Oct, 03:10:04–03:12:34 CEST", "2 min 30 s", "the monitor’s own internet connection failed"),
        ("17 Oct, 11:40:20–11:42:02 CEST", "1 min 42 s", "the monitor was not running"),
    ]


def test_what_differs_between_services_is_said_for_each(samples: Any) -> None:
    a, b, c = samples.section("A"), samples.section("B"), samples.section("C", unknown=())
    b = replace(b, intervals=(60 * SECOND, 30 * SECOND, 30 * SECOND))
    c = replace(c, intervals=(), checks=("icmp", "tcp"))
    page = page_of(samples, a, b, c)

    assert [plain(text) for text in page.measured] == [
        "A: checked every 30 s; 99.9906 % of the promised time was measured.",
        (
            "B: checked every 30 s or 1 min 00 s, depending on what was checked and when; "
            "99.9906 % of the promised time was measured."
        ),
        "C: 100.0000 % of the promised time was measured.",
    ]
    assert page.gaps[0].why.endswith(" (A and B)")
    assert page.checks == (
        "A and B: A check asks for a page, as a customer would, and judges the answer.",
        "C: A check opens a connection, as a customer would.",
    )


def test_a_service_that_is_checked_in_two_ways_says_so(samples: Any) -> None:
    page = page_of(samples, replace(samples.section("A"), checks=("http", "tcp")))

    assert page.checks == (
        (
            "Some checks ask for a page, as a customer would, and judge the answer; "
            "the others open a connection."
        ),
    )


def test_a_service_without_intervals_alone(samples: Any) -> None:
    page = page_of(samples, replace(samples.section("A", unknown=()), intervals=()))

    assert [plain(text) for text in page.measured] == ["100.0000 % of the promised time was measured."]
    assert page.gaps_note == "There was no time in which the monitor itself could not tell."


def test_the_policy_for_unknown_time_is_told_where_it_is_known(samples: Any) -> None:
    section = samples.section("A")
    down = samples.line("measure", "unknown", ms=1, spans=1, policy="down")

    assert page_of(samples, replace(section, workings=(down,))).gaps_note.endswith("counts it as downtime.")
    assert page_of(samples, replace(section, workings=())).gaps_note == (
        "In the time below, the monitor itself could not tell."
    )


def test_agreements_with_the_same_terms_are_read_once(samples: Any) -> None:
    a, b = samples.section("A"), samples.section("B")
    silver = replace(samples.section("C"), sla="Silver", version="1")

    together, apart = page_of(samples, a, b).contracts, page_of(samples, a, b, silver).contracts

    assert [(c.title, c.terms) for c in together] == [("", "Gold, version 3")]
    assert [(c.title, c.terms) for c in apart] == [("A and B", "Gold, version 3"), ("C", "Silver, version 1")]


def test_the_workings_name_windows_by_their_letters(samples: Any) -> None:
    works = statement_page(samples.statement()).workings[0]

    assert any(line.text.startswith("Maintenance M1, Database upgrade") for line in works.lines)


def test_the_year_is_told_for_instants_outside_the_pages(samples: Any) -> None:
    window = replace(samples.windows[0], recorded=samples.at("1 00:00:00") - 365 * DAY)
    row = page_of(samples, samples.section("A", windows=(window,))).windows[0].rows[0]

    assert plain(row.announced) == "1 Oct 2025, 00:00 CEST"


def test_no_agreement_leaves_a_page_that_says_so(samples: Any) -> None:
    page = statement_page(replace(samples.statement(), sections=(), totals=()))

    assert page.headline.parts == ("No agreement was in force",)
    assert (page.measured, page.gaps_note, page.days) == ((), "", ())


def test_days_before_the_agreement_are_marked(samples: Any) -> None:
    section = samples.section("A", unknown=())
    late = replace(
        section, days=tuple(replace(d, promised=0) if i < 3 else d for i, d in enumerate(section.days))
    )

    def told(*rules: str) -> tuple[str, str]:
        lines = tuple(samples.line("measure", rule, ms=HOUR) for rule in rules)
        page = page_of(samples, replace(late, workings=lines))
        return page.absent, page.days[0].strips[0].bars[0].title

    assert told("not_in_force") == ("not in force", "1 October: not in force")
    assert told("not_watched") == ("not watched yet", "1 October: not watched yet")
    assert told("not_in_force", "to_come") == ("not in force or still to come", "1 October: not in force")
    assert told("to_come")[1] == "1 October: still to come"
    assert told("not_in_force", "not_watched")[1] == "1 October: not in force or not watched yet"
    assert told()[0] == "not in force, or still to come"
    assert page_of(samples, section).absent == ""


def test_days_are_named_in_the_zone_in_which_they_are_cut(samples: Any) -> None:
    """An agreement in Tokyo's days for a customer in Berlin: its seventh begins on the customer's sixth."""
    tokyo = month("2026-10", "Asia/Tokyo")
    line = samples.line("measure", "period", zone="Asia/Tokyo", ms=tokyo.span.length)
    cut = tuple(DayTime(day, 0, 0, 0, day.length) for day in days(tokyo.span, tokyo.zone))
    seventh = replace(cut[6], counted=2 * HOUR)
    section = replace(samples.section("Checkout"), days=(*cut[:6], seventh, *cut[7:]), workings=(line,))
    page = page_of(samples, section)

    assert plain(page.days[0].strips[0].bars[6].title) == "7 October: 2 h 00 min 00 s of downtime counted"
    assert "; 7 October:" in f"; {page.days[0].strips[0].told.split('. ')[1]}"
    assert [tick.text for tick in page.days[0].axis[:2]] == ["1", "2"]
    assert page.days_note.endswith("Days of Checkout as they are in Asia/Tokyo.")


def test_the_scale_of_the_bars_is_said(samples: Any) -> None:
    assert plain(statement_page(samples.statement()).days_note) == "A full bar: 2 h or more."


def test_every_reason_has_a_sentence_for_the_customer() -> None:
    assert set(CAUSES) == set(Reason)
    assert all(CAUSES[r].endswith(".") for r in Reason if state_of(r) is State.DOWN)
    assert not any(CAUSES[r].endswith(".") for r in Reason if state_of(r) is State.UNKNOWN)


def test_gaps_of_all_services_are_listed_once_in_order(samples: Any) -> None:
    gaps = (UnknownLine(Span(samples.at("17 10:00:00"), samples.at("17 10:01:00")), Reason.PROBER_BUG),)
    page = page_of(samples, samples.section("A", unknown=gaps), samples.section("B", unknown=gaps))

    assert [gap.why for gap in page.gaps] == ["the monitor had a fault of its own"]


def test_a_digest_is_set_in_groups_of_eight() -> None:
    assert in_groups("f17f6cbdef1321312a11") == "f17f6cbd ef132131 2a11"
