"""Published SLAs in a configuration: named, overridden, refused while unverified, and kept as they were."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest

from monitor.config import ConfigProblems, load_plan
from monitor.config.digest import plan_digest
from monitor.config.library import Library
from monitor.config.load import load_text
from monitor.config.plan import Plan
from monitor.config.written import as_toml

SHELF = """
[about]
provider = "Host Ltd"
section = "Servers"
source = "https://host.example/sla"
kind = "primary text"
effective = 2025-03-01

[sla.host-plain]
commitment = "99.9%"
credits = { "< 99.9%" = "10%" }

[sla.host-gold]
like = "host-plain"
commitment = "99.99%"
credits = { "< 99.99%" = "20%" }

[sla.host-told]
like = "host-plain"
kind = "second-hand"
unverified = ["credits", "claim"]
claim = "30 days after period"

[sla.host-two]
together = "sum"
unverified = ["credits"]
[sla.host-two.promise.up]
commitment = "99.9%"
credits = "10%"
[sla.host-two.promise.answers]
measure = { evidence = "events", within = "4h" }
commitment = "95%"
credits = "5%"
"""

FILE = """
[issuer]
name = "Example Hosting Ltd"
[endpoint.web]
url = "https://www.example.com/"
[service.shop]
up_when = { all = ["web"] }
[customer.acme]
name = "ACME GmbH"
timezone = "Europe/Berlin"
currency = "EUR"
[agreement.acme-shop]
customer = "acme"
service = "shop"
monthly_fee = "840.00"
from = 2026-01-01
"""

Take = Callable[..., Plan]


@pytest.fixture
def take(tmp_path: Path) -> Take:
    """Load the file with more lines of its agreement, and tables after it; `shelf` is the library's text."""

    def take(lines: str, more: str = "", *, shelf: str = SHELF, accept: bool = False) -> Plan:
        (tmp_path / "shelf").mkdir(exist_ok=True)
        (tmp_path / "shelf" / "host.toml").write_text(shelf, encoding="utf-8")
        path = tmp_path / "acme.toml"
        path.write_text(f"{FILE}{lines}\n{more}", encoding="utf-8")
        library = Library(tmp_path / "shelf")
        return load_plan(path, environ={}, accept_unverified=accept, library=library)

    return take


def refusals(take: Take, *texts: str) -> list[str]:
    with pytest.raises(ConfigProblems) as caught:
        take(*texts)
    return [f"{problem.path}: {problem.message}" for problem in caught.value.problems]


def test_an_agreement_has_the_terms_of_a_published_sla(take: Take) -> None:
    (terms,) = take('sla = "library:host-gold"').agreements["acme-shop"].terms

    assert terms.sla == "library:host-gold"
    assert terms.commitment.value == Fraction(9999, 10000)
    assert [name for name, _ in terms.terms.promises] == ["host-gold"]


def test_any_stage_is_overridden_by_an_agreement_or_by_an_sla_that_is_like_it(take: Take) -> None:
    own = '[sla.ours]\nlike = "library:host-gold"\ncredits = "30%"'
    (terms,) = take('sla = "ours"\nclaim = "10 days after period"', own).agreements["acme-shop"].terms
    ((_, promise),) = terms.terms.promises

    assert terms.commitment.value == Fraction(9999, 10000)
    assert "30%" in str(promise.credits) or "3, 10" in str(promise.credits)
    assert promise.claim.by is not None


def test_the_day_of_the_text_is_warned_of(take: Take) -> None:
    plan = take('sla = "library:host-plain"')

    assert plan.slas["library:host-plain"].effective == date(2025, 3, 1)
    text = SHELF.replace("2025-03-01", "2026-07-01")
    warnings = take('sla = "library:host-plain"', shelf=text).warnings
    assert any(
        "begins on 2026-01-01, and the text of sla.library:host-plain holds" in each for each in warnings
    )


def test_a_target_protects_a_published_sla(take: Take) -> None:
    target = '[target.inner]\nservice = "shop"\nobjective = ">= 99.99%"\nprotects = ["library:host-plain"]'

    assert take('sla = "library:host-plain"', target).targets["inner"].protects == ("library:host-plain",)
    assert take('sla = "library:host-gold"', target).targets["inner"].protects == ("library:host-plain",)


@pytest.mark.parametrize(
    ("lines", "more", "said"),
    [
        (
            'sla = "library:host-plan"',
            "",
            (
                'agreement.acme-shop.sla: there is no "host-plan" in the library of published SLAs; '
                'did you mean "library:host-plain"?'
            ),
        ),
        (
            'sla = "library:Host Plain"',
            "",
            (
                'agreement.acme-shop.sla: "library:Host Plain" is no name of the library: '
                'write "library:host-plain"'
            ),
        ),
        (
            'sla = "library:"',
            "",
            (
                'agreement.acme-shop.sla: "library:" is no name of the library: '
                "`makegood sla list` names what is there"
            ),
        ),
        (
            'sla = "host-plain"',
            "",
            'agreement.acme-shop.sla: there is no SLA "host-plain"; did you mean "library:host-plain"?',
        ),
        (
            'sla = "library:host-plain"',
            '[sla.mine]\nlike = "library:nothing-near-it"',
            (
                'sla.mine.like: there is no "nothing-near-it" in the library of published SLAs; '
                "`makegood sla list` names what is there"
            ),
        ),
        (
            'sla = "library:host-plain"',
            '[sla."library:host-plain"]\ncommitment = "50%"\ncredits = "none"',
            (
                'sla."library:host-plain": a table of the library is not written over: '
                'write [sla.my-host-plain] with like = "library:host-plain"'
            ),
        ),
    ],
)
def test_a_name_that_the_library_has_not_is_told_with_what_is_near(
    take: Take, lines: str, more: str, said: str
) -> None:
    assert refusals(take, lines, more) == [said]


# --- unverified -------------------------------------------------------------------------------------------

UNSURE = (
    "agreement.acme-shop.sla: rests on figures that are second-hand or from memory ({}): hold them against "
    "your contract and write what it says here, or write accept_unverified = true"
)


def test_unverified_terms_price_nothing_until_somebody_accepts_them(take: Take) -> None:
    assert refusals(take, 'sla = "library:host-told"') == [UNSURE.format("credits, claim")]
    assert take('sla = "library:host-told"\naccept_unverified = true').agreements
    assert take('sla = "library:host-told"', accept=True).agreements


def test_what_is_said_anew_is_verified(take: Take) -> None:
    assert refusals(take, 'sla = "library:host-told"\nclaim = "automatic"') == [UNSURE.format("credits")]
    plan = take('sla = "library:host-told"\nclaim = "automatic"\ncredits = "15%"')
    assert plan.agreements["acme-shop"].terms[0].contract.unverified == ()


def test_what_is_accepted_is_still_told(take: Take) -> None:
    plan = take('sla = "library:host-told"\naccept_unverified = true\nclaim = "automatic"')

    assert plan.agreements["acme-shop"].terms[0].contract.unverified == ("credits",)


def test_one_s_own_sla_may_vouch_for_all_of_it(take: Take) -> None:
    assert take('sla = "ours"', '[sla.ours]\nlike = "library:host-told"\nunverified = []').agreements
    assert refusals(
        take, 'sla = "ours"', '[sla.ours]\nlike = "library:host-told"\nunverified = ["claim"]'
    ) == [UNSURE.format("claim")]


def test_one_promise_of_several_said_anew_vouches_for_none_of_the_others(take: Take) -> None:
    more = '[agreement.acme-shop.promise.up]\ncredits = "7%"'

    assert refusals(take, 'sla = "library:host-two"', more) == [UNSURE.format("credits")]


def test_several_slas_side_by_side_are_as_unsure_as_each_of_them(take: Take) -> None:
    lines = 'sla = ["library:host-told", "library:host-gold"]\ntogether = "sum"'

    assert refusals(take, lines) == [UNSURE.format("credits, claim")]


def test_an_sla_beside_a_published_one_of_its_name_is_refused(take: Take) -> None:
    own = '[sla.host-gold]\ncommitment = "99%"\ncredits = "1%"'
    (said,) = refusals(take, 'sla = ["library:host-gold", "host-gold"]\ntogether = "sum"', own)

    assert said == (
        "sla.host-gold: is the name of a published SLA beside it as well: "
        "write [sla.my-host-gold] and name that"
    )


# --- what was in force stays ------------------------------------------------------------------------------


def test_a_changed_entry_changes_the_digest(take: Take) -> None:
    before = plan_digest(take('sla = "library:host-gold"'))

    assert plan_digest(take('sla = "library:host-gold"')) == before
    changed = SHELF.replace('"20%"', '"21%"')
    assert plan_digest(take('sla = "library:host-gold"', shelf=changed)) != before


def test_a_text_that_was_kept_has_its_own_copy_of_the_terms(take: Take) -> None:
    plan = take('sla = "library:host-told"\naccept_unverified = true')
    again = load_text(as_toml(plan.source), "kept", purpose="files")

    assert again.agreements["acme-shop"].terms == plan.agreements["acme-shop"].terms
