"""The first sentence of a statement, for every outcome there is."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction as F
from typing import Any

from monitor.core.money import Amount, Money
from monitor.core.numbers import Bound
from reports.headline import headline, promise, reason


def told(statement: Any, *names: str) -> tuple[str, str, str]:
    named = names or tuple(section.service for section in statement.sections)
    said = headline(statement, named)
    texts = (said.kicker, " ".join(said.parts), said.lede)
    return tuple(text.replace("\u202f", " ").replace("\u00a0", " ") for text in texts)  # type: ignore[return-value]


def test_one_of_three_missed_is_told_about_that_one(samples: Any) -> None:
    kicker, sentence, lede = told(samples.statement())

    assert kicker == "Checkout, October 2026"
    assert sentence == "99.8731 % against a commitment of 99.9 %: a service credit of 120.00 EUR"
    assert lede == (
        "The commitment was missed by 12 min 00.252 s: 56 min 42 s of downtime counted, 44 min 41.748 s were "
        "allowed. The two other commitments were met. A credit is given without a claim."
    )


def test_a_sentence_breaks_at_its_colon(samples: Any) -> None:
    parts = headline(samples.statement(), ("a", "b", "c")).parts

    assert [part.endswith(":") for part in parts] == [True, False]


def test_one_met_alone(samples: Any) -> None:
    quiet = samples.section("Checkout")

    _, sentence, lede = told(samples.statement(quiet))

    assert sentence == "100.0000 % against a commitment of 99.9 %: met"
    assert lede == "No downtime counted; 44 min 41.748 s were allowed."


def test_one_met_with_downtime(samples: Any) -> None:
    section = samples.section("Checkout", outages=samples.outages[:1])

    assert (
        told(samples.statement(section))[2]
        == "31 min 22 s of downtime counted, 44 min 41.748 s were allowed."
    )


def test_missed_without_a_credit_says_so(samples: Any) -> None:
    section = samples.section("Checkout", outages=samples.outages)

    assert told(samples.statement(section))[1] == (
        "99.8731 % against a commitment of 99.9 %: missed, without a service credit"
    )


def test_missed_by_less_than_a_millisecond_claims_no_figure(samples: Any) -> None:
    section = samples.section("Checkout", outages=samples.outages)
    close = replace(section, allowed=section.counted)

    assert told(samples.statement(close))[2].startswith("The commitment was missed: 56 min 42 s")


def test_all_met(samples: Any) -> None:
    a, b = samples.section("A"), samples.section("B")

    kicker, sentence, lede = told(samples.statement(a, b))

    assert (kicker, sentence, lede) == ("October 2026", "All two commitments were met", "")


def test_one_of_two_missed_says_that_the_other_was_met(samples: Any) -> None:
    missed = samples.section("A", outages=samples.outages, share=F(1, 10))

    assert "The other commitment was met." in told(samples.statement(missed, samples.section("B")))[2]


def test_several_missed_in_two_currencies_are_never_summed(samples: Any) -> None:
    more = {"outages": samples.outages, "share": F(1, 10), "row": "< 99.9%"}
    yen = samples.section("C", fee=Money(F(12_000), "JPY"), **more)

    _, sentence, lede = told(
        samples.statement(samples.section("A", **more), samples.section("B", **more), yen)
    )

    assert sentence == "Three of three commitments were missed: service credits of 240.00 EUR and 1,200 JPY"
    assert lede == "The table shows each."


def test_several_missed_without_credit(samples: Any) -> None:
    one = samples.section("A", outages=samples.outages)

    assert told(samples.statement(one, replace(one, service="B")))[1] == (
        "Two of two commitments were missed: no service credit"
    )


def test_missed_and_not_determinable_together(samples: Any) -> None:
    missed = samples.section("A", outages=samples.outages, share=F(1, 10))

    assert told(samples.statement(missed, samples.undeterminable()))[1] == (
        "One of two commitments was missed: a service credit of 120.00 EUR; "
        "one of two commitments is not determinable"
    )


def test_two_not_determinable(samples: Any) -> None:
    gone = samples.undeterminable()

    assert told(samples.statement(gone, replace(gone, service="B")))[1] == (
        "Two of two commitments are not determinable"
    )


def test_under_the_floor_there_is_no_amount_and_the_reason_is_given(samples: Any) -> None:
    _, sentence, lede = told(samples.statement(samples.undeterminable()))

    assert sentence == "Not determinable: no amount is worked out"
    assert lede == "80.0000 % of the promised time was measured, and the agreement asks for at least 95 %."


def test_the_other_reasons_for_no_figure(samples: Any) -> None:
    gone = samples.undeterminable()

    assert reason(replace(gone, promised=0)) == "nothing was promised in this period"
    unwatched = samples.line("measure", "not_watched", ms=1)
    assert reason(replace(gone, promised=0, workings=(unwatched,))) == (
        "the service was not watched in this period"
    )
    assert reason(replace(gone, measured=0)) == "nothing was measured"
    assert reason(replace(gone, workings=())).startswith("only 80.0000")
    odd = samples.line("gate", "coverage", floor="high")
    assert reason(replace(gone, workings=(odd,))).startswith("only 80.0000")


def test_no_agreement(samples: Any) -> None:
    empty = replace(samples.statement(), sections=(), totals=())

    assert told(empty) == ("October 2026", "No agreement was in force", "")


def test_a_running_month_says_so_far(samples: Any) -> None:
    kicker, sentence, lede = told(samples.running())

    assert kicker == "Checkout, November 2026"
    assert sentence == "99.9715 % so far against a commitment of 99.9 %"
    assert lede.endswith("Time still to come is not part of these figures.")


def behind(samples: Any, credit: int, owed: int | None, **more: Any) -> Any:
    """A running month's section below its commitment, in euro cents."""
    certain = None if owed is None else Amount(owed, "EUR")
    section = samples.running().sections[0]
    return replace(section, met=False, credit=Amount(credit, "EUR"), owed_already=certain, **more)


def so_far(samples: Any, *sections: Any) -> tuple[str, str]:
    """The sentence and what stands below it."""
    return told(replace(samples.running(), sections=sections))[1:]


def test_a_running_month_that_is_missed_as_it_stands(samples: Any) -> None:
    """Nothing of the credit is certain: it would be owed if the month ended now."""
    sentence, lede = so_far(samples, behind(samples, 12_000, 0, claim="in writing"))

    assert sentence.endswith(": a service credit of 120.00 EUR if the month ended now")
    assert "A credit must be claimed: in writing." in lede
    assert lede.startswith("10 min 00 s of downtime counted so far; the time measured so far allows ")
    assert "None of it is owed yet: it would fall away if nothing more failed this month." in lede


def test_a_running_month_whose_credit_is_certain_promises_nothing_better(samples: Any) -> None:
    sentence, lede = so_far(samples, behind(samples, 12_000, 12_000))

    assert sentence.endswith(": a service credit of 120.00 EUR is owed already")
    assert "The credit is owed whatever the rest of the month brings." in lede
    assert "fall away" not in lede


def test_a_running_month_whose_credit_is_certain_in_part_says_which(samples: Any) -> None:
    sentence, lede = so_far(samples, behind(samples, 30_000, 12_000))

    assert sentence.endswith(
        ": a service credit of 300.00 EUR if the month ended now, of which 120.00 EUR is owed already"
    )
    assert "fall away" not in lede
    assert "whatever" not in lede


def test_where_nobody_knows_what_is_certain_nothing_is_said_of_it(samples: Any) -> None:
    sentence, lede = so_far(samples, behind(samples, 12_000, None))

    assert sentence.endswith(": a service credit of 120.00 EUR if the month ended now")
    assert "fall away" not in lede


def test_a_miss_that_costs_nothing_promises_nothing(samples: Any) -> None:
    sentence, lede = so_far(samples, behind(samples, 0, 0))

    assert sentence.endswith(": not met so far")
    assert lede.endswith("Time still to come is not part of these figures.")
    assert "fall away" not in lede


def test_a_running_month_of_several_services(samples: Any) -> None:
    free = behind(samples, 0, 0)
    sure, open_ = behind(samples, 12_000, 12_000), behind(samples, 12_000, 0)

    def sentence(*sections: Any) -> str:
        named = [replace(section, service=str(number)) for number, section in enumerate(sections)]
        return so_far(samples, *named)[0]

    two = "Two of two commitments are not met so far: "
    assert sentence(free, free) == two + "no service credit if the month ended now"
    assert sentence(sure, sure) == two + "a service credit of 240.00 EUR is owed already"
    assert sentence(open_, open_) == two + "a service credit of 240.00 EUR if the month ended now"
    assert sentence(sure, open_) == (
        two + "a service credit of 240.00 EUR if the month ended now, of which 120.00 EUR is owed already"
    )


def test_credits_in_two_currencies_are_told_apart_in_a_running_month(samples: Any) -> None:
    yen = replace(
        behind(samples, 0, 0), service="B", credit=Amount(900, "JPY"), owed_already=Amount(900, "JPY")
    )

    assert so_far(samples, behind(samples, 12_000, 12_000), yen)[0].endswith(
        "service credits of 120.00 EUR and 900 JPY are owed already"
    )


def test_a_commitment_reads_with_its_sign(samples: Any) -> None:
    section = replace(samples.section("A"), commitment=Bound(">", F(999, 1000)))

    assert promise(section) == "more than 99.9\u202f%"
