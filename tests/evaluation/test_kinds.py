"""Rows as people log them become evidence; what they lack or contradict is said by its line."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest

from monitor.agreements.evidence import SERVICE
from monitor.core.cycles import Cycle, named
from monitor.core.intervals import Span
from monitor.evaluation import kinds
from monitor.evaluation.kinds import Asked
from monitor.evaluation.tables import FileRefused, Problems, moment

Write = Callable[[str], Path]
HOUR = 3_600_000
MONTHS = Cycle("calendar month", "UTC")
END = moment("2026-05-01T00:00:00Z")
CLASSES = ("scheduled maintenance", "force majeure")


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def _write(text: str) -> Path:
        path = tmp_path / "seen.csv"
        path.write_text(text, encoding="utf-8")
        return path

    return _write


def at(text: str) -> int:
    return moment(f"2026-04-{text}:00Z")


def told(problems: Problems) -> list[str]:
    with pytest.raises(FileRefused) as error:
        problems.raise_any()
    return str(error.value).splitlines()


def test_an_outage_is_a_span_with_what_the_file_knows_of_it(write: Write) -> None:
    path = write(
        "start,end,affected,population,class,reported,region\n"
        "2026-04-03T10:00:00Z,2026-04-03T11:00:00Z,21,1000,third party,2026-04-03T10:05:00Z,eu\n"
    )
    seen = kinds.outages(path, Asked(END), Problems())
    (row,) = seen[SERVICE].rows
    assert row.span == Span(at("03T10:00"), at("03T11:00"))
    assert (row.affected, row.what, row.reported) == (Fraction(21, 1000), "third party", at("03T10:05"))
    assert dict(row.columns) == {"region": "eu", "class": "third party"}


def test_an_outage_without_an_end_runs_to_where_it_is_known(write: Write) -> None:
    path = write("start,end\n2026-04-30T23:00:00Z,\n")
    (row,) = kinds.outages(path, Asked(END), Problems())[SERVICE].rows
    assert (row.span.length, row.open) == (HOUR, True)


def test_unobserved_time_is_no_outage(write: Write) -> None:
    path = write("start,end,class\n2026-04-03T10:00:00Z,2026-04-03T11:00:00Z,unobserved\n")
    seen = kinds.outages(path, Asked(END), Problems())[SERVICE]
    assert (seen.rows, seen.unseen) == ((), (Span(at("03T10:00"), at("03T11:00")),))


def test_what_the_agreement_counts_from_must_be_filled_once_an_outage(write: Write) -> None:
    path = write(
        "start,end,reported,id\n"
        "2026-04-03T10:00:00Z,2026-04-03T11:00:00Z,2026-04-03T10:05:00Z,a\n"
        "2026-04-03T11:10:00Z,2026-04-03T11:20:00Z,,a\n"
        "2026-04-04T10:00:00Z,2026-04-04T11:00:00Z,,b\n"
    )
    problems = Problems()
    kinds.outages(path, Asked(END, required={"reported": "the clock starts at the report"}), problems)
    assert told(problems) == ["seen.csv:4: reported: is empty; the clock starts at the report"]


def test_every_bad_row_is_told_by_its_line(write: Write) -> None:
    path = write(
        "start,end,resource,affected,population\n"
        "2026-04-03T10:00:00,2026-04-03T11:00:00Z,a,,\n"
        "2026-04-03T10:00:00Z,2026-04-03T09:00:00Z,a,,\n"
        "2026-04-03T10:00:00Z,2026-04-03T11:00:00Z,c,,\n"
        "2026-04-03T10:00:00Z,2026-04-03T11:00:00Z,,,\n"
        "2026-04-03T10:00:00Z,2026-04-03T11:00:00Z,a,5,3\n"
        "2026-04-03T10:00:00Z,2026-04-03T11:00:00Z,a,0,0\n"
        ",2026-04-03T11:00:00Z,a,x,3\n"
    )
    problems = Problems()
    kinds.outages(path, Asked(END, ("a", "b")), problems)
    assert told(problems) == [
        (
            'seen.csv:2: start: "2026-04-03T10:00:00" has no offset: '
            'write "Z" or one as in "2026-04-03T10:00:00+02:00"'
        ),
        "seen.csv:3: end: 2026-04-03T09:00:00Z is before the start, 2026-04-03T10:00:00Z",
        'seen.csv:4: resource: "c" is no resource of the service; the service has a, b',
        "seen.csv:5: resource: is empty; the service has a, b",
        "seen.csv:6: affected: 5 of a population of 3 cannot be",
        "seen.csv:7: population: is 0: nobody could be affected",
        "seen.csv:8: start: is empty; write when it began",
    ]


def test_slots_count_good_of_total(write: Write) -> None:
    path = write("start,good,total\n2026-04-01T00:05:00Z,1,2\n2026-04-01T00:00:00Z,0.5,1\n")
    rows = kinds.slots(path, Asked(END), Problems(), edge=lambda at: at % 300_000 == 0)
    assert [(row.good, row.total) for row in rows] == [(Fraction(1, 2), 1), (1, 2)]


def test_slots_that_cannot_be_are_refused(write: Write) -> None:
    path = write(
        "start,good,total\n"
        "2026-04-01T00:00:00Z,2,1\n"
        "2026-04-01T00:01:00Z,1,1\n"
        "2026-04-01T00:05:00Z,1,1\n"
        "2026-04-01T00:05:00Z,1,1\n"
        "2026-04-01T00:10:00Z,,1\n"
    )
    problems = Problems()
    kinds.slots(path, Asked(END), problems, edge=lambda at: at % 300_000 == 0)
    assert told(problems) == [
        "seen.csv:2: good: 2 good of 1 cannot be",
        "seen.csv:3: start: 2026-04-01T00:01:00Z is not where a slot begins",
        "seen.csv:5: this slot stands in seen.csv:4 already",
        "seen.csv:6: good: is empty; write 0 where nothing was good",
    ]


def test_a_row_that_is_longer_than_a_slot_is_refused(write: Write) -> None:
    """Two hours of requests in a row are not those of the five minutes at its start."""
    path = write(
        "start,end,good,total\n"
        "2026-04-01T00:00:00Z,2026-04-01T02:00:00Z,0,10\n"
        "2026-04-01T02:00:00Z,2026-04-01T02:05:00Z,0,10\n"
        "2026-04-01T02:05:00Z,,0,10\n"
        "2026-04-01T02:10:00Z,2026-04-01T02:10:00Z,0,10\n"
    )
    problems = Problems()
    rows = kinds.slots(path, Asked(END), problems, edge=lambda at: at % 300_000 == 0, slot=300_000)

    assert told(problems) == [
        "seen.csv:2: end: the row has 2 hours, and a slot has 5 minutes: write a row for each slot",
        "seen.csv:5: end: the row has no time, and a slot has 5 minutes: write a row for each slot",
    ]
    assert len(rows) == 2


def test_samples_may_be_negative_and_weigh(write: Write) -> None:
    path = write("start,value,weight\n2026-04-01T00:00:00Z,-4.5,10\n2026-04-01T00:01:00Z,3,\n")
    rows = kinds.metrics(path, Asked(END), Problems())
    assert [(row.value, row.weight) for row in rows] == [(Fraction(-9, 2), 10), (3, 1)]


def test_events_have_names_of_their_own(write: Write) -> None:
    path = write(
        "id,started,finished,due,count\n"
        "a,2026-04-01T00:00:00Z,2026-04-01T01:00:00Z,2026-04-01T02:00:00Z,3\n"
        "a,2026-04-01T00:00:00Z,,2026-04-01T02:00:00Z,\n"
        "b,2026-04-01T02:00:00Z,2026-04-01T01:00:00Z,2026-04-01T02:00:00Z,\n"
        "c,2026-04-01T02:00:00Z,,,\n"
    )
    problems = Problems()
    rows = kinds.events(path, Asked(END), problems, due_needed=True)
    assert rows[0].count == 3
    assert told(problems) == [
        "seen.csv:3: event a stands in seen.csv:2 already",
        "seen.csv:4: finished: 2026-04-01T01:00:00Z is before it started",
        'seen.csv:5: due: is empty; write by when, as within = "due" asks',
    ]


def test_windows_concern_their_services_and_carry_when_they_were_announced(write: Write) -> None:
    path = write(
        "start,end,class,announced,services,id\n"
        "2026-04-03T10:00:00Z,2026-04-03T11:00:00Z,scheduled maintenance,2026-04-01T10:00:00Z,shop,MW-1\n"
        "2026-04-04T10:00:00Z,2026-04-04T11:00:00Z,force majeure,,,\n"
        "2026-04-05T10:00:00Z,2026-04-05T11:00:00Z,force majeure,,mail,\n"
    )
    first, second = kinds.windows(path, "shop", ("shop", "mail"), Problems(), CLASSES)
    assert (first.id, first.recorded, first.after_the_fact) == ("MW-1", at("01T10:00"), False)
    assert (second.id, second.what, second.after_the_fact) == ("seen row 2", "force majeure", True)


def test_windows_without_a_class_or_a_notice_are_refused(write: Write) -> None:
    path = write(
        "start,end,class,announced,services\n"
        "2026-04-03T10:00:00Z,2026-04-03T11:00:00Z,bad luck,,\n"
        "2026-04-03T10:00:00Z,2026-04-03T11:00:00Z,scheduled maintenance,,\n"
        "2026-04-03T11:00:00Z,2026-04-03T10:00:00Z,force majeure,,\n"
        "2026-04-03T10:00:00Z,2026-04-03T11:00:00Z,force majeure,,ship\n"
    )
    problems = Problems()
    list(kinds.windows(path, "shop", ("shop",), problems, CLASSES))
    assert told(problems) == [
        (
            'seen.csv:2: class: "bad luck" is no class: write one of scheduled maintenance, '
            'force majeure, or "other:…"'
        ),
        "seen.csv:3: announced: is empty; the notice of scheduled maintenance counts from it",
        "seen.csv:4: end: 2026-04-03T10:00:00Z is not after the start",
        'seen.csv:5: services: "ship" is no service of the configuration',
    ]


def history(path: Path, problems: Problems) -> list[object]:
    def span_of(label: str) -> Span:
        return named(MONTHS, label).span

    return list(kinds.history(path, problems, span_of=span_of, promises=("uptime",)))


def test_history_is_what_earlier_periods_came_to(write: Write) -> None:
    path = write(
        "period,met,figure,downtime_s,excused_s,windows,outages,misses,points,credit\n"
        "2026-02,true,1,0,600,1,0,0,,0.00\n"
        "2026-03,false,863/864,3000,1200.5,2,3,1,5,42.00\n"
        "2026-04,,99.5%,,,,,,,\n"
    )
    february, march, april = history(path, Problems())
    assert (february.met, february.excused, february.windows) == (True, 600_000, 1)  # type: ignore[attr-defined]
    assert (march.figure, march.excused, march.credit) == (Fraction(863, 864), 1_200_500, 42)  # type: ignore[attr-defined]
    assert (april.met, april.figure, april.credit) == (None, Fraction(199, 200), None)  # type: ignore[attr-defined]


def test_history_that_cannot_be_read_is_told_by_its_line(write: Write) -> None:
    path = write(
        "period,met,figure,promise\n"
        "2026-13,true,,\n"
        "2026-03,perhaps,,\n"
        "2026-02,true,99.5,\n"
        "2026-04,true,,speed\n"
    )
    problems = Problems()
    history(path, problems)
    assert told(problems) == [
        'seen.csv:2: period: "2026-13" names no period of "calendar month": write it as "2026-10"',
        'seen.csv:3: met: "perhaps" is neither "true" nor "false"; leave it empty where nobody knows',
        'seen.csv:4: figure: "99.5" is more than everything: write "99.5%"',
        "seen.csv:4: period: 2026-02 stands after a later one: write the oldest first",
        'seen.csv:5: promise: "speed" is none of uptime',
    ]


def test_a_period_of_a_promise_stands_in_the_history_once(write: Write) -> None:
    problems = Problems()
    history(write("period,met,promise\n2026-02,true,\n2026-02,true,uptime\n2026-02,false,\n"), problems)
    assert told(problems) == ["seen.csv:4: period 2026-02 stands in seen.csv:2 already"]


def test_the_figure_of_a_metric_is_read_as_an_answer_gives_it(write: Write) -> None:
    path = write(
        "promise,period,met,figure\n"
        "uptime,2026-02,true,359/360\nrtt,2026-02,true,-1/4\n"
        "uptime,2026-03,true,99.5%\nrtt,2026-03,true,50/1\nrtt,2026-04,true,41.5\n"
    )
    rows = kinds.history(
        path,
        problems := Problems(),
        span_of=lambda label: named(MONTHS, label).span,
        promises=("uptime", "rtt"),
        metrics=("rtt",),
    )
    assert [row.figure for row in rows] == [
        Fraction(359, 360), Fraction(-1, 4), Fraction(199, 200), Fraction(50), Fraction(83, 2)
    ]  # fmt: skip
    problems.raise_any()


def test_a_share_of_more_than_everything_is_no_figure(write: Write) -> None:
    problems = Problems()
    history(write("period,met,figure\n2026-02,true,3/2\n2026-03,true,120%\n"), problems)
    assert told(problems) == [
        'seen.csv:2: figure: "3/2" is more than everything: write a share up to 100%',
        'seen.csv:3: figure: "120%" is more than everything: write a share up to 100%',
    ]


@pytest.mark.parametrize("kind", ["outages", "slots", "metrics", "events"])
def test_a_file_without_the_column_that_rows_are_chosen_by_is_refused(write: Write, kind: str) -> None:
    """Else nothing of it would be looked at, and whatever was promised would be kept."""
    path = write("start,end,good,total,value,id,started,finished\n")
    asked, problems = Asked(END, only=("severity",)), Problems()
    read: dict[str, Callable[[], object]] = {
        "outages": lambda: kinds.outages(path, asked, problems),
        "slots": lambda: kinds.slots(path, asked, problems, edge=lambda at: True),
        "metrics": lambda: kinds.metrics(path, asked, problems),
        "events": lambda: kinds.events(path, asked, problems, due_needed=False),
    }
    read[kind]()
    (line,) = told(problems)
    assert line.startswith('seen.csv:1: no column "severity" in the header')


def test_bills_are_in_the_agreements_currency(write: Write) -> None:
    path = write("period,amount,item\n2026-04,1234.56,storage\n2026-04,10.00 USD,\n")
    problems = Problems()

    def span_of(label: str) -> Span:
        return named(MONTHS, label).span

    ((label, line),) = kinds.bills(path, problems, span_of=span_of, currency="EUR")
    assert (label, line.item, line.money.amount) == ("2026-04", "storage", Fraction(123_456, 100))
    assert told(problems) == [
        (
            'seen.csv:3: amount: "10.00 USD" does not agree with the currency EUR: '
            'write it as in "1200.00 EUR", or change the currency'
        )
    ]
