"""KPIs of tickets: the page plays as it is printed, and every figure is worked out by hand, in minutes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from monitor.core.intervals import Ms
from monitor.store import open_store
from tests.cli.conftest import Cli, StandingClock
from tests.cli.test_incident import MARK, papers
from tests.cli.test_responses import CONFIG
from tests.cli.test_shadow import shadow
from tests.cli.told import Told

PAGE = Path(__file__).parents[2] / "docs" / "response-kpis.md"


# --- the page ---------------------------------------------------------------------------------------------


class Page(Told):
    """A page on which a file of tickets is printed: it lies beside the configuration as tickets.csv."""

    TURN = re.compile(rf"{Told.TURN.pattern}|^```csv\n(?P<csv>(?:(?!```).*\n)*)```$", re.MULTILINE)

    def _turned(self, turn: re.Match[str], path: Path, now: Ms) -> Iterator[str]:
        (path.parent / "tickets.csv").write_text(turn["csv"], encoding="utf-8")
        yield from ()


def page() -> Page:
    return Page(PAGE, PAGE.read_text(encoding="utf-8"))


def beside(cli: Cli, folder: Path) -> Callable[..., Any]:
    """The program as if it were called in the folder."""
    return lambda *words: cli(*(str(folder / w) if w.endswith(".csv") else w for w in words))


def test_the_program_answers_as_the_page_says(
    cli: Cli, clock: StandingClock, tmp_path: Path, update_golden: bool
) -> None:
    found = page()
    answers = list(found.played(tmp_path, beside(cli, tmp_path), clock))

    if update_golden:
        found.rewritten(answers)
    assert answers
    assert answers == page().printed


# --- figures by hand --------------------------------------------------------------------------------------

HEAD = "ticket,at,event,value,by,priority,customer,service,team\n"
MORE = """
[customer.globex]
name = "Globex"
timezone = "Europe/Berlin"
currency = "EUR"
[sla.fix]
commitment = "<= 6 business hours"
credits = "none"
[sla.fix.measure]
evidence = "tickets"
as = "p90"
from = "created"
to = "resolved"
calendar = "office"
pauses = []
reopened = "ignored"
counted_in = "period of end"
[sla.both]
together = "sum"
limits = "none"
[sla.both.promise.answer]
commitment = "95%"
credits = "none"
[sla.both.promise.answer.measure]
evidence = "tickets"
from = "created"
to = "first human reply"
within = "2 business hours"
calendar = "office"
pauses = []
[sla.both.promise.notice]
commitment = "95%"
credits = "none"
[sla.both.promise.notice.measure]
evidence = "tickets"
from = "created"
to = "acknowledged"
within = "30m"
pauses = []
[agreement.acme-fix]
customer = "acme"
service = "shop"
sla = "fix"
monthly_fee = "0.00"
from = 2026-01-01
[agreement.globex-both]
customer = "globex"
service = "printers"
sla = "both"
monthly_fee = "0.00"
from = 2026-01-01
"""


def answered(
    id: str, start: str, minutes: int | None, priority: str, customer: str = "acme", team: str = ""
) -> str:
    """A ticket in office hours of one day: created, and answered so many minutes later, if at all."""
    service = "Printer" if customer == "globex" else "shop"
    began = f"2026-{start}:00+0{2 if start < '10-25' else 1}:00"
    told = f"{id},{began},created,,,{priority},{customer},{service},{team}\n"
    if minutes is None:
        return told
    hour, minute = divmod(int(start[6:8]) * 60 + int(start[9:11]) + minutes, 60)
    return f"{told}{id},{began.replace(start[6:11], f'{hour:02}:{minute:02}')},reply,,agent,,,,\n"


OCTOBER = "".join(
    (
        answered("A-1", "10-05T10:00", 30, "high", team="web"),
        answered("A-2", "10-06T10:00", 240, "high", team="web"),
        answered("A-3", "10-07T10:00", 241, "high", team="pay"),
        answered("A-4", "10-08T09:00", 420, "normal"),
        answered("G-1", "10-08T10:00", 120, "high", "globex", "web"),
        answered("G-2", "10-12T11:00", 150, "low", "globex"),
    )
)
"""A-3 is late by a minute; of Globex, with two hours for each, G-2 by half an hour."""


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    (tmp_path / "makegood.toml").write_text(CONFIG + MORE)
    open_store(tmp_path / "evidence.db", create=True)
    return tmp_path


def take(cli: Cli, desk: Path, rows: str, since: str = "2026-01-01", until: str = "2026-11-18") -> None:
    (desk / "tickets.csv").write_text(HEAD + rows)
    taken = cli("tickets", "import", str(desk / "tickets.csv"), "--mapping", "events")
    assert taken.exit_code == 0, taken.output
    assert cli("tickets", "complete", "tickets", "--since", since, "--until", until).exit_code == 0


def asked(cli: Cli, desk: Path, said: str, *words: str, period: str = "2026-10") -> Any:
    """What `[kpi.mine]` comes to."""
    config = desk / "asked.toml"
    config.write_text(f"{CONFIG}{MORE}\n[kpi.mine]\n{said}\n")
    answer = cli("kpi", "mine", "--json", "--period", period, *words, config=config)
    assert answer.exit_code == 0, answer.output
    return json.loads(answer.stdout)


def minutes(value: dict[str, int] | None) -> float | None:
    return None if value is None else value["numerator"] / value["denominator"] / 60_000


@pytest.mark.parametrize(
    ("said", "comes_to", "count"),
    [
        ("", 150, 6),  # 30, 120, 150, 240, 241, 420: the third
        ('take = "mean"', 1201 / 6, 6),
        ("percentile = 75", 241, 6),  # the fifth
        ('priorities = ["high"]', 120, 4),  # 30, 120, 240, 241
        ('priorities = ["high", "low"]\ntake = "mean"', 781 / 5, 5),
        ('customers = ["acme"]', 240, 4),
        ('services = ["printers"]', 120, 2),
        ('agreements = ["acme-care"]\npriorities = ["normal"]', 420, 1),
        ('promises = ["answer"]\ntake = "mean"', 135, 2),
        ('slas = ["care"]', 240, 4),
        ('teams = ["web"]', 120, 3),  # 30, 120, 240
        ('teams = ["web", "pay"]\ntake = "mean"', 631 / 4, 4),
        ('hours = "Mon-Wed 09:00-17:00"', 150, 4),  # 30, 150, 240, 241
        ('hours = "Thu 09:00-09:30"', 420, 1),
    ],
)
def test_a_time_is_that_of_the_clocks_that_are_meant(
    cli: Cli, desk: Path, said: str, comes_to: float, count: int
) -> None:
    take(cli, desk, OCTOBER)

    (found,) = asked(cli, desk, f'of = "first reply"\nat_least = 1\n{said}')

    assert (minutes(found["value"]), found["count"], found["unit"]) == (comes_to, count, "ms")


@pytest.mark.parametrize(
    ("said", "part", "whole"),
    [
        ("", 4, 6),
        ('customers = ["globex"]', 1, 2),
        ('agreements = ["acme-care"]', 3, 4),
        ('priorities = ["normal"]', 1, 1),
    ],
)
def test_a_share_is_of_those_that_were_in_time(
    cli: Cli, desk: Path, said: str, part: int, whole: int
) -> None:
    take(cli, desk, OCTOBER)

    (found,) = asked(
        cli, desk, f'of = "first reply"\ntake = "in time"\ntarget = ">= 60%"\nat_least = 1\n{said}'
    )

    value = found["value"]
    assert (value["numerator"] * whole, found["count"]) == (part * value["denominator"], whole)
    assert (found["title"], found["unit"]) == ("first reply in time", "share")
    assert found["result"] == ("met" if part * 5 >= whole * 3 else "missed")


def test_what_is_late_and_goes_on_counts_with_its_time_so_far_and_what_has_time_left_does_not(
    cli: Cli, desk: Path
) -> None:
    """From Thursday 29 October, ten o'clock, to Tuesday 17 November, the end of what is known: 111 hours."""
    take(
        cli,
        desk,
        answered("A-1", "10-29T10:00", None, "high") + answered("A-2", "11-17T16:00", None, "normal"),
    )

    (october,) = asked(cli, desk, 'of = "first reply"\nat_least = 1')
    (november,) = asked(cli, desk, 'of = "first reply"\nat_least = 1', period="2026-11")

    assert (minutes(october["value"]), october["count"]) == (111 * 60, 1)
    assert (november["value"], november["why_none"]) == (None, "too few tickets to tell (0)")


@pytest.mark.parametrize(
    ("said", "count", "why"),
    [
        ("", 2, "too few tickets to tell (2)"),
        ('take = "mean"', 2, "too few tickets to tell (2)"),
        ('take = "in time"', 2, "too few tickets to tell (2)"),
        ("percentile = 90", 2, "too few tickets to tell (2)"),
        ("at_least = 2", 2, None),
    ],
)
def test_too_few_tickets_tell_nothing(cli: Cli, desk: Path, said: str, count: int, why: str | None) -> None:
    take(cli, desk, answered("A-1", "10-05T10:00", 30, "high") + answered("A-2", "10-06T10:00", 40, "high"))

    (found,) = asked(cli, desk, f'of = "first reply"\n{said}')

    assert (found["count"], found["why_none"], found["value"] is None) == (count, why, bool(why))


TUESDAYS = ("05-05", "06-02", "07-07", "08-04", "09-01", "10-06")


def half_year() -> str:
    """On three days of each month: ten minutes more in each, 60 in May and 110 in October in the middle."""
    return "".join(
        answered(f"A-{n}{day}", f"{start[:3]}{int(start[3:]) + day:02}T10:00", 50 + 10 * n + 10 * day, "high")
        for n, start in enumerate(TUESDAYS)
        for day in range(3)
    )


def test_six_months_lead_to_where_the_target_is_missed(cli: Cli, desk: Path) -> None:
    take(cli, desk, half_year())

    (found,) = asked(cli, desk, 'of = "first reply"\ntarget = "<= 2h"\nowner = "desk"')

    assert [each["count"] for each in found["trend"]] == [3] * 6
    assert [minutes(each["value"]) for each in found["trend"]] == [60, 70, 80, 90, 100, 110]
    assert (found["result"], found["moves"], minutes(found["margin"])) == ("met, drifting", "rising", 10)


def test_every_clock_is_in_one_week_and_in_one_quarter(cli: Cli, desk: Path) -> None:
    take(cli, desk, half_year())

    (week,) = asked(cli, desk, 'of = "first reply"\nat_least = 1', period="2026-W41")
    (quarter,) = asked(cli, desk, 'of = "first reply"\nat_least = 1', period="2026-Q3")

    assert [(each["period"], each["count"]) for each in week["trend"]] == [
        ("2026-W36", 3), ("2026-W37", 0), ("2026-W38", 0), ("2026-W39", 0), ("2026-W40", 0), ("2026-W41", 3),
    ]  # fmt: skip
    assert minutes(week["value"]) == 110
    assert (minutes(quarter["value"]), quarter["count"]) == (90, 9)  # 70, 80, 80, 90, 90, 90, 100, 100, 110


@pytest.mark.parametrize(
    "every",
    [
        "calendar quarter",
        "calendar year",
        "any 30 days",
        "30 days",
        "contract month",
        "365 days before the claim",
    ],
)
def test_the_agreements_own_periods_make_no_difference(cli: Cli, desk: Path, every: str) -> None:
    take(cli, desk, half_year())
    own = CONFIG.replace("[sla.care]", f'[sla.care]\nperiod = {{ every = "{every}" }}')
    config = desk / "makegood.toml"
    config.write_text(f'{own}[kpi.mine]\nof = "first reply"\n')

    answer = cli("kpi", "mine", "--json", "--period", "2026-10")

    assert answer.exit_code == 0, answer.output
    (found,) = json.loads(answer.stdout)
    assert [each["count"] for each in found["trend"]] == [3] * 6
    assert [minutes(each["value"]) for each in found["trend"]] == [60, 70, 80, 90, 100, 110]


def test_a_clock_counts_where_its_promise_says_that_it_does(cli: Cli, desk: Path) -> None:
    """Begun on Friday 30 October, fixed on Monday 2 November at ten: in November, after eight hours."""
    fixed = "A-1,2026-11-02T10:00:00+01:00,resolved,,,,,,\n"
    take(cli, desk, answered("A-1", "10-30T10:00", None, "high") + fixed)

    (fix,) = asked(cli, desk, 'of = "resolution"\nat_least = 1', period="2026-11")
    (reply,) = asked(cli, desk, 'of = "first reply"\nat_least = 1', period="2026-11")

    assert [(each["count"], minutes(each["value"])) for each in fix["trend"][-2:]] == [(0, None), (1, 480)]
    assert [(each["count"], minutes(each["value"])) for each in reply["trend"][-2:]] == [(1, 480), (0, None)]


MIXED = """
[agreement.acme-printers]
customer = "acme"
service = "printers"
sla = "mixed"
monthly_fee = "100.00"
from = 2026-01-01
[sla.mixed]
together = "sum"
limits = "none"
credits = "none"
[sla.mixed.promise.up]
commitment = "99%"
exclude = []
[sla.mixed.promise.reply]
commitment = "95%"
[sla.mixed.promise.reply.measure]
evidence = "tickets"
from = "created"
to = "first human reply"
within = "1h"
pauses = []
"""


def test_a_promise_beside_one_of_availability_is_read_without_a_single_check(cli: Cli, desk: Path) -> None:
    take(cli, desk, answered("P-1", "10-05T10:00", 45, "high").replace(",shop,", ",Printer,"))

    (found,) = asked(cli, desk, f'of = "first reply"\nservices = ["printers"]\nat_least = 1\n{MIXED}')

    assert (minutes(found["value"]), found["count"]) == (45, 1)


AMENDED = """
[agreement.acme-care.amendment.2026-10-07]
sla = "quick"
applies = "split the period"
[sla.quick]
like = "care"
[sla.quick.measure]
evidence = "tickets"
from = "created"
to = "first human reply"
within = { high = "1 business hour", normal = "1 business day, close of business" }
calendar = "office"
pauses = []
priority_change = "keep time"
"""


@pytest.mark.parametrize(
    ("said", "part", "whole"),
    [
        ("", 3, 4),  # by the terms of before, A-3 and A-4 by those from the 7th on
        ('slas = ["care"]', 2, 2),
        ('slas = ["quick"]', 1, 2),
    ],
)
def test_where_terms_change_each_clock_is_read_once_by_those_that_it_counts_under(
    cli: Cli, desk: Path, said: str, part: int, whole: int
) -> None:
    take(cli, desk, OCTOBER)

    (found,) = asked(
        cli,
        desk,
        f'of = "first reply"\ntake = "in time"\nat_least = 1\ncustomers = ["acme"]\n{said}\n{AMENDED}',
    )

    assert (found["value"]["numerator"] * whole, found["count"]) == (
        part * found["value"]["denominator"],
        whole,
    )


def test_a_month_has_the_clocks_that_the_report_of_the_promises_has(cli: Cli, desk: Path) -> None:
    """Whatever stands on the statement, month after month, and no clock beside it."""
    take(cli, desk, half_year() + OCTOBER.replace("A-", "B-"))

    (found,) = asked(cli, desk, 'of = "first reply"\nat_least = 1')

    for point in found["trend"]:
        told = json.loads(cli("tickets", "times", "--period", point["period"], "--json").stdout)
        lines = [each for each in told["promises"] if each["to"] == "first human reply"]
        assert point["count"] == sum(each["in_time"] + len(each["late"]) for each in lines) > 0


# --- what nobody can tell ---------------------------------------------------------------------------------


def test_a_month_whose_tickets_are_not_all_known_tells_nothing(cli: Cli, desk: Path) -> None:
    take(cli, desk, half_year(), since="2026-08-15", until="2026-10-20")

    (found,) = asked(cli, desk, 'of = "first reply"')

    assert found["why_none"] == "tickets are known until 2026-10-20 00:00 alone (tickets)"
    assert [minutes(each["value"]) for each in found["trend"]] == [None, None, None, None, 100, None]
    (august,) = asked(cli, desk, 'of = "first reply"', period="2026-08")
    assert august["why_none"] == "tickets are known from 2026-08-15 00:00 on alone (tickets)"


@pytest.mark.parametrize(
    ("row", "said", "why"),
    [
        (
            "X-1,2026-10-09T10:00:00+02:00,created,,,high,acme,Scanner,\n",
            "",
            'ticket X-1 names a service that nobody knows: "Scanner"',
        ),
        (
            "X-1,2026-10-09T10:00:00+02:00,created,,,urgnt,acme,shop,\n",
            "",
            'ticket X-1: no time is allowed for priority "urgnt"',
        ),
        ("X-1,2026-10-09T10:00:00+02:00,created,,,urgnt,acme,shop,\n", 'customers = ["globex"]', None),
    ],
)
def test_what_cannot_be_judged_is_named(cli: Cli, desk: Path, row: str, said: str, why: str | None) -> None:
    take(cli, desk, OCTOBER + row)

    (found,) = asked(cli, desk, f'of = "first reply"\nat_least = 1\n{said}')

    assert (found["why_none"], found["value"] is None) == (why, bool(why))


def test_before_anybody_promised_it_there_is_nothing_to_tell(cli: Cli, desk: Path) -> None:
    take(cli, desk, OCTOBER, since="2025-01-01")

    (found,) = asked(cli, desk, 'of = "first reply"', period="2025-11")

    assert found["why_none"] == "no agreement that promises it was in force then"


# --- in parts, and where it is shown ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("by", "parts"),
    [
        ("priority", {"high": (120, 4), "normal": (420, 1), "low": (150, 1)}),
        ("severity", {"high": (120, 4), "normal": (420, 1), "low": (150, 1)}),
        ("service", {"shop": (240, 4), "printers": (120, 2)}),
        ("customer", {"acme": (240, 4), "globex": (120, 2)}),
        ("team", {"no team": (150, 2), "pay": (241, 1), "web": (120, 3)}),
    ],
)
def test_each_part_has_its_own_figure(
    cli: Cli, desk: Path, by: str, parts: dict[str, tuple[int, int]]
) -> None:
    take(cli, desk, OCTOBER)

    found = asked(cli, desk, 'of = "first reply"\nat_least = 1', "--by", by)

    assert {each["of"]: (minutes(each["value"]), each["count"]) for each in found} == parts


def test_an_hour_of_the_week_has_the_clocks_that_began_in_it(cli: Cli, desk: Path) -> None:
    take(cli, desk, OCTOBER)

    found = asked(cli, desk, 'of = "first reply"\nat_least = 1', "--by", "hour-of-week")

    known = {each["of"]: minutes(each["value"]) for each in found if each["count"]}
    assert len(found) == 168
    assert known == {
        "Mon 10": 30, "Mon 11": 150, "Tue 10": 240, "Wed 10": 241, "Thu 09": 420, "Thu 10": 120,
    }  # fmt: skip


OWN = f"""
[calendar.mark]
hours = "Mon-Fri 09:00-17:00"
timezone = "Europe/Berlin"
holidays = "none"
[sla.{MARK.lower()}]
commitment = "none"
credits = "none"
[sla.{MARK.lower()}.measure]
evidence = "tickets"
from = "created"
to = "first human reply"
within = "2 business hours"
calendar = "mark"
pauses = []
[kpi.mark-reply]
of = "first reply"
slas = ["{MARK.lower()}"]
title = "{MARK}-title"
owner = "{MARK}-owner"
at_least = 1
target = "<= 73m"
"""


def test_nothing_of_it_is_on_anything_that_a_customer_is_handed(cli: Cli, house: Path) -> None:
    shadow(house, f'["{MARK.lower()}"]')
    config = house / "makegood.toml"
    config.write_text(config.read_text(encoding="utf-8") + OWN, encoding="utf-8")
    row = answered("T-73", "10-05T10:00", 80, "high", team=f"{MARK}-team")
    take(cli, house, row.replace(",shop,", ",checkout,"))
    (told,) = json.loads(cli("kpi", "mark-reply", "--period", "2026-10", "--json").stdout)
    assert (minutes(told["value"]), told["result"]) == (80, "missed")
    inside = cli("report", "--internal", "--period", "2026-10", "--format", "json").stdout
    assert f"{MARK}-title" in inside

    found = papers(cli, house)

    assert len(found) >= 15
    words = (MARK.encode(), MARK.lower().encode(), b"mark-reply", b"T-73", b"kpi")
    assert [name for name, page in found.items() if any(word in page for word in words)] == []


def test_the_report_of_the_team_has_it_in_all_three_forms(cli: Cli, desk: Path) -> None:
    take(cli, desk, half_year())
    config = desk / "makegood.toml"
    config.write_text(f'{CONFIG}{MORE}\n[kpi.mine]\nof = "first reply"\ntarget = "<= 2h"\nowner = "desk"\n')

    told = {
        form: cli("report", "--internal", "--period", "2026-10", "--format", form).stdout
        for form in ("html", "json", "csv")
    }

    assert "1\u00a0h\u00a050\u00a0min\u00a000\u00a0s" in told["html"]
    (mine,) = (each for each in json.loads(told["json"])["kpis"] if each["id"] == "mine")
    assert (mine["unit"], minutes(mine["value"])) == ("clock", 110)
    assert any(line.startswith("kpi,") and "mine" in line for line in told["csv"].splitlines())


def test_an_sla_of_tickets_beside_an_agreement_costs_what_it_would_if_it_were_agreed(
    cli: Cli, house: Path
) -> None:
    """Of four tickets three were in time, 75 %: 10 % of 1,200.00 EUR, and not nothing for want of tickets."""
    shadow(house, f'["{MARK.lower()}"]')
    config = house / "makegood.toml"
    owed = 'commitment = "95%"\ncredits = { "< 95%" = "10%" }'
    priced = OWN.replace('commitment = "none"\ncredits = "none"', owed)
    config.write_text(config.read_text(encoding="utf-8") + priced, encoding="utf-8")
    rows = (answered(f"T-{day}", f"10-0{day}T10:00", 60 if day < 8 else 121, "high") for day in range(5, 9))
    take(cli, house, "".join(rows).replace(",shop,", ",checkout,"))

    answer = cli("shadow", "--period", "2026-10")

    assert answer.exit_code == 0, answer.output
    (told,) = (line for line in answer.stdout.splitlines() if line.split()[:1] == [MARK.lower()])
    assert told.split()[1:6] == ["75.0000", "%", "yes", "120.00", "EUR"]
