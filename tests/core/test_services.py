"""Services, drawn as one string an endpoint: `u` up, `d` and `D` down, `?` and `!` unknown, `.` not there."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.checks import Reason, State
from monitor.core.intervals import Span, normalise
from monitor.core.services import AtLeast, Expression, Leaf, Not, ServiceTimeline, endpoints, service_timeline
from monitor.core.timeline import Segment, outages

MEANING = {
    "u": (State.UP, Reason.OK),
    "d": (State.DOWN, Reason.TIMEOUT),
    "D": (State.DOWN, Reason.STATUS),
    "?": (State.UNKNOWN, Reason.NOT_RUNNING),
    "!": (State.UNKNOWN, Reason.OWN_NETWORK),
    ".": (State.UNKNOWN, Reason.NOT_RUNNING),
}
A, B, C = Leaf("a"), Leaf("b"), Leaf("c")


def all_of(*operands: Expression) -> AtLeast:
    return AtLeast(None, operands)


def any_of(*operands: Expression) -> AtLeast:
    return AtLeast(1, operands)


def lane(line: str) -> list[Segment]:
    """A check in every millisecond that is not unknown."""
    out: list[Segment] = []
    at = 0
    for letter, run in groupby(line):
        end = at + len(list(run))
        seen = (at, end - 1) if letter in "udD" else (None, None)
        out.append(Segment(at, end, *MEANING[letter], *seen))
        at = end
    return out


def service(expression: Expression, **lines: str) -> ServiceTimeline:
    length = max(map(len, lines.values()))
    life = {
        key: normalise(Span(at, at + 1) for at, letter in enumerate(line) if letter != ".")
        for key, line in lines.items()
    }
    return service_timeline(
        expression, {key: lane(line) for key, line in lines.items()}, life, Span(0, length)
    )


def drawn(timeline: ServiceTimeline, length: int) -> str:
    """Back to a string: `P` is down(protocol)."""
    letters = {meaning: letter for letter, meaning in MEANING.items() if letter != "."}
    letters[State.DOWN, Reason.PROTOCOL] = "P"
    out = ["."] * length
    for segment in timeline.segments:
        for at in range(segment.start, segment.end):
            assert out[at] == "."
            out[at] = letters[segment.state, segment.reason]
    return "".join(out)


def test_the_endpoints_are_named_once_in_order_of_first_mention() -> None:
    assert endpoints(all_of(B, Not(A), any_of(A, B, C))) == ("b", "a", "c")


def test_at_least_none_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 0 of 2 is always up: write 1 or more"):
        AtLeast(0, (A, B))


@pytest.mark.parametrize(
    ("expression", "combined"),
    [
        (all_of(A, B), "ud?ddd?d?"),
        (any_of(A, B), "uuuud?u??"),
        (AtLeast(2, (A, B)), "ud?ddd?d?"),
        (Not(A), "PPPuuu???"),
    ],
)
def test_three_states_go_in_and_come_out(expression: Expression, combined: str) -> None:
    assert drawn(service(expression, a="uuuddd???", b="ud?ud?ud?"), 9) == combined


@pytest.mark.parametrize(
    ("a", "b", "c", "two_of_three"),
    [
        ("u", "u", "d", "u"),
        ("u", "d", "D", "d"),
        ("u", "?", "d", "?"),
        ("u", "?", "u", "u"),
        ("D", "d", "?", "D"),
        ("u", "!", "?", "!"),
    ],
)
def test_two_of_three(a: str, b: str, c: str, two_of_three: str) -> None:
    """The reason is the first operand's, in order, that is in the deciding state."""
    assert drawn(service(AtLeast(2, (A, B, C)), a=a, b=b, c=c), 1) == two_of_three


def test_an_operand_that_does_not_exist_is_left_out() -> None:
    found = service(all_of(A, B), a=".uuud..", b="..du...")
    assert drawn(found, 7) == ".udud.."
    assert found.base == (Span(1, 5),)


def test_time_in_which_nothing_exists_is_in_no_base() -> None:
    found = service(any_of(A, B), a="uu....u", b="u..d..u")
    assert drawn(found, 7) == "uu.d..u"
    assert found.base == (Span(0, 2), Span(3, 4), Span(6, 7))


def test_where_fewer_than_k_exist_all_of_them_are_needed() -> None:
    assert drawn(service(AtLeast(2, (A, B)), a="uud", b="u.."), 3) == "uud"


def test_an_endpoint_that_never_existed_needs_no_lane() -> None:
    found = service_timeline(all_of(A, B), {"a": lane("ud")}, {"a": (Span(0, 2),)}, Span(0, 2))
    assert drawn(found, 2) == "ud"
    assert service_timeline(B, {}, {}, Span(0, 2)) == ServiceTimeline((), ())


def test_only_the_span_is_looked_at() -> None:
    found = service_timeline(A, {"a": lane("uuddu")}, {"a": (Span(-10, 90),)}, Span(1, 3))
    assert [(segment.start, segment.end) for segment in found.segments] == [(1, 2), (2, 3)]


def test_what_not_turns_into_up_is_one_segment() -> None:
    """An outage whose reason changed is two segments of the operand, and one good time of its opposite."""
    assert service(Not(A), a="dDu").segments == (
        Segment(0, 2, State.UP, Reason.OK, 0, 1),
        Segment(2, 3, State.DOWN, Reason.PROTOCOL, 2, 2),
    )


def test_an_outage_of_one_of_two_keeps_the_instants_of_its_lane() -> None:
    """Endpoint a is up throughout; b's checks alone say when the service was last seen good and bad."""
    found = service(all_of(A, B), a="uuuuuuuuu", b="uuu?dd?uu")
    (outage,) = outages(found.segments, bridge=0)
    (alone,) = outages(lane("uuu?dd?uu"), bridge=0)
    assert outage == alone


def test_an_outage_of_both_begins_with_the_second() -> None:
    (outage,) = outages(service(any_of(A, B), a="udddddduu", b="uuudduuuu").segments, bridge=0)
    assert (outage.last_good, outage.first_bad, outage.last_bad, outage.first_good) == (2, 3, 4, 5)


def test_overlapping_failures_are_one_outage_from_the_first_to_the_last() -> None:
    (outage,) = outages(service(all_of(A, B), a="uudddduuu", b="uuuuDDDDu").segments, bridge=0)
    assert outage.down == (Span(2, 8),)
    assert outage.reason is Reason.TIMEOUT
    assert (outage.last_good, outage.first_bad, outage.last_bad, outage.first_good) == (1, 2, 7, 8)


def test_only_operands_in_the_deciding_state_lend_their_instants() -> None:
    """While any is up, what the one that is down saw, earlier and later, is not what the service rests on."""
    lanes = {
        "a": [Segment(0, 10, State.UP, Reason.OK, -3, 6), Segment(10, 20, State.UNKNOWN, Reason.OWN_DNS)],
        "b": [
            Segment(0, 10, State.DOWN, Reason.TIMEOUT, -7, 9),
            Segment(10, 20, State.DOWN, Reason.STATUS, 10, 19),
        ],
    }
    life = dict.fromkeys(lanes, (Span(0, 20),))
    first, second = service_timeline(any_of(A, B), lanes, life, Span(0, 20)).segments
    assert first == Segment(0, 10, State.UP, Reason.OK, -3, 6)
    assert second == Segment(10, 20, State.UNKNOWN, Reason.OWN_DNS)


# Against a reading of every millisecond by the rules as they are written.

LENGTH = 12
lines = st.lists(st.sampled_from(["u", "uu", "d", "D", "?", "!", "."]), min_size=LENGTH, max_size=LENGTH).map(
    lambda letters: "".join(letters)[:LENGTH]
)
leaves = st.sampled_from([A, B, C])


def deeper(inner: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    some = st.lists(inner, min_size=1, max_size=3).map(tuple)
    return st.one_of(inner.map(Not), st.builds(AtLeast, st.sampled_from([None, 1, 2, 3]), some))


expressions = st.recursive(leaves, deeper, max_leaves=6)


def slowly(expression: Expression, letters: Mapping[str, str]) -> str:
    """The letter of an expression, from one letter an endpoint."""
    if isinstance(expression, Leaf):
        return letters[expression.endpoint]
    if isinstance(expression, Not):
        operand = slowly(expression.operand, letters)
        return {"u": "P", "d": "u", "D": "u", "P": "u"}.get(operand, operand)
    there = [letter for each in expression.of if (letter := slowly(each, letters)) != "."]
    if not there:
        return "."
    up = [letter for letter in there if letter == "u"]
    down = [letter for letter in there if letter in "dDP"]
    k = len(there) if expression.k is None else min(expression.k, len(there))
    if len(up) >= k:
        return "u"
    return down[0] if len(down) > len(there) - k else next(letter for letter in there if letter in "?!")


@settings(max_examples=300, deadline=None)
@given(expressions, lines, lines, lines)
def test_every_millisecond_of_any_expression_follows_the_rules(
    expression: Expression, a: str, b: str, c: str
) -> None:
    found = service(expression, a=a, b=b, c=c)
    expected = "".join(slowly(expression, {"a": a[at], "b": b[at], "c": c[at]}) for at in range(LENGTH))
    assert drawn(found, LENGTH) == expected
    assert found.base == normalise(Span(at, at + 1) for at in range(LENGTH) if expected[at] != ".")


@settings(max_examples=100, deadline=None)
@given(lines, st.sampled_from([None, 1, 2]))
def test_one_operand_is_itself_as_if_it_stood_there_twice(line: str, k: int | None) -> None:
    """The short way of one operand, against the sweep over two that are alike."""
    swept = service(AtLeast(None, (A, A)), a=line)
    assert service(A, a=line) == swept
    assert service(AtLeast(k, (A,)), a=line) == swept


@settings(max_examples=100, deadline=None)
@given(
    lines.map(lambda line: line.replace(".", "?")), st.sampled_from([A, all_of(A), any_of(A), Not(Not(A))])
)
def test_a_service_of_one_endpoint_has_the_outages_of_its_lane(line: str, expression: Expression) -> None:
    """But for the reason, which `not` forgets."""
    instants = [
        [
            (o.down, o.last_good, o.first_bad, o.last_bad, o.first_good, o.open)
            for o in outages(parts, bridge=1)
        ]
        for parts in (lane(line), service(expression, a=line).segments)
    ]
    assert instants[0] == instants[1]
