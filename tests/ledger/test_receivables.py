"""What providers owe us by when: days against a walk over the calendar, and credits that are not added.

The house is between.py's: October's outages began on the 6th at 12:00 and on the 20th at 08:00 UTC.
"""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest

from monitor.agreements.deadlines import ClaimDates
from monitor.config import load_plan
from monitor.config.library import LIBRARY_OF_THE_PROGRAM
from monitor.core.intervals import HOUR
from monitor.core.money import Amount
from monitor.core.periods import instant
from monitor.ledger.claim_paper import claim_paper
from monitor.ledger.receivables import MOVED, Answer, moved, receivable, receivables, standing, steps_of
from monitor.store import open_store
from monitor.store.protocol import Event
from reports.render import render_claim
from tests.cli.between import CLAIM, REACHED, built
from tests.ledger.house import at

ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Pacific/Auckland", "Asia/Kolkata")
FIRST, LAST = at("2026-10-06T12:00Z"), at("2026-10-20T08:00Z")
OFFICE = """
[calendar.office]
hours = "Mon-Fri 09:00-17:00"
timezone = "UTC"
holidays = "none"
add = [2026-11-02, 2026-11-11, 2026-12-25]
"""
HOLIDAYS = {date(2026, 11, 2), date(2026, 11, 11), date(2026, 12, 25)}


@pytest.fixture(scope="session")
def evidence(tmp_path_factory):
    return built(tmp_path_factory.mktemp("receivables"))


@pytest.fixture
def opened(evidence, tmp_path):
    """The plan under another claim and zone of the agreement, and a snapshot."""
    shutil.copytree(evidence, tmp_path, dirs_exist_ok=True)

    def make(claim=CLAIM, zone="UTC", more="", **replaced):
        config = tmp_path / "makegood.toml"
        text = config.read_text().replace(CLAIM, claim).replace("asks = ", f'timezone = "{zone}"\nasks = ')
        for old, new in replaced.items():
            text = text.replace(old, new)
        config.write_text(text + more)
        plan = load_plan(config, environ={})
        return plan, open_store(plan.settings.database)

    return make


def october(plan, store, now=REACHED):
    with store.snapshot() as snapshot:
        return receivable(plan, snapshot, now, plan.agreements["our-objects"], "2026-10")


# --- last days, by a walk over the calendar ---------------------------------------------------------------


def month_end(day):
    while (day + timedelta(days=1)).month == day.month:
        day += timedelta(days=1)
    return day


def business(day, count):
    while count:
        day += timedelta(days=1)
        count -= day.weekday() < 5 and day not in HOLIDAYS
    return day


def local_day(ms, zone):
    return datetime.fromtimestamp(ms / 1000, UTC).astimezone(ZoneInfo(zone)).date()


def after_period(text):
    return f'"{text} after period"'


def drawn(chance, zone):
    """A claim in the words of the file, and its last day as somebody with a wall calendar would find it."""
    end, count = date(2026, 10, 31), chance.randrange(1, 90)
    months = chance.randrange(1, 5)
    third = date(2026, 10, 31)
    for _ in range(months):
        third = month_end(third + timedelta(days=1))
    last = local_day(LAST, zone)
    return chance.choice(
        [
            (after_period(f"{count} days"), end + timedelta(days=count)),
            (after_period(f"{count} weeks"), end + timedelta(days=7 * count)),
            (after_period(f"{months} months"), third),
            ('"end of month after period"', date(2026, 11, 30)),
            (f'"day {count % 28 + 1} of the month after period"', date(2026, 11, count % 28 + 1)),
            (f'{{ by = "{count} business days after period", calendar = "office" }}', business(end, count)),
            (f'"{count} days after outage"', last + timedelta(days=count)),
            (f'{{ by = "{count} business days after outage", calendar = "office" }}', business(last, count)),
            (f'"{count} days after outage end"', local_day(LAST + HOUR, zone) + timedelta(days=count)),
            (
                '"end of the second billing cycle counting that of the outage"',
                date(2026, 11, 30),
            ),
        ]
    )


@pytest.mark.parametrize("seed", range(60))
def test_a_claim_lapses_with_the_end_of_its_last_day_in_the_agreements_zone(opened, seed):
    chance = Random(f"claims {seed}")
    zone = chance.choice(ZONES)
    claim, day = drawn(chance, zone)

    found = october(*opened(f"claim = {claim}", zone, OFFICE))
    over = instant(datetime.combine(day + timedelta(days=1), datetime.min.time(), ZoneInfo(zone)))

    assert (found.step, found.now.dates.claim_by) == ("claim", day)
    for moment, state in ((over - 1, "open"), (over, "lapsed")):
        then = standing(found.now, (), moment)
        assert (then.state, then.days_left(moment)) == (state, 0 if state == "open" else -1)
    assert found.now.safest is None or found.now.safest <= day
    if "outage" in claim and "cycle" not in claim:
        earlier = local_day(FIRST, zone)
        assert found.now.safest is not None
        assert (day - found.now.safest).days >= 0
        assert found.now.safest > earlier


@pytest.mark.parametrize("hours", [24, 72, 1_000])
def test_a_step_that_is_counted_in_hours_ends_at_an_instant(opened, hours):
    """The notice runs from the first outage, and its last millisecond is included."""
    terms = f'claim = {{ notify = "{hours} hours after outage", by = "60 days after period" }}'
    found = october(*opened(terms))
    last = FIRST + hours * HOUR

    assert standing(found.now, (), last).state == "open"
    assert standing(found.now, (), last + 1).state == "lapsed"


# --- what follows what ------------------------------------------------------------------------------------


def recorded(found, *answers, now=REACHED):
    """The receivable after these answers, as the journal would tell it."""
    events = []
    for place, each in enumerate(answers, start=1):
        new = moved(found, each, "ines", now)
        events.append(Event(place, now, new.kind, new.subject, new.author, new.reason, new.body, "", ""))
        found = standing(found.now, steps_of(events)[found.subject], now)
    return found


def test_the_newest_entry_holds_and_a_grant_counts_in_place_of_our_figure(opened):
    found, day = october(*opened()), date(2026, 11, 17)
    claimed = Answer("claimed", day, Amount(24_000, "USD"), "CASE-1")
    after = recorded(found, claimed, Answer("granted", day, Amount(10_000, "USD")),
                     Answer("granted", day, Amount(18_000, "USD")))  # fmt: skip

    assert (found.counts, found.short) == (Amount(24_000, "USD"), None)
    assert (after.state, after.counts, after.short) == (
        "granted",
        Amount(18_000, "USD"),
        Amount(6_000, "USD"),
    )
    refused = recorded(found, claimed, Answer("refused", day, reason="No"))
    assert (refused.state, refused.counts, refused.short) == (
        "refused",
        Amount(0, "USD"),
        Amount(24_000, "USD"),
    )
    again = recorded(found, claimed, Answer("refused", day, reason="No"), claimed)
    assert again.state == "claimed"


def test_what_lapsed_counts_for_nothing_until_it_is_granted_all_the_same(opened):
    later = at("2026-12-05T00:00Z")
    plan, store = opened()
    found = october(plan, store, later)
    claimed = Answer("claimed", date(2026, 12, 3), Amount(24_000, "USD"))
    given = recorded(found, claimed, Answer("granted", date(2026, 12, 4), Amount(5_000, "USD")), now=later)

    assert (found.state, found.counts) == ("lapsed", Amount(0, "USD"))
    assert (given.state, given.counts) == ("granted", Amount(5_000, "USD"))


def test_old_entries_are_read_in_the_words_of_today_and_take_their_claim_late(opened):
    """An answer without a claim, in the words of before: the claim comes late, and the answer stands."""
    found, day = october(*opened()), date(2026, 11, 17)
    body = {"agreement": "our-objects", "period": "2026-10", "state": "accepted", "on": "2026-11-17",
            "amount": {"minor": 20_000, "currency": "USD"}, "reference": ""}  # fmt: skip
    old = Event(1, REACHED, MOVED, "our-objects/2026-10", "ines", "", body, "", "")
    answered = standing(found.now, steps_of([old])[found.subject], REACHED)
    new = moved(answered, Answer("claimed", day, Amount(24_000, "USD")), "ines", REACHED)
    late = Event(2, REACHED, new.kind, new.subject, new.author, new.reason, new.body, "", "")
    after = standing(found.now, steps_of([old, late])[found.subject], REACHED)

    assert (answered.state, answered.granted) == ("granted", Amount(20_000, "USD"))
    assert (after.state, after.claimed, after.granted) == (
        "granted", Amount(24_000, "USD"), Amount(20_000, "USD"),
    )  # fmt: skip


# --- credits that are not added ---------------------------------------------------------------------------


TWO = """
[agreement.their-network]
provider = "cloud"
service = "objects"
sla = "storage"
monthly_fee = "FEE"
from = 2026-09-01
not_with = ["our-objects"]
"""


@pytest.mark.parametrize(
    ("fee", "way"),
    [
        ("2000.00", {"our-objects": "", "their-network": "our-objects"}),
        ("3000.00", {"our-objects": "their-network", "their-network": ""}),
        ("2400.00", {"our-objects": "", "their-network": "our-objects"}),  # alike: the first of the file
    ],
)
def test_of_two_that_are_not_added_the_more_favourable_applies(opened, fee, way):
    plan, store = opened(more=TWO.replace("FEE", fee))

    with store.snapshot() as snapshot:
        found = receivables(plan, snapshot, REACHED)
        alone = [receivable(plan, snapshot, REACHED, plan.agreements[id], "2026-10") for id in way]
        only = receivables(plan, snapshot, REACHED, only=["their-network"])
    assert {each.agreement.id: each.gives_way_to for each in found} == way
    assert {each.agreement.id: each.gives_way_to for each in alone} == way
    assert [each.gives_way_to for each in only] == [way["their-network"]]
    for each in found:
        assert bool(each.owed.minor) is not bool(each.gives_way_to)
        assert (each.next_day is None) is bool(each.gives_way_to)


# --- what is no money -------------------------------------------------------------------------------------


def test_days_of_service_are_owed_to_be_claimed_too(opened):
    rows = 'credits = { "< 99.9%" = "10%", "< 99.0%" = "25%" }\nclaim'
    found = october(*opened(**{rows: 'credits = { "< 99.9%" = "3 days of service" }\nclaim'}))

    assert (found.owed, found.now.added, found.matters) == (Amount(0, "USD"), True, True)
    assert found.next_day == date(2026, 11, 30)


def test_a_figure_in_no_row_is_told_with_its_last_day(opened):
    rows = 'credits = { "< 99.9%" = "10%", "< 99.0%" = "25%" }\nclaim'
    hole = 'credits = { in_no_row = "refuse", "< 99.0%" = "25%" }\nclaim'
    found = october(*opened(**{rows: hole}))

    assert (found.owed, found.now.why) == (None, "the figure stands in no row of the table")
    assert found.next_day == date(2026, 11, 30)


def test_a_period_without_a_figure_has_its_days_by_the_outages_that_were_seen(opened):
    """Slots from a file: checks cannot settle it, and notice and claim are due all the same."""
    terms = 'measure = { evidence = "slots", slot = "5m", as = "mean", requests = "from a file" }\n'
    found = october(
        *opened(f'{terms}claim = {{ notify = "50 days after outage", by = "60 days after outage" }}')
    )

    assert found.owed is None
    assert found.now.dates == ClaimDates(
        automatic=False, notify_by=date(2026, 11, 25), claim_by=date(2026, 12, 19)
    )
    assert found.now.safest == date(2026, 12, 5)
    assert (found.step, replace(found, gives_way_to="x").next_day) == ("notice", None)


# --- published terms --------------------------------------------------------------------------------------


NAMES = (
    "airtable", "akamai-cdn", "alibaba-ecs", "aws-ec2-region", "aws-ec2-2008", "aws-route-53", "azure-dns",
    "azure-vm-zones", "cloudflare-business", "cloudflare-r2", "digitalocean-droplet-2025",
    "github-enterprise-actions", "google-compute-zones", "google-workspace", "hashicorp-cloud", "ibm-saas",
    "mongodb-atlas", "ntt-ocn-latency", "ovh-kms", "redis-cloud", "slack-2024", "snowflake", "upcloud",
    "workday", "zitadel-999",
)  # fmt: skip
BESIDE = """accept_unverified = true
calendar = "office"
contract_fee = "28800.00"
at_risk = "5000.00"
CLAIMasks = """


@pytest.mark.parametrize("name", NAMES)
def test_whatever_a_provider_published_is_listed_and_put_on_a_page(opened, name):
    """Where checks cannot settle it that is said, with the last day where it runs from the period."""
    silent = "claim" not in LIBRARY_OF_THE_PROGRAM.entries[name].whole
    beside = BESIDE.replace("CLAIM", 'claim = "30 days after period"\n' if silent else "")
    words = {'sla = "storage"': f'sla = "library:{name}"', "asks = ": beside}
    plan, store = opened(more=OFFICE, **words)

    with store.snapshot() as snapshot:
        found = receivables(plan, snapshot, REACHED)
        for each in found:
            assert each.owed is not None or each.now.why
            assert render_claim(claim_paper(plan, snapshot, each, REACHED)).startswith("<!doctype html>")
            alone = receivable(plan, snapshot, REACHED, each.agreement, each.now.period.label)
            assert (alone.owed, alone.state, alone.next_day) == (each.owed, each.state, each.next_day)
