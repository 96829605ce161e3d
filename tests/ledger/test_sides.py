"""Both sides of an outage: what is joined, and that no cent of a month is lost between its outages.

Against an oracle that joins by going from outage to outage until nothing new is reached; over periods of
every kind, against one that looks at every month there is.
"""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from monitor.config import load_plan
from monitor.core.checks import Reason
from monitor.core.intervals import HOUR, Span
from monitor.core.money import Amount
from monitor.ledger.joining import Credit, joined, over_months, set_against
from monitor.ledger.sides import between, months_of, run_on
from monitor.statements.periods import ending_in
from monitor.statements.value import OutageLine
from tests.ledger.house import at

RESTS_ON = {"shop": frozenset({"storage"}), "mail": frozenset({"storage", "network"}), "own": frozenset()}
THEIRS, OURS = ("storage", "network"), ("shop", "mail", "own")


def outage(start, end, counted=None):
    span = Span(start * HOUR, end * HOUR)
    counted = span.length if counted is None else counted
    return OutageLine(
        letter="A",
        service="",
        span=span,
        open=False,
        reason=Reason.TIMEOUT,
        duration=span.length,
        in_period=span.length,
        counted=counted,
        excused_by=(),
        error=(None, None),
    )


def credit(side, service, minor, *outages, agreement="", currency="USD"):
    amount = None if minor is None else Amount(minor, currency)
    name = agreement or service
    return Credit(side, name, name, service, "2026-10", amount, amount, "open", "", tuple(outages))


def october(credits):
    (month,) = set_against({"2026-10": credits}, ["2026-10"], RESTS_ON)
    return month


def spans(month):
    """Each joined outage as its services and hours."""
    return [
        (" > ".join((*each.services("upstream"), *each.services("downstream"))),
         each.span.start // HOUR, each.span.end // HOUR)
        for each in month.outages
    ]  # fmt: skip


def test_an_outage_of_ours_that_overlaps_theirs_is_one_with_it():
    month = october(
        [
            credit("upstream", "storage", 3_000, outage(10, 12), outage(50, 51)),
            credit("downstream", "shop", 2_000, outage(11, 14), outage(12, 13), outage(51, 52)),
        ]
    )

    assert spans(month) == [
        ("storage > shop", 10, 14),  # the shop's hour from 12 lies in its own longer one
        ("storage", 50, 51),
        ("shop", 51, 52),  # what only touches does not overlap
    ]


def test_what_does_not_depend_is_not_joined():
    month = october(
        [credit("upstream", "network", 100, outage(1, 3)), credit("downstream", "shop", 100, outage(1, 3)),
         credit("downstream", "mail", 100, outage(2, 4))]
    )  # fmt: skip

    assert spans(month) == [("shop", 1, 3), ("network > mail", 1, 4)]


def test_one_outage_of_theirs_may_be_behind_several_of_ours():
    month = october(
        [credit("upstream", "storage", 100, outage(1, 9)),
         credit("downstream", "shop", 10, outage(2, 3), outage(5, 6)),
         credit("downstream", "mail", 20, outage(4, 5))]
    )  # fmt: skip

    (one,) = month.outages
    assert (one.nets["USD"].net, one.lasted) == (Amount(70, "USD"), 8 * HOUR)


def test_what_is_owed_without_an_outage_stands_apart():
    month = october([credit("upstream", "storage", 500, outage(1, 2, counted=0))])

    assert [each.amount for each in month.apart] == [Amount(500, "USD")]
    assert month.outages[0].nets["USD"].owed_to_us == Amount(0, "USD")


def test_what_nobody_can_tell_is_in_no_sum():
    month = october([credit("upstream", "storage", None, outage(1, 2))])

    assert (month.nets, month.outages[0].nets) == ({}, {})


def drawn(seed):
    """Credits of either side, each with outages that do not overlap one another."""
    chance = Random(f"sides {seed}")
    found = []
    for number in range(chance.randrange(1, 7)):
        side, services = chance.choice([("upstream", THEIRS), ("downstream", OURS)])
        edges = sorted(chance.sample(range(60), 2 * chance.randrange(4)))
        outages = [
            outage(start, end, chance.choice([None, 0, chance.randrange(1, HOUR)]))
            for start, end in zip(edges[::2], edges[1::2], strict=True)
        ]
        minor = chance.choice([None, 0, chance.randrange(1, 10_000)])
        found.append(
            credit(side, chance.choice(services), minor, *outages, agreement=f"a{number}",
                   currency=chance.choice(["EUR", "USD"]))
        )  # fmt: skip
    return found


@pytest.mark.parametrize("seed", range(150))
def test_the_parts_of_a_month_add_up_to_its_credits_to_the_cent(seed):
    month = october(drawn(seed))

    for code in ("EUR", "USD"):
        for side in ("upstream", "downstream"):
            whole = sum(
                each.amount.minor
                for each in month.credits
                if each.side == side and each.amount is not None and each.amount.currency == code
            )
            shared = sum(
                part.amount.minor
                for each in month.outages
                for part in each.parts
                if part.side == side and part.amount is not None and part.amount.currency == code
            )
            apart = sum(
                each.amount.minor
                for each in month.apart
                if each.side == side and each.amount.currency == code
            )
            assert shared + apart == whole
    for code, net in month.nets.items():
        rest = sum(
            each.amount.minor if each.side == "upstream" else -each.amount.minor
            for each in month.apart
            if each.amount.currency == code
        )
        assert sum(o.nets[code].net.minor for o in month.outages if code in o.nets) + rest == net.net.minor


def reached(parts, rests_on=RESTS_ON):
    """Groups by walking: from each part to all that it is one with, until nothing new is found."""
    left, groups = list(range(len(parts))), []
    while left:
        group, edge = set(), {left[0]}
        while edge:
            group |= edge
            edge = {n for n in left for at in group if one(parts[at], parts[n], rests_on)} - group
        groups.append(frozenset(group))
        left = [n for n in left if n not in group]
    return set(groups)


def one(a, b, rests_on):
    if a.span.end <= b.span.start or b.span.end <= a.span.start:
        return False
    if a.side == b.side:
        return a.service == b.service
    ours, theirs = (a, b) if a.side == "downstream" else (b, a)
    return theirs.service in rests_on[ours.service]


@pytest.mark.parametrize("seed", range(150))
def test_outages_are_joined_as_by_going_from_one_to_the_next(seed):
    month = october(drawn(seed))
    parts = [part for each in month.outages for part in each.parts]
    place = {id(part): at for at, part in enumerate(parts)}

    groups = {frozenset(place[id(part)] for part in each.parts) for each in month.outages}

    assert groups == reached(parts)
    assert len(parts) == sum(len(each.outages) for each in month.credits)
    starts = [each.span for each in month.outages]
    assert starts == sorted(starts)


def test_the_order_of_credits_changes_no_group():
    credits = drawn(7)
    parts = [part for each in october(credits).outages for part in each.parts]

    assert {frozenset(each.parts) for each in joined(parts, RESTS_ON)} == {
        frozenset(each.parts) for each in joined(parts[::-1], RESTS_ON)
    }


# --- periods of any kind, on either side --------------------------------------------------------------------

NOW = at("2026-11-27T10:00Z")
SHOWN = ("2026-09", "2026-10", "2026-11")
CYCLES = (
    '"calendar month"', '"calendar quarter"', '"calendar year"', '"billing month"', '"contract month"',
    '"30 days"', '"any 30 days"', '{ every = "fiscal quarter", first_month = "February" }',
    '{ every = "billing month", timezone = "America/Los_Angeles" }',
)  # fmt: skip
ZONES = ("UTC", "Europe/Berlin", "Pacific/Kiritimati", "America/Los_Angeles")
CONFIG = """
[issuer]
name = "Between Hosting Ltd"

[endpoint.any]
url = "http://127.0.0.1:1/"

[service]
storage = { up_when = "any" }
network = { up_when = "any" }
shop = { up_when = "any", depends_on = ["storage"] }
mail = { up_when = "any", depends_on = ["shop", "network"] }
"""
PARTY = """
[{kind}.{name}]
name = "{name}"
timezone = "{zone}"
currency = "EUR"

[sla.{name}]
commitment = "99.9%"
credits = {{ "< 99.9%" = "10%" }}
claim = "automatic"
period = {cycle}

[agreement.{name}]
{kind} = "{name}"
service = "{service}"
sla = "{name}"
monthly_fee = "100.00"
from = 2025-01-{day:02d}
"""


def world(chance, folder):
    """A plan of agreements with periods of every kind, and the outages of each service, by service."""
    text = CONFIG
    for number in range(chance.randrange(2, 6)):
        kind = ("provider", "customer")[number] if number < 2 else chance.choice(["provider", "customer"])
        services = ["storage", "network"] + ["shop", "mail"] * 2 * (kind == "customer")
        text += PARTY.format(
            kind=kind, name=f"a{number}", zone=chance.choice(ZONES), cycle=chance.choice(CYCLES),
            service=chance.choice(services), day=chance.randrange(1, 32),
        )  # fmt: skip
    (folder / "makegood.toml").write_text(text, encoding="utf-8")
    first, hours = at("2026-07-01T00:00Z"), (NOW - at("2026-07-01T00:00Z")) // HOUR
    found = {}
    for service in ("storage", "network", "shop", "mail"):
        edges = sorted(chance.sample(range(hours), 2 * chance.randrange(12)))
        found[service] = [
            Span(first + start * HOUR, first + min(end, start + chance.choice([1, 30, 300])) * HOUR)
            for start, end in zip(edges[::2], edges[1::2], strict=True)
        ]
    return load_plan(folder / "makegood.toml", environ={}), found


def credits_by_month(plan, outages, chance):
    """What each agreement's periods come to, in the month in which each ends: every month there is."""
    both, found = (
        between(plan),
        {f"{year}-{month:02d}": [] for year in (2026, 2027) for month in range(1, 13)},
    )
    for agreement in (*both.bought, *both.sold):
        side = "upstream" if agreement.kind == "provider" else "downstream"
        for label, credits in found.items():
            for _, period in ending_in(agreement, label):
                lines = [
                    line(span, within)
                    for span in outages[agreement.service]
                    if (within := min(span.end, period.span.end) - max(span.start, period.span.start)) > 0
                ]
                if period.span.start <= NOW:
                    amount = Amount(chance.randrange(1, 10_000) if lines else 0, "EUR")
                    credits.append(
                        Credit(side, agreement.id, "", agreement.service, period.label, amount, amount,
                               "open", "", tuple(lines))
                    )  # fmt: skip
    return found


def as_groups(groups):
    """Outages as what their parts are, whatever their order."""
    return {
        frozenset((part.agreement, part.period, part.month, part.span, part.amount.minor) for part in parts)
        for parts in groups
    }


@pytest.mark.parametrize("seed", range(60))
def test_an_outage_is_whole_in_whatever_months_its_parts_are_credited(seed, tmp_path):
    chance = Random(f"over months {seed}")
    plan, outages = world(chance, tmp_path)
    both, every = between(plan), credits_by_month(plan, outages, chance)
    shown = chance.sample(SHOWN, chance.randrange(1, 4))

    found = over_months(shown, every.__getitem__, lambda span: months_of(both, span, NOW), both.rests_on)

    (*everything,) = set_against(every, list(every), both.rests_on)
    parts = [part for month in everything for each in month.outages for part in each.parts]
    assert len(parts) == sum(len(each.outages) for credits in every.values() for each in credits)
    groups = [[parts[at] for at in group] for group in reached(parts, both.rests_on)]
    due = [group for group in groups if any(part.month in shown for part in group)]
    assert as_groups(each.parts for month in found for each in month.outages) == as_groups(due)
    for month in found:
        whole = sum(each.amount.minor for each in every[month.label])
        shares = [
            part.amount.minor for each in found for one in each.outages for part in one.parts
            if part.month == month.label
        ]  # fmt: skip
        assert sum(shares) == whole
    assert run_on(plan, NOW) == tuple(label for label in every if label > "2026-11" and every[label])


def line(span, counted):
    return replace(outage(0, 1, counted), span=span)
