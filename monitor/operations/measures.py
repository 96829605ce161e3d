"""PURE. What a KPI comes to: the arithmetic, exactly. Nothing is rounded, and what nobody can tell is None.

An incident belongs to the period in which it began. False alarms are in their own share and in the count of
none else. A percentile is the nearest rank: the least value that at least that share does not exceed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from fractions import Fraction
from math import lcm

from monitor.core.intervals import Ms
from monitor.operations.figures import mean, to_acknowledge, to_detect, to_resolve
from monitor.operations.incident import Incident
from monitor.operations.kpi_rules import OF_INCIDENTS, WORDS, Kind, KpiRule, Take
from monitor.records import dataclass


@dataclass(frozen=True, slots=True)
class Told:
    """A value of so many, or in a few words why there is none."""

    value: Fraction | None
    count: int
    why: str = ""


@dataclass(frozen=True, slots=True)
class Timed:
    """One clock that counted, as its promise judged it.

    `priority` and `team` are "" where nothing says them. `slas` are those that promised it; `beside`: they
    run beside the agreement and bind nobody. `at` is where it counts, `start` when it began, `elapsed` how
    long it ran; `late` None where no time is promised to each.
    """

    of: Kind
    agreement: str
    promise: str
    customer: str
    service: str
    priority: str
    team: str
    at: Ms
    start: Ms
    elapsed: Ms
    late: bool | None
    slas: tuple[str, ...] = ()
    beside: bool = False


NOTHING = Told(None, 0, "nothing was recorded then")
NOT_BEGUN = Told(None, 0, "it has not begun")


def sure(rule: KpiRule, told: Told) -> Told:
    """The same, or nothing where it is of too few to tell."""
    if told.why or (told.value is not None and told.count >= rule.at_least):
        return told
    what = "incidents" if rule.of in OF_INCIDENTS and rule.of != "postmortems" else WORDS[rule.of][1]
    which = " acknowledged" if rule.of == "mtta" else ""
    return Told(None, told.count, f"too few {what} to tell ({told.count:,}{which})")


def of_incidents(rule: KpiRule, incidents: Collection[Incident], up: Ms | None, now: Ms) -> Told:
    """A KPI of incidents. `up` is how long their services were seen up, in ms, all added up."""
    real = [each for each in incidents if not each.false_alarm]
    if rule.of == "incidents":
        return Told(Fraction(len(real)), len(real))
    if rule.of == "false alarms":
        return share(len(incidents) - len(real), len(incidents))
    if rule.of == "postmortems":
        return postmortems(real, now)
    if rule.of == "mtbf":
        failures = sum(bool(each.outages) for each in real)
        return Told(Fraction(up, failures) if failures and up is not None else None, failures)
    return mean_time(rule, real)


def mean_time(rule: KpiRule, real: Iterable[Incident]) -> Told:
    """The mean of those times that are known."""
    time = {"mttd": to_detect, "mtta": to_acknowledge}.get(rule.of, to_resolve)
    known = mean(map(time, real))
    return Told(known.value, known.count)


def postmortems(real: Iterable[Incident], now: Ms) -> Told:
    """The share of required postmortems that were completed by their day.

    One counts once its day has come, or it was completed before it.
    """
    done = count = 0
    for each in real:
        own = each.postmortem
        if not own.required or own.due is None or (own.done is None and now < own.due):
            continue
        count += 1
        done += own.done is not None and own.done.at < own.due
    return share(done, count)


def is_read(rule: KpiRule, clock: Timed) -> bool:
    """Whether a KPI of tickets reads a clock; hours of the week are not looked at."""
    if clock.of != rule.of or (clock.beside and not rule.slas):
        return False
    if rule.slas and {*rule.slas}.isdisjoint(clock.slas):
        return False
    return all(
        not wanted or own in wanted
        for wanted, own in (
            (rule.agreements, clock.agreement),
            (rule.promises, clock.promise),
            (rule.customers, clock.customer),
            (rule.services, clock.service),
            (rule.priorities, clock.priority),
            (rule.teams, clock.team),
        )
    )


def of_clocks(rule: KpiRule, clocks: Collection[Timed]) -> Told:
    """A KPI of tickets: the share in time, or one figure of how long the clocks ran, in ms."""
    return of_times(rule, (each.elapsed for each in clocks), (each.late for each in clocks))


def of_times(rule: KpiRule, elapsed: Iterable[Ms], late: Iterable[bool | None]) -> Told:
    """The same of how long they ran and which were late, whosever they are."""
    if rule.take == "in time":
        limited = [each for each in late if each is not None]
        return share(limited.count(False), len(limited))
    ran = sorted(elapsed)
    if rule.take == "mean" and rule.percentile is None:
        return Told(Fraction(sum(ran), len(ran)) if ran else None, len(ran))
    return Told(ranked(ran, rule.percentile or Fraction(1, 2)), len(ran))


def share(part: int, whole: int) -> Told:
    """So many of so many."""
    return Told(Fraction(part, whole) if whole else None, whole)


def ranked(ordered: Sequence[int] | Sequence[Fraction], percentile: Fraction) -> Fraction | None:
    """The nearest rank of values in order; None of none."""
    if not ordered:
        return None
    rank = -(-len(ordered) * percentile.numerator // percentile.denominator)
    return Fraction(ordered[max(rank, 1) - 1])


def ranked_counts(counts: Mapping[int, int], percentile: Fraction) -> Fraction | None:
    """The same of so many of each value."""
    rank = max(-(-sum(counts.values()) * percentile.numerator // percentile.denominator), 1)
    for value in sorted(counts):
        rank -= counts[value]
        if rank <= 0:
            return Fraction(value)
    return None


def _total(values: Sequence[Fraction]) -> Fraction:
    """Their sum, in parts of one size: adding them one by one would look for it each time."""
    parts = lcm(*{each.denominator for each in values})
    return Fraction(sum(each.numerator * (parts // each.denominator) for each in values), parts)


def of_values(values: Sequence[Fraction], take: Take, percentile: Fraction | None) -> Told:
    """One figure of pushed values, those that came last at the end."""
    if not values:
        return Told(None, 0)
    if percentile is not None:
        return Told(ranked(sorted(values), percentile), len(values))
    found = {
        "sum": lambda: _total(values),
        "mean": lambda: _total(values) / len(values),
        "last": lambda: values[-1],
        "lowest": lambda: min(values),
        "highest": lambda: max(values),
    }
    return Told(found[take](), len(values))
