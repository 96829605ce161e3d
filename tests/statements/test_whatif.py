"""An outage that never was: what it comes to is what the statement says where it really was recorded."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.config import load_plan
from monitor.core.checks import Lane, Reason, State
from monitor.core.intervals import HOUR, MINUTE, SECOND, Ms, Span, intersect, normalise, subtract
from monitor.core.money import Amount
from monitor.core.services import AtLeast, Leaf, Not
from monitor.core.timeline import Segment
from monitor.core.windows import OneOff
from monitor.errors import ConfigError, Undecided
from monitor.statements.build import statement
from monitor.statements.laid import failing
from monitor.statements.maintenance import declared
from monitor.statements.whatif import sums, whatif
from monitor.store.protocol import NewEvent
from tests.statements.conftest import LIFE, ListSnapshot, at

HOUSE = """
[issuer]
name = "Beispiel Cloud GmbH"

[endpoint.web]
url = "http://127.0.0.1:1/"
interval = "30s"

[endpoint.api]
url = "http://127.0.0.1:1/api"
interval = "30s"

[endpoint.mail]
url = "http://127.0.0.1:1/mail"
interval = "30s"

[service.checkout]
title = "Checkout"
up_when = { all = ["web", "api"] }

[service.both]
title = "Both"
resources = ["web", "api"]

[service.either]
title = "Either"
up_when = { any = ["web", "mail"] }

[service.post]
title = "Post"
up_when = { all = ["mail"] }

[customer.acme]
name = "ACME GmbH"
timezone = "Europe/Berlin"
currency = "EUR"

[customer.muster]
name = "Muster Inc."
timezone = "America/New_York"
currency = "USD"

[provider.cloud]
name = "Cloud Ltd"
timezone = "UTC"
currency = "EUR"
"""
ROWS = 'commitment = "99.9%"\ncredits = { "< 99.9%" = "10%", "< 99.0%" = "25%", "< 98%" = "50%" }\n'
OFFICE = """
[calendar.office]
hours = "Mon-Fri 08:00-20:00"
timezone = "Europe/Berlin"
holidays = "none"
"""


def agreement(name: str, service: str, party: str = 'customer = "acme"', more: str = "") -> str:
    return f"""
[agreement.{name}]
{party}
service = "{service}"
sla = "{name.split("-")[0]}"
monthly_fee = "100.00"
from = 2026-01-01
{more}
"""


@pytest.fixture
def written(tmp_path) -> Callable[[str], Any]:
    def write(text: str):
        path = tmp_path / "makegood.toml"
        path.write_text(HOUSE + text, encoding="utf-8")
        return load_plan(path, environ={})

    return write


def lane(down: tuple[Span, ...], dark: tuple[Span, ...] = (), until: Ms = LIFE.end) -> tuple[Segment, ...]:
    """A lane with a check each 30 s, down and dark where it says, and up the rest."""
    dark = subtract(dark, down)
    cuts = sorted({LIFE.start, until, *(edge for span in (*down, *dark) for edge in (span.start, span.end))})
    out: list[Segment] = []
    for start, end in pairwise(cuts):
        here = (Span(start, end),)
        seen: tuple[Ms | None, Ms | None] = (start, end - 30 * SECOND)
        if intersect(down, here):
            out.append(Segment(start, end, State.DOWN, Reason.TIMEOUT, *seen))
        elif intersect(dark, here):
            out.append(Segment(start, end, State.UNKNOWN, Reason.NOT_RUNNING))
        else:
            out.append(Segment(start, end, State.UP, Reason.OK, *seen))
    return tuple(out)


NAMES = ("web", "api", "mail")


def snapshot(down: dict[str, tuple[Span, ...]], dark: tuple[Span, ...] = (), reached: Ms | None = None):
    lanes = [Lane(number, name, "local", (LIFE,)) for number, name in enumerate(NAMES, start=1)]
    timelines = {
        number: lane(normalise(down.get(name, ())), dark) for number, name in enumerate(NAMES, start=1)
    }
    return ListSnapshot(lanes, timelines, reached=reached)


def minutes(text: str, length: int) -> Span:
    return Span(at(text), at(text) + length * MINUTE)


COUNTED = 'commitment = "99.9%"\n'
MAINTAINED = '{ what = "scheduled maintenance", notice = "48h", at_most = "1h per month" }'
EVERY_KIND = {
    "rows": ROWS,
    "long": ROWS + 'outage = "> 15m"\n',
    "joined": ROWS + 'outage = { lasting = ">= 20m", joined = "< 30m" }\n',
    "deducted": ROWS + 'outage = { deduct = "5m", whole = "1m" }\n',
    "early": ROWS + 'outage = { starts = "last success" }\n',
    "hourly": COUNTED + 'credits = { each = "full 30m", credit = "5%" }\nlimits = "20% per period"\n',
    "straight": 'commitment = "99.9%"\ncredits = { each = "0.1% or part", credit = "3%" }\n',
    "most": 'commitment = "<= 45m"\ncredits = { "> 45m" = "10%", "> 3h" = "40%" }\n',
    "office": ROWS + 'period = { every = "calendar month", service_hours = "office" }\n',
    "window": f'{ROWS}exclude = [{MAINTAINED}, "force majeure"]\n',
    "slots": ROWS + 'measure = { evidence = "outages", as = "bad slots", slot = "1h", bad = "down > 6m" }\n',
    "total": ROWS + 'scope = "any down"\n',
    "quarter": ROWS + 'period = "calendar quarter"\n',
    "capped": ROWS + 'limits = "15% per year"\n',
}


@pytest.fixture(params=EVERY_KIND)
def kind(request, written):
    """An agreement of a kind on the service, and one on the service with two resources."""
    name = request.param
    text = f"{OFFICE}\n[sla.{name}]\n{EVERY_KIND[name]}"
    return written(text + agreement(f"{name}-one", "checkout") + agreement(f"{name}-two", "both"))


spans = st.lists(
    st.builds(
        lambda start, length: Span(
            at("2026-10-20 00:00") + start * 30 * SECOND,
            at("2026-10-20 00:00") + (start + length) * 30 * SECOND,
        ),
        st.integers(0, 40 * 2_880),
        st.integers(1, 400),
    ),
    max_size=5,
).map(normalise)


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    web=spans,
    api=spans,
    dark=spans,
    now=st.integers(2_880 * 2, 2_880 * 30),
    begins=st.integers(-2_880, 2_880 * 12),
    length=st.integers(1, 720),
)
def test_what_it_costs_is_what_the_statement_would_say(kind, web, api, dark, now, begins, length) -> None:
    """Whatever was recorded before, whenever it begins, and however long it lasts: in every kind of terms."""
    here = at("2026-10-20 00:00") + now * 30 * SECOND
    start = here + begins * 30 * SECOND
    outage = Span(start, start + length * 30 * SECOND)
    past = (Span(LIFE.start, here),)
    events = [
        window("2026-11-03 02:00", "2026-11-03 04:00", "2026-10-19 12:00"),
        window("2026-11-10 22:00", "2026-11-11 01:00", "2026-11-10 12:00"),
    ]
    asked = snapshot({"web": web, "api": api}, dark)
    asked.record(*events)
    known = {name: intersect(spans, past) for name, spans in (("web", web), ("api", api))}
    told = snapshot({name: (*spans, outage) for name, spans in known.items()}, intersect(dark, past))
    told.record(*events)

    later = at("2027-02-01 00:00")
    found = {
        (row.agreement.id, row.period.label): row.after
        for row in whatif(kind, asked, here, "checkout", outage)
        if row.period
    }
    papers = [statement(kind, told, "acme", month, later) for month in ("2026-10", "2026-11", "2026-12")]
    stated = {
        (section.agreement, section.period.label): section
        for paper in papers
        for section in paper.sections
        if section.period
    }
    for paper in papers:
        mine = [(section.agreement, section.period.label) for section in paper.sections if section.period]
        if mine and all(key in found for key in mine) and paper.totals[0].credit is not None:
            assert paper.totals[0].credit.minor == sum(found[key].credit.minor for key in mine)
    assert found
    for key, figures in found.items():
        assert (key, figures.credit) == (key, stated[key].credit)
        assert (key, figures.availability) == (key, stated[key].availability)
        assert (key, figures.met) == (key, stated[key].met)


def window(start: str, end: str, recorded: str) -> NewEvent:
    """Maintenance of both services, and when it was recorded."""
    rule = OneOff(Span(at(start), at(end)))
    return declared("w" + start[:10], "Upgrade", ["checkout", "both"], rule, "ines", at(recorded))


GOLD = (
    f"\n[sla.gold]\n{ROWS}exclude = [{{ what = 'scheduled maintenance', notice = '48h' }}, 'force majeure']\n"
)
NOW = "2026-11-10 12:00"


def asked(plan, service: str, outage: Span, events=(), down=None, now: str = NOW, resources=()):
    seen = snapshot(down or {})
    seen.record(*events)
    return whatif(plan, seen, at(now), service, outage, resources)


def test_customers_are_told_apart_and_currencies_are_never_added(written):
    """Six hours: 0.8333 % of a November of 720 hours."""
    plan = written(
        GOLD
        + agreement("gold-acme", "checkout")
        + agreement("gold-muster", "checkout", 'customer = "muster"')
        + agreement("gold-cloud", "checkout", 'provider = "cloud"', 'claim = "automatic"')
    )

    rows = asked(plan, "checkout", minutes(NOW, 360))

    assert [(row.agreement.id, row.ours, str(row.more and row.more.decimal)) for row in rows] == [
        ("gold-acme", True, "10.00"),
        ("gold-muster", True, "10.00"),
        ("gold-cloud", False, "10.00"),
    ]
    assert [(each.currency, each.minor) for each in sums(row for row in rows if row.ours)] == [
        ("EUR", 1_000),
        ("USD", 1_000),
    ]


def test_the_tiers_are_crossed_at_the_first_millisecond_that_the_contract_says(written):
    """99.9 % of 720 hours allow 43 min 12 s, 99 % allow 7 h 12 min."""
    (row,) = asked(written(GOLD + agreement("gold", "checkout")), "checkout", minutes(NOW, 480))

    assert [(tier.after, tier.text, tier.met) for tier in row.tiers] == [
        (43 * MINUTE + 12 * SECOND + 1, ("< 99.9%: 10 %",), False),
        (7 * HOUR + 12 * MINUTE + 1, ("< 99.0%: 25 %",), False),
    ]
    assert [str(tier.credit and tier.credit.decimal) for tier in row.tiers] == ["10.00", "25.00"]


def test_of_many_tiers_the_first_are_told_and_that_there_are_more(written):
    """5 % for each full half hour, to 100 %: twenty of them, and the fee is the most."""
    each = COUNTED + 'credits = { each = "full 30m", credit = "5%" }\n'
    plan = written(f"\n[sla.hourly]\n{each}" + agreement("hourly", "checkout"))

    (few,) = asked(plan, "checkout", minutes(NOW, 300))
    (many,) = asked(plan, "checkout", minutes(NOW, 900))

    halves = [count * 30 * MINUTE for count in range(1, 13)]
    assert [tier.after for tier in few.tiers if tier.text] == [43 * MINUTE + 12 * SECOND + 1, *halves[1:10]]
    assert (few.gradual, many.gradual) == (False, True)
    assert [tier.after for tier in many.tiers] == [43 * MINUTE + 12 * SECOND + 1, *halves[1:]]
    assert (few.more, many.more) == (Amount(5_000, "EUR"), Amount(10_000, "EUR"))


def test_a_month_that_missed_already_costs_the_difference(written):
    """An hour on the 3rd: 10 % are owed, and another seven hours make it 25 %."""
    plan = written(GOLD + agreement("gold", "checkout"))

    (row,) = asked(plan, "checkout", minutes(NOW, 420), down={"web": (minutes("2026-11-03 08:00", 60),)})

    assert (row.before.met, row.before.credit, row.after.credit, row.more) == (
        False,
        Amount(1_000, "EUR"),
        Amount(2_500, "EUR"),
        Amount(1_500, "EUR"),
    )
    assert row.before.budget is not None
    assert row.before.budget.left == -(16 * MINUTE + 48 * SECOND)


def test_an_outage_over_a_months_end_is_told_for_each_month(written):
    plan = written(GOLD + agreement("gold", "checkout"))

    rows = asked(plan, "checkout", minutes("2026-11-30 22:00", 240))

    assert [(row.period.label, row.within // MINUTE, str(row.more.decimal)) for row in rows] == [
        ("2026-11", 120, "10.00"),
        ("2026-12", 120, "10.00"),
    ]
    assert rows[1].tiers[0].after == 2 * HOUR + 44 * MINUTE + 38 * SECOND + 401


def test_what_is_down_since_last_month_is_judged_whole(written):
    """Ten minutes before midnight are no outage of more than 15; with ten after it, they are."""
    plan = written(f"\n[sla.long]\n{EVERY_KIND['long']}" + agreement("long", "checkout"))
    down = {"web": (minutes("2026-10-31 23:50", 12),), "api": ()}

    rows = asked(plan, "checkout", minutes("2026-11-01 00:02", 8), down=down, now="2026-11-01 00:02")

    assert [(row.period.label, row.before.counted, row.after.counted) for row in rows] == [
        ("2026-10", 0, 10 * MINUTE),
        ("2026-11", 0, 10 * MINUTE),
    ]


def test_maintenance_that_takes_a_part_of_it_is_named(written):
    """An hour of the two lies in a window of the night that was recorded three days ahead."""
    plan = written(GOLD + agreement("gold", "checkout"))
    good = window("2026-11-12 02:00", "2026-11-12 04:00", "2026-11-09 02:00")

    (row,) = asked(plan, "checkout", minutes("2026-11-12 03:00", 120), events=[good])

    (taken,) = row.swallowed
    assert (taken.title, taken.inside, taken.excused, taken.verdict) == ("Upgrade", HOUR, HOUR, "valid")
    assert (row.after.counted, row.after.excused) == (HOUR, HOUR)
    assert row.tiers[0].after == HOUR + 43 * MINUTE + 12 * SECOND + 1


def test_a_window_that_was_recorded_too_late_takes_nothing_and_says_why(written):
    plan = written(GOLD + agreement("gold", "checkout"))
    late = window("2026-11-12 02:00", "2026-11-12 04:00", "2026-11-10 02:01")

    (row,) = asked(plan, "checkout", minutes("2026-11-12 03:00", 60), events=[late])

    (taken,) = row.swallowed
    assert (taken.inside, taken.excused, taken.verdict) == (HOUR, 0, "late")


def test_who_is_not_touched_is_said_with_the_reason(written):
    """Excused for one, out of hours for another, over for a third, too short for a fourth."""
    plan = written(
        GOLD
        + OFFICE
        + f"\n[sla.office]\n{EVERY_KIND['office']}"
        + f"\n[sla.long]\n{EVERY_KIND['long']}"
        + agreement("gold", "checkout")
        + agreement("office", "checkout")
        + agreement("long", "checkout")
        + agreement("gold-over", "checkout", more="until = 2026-11-11")
    )
    good = window("2026-11-12 02:00", "2026-11-12 04:00", "2026-11-09 02:00")

    rows = asked(plan, "checkout", minutes("2026-11-12 03:00", 10), events=[good])

    assert {row.agreement.id: row.untouched for row in rows} == {
        "gold": "it is excused",
        "office": "its terms do not count it, or it is down then already",
        "long": "its terms do not count it, or it is down then already",
        "gold-over": "it is not in force then",
    }
    assert all(row.more == Amount(0, "EUR") for row in rows)


def test_services_that_rest_on_the_same_endpoints_are_told_too(written):
    """Post rests on mail, Either on web or mail, and Checkout on neither of mail."""
    plan = written(
        GOLD + agreement("gold-a", "checkout") + agreement("gold-b", "either") + agreement("gold-c", "post")
    )

    rows = asked(plan, "post", minutes(NOW, 120))

    assert {row.agreement.id: bool(row.untouched) for row in rows} == {"gold-b": True, "gold-c": False}
    both = asked(plan, "either", minutes(NOW, 120))
    assert {row.agreement.id: bool(row.untouched) for row in both} == {
        "gold-a": False,
        "gold-b": False,
        "gold-c": False,
    }


def test_one_resource_of_several_is_hit_alone(written):
    each = 'scope = "each on its own"\n'
    plan = written(
        f"\n[sla.all]\n{ROWS}scope = 'all down'\n[sla.own]\n{ROWS}{each}"
        + agreement("all", "both")
        + agreement("own", "both")
    )

    rows = asked(plan, "both", minutes(NOW, 120), resources=("web",))

    assert {row.agreement.id: bool(row.untouched) for row in rows} == {"all": True, "own": False}


def test_of_credits_that_exclude_each_other_the_greater_one_is_added(written):
    """10 % of 100.00 gives way to 25 % of 100.00, in what is owed before and after alike."""
    dear = ROWS.replace('"10%"', '"20%"')
    plan = written(
        f"\n[sla.gold]\n{ROWS}[sla.dear]\n{dear}"
        + agreement("gold", "checkout", more='not_with = ["dear"]')
        + agreement("dear", "checkout")
    )

    rows = asked(plan, "checkout", minutes(NOW, 120))

    assert [(row.agreement.id, row.gives_way, str(row.more.decimal)) for row in rows] == [
        ("gold", "dear", "0.00"),
        ("dear", "", "20.00"),
    ]
    assert sums(rows) == (Amount(2_000, "EUR"),)


def test_what_checks_cannot_settle_is_no_nothing(written):
    """Nobody can tell what it costs: that is in no sum, and is not called untouched money."""
    sla = ROWS + 'measure = { evidence = "slots", as = "total" }\n'
    plan = written(f"\n[sla.requests]\n{sla}" + agreement("requests", "checkout"))

    (row,) = asked(plan, "checkout", minutes(NOW, 120))

    assert (row.more, row.after.why) == (None, "it is settled from counts of requests")
    assert sums([row]) == ()


def test_a_state_that_counts_against_the_service_is_turned_the_other_way():
    assert failing([AtLeast(None, (Leaf("web"), Not(Leaf("fallback"))))]) == {
        "web": State.DOWN,
        "fallback": State.UP,
    }


def test_an_endpoint_that_counts_for_and_against_is_a_question_for_a_person():
    with pytest.raises(Undecided, match="web counts for the service and against it"):
        failing([AtLeast(1, (Leaf("web"), Not(Leaf("web"))))])


def test_a_service_that_nothing_probes_cannot_be_tried(written):
    plan = written('\n[service.paper]\nresources = ["desk"]\n')

    with pytest.raises(ConfigError, match="nothing of paper is probed"):
        asked(plan, "paper", minutes(NOW, 5))


def test_an_endpoint_that_was_never_loaded_begins_now(written):
    """What is new in the file is taken as probed from now on: 492 hours of November are left."""
    plan = written(GOLD + agreement("gold", "post"))
    seen = snapshot({})
    seen.known = [each for each in seen.known if each.endpoint != "mail"]

    (row,) = whatif(plan, seen, at(NOW), "post", minutes(NOW, 123))

    assert row.before.availability == 1
    assert row.after.availability == 1 - Fraction(123, 492 * 60)
    assert row.more == Amount(1_000, "EUR")


def test_a_month_in_which_too_little_was_seen_stays_a_question(written):
    """Nothing was seen until the 10th, a third of the month: no rest of it makes up for that."""
    plan = written(GOLD + agreement("gold", "checkout"))
    seen = snapshot({}, dark=(Span(at("2026-11-01 00:00"), at(NOW)),))

    (row,) = whatif(plan, seen, at(NOW), "checkout", minutes(NOW, 120))

    assert (row.before.credit, row.after.credit, row.more) == (None, None, None)
    assert row.after.why == "too little of the time was measured"
