"""Both sides of an outage: what is joined, and that no cent of a month is lost between its outages.

Against an oracle that joins by going from outage to outage until nothing new is reached.
"""

from __future__ import annotations

from random import Random

import pytest

from monitor.core.checks import Reason
from monitor.core.intervals import HOUR, Span
from monitor.core.money import Amount
from monitor.ledger.sides import Credit, joined, set_against
from monitor.statements.value import OutageLine

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


def spans(month):
    """Each joined outage as its services and hours."""
    return [
        (" > ".join((*each.services("upstream"), *each.services("downstream"))),
         each.span.start // HOUR, each.span.end // HOUR)
        for each in month.outages
    ]  # fmt: skip


def test_an_outage_of_ours_that_overlaps_theirs_is_one_with_it():
    month = set_against(
        "2026-10",
        [
            credit("upstream", "storage", 3_000, outage(10, 12), outage(50, 51)),
            credit("downstream", "shop", 2_000, outage(11, 14), outage(12, 13), outage(51, 52)),
        ],
        RESTS_ON,
    )

    assert spans(month) == [
        ("storage > shop", 10, 14),  # the shop's hour from 12 lies in its own longer one
        ("storage", 50, 51),
        ("shop", 51, 52),  # what only touches does not overlap
    ]


def test_what_does_not_depend_is_not_joined():
    month = set_against(
        "2026-10",
        [credit("upstream", "network", 100, outage(1, 3)), credit("downstream", "shop", 100, outage(1, 3)),
         credit("downstream", "mail", 100, outage(2, 4))],
        RESTS_ON,
    )  # fmt: skip

    assert spans(month) == [("shop", 1, 3), ("network > mail", 1, 4)]


def test_one_outage_of_theirs_may_be_behind_several_of_ours():
    month = set_against(
        "2026-10",
        [credit("upstream", "storage", 100, outage(1, 9)),
         credit("downstream", "shop", 10, outage(2, 3), outage(5, 6)),
         credit("downstream", "mail", 20, outage(4, 5))],
        RESTS_ON,
    )  # fmt: skip

    (one,) = month.outages
    assert (one.nets["USD"].net, one.lasted) == (Amount(70, "USD"), 8 * HOUR)


def test_what_is_owed_without_an_outage_stands_apart():
    month = set_against("2026-10", [credit("upstream", "storage", 500, outage(1, 2, counted=0))], RESTS_ON)

    assert [each.amount for each in month.apart] == [Amount(500, "USD")]
    assert month.outages[0].nets["USD"].owed_to_us == Amount(0, "USD")


def test_what_nobody_can_tell_is_in_no_sum():
    month = set_against("2026-10", [credit("upstream", "storage", None, outage(1, 2))], RESTS_ON)

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
    month = set_against("2026-10", drawn(seed), RESTS_ON)

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


def reached(parts):
    """Groups by walking: from each part to all that it is one with, until nothing new is found."""
    left, groups = list(range(len(parts))), []
    while left:
        group, edge = set(), {left[0]}
        while edge:
            group |= edge
            edge = {n for n in left for at in group if one(parts[at], parts[n])} - group
        groups.append(frozenset(group))
        left = [n for n in left if n not in group]
    return set(groups)


def one(a, b):
    if a.span.end <= b.span.start or b.span.end <= a.span.start:
        return False
    if a.side == b.side:
        return a.service == b.service
    ours, theirs = (a, b) if a.side == "downstream" else (b, a)
    return theirs.service in RESTS_ON[ours.service]


@pytest.mark.parametrize("seed", range(150))
def test_outages_are_joined_as_by_going_from_one_to_the_next(seed):
    month = set_against("2026-10", drawn(seed), RESTS_ON)
    parts = [part for each in month.outages for part in each.parts]
    place = {id(part): at for at, part in enumerate(parts)}

    groups = {frozenset(place[id(part)] for part in each.parts) for each in month.outages}

    assert groups == reached(parts)
    assert len(parts) == sum(len(each.outages) for each in month.credits)
    starts = [each.span for each in month.outages]
    assert starts == sorted(starts)


def test_the_order_of_credits_changes_no_group():
    credits = drawn(7)
    parts = [part for each in set_against("2026-10", credits, RESTS_ON).outages for part in each.parts]

    assert {frozenset(each.parts) for each in joined(parts, RESTS_ON)} == {
        frozenset(each.parts) for each in joined(parts[::-1], RESTS_ON)
    }
