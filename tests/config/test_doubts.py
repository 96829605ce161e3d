"""What loads and is probably not meant."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from monitor.config.plan import Plan

Load = Callable[..., Plan]

PROTECTED = """
[target.sooner]
service = "shop"
objective = ">= 99.9999%"
protects = ["host"]

[sla.host]"""


@pytest.fixture
def load(load_watched: Load) -> Load:
    """With sentinels; what is said without them stands in test_sentinels.py."""
    return load_watched


@pytest.fixture
def good(good: str) -> str:
    """The good configuration, with something that warns before its SLA is missed."""
    return good.replace("[sla.host]", PROTECTED)


WEB = '[endpoint.web]\nurl = "https://www.example.com/"\n'


def test_the_defaults_are_no_reason_for_a_warning(load: Load) -> None:
    assert load(WEB).warnings == ()


def test_attempts_that_do_not_fit_into_the_interval_are_warned_of(load: Load) -> None:
    assert load(WEB + 'interval = "20s"\n').warnings == (
        (
            "endpoint.web.confirm: 3 attempts can take 32s, more than the interval of 20s: "
            "a failure may be confirmed late"
        ),
    )


def test_a_limit_on_latency_that_the_timeout_hides_is_warned_of(load: Load) -> None:
    assert load(WEB + 'expect = { slower_than = "10s" }\n').warnings == (
        (
            "endpoint.web.expect.slower_than: 10s is not shorter than the timeout of 10s: "
            "nothing is ever too slow"
        ),
    )


def test_a_commitment_that_the_interval_cannot_prove_is_warned_of(load: Load, good: str) -> None:
    text = good.replace("99.9%", "99.999%")
    assert load(text).warnings == (
        (
            "agreement.acme-shop: 99.999% of 30 days allows 25s920ms of downtime, and shop is "
            "probed every 30s: too seldom to prove it; the most that this proves is 99.9988%"
        ),
    )


def test_two_agreements_that_pay_for_one_outage_are_warned_of(load: Load, good: str) -> None:
    second = good[good.index("[agreement") :].replace("acme-shop", "acme-too")
    assert load(good + second).warnings == (
        (
            "agreement.acme-too: credits acme for shop on days on which agreement.acme-shop does too: "
            "an outage is paid for twice"
        ),
    )


def test_a_fee_with_more_decimals_than_its_currency_is_warned_of(load: Load, good: str) -> None:
    assert load(good.replace("840.00", "1200.005")).warnings == (
        (
            "agreement.acme-shop.monthly_fee: 1200.005 EUR has more decimals than the currency, 2: "
            "it is printed cut off, and credits are shares of all of it"
        ),
    )
    assert load(good.replace("840.00", "1200.500")).warnings == ()


def test_agreements_that_follow_each_other_are_fine(load: Load, good: str) -> None:
    second = good[good.index("[agreement") :].replace("acme-shop", "acme-too").replace("2026-01", "2026-07")
    assert load(good + "until = 2026-06-30\n" + second).warnings == ()


def test_a_target_no_stricter_than_the_commitment_is_warned_of(load: Load, good: str) -> None:
    text = good + '[target.shop]\nservice = "shop"\nobjective = ">= GOAL"\nprotects = ["host"]\n'
    assert load(text.replace("GOAL", "99.95%")).warnings == ()
    assert load(text.replace("GOAL", "99.9%")).warnings == (
        "target.shop.objective: no stricter than sla.host promises: it warns too late",
    )


def test_a_table_that_can_be_priced_and_looks_wrong_is_warned_of_with_its_path(load: Load, good: str) -> None:
    text = good.replace("[agreement", 'limits = "5% per period"\n[agreement')
    (warning,) = load(text).warnings
    assert warning.startswith("sla.host.limits: the cap of 5% is below the credit of the first row")


def test_a_row_that_the_cap_of_the_period_cuts_is_warned_of(load: Load, good: str) -> None:
    rows = good.replace('credits = { "< 99.9%" = "10%" }', 'credits = { "< 99.9%" = "10%", "< 95%" = "50%" }')
    assert rows != good
    text = rows.replace("[agreement", 'limits = ["20% per PERIOD"]\n[agreement')
    assert load(text.replace("PERIOD", "period")).warnings == (
        'sla.host.limits: row "< 95%" pays 50%, and the cap stops at 20%',
    )
    assert load(text.replace("PERIOD", "year")).warnings == (), "a bad month may be paid in full"


def test_a_shadow_on_the_terms_that_are_agreed_is_warned_of(load: Load, good: str) -> None:
    text = good.replace('sla = "host"\n', 'sla = "host"\nshadow = ["host"]\n')
    (key,) = load(good).agreements
    assert load(text).warnings == (
        f'agreement.{key}.shadow[1]: "host" is what is agreed: nothing is compared',
    )
    own = text.replace("shadow =", 'credits = "none"\nshadow =')
    assert load(own).warnings == (), "the agreement pays nothing, and the SLA does"


def test_an_sla_that_no_target_protects_is_warned_of(load: Load, good: str) -> None:
    assert load(good.replace(PROTECTED, "[sla.host]")).warnings == (
        (
            "sla.host: no target warns before it is missed: write [target.NAME] with "
            'service = "shop", a stricter objective and protects = ["host"]'
        ),
    )


def test_evidence_that_no_probe_gives_is_warned_of(load: Load, good: str) -> None:
    text = good.replace(
        "[agreement", 'measure = { weighted_by = "users" }\noutage = { starts = "reported" }\n[agreement'
    )
    assert load(text).warnings == (
        (
            "agreement.acme-shop: its terms need how many users each outage affected: no statement is drawn "
            "up from probes alone; price it from files with makegood evaluate --agreement acme-shop"
        ),
    )


def test_what_no_probe_settles_of_what_we_buy_says_what_can_be_done(load: Load, good: str) -> None:
    text = good.replace('customer = "acme"', 'provider = "acme"').replace(
        "[customer.acme]", "[provider.acme]"
    )
    slots = 'measure = { evidence = "slots", slot = "5m", as = "mean" }'
    slots = f'{slots}\nclaim = "30 days after period"\n[agreement'
    assert load(text.replace("[agreement", slots, 1)).warnings == (
        (
            "agreement.acme-shop: its terms need counts of good and of all requests: nobody can tell what "
            "they owe us from probes alone; price it from files with makegood evaluate --agreement acme-shop"
            ', or let checks stand for requests: measure = { …, requests = "checks" }'
        ),
    )


def test_a_clock_that_runs_from_what_people_say_is_warned_of(load: Load, good: str) -> None:
    text = good.replace("[agreement", 'outage = { starts = "reported", ends = "ticket closed" }\n[agreement')
    assert load(text).warnings == (
        (
            "agreement.acme-shop: no probe knows of an outage when it was reported and when its ticket was "
            "closed: say it of each with makegood outage report, or its period has no figure"
        ),
    )


def test_a_scope_over_resources_that_nobody_named_is_warned_of(load: Load, good: str) -> None:
    text = good.replace("[agreement", 'scope = "any down"\n[agreement')
    assert load(text).warnings == (
        (
            "agreement.acme-shop: its scope looks at several resources, and service.shop names none: "
            'write resources = ["a", "b"] there'
        ),
    )


def test_an_agreement_older_than_the_text_of_its_sla_is_warned_of(load: Load, good: str) -> None:
    assert load(good.replace("[agreement", "effective = 2026-03-01\n[agreement")).warnings == (
        (
            "agreement.acme-shop: begins on 2026-01-01, and the text of sla.host holds from 2026-03-01 on: "
            "another text held before"
        ),
    )
    assert load(good.replace("[agreement", "effective = 2026-01-01\n[agreement")).warnings == ()


CLOUD = """
[provider.cloud]
name = "Cloud"
timezone = "UTC"
currency = "USD"

[agreement.bought]
provider = "cloud"
service = "NAME"
sla = "host"
monthly_fee = "100.00"
from = 2026-01-01
claim = "automatic"
"""


def test_a_service_that_depends_on_what_nobody_sells_us_is_warned_of(load: Load, good: str) -> None:
    on_top = '[service.top]\nup_when = "shop"\ndepends_on = ["shop"]\n'
    said = (
        "service.top.depends_on: no agreement with a provider is on shop, so `makegood sides` sets nothing "
        "against its outages"
    )

    assert said in load(good + on_top).warnings
    assert said not in load(good + on_top + CLOUD.replace("NAME", "shop")).warnings
    over = '[service.over]\nup_when = "shop"\ndepends_on = ["top"]\n'
    bought = load(good + on_top + over + CLOUD.replace("NAME", "shop"))
    assert [each for each in bought.warnings if "depends_on" in each] == []


@pytest.mark.parametrize(
    ("written", "warned"),
    [
        ("", True),
        ('depends_on = ["theirs"]', False),
        ('depends_on = ["between"]', False),  # and that depends on theirs
    ],
)
def test_what_we_sell_on_endpoints_that_we_buy_should_say_so(
    load: Load, good: str, written: str, warned: bool
) -> None:
    bought = '[service.theirs]\nup_when = "web"\n' + CLOUD.replace("NAME", "theirs")
    bought += '[service.between]\nup_when = "web"\ndepends_on = ["theirs"]\n'
    found = load(good.replace("[service.shop]\n", f"[service.shop]\n{written}\n") + bought).warnings

    assert (
        "service.shop.depends_on: shop rests on web, an endpoint of theirs, which we buy: write "
        'depends_on = ["theirs"], and `makegood sides` sets the two against each other' in found
    ) is warned


def test_a_kpi_with_a_target_that_nobody_owns(load: Load, good: str) -> None:
    mine = '[kpi.quick]\nof = "mttr"\ntarget = "<= 20m"\n'
    said = 'kpi.quick: it has a target, and nobody owns it: write owner = "on-call"'

    assert said in load(f"{good}\n{mine}").warnings
    assert said not in load(f'{good}\n{mine}owner = "max"\n').warnings
