"""A credit that must be claimed has days that count; what nobody claims in time is forfeited."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from monitor.config.plan import Exclusion
from monitor.core.intervals import HOUR, Span
from monitor.core.money import Amount
from monitor.errors import ConfigError
from monitor.ledger.amending import amendment, confirm, document_of, reversal
from monitor.ledger.claims import KINDS, claims, move
from monitor.ledger.exposure import exposure, sums
from monitor.ledger.issuing import issue_month
from monitor.statements.exclusions import declared
from tests.ledger.house import DOWN, at

GOLD = 'exclude = ["force majeure"]'
PERIOD = f'{GOLD}\nclaim = "30 days after period"'
NOTICE = f'{GOLD}\nclaim = {{ notify = "5 days after outage", by = "30 days after period" }}'
ISSUED = at("2026-11-02T09:00+01:00")


@pytest.fixture
def house_with(office):
    """acme's October is issued on 2 November under that claim; it was down on the 6th: 120.00 EUR."""

    def make(claim: str):
        here = replace(office(**{GOLD: claim}), now=ISSUED)
        issue_month(here, "2026-10", ["acme"])
        return here

    return make


def standing(here, now=None):
    with here.store.snapshot() as snapshot:
        events = tuple(snapshot.events(kinds=KINDS))
    ledger = here.store.ledger
    return claims(ledger.papers(), lambda paper: document_of(ledger, paper), events, now or here.now)


def moved(here, state, on, reason="", when=None):
    (claim,) = standing(here, when)
    here.store.journal.append([move(claim, state, date.fromisoformat(on), reason, "ines", when or here.now)])
    return standing(here, when)[0]


def test_a_credit_that_is_given_without_a_claim_is_granted_from_the_start(house_with):
    (claim,) = standing(house_with(GOLD))

    assert (claim.automatic, claim.state, claim.next_day) == (True, "granted", None)
    assert claim.amount == Amount(12_000, "EUR")


def test_a_claim_is_open_until_its_last_day_is_over_in_the_agreements_zone(house_with):
    here = house_with(PERIOD)

    (claim,) = standing(here)
    assert (claim.state, claim.claim_by) == ("open", date(2026, 11, 30))
    assert standing(here, at("2026-11-30T23:59:59+01:00"))[0].state == "open"
    assert standing(here, at("2026-12-01T00:00+01:00"))[0].state == "expired"


def test_a_claim_is_made_and_granted(house_with):
    here = house_with(PERIOD)

    assert moved(here, "claimed", "2026-11-02").state == "claimed"
    assert moved(here, "granted", "2026-11-02").state == "granted"
    assert [m.state for m in standing(here)[0].moves] == ["claimed", "granted"]
    assert standing(here, at("2027-01-01T00:00Z"))[0].state == "granted", "what was granted does not expire"


def test_a_claim_is_refused_with_a_reason_and_may_be_granted_after_all(house_with):
    here = house_with(PERIOD)
    moved(here, "claimed", "2026-11-02")

    with pytest.raises(ConfigError, match="--reason is missing: say why it is refused"):
        moved(here, "refused", "2026-11-02")
    assert moved(here, "refused", "2026-11-02", "Not our outage").state == "refused"
    assert moved(here, "granted", "2026-11-02", "Goodwill").state == "granted"


def test_what_was_claimed_in_time_may_be_recorded_late_and_what_was_late_is_forfeited(house_with):
    here = house_with(PERIOD)
    december = at("2026-12-10T09:00+01:00")
    assert standing(here, december)[0].state == "expired"

    with pytest.raises(ConfigError, match="the last day was 2026-11-30, and 2026-12-01 is later"):
        moved(here, "claimed", "2026-12-01", when=december)
    assert moved(here, "claimed", "2026-11-30", when=december).state == "claimed"


def test_a_forfeited_credit_may_be_given_all_the_same(house_with):
    here = house_with(PERIOD)
    december = at("2026-12-10T09:00+01:00")

    with pytest.raises(ConfigError, match="--reason is missing"):
        moved(here, "granted", "2026-12-10", when=december)
    assert moved(here, "granted", "2026-12-10", "Goodwill", when=december).state == "granted"


def test_a_notice_that_the_contract_asks_for_comes_first(house_with):
    """The outage was on 6 October, the notice is due by the 11th: when the month is issued it is over."""
    here = house_with(NOTICE)
    (claim,) = standing(here)

    assert (claim.notify_by, claim.state) == (date(2026, 10, 11), "expired")
    with pytest.raises(ConfigError, match="what may follow is notified or granted, and not claimed"):
        moved(here, "claimed", "2026-10-09")
    assert moved(here, "notified", "2026-10-09").state == "notified"
    assert standing(here)[0].next_day == date(2026, 11, 30)
    assert moved(here, "claimed", "2026-11-02").state == "claimed"


@pytest.mark.parametrize(
    ("state", "on", "sentence"),
    [
        ("claimed", "2026-11-03", "that day is still to come"),
        ("granted", "2026-11-02", "is open: what may follow is claimed, and not granted"),
        ("notified", "2026-11-02", "what may follow is claimed, and not notified"),
    ],
)
def test_what_cannot_be_is_refused(house_with, state, on, sentence):
    with pytest.raises(ConfigError, match=sentence):
        moved(house_with(PERIOD), state, on)


def test_days_go_forward(house_with):
    here = house_with(PERIOD)
    moved(here, "claimed", "2026-11-02")

    with pytest.raises(ConfigError, match="it was claimed on 2026-11-02 already"):
        moved(here, "granted", "2026-11-01")


def test_an_amendment_changes_the_amount_and_a_reversal_takes_the_claim_back(house_with):
    here = house_with(PERIOD)
    moved(here, "claimed", "2026-11-02")
    cut = Exclusion("cut", "force majeure", ("acme-shop",), Span(DOWN[0], DOWN[1]), "Cut", "max", here.now)
    here.store.journal.append([declared(cut, "max", here.now)])
    later = replace(here, now=here.now + HOUR)
    confirm(later, amendment(later, "2026-0001", "Cut"))

    (claim,) = standing(later)
    assert (claim.number, claim.newest, claim.amount) == ("2026-0001", "2026-0002", Amount(0, "EUR"))
    assert claim.state == "taken back"
    confirm(later, reversal(later, "2026-0002", "All wrong"))
    assert standing(later)[0].state == "taken back"
    assert standing(later)[0].numbers == ("2026-0001", "2026-0002", "2026-0003")


# --- the provision --------------------------------------------------------------------------------------


def told(here, when=None):
    """Of October."""
    return [
        (each.kind, each.customer, each.period, each.amount and each.amount.minor)
        for each in exposure(here.plan, here.store, when or here.now)
        if each.period == "2026-10"
    ]


def test_a_month_of_which_nobody_can_tell_is_told_and_in_no_sum(office):
    """The evidence ends in the middle of November."""
    here = office()
    items = [
        e for e in exposure(here.plan, here.store, at("2026-12-01T00:00+01:00")) if e.kind == "not issued"
    ]

    assert [(e.customer, e.period, e.amount) for e in items if e.amount is None] == [
        ("acme", "2026-11", None), ("bert", "2026-11", None), ("cora", "2026-11", None),
    ]  # fmt: skip
    assert [(each.currency, each.total.minor, each.unknown) for each in sums(here.plan, items)] == [
        ("CHF", 0, 1), ("EUR", 12_000, 2),
    ]  # fmt: skip


def test_a_credit_that_may_still_be_claimed_is_provided_for_and_an_expired_one_is_not(house_with):
    here = house_with(PERIOD)

    assert told(here) == [("may be claimed", "acme", "2026-10", 12_000)]
    assert told(here, at("2026-12-01T00:00+01:00")) == []


def test_before_it_was_issued_it_was_not_issued(house_with):
    here = house_with(PERIOD)

    assert told(here, at("2026-11-01T12:00+01:00")) == [("not issued", "acme", "2026-10", 12_000)]


@pytest.mark.parametrize(("most", "capped"), [("10%", True), ("25%", False)])
def test_what_has_reached_a_limit_of_its_contract_is_told_before_and_after_its_issue(
    house_with, most, capped
):
    """10 % of the fee are owed; what is not issued yet is provisional."""
    here = house_with(f'{PERIOD}\nlimits = "{most} per period"')

    def october(when):
        (item,) = [e for e in exposure(here.plan, here.store, when) if e.period == "2026-10"]
        return item.amount, item.provisional, item.capped

    assert october(at("2026-11-01T12:00+01:00")) == (Amount(12_000, "EUR"), True, capped)
    assert october(here.now) == (Amount(12_000, "EUR"), False, capped)


def test_a_granted_credit_of_an_agreement_that_is_gone_counts_no_longer_than_any(house_with):
    here = house_with(GOLD)
    gone = replace(here, plan=replace(here.plan, agreements={}))

    assert told(gone) == [("granted", "acme", "2026-10", 12_000)]
    assert told(gone, at("2026-12-01T00:00+01:00")) == []


def test_a_month_that_runs_is_provided_for_with_what_is_owed_already(office):
    """Two hours of 745 are under 99.9 %, even if nothing more fails."""
    here = office()

    assert told(here, at("2026-10-06T12:00+02:00")) == []
    assert told(here, at("2026-10-06T20:00+02:00")) == [("running", "acme", "2026-10", 12_000)]
    assert told(here, at("2026-10-30T20:00+01:00")) == [("running", "acme", "2026-10", 12_000)]


def test_a_granted_credit_counts_until_its_bill_is_over(house_with):
    """A credit of October is set against the bill of November unless the contract says otherwise."""
    here = house_with(GOLD)

    assert told(here) == [("granted", "acme", "2026-10", 12_000)]
    assert told(here, at("2026-11-30T23:59:59+01:00")) == [("granted", "acme", "2026-10", 12_000)]
    assert told(here, at("2026-12-01T00:00+01:00")) == []


def test_a_credit_that_is_granted_after_that_bill_counts_until_the_month_of_its_grant_is_over(house_with):
    here = house_with(PERIOD)
    december = at("2026-12-10T09:00+01:00")
    moved(here, "granted", "2026-12-10", "Goodwill", when=december)

    assert told(here, december) == [("granted", "acme", "2026-10", 12_000)]
    assert told(here, at("2027-01-01T00:00+01:00")) == []


@pytest.mark.parametrize(
    ("when", "then"),
    [
        ("2026-11-20T09:00+01:00", []),
        ("2026-12-02T09:00+01:00", [("granted", "acme", "2026-10", -12_000)]),
    ],
)
def test_what_is_taken_back_after_its_bill_is_over_is_still_to_come_back(house_with, when, then):
    """120.00 EUR are on November's bill; within November nothing is left of them. October is free again."""
    here = replace(house_with(GOLD), now=at(when))
    confirm(here, reversal(here, "2026-0001", "Not our outage"))

    again = ("not issued", "acme", "2026-10", 12_000)
    assert told(here) == [*then, again]
    assert told(here, at("2027-01-01T00:00+01:00")) == [again]
