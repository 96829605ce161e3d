"""What was worked out once is handed on as long as all that it rests on is the same."""

from __future__ import annotations

from monitor.agreements.remembered import MOST, Remembered


def test_the_same_question_is_worked_out_once() -> None:
    remembered, evidence, asked = Remembered(), [1, 2], list[str]()

    def work() -> str:
        asked.append("asked")
        return f"answer {len(asked)}"

    assert [remembered.once(("as of", 5), (evidence,), work) for _ in range(3)] == ["answer 1"] * 3
    assert remembered.once(("as of", 6), (evidence,), work) == "answer 2"
    assert remembered.once(("as of", 5), (list(evidence),), work) == "answer 3", "equal is not the same"


def test_a_question_that_is_refused_is_asked_again() -> None:
    remembered, asked = Remembered(), list[int]()

    def work() -> int:
        asked.append(1)
        return 1 // (len(asked) - 1)

    for refused in (True, False):
        try:
            assert remembered.once((), (), work) == 1
            assert not refused
        except ZeroDivisionError:
            assert refused


def test_only_the_last_results_are_held() -> None:
    remembered, asked = Remembered(), list[int]()
    for number in (*range(MOST), 0, MOST, 0, 1):
        remembered.once((number,), (), lambda number=number: asked.append(number))  # type: ignore[misc]
    assert asked == [*range(MOST + 1), 1], "0 was asked for again in between, 1 was not"
