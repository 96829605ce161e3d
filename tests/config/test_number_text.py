"""Numbers of statements: no two papers of any two series can come by one, or the file is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.config.number_text import collisions, number, written

PARTS = st.sampled_from(["{n}", "{n:04}", "{year}", "{month}", "{customer}", "-", ".", "R", "0", "17"])
FORMATS = st.lists(PARTS, min_size=1, max_size=5).map("".join)
CUSTOMERS = ("a", "a1", "a11", "a-1", "1", "1a", "11")


def test_a_number_has_its_count_its_time_and_its_customer():
    assert written("{year}-{n:04}", n=42, year=2026, month=11, customer="acme") == "2026-0042"
    assert written("SLA.{customer}.{year}{month}-{n}", n=7, year=2026, month=1, customer="acme") == (
        "SLA.acme.202601-7"
    )


def test_a_count_that_outgrows_its_width_grows():
    assert written("{n:04}", n=12_345, year=2026, month=11, customer="acme") == "12345"


@given(FORMATS, st.sampled_from(["issuer", "customer"]), st.sampled_from(["never", "yearly"]))
def test_a_format_that_is_taken_gives_every_paper_its_own_number(format, series, restart):
    """Against brute force: every series there could be, of names that are meant to be confused."""
    try:
        number(format)
    except ValueError:
        return
    if [*collisions(format, series, restart)]:
        return
    seen: dict[str, tuple[object, ...]] = {}
    for customer in CUSTOMERS:
        for year in (2026, 2027):
            for n in (*range(1, 12), 111, 1111, 2026, 20261):
                of = (customer if series == "customer" else "", year if restart == "yearly" else 0, n)
                said = written(format, n=n, year=year, month=11, customer=customer)
                known = seen.setdefault(said, of)
                assert known == of, f"{format}: {said} is of {known} and of {of}"


@pytest.mark.parametrize(
    "bad", [7, "", "{year}", "{n", "{n:0}", "{n:12}", "{n}/26", "{ n }", "{n}" + "x" * 60]
)
def test_what_is_no_number_is_refused_with_one_that_is(bad):
    with pytest.raises(ValueError, match=r"\{n:04\}"):
        number(bad)
