"""Contracts in the agreement language, ordinary ones and strange ones: each becomes the terms it means."""

# ruff: noqa: E501  a stage is a line
from __future__ import annotations

import tomllib
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from monitor.agreements.claim import Claim, Deadline
from monitor.agreements.schedule import (
    FEE,
    Amount,
    Each,
    GreatestOf,
    NoCredits,
    ProRata,
    Row,
    Rows,
    SumOf,
)
from monitor.agreements.terms import (
    Allowance,
    Allowed,
    BadSlot,
    BaseTerms,
    Cap,
    CommitmentTerms,
    ExcludeTerms,
    FormulaTerms,
    LimitsTerms,
    MeasureTerms,
    Notice,
    OutageTerms,
    PeriodTerms,
    RoundingTerms,
    ScopeTerms,
    Terms,
    TicketTerms,
)
from monitor.config.promise_terms import promise_terms
from monitor.config.stage_tables import STAGES, Stages
from monitor.core.calendars import parse_hours
from monitor.core.intervals import DAY, HOUR, MINUTE
from monitor.core.money import Money
from monitor.core.numbers import Bound

FOLDER = Path(__file__).parent / "language"


@cache
def slas() -> Mapping[str, Any]:
    """Every SLA of the two files."""
    texts = [(FOLDER / name).read_text(encoding="utf-8") for name in ("ordinary.toml", "strange.toml")]
    trees = [tomllib.loads(text, parse_float=Decimal) for text in texts]
    return {name: table for tree in trees for name, table in tree["sla"].items()}


def stages(name: str, promise: str = "") -> dict[str, Any]:
    """What an SLA says, after what it is like and before what its promise says."""
    table = slas()[name]
    said = stages(table["like"]) if "like" in table else {}
    said |= {stage: table[stage] for stage in STAGES if stage in table}
    inner = table["promise"][promise] if promise else {}
    return said | {stage: inner[stage] for stage in STAGES if stage in inner}


def terms(path: str) -> Terms:
    """`"github"`, or `"business-care/availability"` for one of several promises."""
    name, _, promise = path.partition("/")
    table = Stages.model_validate(stages(name, promise))
    return promise_terms({stage: getattr(table, stage) for stage in STAGES})


def percent(text: str) -> Fraction:
    return Fraction(text) / 100


def share(text: str, written: str = "") -> Amount:
    return Amount("share", percent(text), FEE, written or f"{text}%")


def of_fees(ms: int, text: str) -> Amount:
    return Amount("time", Fraction(ms), "", text)


def rows(table: Mapping[str, str], **words: Any) -> Rows:
    """Rows with one bound or two on the figure, as the file has them."""
    return Rows(tuple(_row(key, share(credit)) for key, credit in table.items()), **words)


def _row(key: str, credit: Any) -> Row:
    bounds = [part.split() for part in key.split(", ")]
    return Row(tuple(Bound(sign, percent(value.strip("%"))) for sign, value in bounds), credit, key)  # type: ignore[arg-type]


def lengths(table: Mapping[str, str]) -> Rows:
    """Rows of hours or minutes on the downtime."""
    found = []
    for key, credit in table.items():
        bounds = [part.split() for part in key.split(", ")]
        sizes = [int(value[:-1]) * (HOUR if value[-1] == "h" else MINUTE) for _, value in bounds]
        both = zip(bounds, sizes, strict=True)
        found.append(Row(tuple(Bound(sign, Fraction(size)) for (sign, _), size in both), share(credit), key))  # type: ignore[arg-type]
    return Rows(tuple(found), by="downtime")


def counts(table: Mapping[str, str], **words: Any) -> Rows:
    bounds = {key: Bound(key.split()[0], Fraction(key.split()[1])) for key in table}  # type: ignore[arg-type]
    return Rows(tuple(Row((bounds[key],), share(credit), key) for key, credit in table.items()), **words)


def at_least(text: str) -> CommitmentTerms:
    return CommitmentTerms(Bound(">=", percent(text)))


def maintenance(**words: Any) -> ExcludeTerms:
    return ExcludeTerms("scheduled maintenance", **words)


def after(count: int, unit: Any, anchor: Any, text: str) -> Deadline:
    return Deadline("after", anchor, count, unit, text)


def deadline(kind: Any, anchor: Any, text: str) -> Deadline:
    return Deadline(kind, anchor, text=text)


SECOND_CYCLE = deadline(
    "second billing cycle", "outage", "end of the second billing cycle counting that of the outage"
)
OVER_A_DOLLAR = (">", Money(Fraction(1), "USD"))
PLAIN = {
    "measure": MeasureTerms(),
    "outage": OutageTerms(),
    "exclude": (),
    "scope": ScopeTerms(),
    "period": PeriodTerms(),
    "formula": FormulaTerms(),
    "base": BaseTerms(),
    "limits": LimitsTerms(),
    "rounding": RoundingTerms(),
    "claim": Claim(),
}
AWS: dict[str, Any] = {
    "period": PeriodTerms(timezone="UTC"),
    "exclude": tuple(
        ExcludeTerms(what)
        for what in ("customer caused", "customer equipment", "force majeure", "suspension")
    ),
    "limits": LimitsTerms(only_if=OVER_A_DOLLAR),
    "claim": Claim(SECOND_CYCLE),
}
AZURE: dict[str, Any] = {
    "claim": Claim(deadline("end of month", "period", "end of month after period")),
}

EXPECTED: dict[str, dict[str, Any]] = {
    "small-host": {
        "commitment": at_least("99.9"),
        "exclude": (maintenance(notice=Notice(2 * DAY)),),
        "credits": rows({"< 99.9%": "5", "< 99.0%": "10", "< 95.0%": "50"}),
    },
    "invoicing": {
        "commitment": at_least("99.5"),
        "exclude": (
            maintenance(notice=Notice(DAY), at_most=(Allowance(4 * HOUR, "time", "month"),)),
            ExcludeTerms("force majeure"),
        ),
        "credits": rows({"< 99.5%": "10", "< 98.0%": "25"}),
        "limits": LimitsTerms((Cap(percent("25"), "base", "period", "25% per period"),)),
        "claim": Claim(after(30, "days", "period", "30 days after period")),
    },
    "managed-server": {
        "commitment": at_least("99.9"),
        "outage": OutageTerms(lasting=(">", 5 * MINUTE), starts="reported"),
        "credits": ProRata(Fraction(1)),
    },
    "office-app": {
        "commitment": at_least("99"),
        "period": PeriodTerms(service_hours="office"),
        "credits": Each("share", share("5"), percent("0.5"), "or part"),
        "limits": LimitsTerms((Cap(percent("30"), "base", "period", "30% per period"),)),
    },
    "api": {
        "measure": MeasureTerms("slots", as_="total"),
        "commitment": at_least("99.95"),
        "credits": share("10"),
        "claim": Claim(after(15, "days", "period", "15 days after period")),
    },
    "business-care/availability": {
        "commitment": at_least("99.9"),
        "exclude": (
            maintenance(notice=Notice(business_days=5), at_most=(Allowance(4 * HOUR, "time", "month"),)),
        ),
        "credits": rows({"< 99.9%": "5", "< 99.0%": "15"}),
        "limits": LimitsTerms((Cap(percent("20"), "base", "period", "20% per period"),)),
    },
    "aws-credits": {**AWS, "commitment": at_least("99.99"), "credits": NoCredits()},
    "aws-s3-standard": {
        **AWS,
        "measure": MeasureTerms("slots", as_="mean", slot=5 * MINUTE),
        "commitment": at_least("99.9"),
        "credits": rows({"< 99.9%, >= 99.0%": "10", "< 99.0%, >= 95.0%": "25", "< 95.0%": "100"}),
    },
    "aws-ec2-instance/month": {
        **AWS,
        "base": BaseTerms(per="resource", except_=("one-time",)),
        "commitment": at_least("99.5"),
        "credits": rows({"< 99.5%, >= 99.0%": "10", "< 99.0%, >= 95.0%": "30", "< 95.0%": "100"}),
    },
    "aws-ec2-instance/clock-hour": {
        **AWS,
        "measure": MeasureTerms(as_="bad slots", slot=HOUR, bad=BadSlot("down", ">", Fraction(6 * MINUTE))),
        "base": BaseTerms(per="resource", except_=("one-time",)),
        "limits": LimitsTerms(),
        "commitment": at_least("100"),
        "credits": ProRata(Fraction(1)),
        "claim": Claim(),
    },
    "azure-sql": {
        **AZURE,
        "scope": ScopeTerms("sum of resource-minutes"),
        "commitment": at_least("99.99"),
        "credits": rows({"< 99.99%": "10", "< 99%": "25", "< 95%": "100"}),
    },
    "azure-vm-premium": {
        **AZURE,
        "commitment": at_least("99.9"),
        "credits": rows({"< 99.9%": "10", "< 99%": "25", "< 95%": "100"}),
    },
    "azure-vm-hdd": {
        **AZURE,
        "commitment": at_least("95"),
        "credits": rows({"< 95%": "10", "< 92%": "25", "< 90%": "100"}),
    },
    "microsoft-365": {
        **AZURE,
        "measure": MeasureTerms(weighted_by="users"),
        "exclude": (maintenance(notice=Notice(5 * DAY)),),
        "commitment": at_least("99.9"),
        "credits": rows({"< 99.9%": "25", "< 99%": "50", "< 95%": "100"}),
    },
    "cloudflare-enterprise": {
        "measure": MeasureTerms(weighted_by="visitors"),
        "exclude": (maintenance(notice=Notice(), effect="both sides"),),
        "commitment": at_least("100"),
        "credits": ProRata(Fraction(25)),
        "base": BaseTerms("previous period"),
        "limits": LimitsTerms((Cap(Fraction(1), "months of fees", "12 months", "1 month of fees per 12 months"),)),
        "claim": Claim(
            deadline("end of billing month", "outage", "end of billing month after outage"),
            after(5, "business days", "outage", "5 business days after outage"),
            "office",
        ),
    },
    "github": {
        "period": PeriodTerms("calendar quarter", timezone="UTC"),
        "measure": MeasureTerms("slots", as_="bad slots", slot=MINUTE, bad=BadSlot("errors", ">", percent("5"))),
        "commitment": at_least("99.9"),
        "credits": rows({"<= 99.9%, > 99.0%": "10", "< 99.0%": "25"}, if_met="no credit", in_no_row="refuse"),
        "limits": LimitsTerms((Cap(Fraction(90 * DAY), "days of fees", "period", "90 days of fees per period"),)),
        "claim": Claim(after(30, "days", "period", "30 days after period")),
    },
    "slack": {
        "period": PeriodTerms("fiscal quarter", first_month=2),
        "commitment": at_least("99.99"),
        "credits": ProRata(Fraction(100)),
        "limits": LimitsTerms((Cap(Fraction(30 * DAY), "days of fees", "period", "30 days of fees per period"),)),
    },
    "ovh-kms": {
        "outage": OutageTerms(lasting=(">", 3 * MINUTE), starts="reported"),
        "commitment": at_least("99.5"),
        "credits": Each("time", share("5"), Fraction(HOUR), "full", "commitment"),
        "limits": LimitsTerms((Cap(percent("30"), "base", "period", "30% per period"),)),
        "claim": Claim(after(60, "days", "period", "60 days after period")),
    },
    "kinsta": {
        "period": PeriodTerms("billing month", timezone="America/Los_Angeles"),
        "scope": ScopeTerms("any down"),
        "exclude": (maintenance(always=parse_hours("daily 02:00-05:00"), timezone="Europe/Berlin"),),
        "commitment": at_least("99.9"),
        "credits": Each("time", share("5"), Fraction(HOUR), "full"),
        "claim": Claim(deadline("end of billing month", "period", "end of billing month after period")),
    },
    "common-paper": {
        "exclude": (maintenance(notice=Notice(), effect="both sides"),),
        "commitment": at_least("99.9"),
        "credits": rows({"< 99.9%": "5", "< 99.0%": "10"}),
        "limits": LimitsTerms((Cap(percent("8"), "contract", "contract", "8% of the contract fee per contract"),)),
        "claim": Claim(after(7, "days", "period", "7 days after period")),
    },
    "notion": {
        "period": PeriodTerms(service_hours="weekdays"),
        "outage": OutageTerms(lasting=(">", HOUR)),
        "commitment": at_least("100"),
        "credits": Each("outage", share("5")),
        "limits": LimitsTerms(
            (
                Cap(Fraction(1), "credits", "day", "1 credit per day"),
                Cap(Fraction(7 * DAY), "days of fees", "period", "1 week of fees per period"),
            )
        ),
        "claim": Claim(
            after(30, "days", "period", "30 days after period"),
            after(72, "hours", "outage", "72 hours after outage"),
        ),
    },
    "sap": {
        "commitment": at_least("99.7"),
        "credits": Each("share", share("2"), percent("1"), "pro rata"),
        "claim": Claim(after(30, "business days", "period", "30 business days after period"), None, "office"),
    },
    "eight-by-eight": {
        "formula": FormulaTerms(3, "half-up"),
        "commitment": at_least("99.999"),
        "credits": Rows(
            (
                *rows({"<= 99.998%, >= 99.900%": "5", "<= 99.899%, >= 99.500%": "10", "<= 99.499%, >= 99.000%": "30"}).rows,
                _row("< 99.000%", SumOf((share("30"), Each("share", share("5"), percent("0.1"), "full", percent("99"))))),
            )
        ),
    },
    "coupa": {
        "commitment": at_least("99.8"),
        "credits": GreatestOf((share("10"), Each("share", share("1"), percent("1"), "pro rata", Fraction(1)))),
    },
    "workday": {
        "commitment": at_least("99.7"),
        "credits": counts({"= 1": "0", "= 2": "10", "= 3": "20", ">= 4": "30"}, by="missed periods", over=6),
        "claim": Claim(after(60, "days", "period", "60 days after period")),
    },
    "telus-points": {
        "formula": FormulaTerms(mean_of_last=2),
        "commitment": at_least("99.9"),
        "credits": Rows(
            tuple(
                _row(key, Amount("points", Fraction(count), "", f"{count} points"))
                for key, count in {"< 99.9%, >= 99.5%": 5, "< 99.5%, >= 99.0%": 15, "< 99.0%": 30}.items()
            )
        ),
        "base": BaseTerms("next period"),
    },
    "at-risk": {
        "commitment": at_least("99.5"),
        "credits": share("25"),
        "base": BaseTerms("at risk", share=percent("60")),
    },
    "verizon-access": {
        "outage": OutageTerms(
            lasting=(">=", 30 * MINUTE), joined=("<", 3 * HOUR), starts="reported", ends="ticket closed"
        ),
        "commitment": at_least("100"),
        "credits": ProRata(Fraction(2)),
        "base": BaseTerms(day=Fraction(1, 30)),
        "rounding": RoundingTerms(ratio=4),
    },
    "ntt-recovery": {
        "period": PeriodTerms(timezone="UTC"),
        "outage": OutageTerms(lasting=(">=", 30 * MINUTE), starts="detected"),
        "commitment": at_least("100"),
        "credits": Each(
            "outage",
            lengths(
                {
                    ">= 30m, < 1h": "3",
                    ">= 1h, < 2h": "10",
                    ">= 2h, < 4h": "20",
                    ">= 4h, < 6h": "30",
                    ">= 6h, < 8h": "40",
                    ">= 8h, < 48h": "50",
                    ">= 48h": "100",
                }
            ),
        ),
    },
    "jitter": {
        "measure": MeasureTerms("metrics", as_="mean", metric="jitter", unit="ms"),
        "commitment": CommitmentTerms(Bound("<=", Fraction(2)), "metric", "ms"),
        "credits": rows(
            {"< 10%": "0", ">= 10%": "10", ">= 25%": "20", ">= 50%": "30", ">= 75%": "40", ">= 100%": "50"},
            by="overshoot",
        ),
    },
    "ofcom-repair": {
        "measure": MeasureTerms(
            "events", within=(("", Allowed(days=2, business=True, at="end of day")),), calendar="uk-working"
        ),
        "commitment": at_least("100"),
        "credits": Each("miss", Each("calendar day", Amount("money", Fraction("9.76"), "GBP", "9.76 GBP"))),
        "limits": LimitsTerms(()),
    },
}  # fmt: skip

ON_TICKETS = {
    "business-care/first-reply": TicketTerms(
        "created", "first human reply", ("waiting for customer",), priority_change="restart"
    ),
    "support-penalties/p0-reply": TicketTerms("created", "first human reply", priority_change="restart"),
    "support-penalties/p1-resolution": TicketTerms(
        "created", "resolved", ("waiting for customer",), priority_change="restart", reopened="continues"
    ),
}


def plain(value: Any) -> Any:
    """A schedule without the words that only a reader needs."""
    if isinstance(value, Each):
        return Each(value.of, plain(value.credit), value.size, value.part, value.beyond)
    if isinstance(value, ProRata):
        return ProRata(value.times, value.beyond)
    if isinstance(value, GreatestOf | SumOf):
        return type(value)(tuple(plain(each) for each in value.of))
    if isinstance(value, Rows):
        found = tuple(Row(row.bounds, plain(row.credit), row.text) for row in value.rows)
        return Rows(found, value.overlap, value.in_no_row, value.if_met, value.by, value.over)
    return value


@pytest.mark.parametrize("path", EXPECTED)
def test_a_contract_becomes_the_terms_it_means(path: str) -> None:
    found = terms(path)
    for stage, value in {**PLAIN, **EXPECTED[path]}.items():
        assert plain(getattr(found, stage)) == value, stage


@pytest.mark.parametrize("path", ON_TICKETS)
def test_a_promise_on_tickets_says_when_its_clock_starts_stops_and_stands(path: str) -> None:
    measure = terms(path).measure
    assert measure.evidence == "tickets"
    assert measure.tickets == ON_TICKETS[path]


def test_every_contract_of_the_two_files_is_looked_at() -> None:
    paths = {f"{name}/{promise}" for name, table in slas().items() for promise in table.get("promise", {})}
    whole = {name for name, table in slas().items() if "promise" not in table}
    assert paths | whole == {*EXPECTED, *ON_TICKETS}


def test_an_amendment_is_read_as_the_sla_is() -> None:
    amended = Stages.model_validate(
        {stage: said for stage, said in slas()["slack"]["amendment"]["2024-06-14"].items() if stage in STAGES}
    )
    found = promise_terms(
        {"commitment": at_least("99.99"), "credits": amended.credits, "exclude": amended.exclude}
    )
    assert found.exclude == (
        maintenance(notice=Notice(2 * DAY), at_most=(Allowance(10 * HOUR, "time", "year"),)),
    )
    assert plain(found.credits) == ProRata(Fraction(10))
