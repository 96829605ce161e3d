"""Agreements on counts of requests, settled from the monitor's own checks: October 2026.

Every check is written to a real store; a file of `evaluate` with the same counts gives the same figure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from monitor.agreements.parts import evaluate_parts
from monitor.config import load_plan
from monitor.config.plan import Plan
from monitor.core.checks import Check, Reason, State
from monitor.core.intervals import DAY, HOUR, MINUTE, Ms
from monitor.core.money import Amount
from monitor.core.periods import local
from monitor.evaluation.case import Files, cases, question
from monitor.statements.build import statement
from monitor.statements.health import health
from monitor.store import open_store
from monitor.store.protocol import Holder
from tests.statements.conftest import at

HOUSE = """
[issuer]
name = "Beispiel Cloud GmbH"

[endpoint.web]
url = "http://127.0.0.1:1/"
interval = "1m"

[endpoint.api]
url = "http://127.0.0.1:1/api"
interval = "1m"

[service.shop]
title = "Shop"
up_when = "web"

[service.pair]
title = "Pair"
up_when = { all = ["web", "api"] }

[customer.acme]
name = "ACME GmbH"
timezone = "Europe/Berlin"
currency = "EUR"

[agreement.mine]
customer = "acme"
service = "shop"
sla = "mine"
monthly_fee = "100.00"
from = 2026-09-01
until = 2026-12-31

[sla.mine]
commitment = "99.9%"
credits = { "< 99.9%" = "10%", "< 99.0%" = "25%" }
"""
START, END = at("2026-10-01 00:00"), at("2026-11-01 00:00")
TOTAL = 'measure = { evidence = "slots", as = "total", slot = "5m", requests = "checks" }'
SLOTS = (
    'measure = { evidence = "slots", as = "bad slots", slot = "1h", bad = "errors > 5%", '
    'requests = "checks", empty = "left out" }'
)
MEAN = (
    'measure = { evidence = "slots", as = "mean", slot = "1h", requests = "checks", empty = "left out", '
    'score = { "<= 100ms" = "100%", "<= 400ms" = "50%" } }'
)
PROBE = (
    'measure = { evidence = "slots", as = "bad slots", slot = "probe", bad = "all fail", '
    'requests = "checks" }'
)
HOLDER = Holder(1, "here", "test", START)


def written(folder: Path, measure: str) -> Plan:
    path = folder / "makegood.toml"
    path.write_text(HOUSE + measure + "\n", encoding="utf-8")
    return load_plan(path, environ={})


def check(place: int, *, step: Ms = 10 * MINUTE, bad: bool = False, latency: int | None = 500) -> Check:
    """The planned check of a place in the month; those of a month are ten minutes apart."""
    state, reason = (State.DOWN, Reason.STATUS) if bad else (State.UP, Reason.OK)
    return Check(1, 1, place, 0, START + place * step, state, reason, 2 * step + MINUTE, latency)


def kept(folder: Path, checks: Iterable[Check], plan: Plan, *, sealed: bool = True):
    """A store that holds these checks of `web`."""
    path = folder / "m.db"
    path.unlink(missing_ok=True)
    store = open_store(path, create=True)
    with store.writer(HOLDER) as writer:
        writer.lane("web", plan.settings.location, since=START)
        writer.epoch(START)
        writer.append(list(checks))
        if sealed:
            while writer.seal(END + DAY):
                pass
    return store


def month(bad: Sequence[int] = (), slow: Sequence[int] = ()) -> list[Check]:
    places = range((END - START) // (10 * MINUTE))
    return [check(n, bad=n in bad, latency=2_000 if n in slow else 500) for n in places]


def section(plan: Plan, store):
    with store.snapshot() as snapshot:
        return statement(plan, snapshot, "acme", "2026-10", END + DAY).sections[0]


def test_all_checks_of_a_month_are_counted(tmp_path):
    """744 h and the hour that October has twice, six checks each; nine of 4,470 failed."""
    plan = written(tmp_path, TOTAL)
    found = section(plan, kept(tmp_path, month(bad=range(100, 109)), plan))

    assert (found.needs, found.availability) == ("", 1 - Fraction(9, 4_470))
    assert (found.met, found.credit, found.coverage) == (False, Amount(1_000, "EUR"), 1)


def test_slots_are_bad_by_their_error_ratio(tmp_path):
    """Six failed checks fall into two hours of 745."""
    plan = written(tmp_path, SLOTS)
    found = section(plan, kept(tmp_path, month(bad=range(9, 15)), plan))

    assert found.availability == 1 - Fraction(2, 745)
    assert found.credit == Amount(1_000, "EUR")


def test_a_slow_answer_counts_what_the_score_says(tmp_path):
    """All of an hour's six answers took 200 ms and count one half: the mean loses half an hour's share."""
    plan = written(tmp_path, MEAN)
    found = section(plan, kept(tmp_path, month(slow=range(12, 18)), plan))

    assert found.availability == 1 - Fraction(1, 2) / 745


def test_each_check_may_be_a_slot(tmp_path):
    plan = written(tmp_path, PROBE)
    found = section(plan, kept(tmp_path, month(bad=range(100, 109)), plan))

    assert found.availability == 1 - Fraction(9, 4_470)


def test_what_nobody_saw_is_in_no_figure_and_held_against_the_coverage(tmp_path):
    """Switching the monitor off for two days of 31 leaves 93.5 %: no figure, since the floor is 95 %."""
    plan = written(tmp_path, SLOTS)

    def without(days: int) -> list[Check]:
        return [each for each in month() if not 5 * DAY <= each.at - START < (5 + days) * DAY]

    found = section(plan, kept(tmp_path, without(2), plan))
    assert (found.needs, found.credit) == ("less than 95 % of the time could be checked", None)
    found = section(plan, kept(tmp_path, without(1), plan))
    assert (found.needs, found.credit) == ("", Amount(0, "EUR"))
    assert Fraction("0.967") < found.coverage < Fraction("0.969")


MANY = "it asks how many requests there were, and checks are as many as we make"
REFUSED = {
    TOTAL.replace(', slot = "5m"', ""): "it does not say how long a slot of its counts is",
    SLOTS.replace('"1h"', '"1h", min_requests = 20'): MANY,
    SLOTS.replace('"1h"', '"30s"'): "web is checked more seldom than once in a slot",
    TOTAL.replace(', requests = "checks"', ""): "it is settled from counts of requests",
}  # fmt: skip


@pytest.mark.parametrize(("measure", "why"), REFUSED.items())
def test_what_counts_of_checks_cannot_prove_is_refused_with_a_reason(tmp_path, measure, why):
    plan = written(tmp_path, measure)

    assert section(plan, kept(tmp_path, month(), plan)).needs == why


def test_a_service_of_several_endpoints_has_no_counts_of_its_own(tmp_path):
    path = tmp_path / "makegood.toml"
    path.write_text(HOUSE.replace('service = "shop"', 'service = "pair"') + TOTAL, encoding="utf-8")
    plan = load_plan(path, environ={})

    why = "Pair has several endpoints: name each as a resource, so that each has its counts"
    assert section(plan, kept(tmp_path, month(), plan)).needs == why


def test_a_running_month_stands_as_far_as_it_was_counted(tmp_path):
    plan = written(tmp_path, SLOTS)
    store = kept(tmp_path, month(bad=range(9, 15)), plan)
    with store.snapshot() as snapshot:
        (row,) = health(plan, snapshot, START + 2 * DAY)

    assert (row.unsettled, row.availability) == ("", 1 - Fraction(2, 48))


def test_the_contract_says_in_words_that_checks_are_the_requests(tmp_path):
    plan = written(tmp_path, MEAN)
    found = " ".join(section(plan, kept(tmp_path, month(), plan)).plain)

    assert (
        "our planned checks are the requests, one that takes at most 100 milliseconds counts 100 %" in found
    )


outcomes = st.lists(
    st.tuples(st.integers(0, 2 * 144 - 1), st.sampled_from(("bad", "slow", "unknown", "retry"))), max_size=40
)


@given(outcomes=outcomes, measure=st.sampled_from((TOTAL, SLOTS, MEAN, PROBE)), sealed=st.booleans())
@settings(
    max_examples=12,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_live_is_what_evaluate_makes_of_the_same_counts(tmp_path, outcomes, measure, sealed):
    """The counts of a file are made by hand from the checks, and `evaluate` settles them."""
    plan = written(tmp_path, measure)
    checks = {each.slot: each for each in month()}
    for place, what in outcomes:
        if what == "unknown":
            old = checks[place]
            checks[place] = Check(
                1, 1, place, 0, old.at, State.UNKNOWN, Reason.OWN_DNS, old.hold, None
            )  # fmt: skip
        elif what != "retry":
            checks[place] = check(place, bad=what == "bad", latency=2_000 if what == "slow" else 500)
    again = [
        Check(1, 1, place, 1, START + place * 10 * MINUTE + 4_000, State.UP, Reason.OK, 21 * MINUTE, 1)
        for place in {place for place, what in outcomes if what == "retry"}
    ]
    store = kept(tmp_path, [*checks.values(), *again], plan, sealed=sealed)

    priced = by_hand(tmp_path, plan, checks.values(), measure)
    found = section(plan, store)

    assert found.credit == priced.credit
    assert found.availability == priced.promises[0].readings[0].value


def by_hand(folder: Path, plan: Plan, checks: Iterable[Check], measure: str):
    """What `evaluate` makes of the checks, counted one by one into a file."""
    length = {TOTAL: 5 * MINUTE, SLOTS: HOUR, MEAN: HOUR, PROBE: 1}[measure]
    good: Counter[Ms] = Counter()
    every: Counter[Ms] = Counter()
    for each in checks:
        if each.state is not State.UNKNOWN:
            slot = each.at // length * length
            every[slot] += 2
            slow = measure == MEAN and each.latency is not None and each.latency > 1_000
            good[slot] += 0 if each.reason is not Reason.OK else 1 if slow else 2
    rows = [
        f"{local(slot, 'UTC').isoformat()},{Decimal(good[slot]) / 2},{every[slot] // 2}"
        for slot in sorted(every)
    ]
    path = folder / "counts.csv"
    path.write_text("\n".join(["start,good,total", *rows]), encoding="utf-8")
    asked = question(plan, "mine", "2026-10", None)
    return evaluate_parts(cases(asked, Files({"": [path]})))
