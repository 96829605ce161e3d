"""A class made by `monitor.records` and the same made by the library cannot be told apart."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
from collections.abc import Callable
from dataclasses import FrozenInstanceError, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.records import dataclass

Made = Callable[..., Any]
BOTH = pytest.mark.parametrize("dataclass", [dataclass, dataclasses.dataclass], ids=["ours", "library"])


@dataclass(frozen=True, slots=True)
class Price:
    """One at the top of a module, so that it can be pickled."""

    amount: int
    currency: str = "EUR"
    notes: list[str] = field(default_factory=list)
    reason: str = field(default="", compare=False)
    secret: str = field(default="", repr=False)


def pair() -> tuple[Made, Made]:
    """The same class, made here and by the library."""

    def body(make: Any) -> Made:
        @make(frozen=True, slots=True)
        class Price:
            """What something costs."""

            amount: int
            currency: str = "EUR"
            notes: tuple[str, ...] = field(default_factory=tuple)
            reason: str = field(default="", compare=False)
            secret: str = field(default="", repr=False)

        return Price

    return body(dataclass), body(dataclasses.dataclass)


values = st.fixed_dictionaries(
    {"amount": st.integers(0, 3)},
    optional={
        "currency": st.sampled_from(["EUR", "GBP"]),
        "notes": st.lists(st.sampled_from("ab"), max_size=2).map(tuple),
        "reason": st.sampled_from(["", "late"]),
        "secret": st.sampled_from(["", "x"]),
    },
)


@given(one=values, other=values)
def test_they_are_equal_and_hash_and_print_as_those_of_the_library(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    ours, theirs = pair()
    assert (ours(**one) == ours(**other)) is (theirs(**one) == theirs(**other))
    assert hash(ours(**one)) == hash(theirs(**one))
    assert repr(ours(**one)) == repr(theirs(**one))
    assert dataclasses.astuple(ours(**one)) == dataclasses.astuple(theirs(**one))
    assert dataclasses.replace(ours(**one), **other) == ours(**{**one, **other})


def test_two_classes_are_never_equal() -> None:
    ours, theirs = pair()
    assert ours(1) != theirs(1)
    assert ours(1) != (1, "EUR", (), "", "")


def test_a_class_takes_by_place_or_by_name_what_the_library_takes() -> None:
    ours, theirs = pair()
    assert list(inspect.signature(ours).parameters) == list(inspect.signature(theirs).parameters)
    assert ours.__match_args__ == theirs.__match_args__  # type: ignore[attr-defined]
    assert ours(1, "GBP") == ours(amount=1, currency="GBP")


@pytest.mark.parametrize(("given", "named"), [((), {}), ((1,), {"colour": "red"}), ((1, 2, 3, 4, 5, 6), {})])
def test_wrong_arguments_are_refused_in_the_words_of_the_library(given: Any, named: Any) -> None:
    said = []
    for made in pair():
        with pytest.raises(TypeError) as refused:
            made(*given, **named)
        said.append(str(refused.value))
    assert said[0] == said[1]
    assert "Price.__init__()" in said[0]


def test_nothing_of_it_can_be_set_or_deleted() -> None:
    for one in (made(1) for made in pair()):
        with pytest.raises(FrozenInstanceError, match="cannot assign to field 'amount'"):
            one.amount = 2
        with pytest.raises(FrozenInstanceError, match="cannot delete field 'amount'"):
            del one.amount
        assert not hasattr(one, "__dict__")
    with pytest.raises(FrozenInstanceError, match="cannot assign to field 'colour'"):
        Price(1).colour = "red"  # type: ignore[attr-defined]


def test_a_default_that_is_made_is_made_anew_for_each() -> None:
    first, second = Price(1), Price(1)
    first.notes.append("a")
    assert second.notes == []


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))])
def test_one_that_is_copied_or_pickled_is_the_same_again(again: Callable[[Price], Price]) -> None:
    one = Price(3, "GBP", ["a"], "late", "x")
    assert dataclasses.astuple(again(one)) == dataclasses.astuple(one)
    assert again(one) == one


@BOTH
def test_it_looks_at_what_it_was_given(dataclass: Any) -> None:
    @dataclass(frozen=True, slots=True)
    class Share:
        percent: int

        def __post_init__(self) -> None:
            if self.percent > 100:
                raise ValueError(f"{self.percent} is more than all")

    with pytest.raises(ValueError, match="101 is more than all"):
        Share(101)
    assert Share(100).percent == 100


@BOTH
def test_what_a_class_says_itself_stays(dataclass: Any) -> None:
    @dataclass(frozen=True, slots=True)
    class Secret:
        value: str

        def __repr__(self) -> str:
            return "Secret(…)"

        def __eq__(self, other: object) -> bool:
            return True

    assert repr(Secret("x")) == "Secret(…)"
    assert Secret("x") == 3
    assert hash(Secret("x")) == hash(("x",))


@BOTH
def test_one_that_is_like_another_has_its_fields_too(dataclass: Any) -> None:
    @dataclass(frozen=True, slots=True)
    class Fee:
        amount: int
        currency: str = "EUR"

    @dataclass(frozen=True, slots=True)
    class Discount(Fee):
        share: int = 10

    assert repr(Discount(1, share=20)).endswith("Discount(amount=1, currency='EUR', share=20)")
    assert Discount(1) == Discount(1, "EUR", 10) != Discount(2)
    assert Discount(1) != Fee(1)


@BOTH
def test_one_without_fields_is_a_value_too(dataclass: Any) -> None:
    @dataclass(frozen=True, slots=True)
    class Nothing:
        pass

    assert Nothing() == Nothing()
    assert len({Nothing(), Nothing()}) == 1
    assert repr(Nothing()).endswith("Nothing()")


def test_what_is_not_frozen_or_says_more_of_a_field_is_left_to_the_library() -> None:
    @dataclass(slots=True)
    class Counter:
        count: int = 0

    @dataclass(frozen=True, slots=True)
    class Sealed:
        count: int = field(default=3, init=False)

    counter = Counter()
    counter.count = 2
    assert counter == Counter(2)
    assert Sealed().count == 3
    with pytest.raises(TypeError):
        hash(counter)
    with pytest.raises(FrozenInstanceError):
        Sealed().count = 4  # type: ignore[misc]
