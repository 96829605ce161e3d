"""`coverage`: of which time nothing is known, and why."""

from __future__ import annotations

import json

import click
import pytest

from monitor.core.intervals import HOUR


@pytest.fixture
def told(cli, house):
    def tell(*words: str) -> list[str]:
        answer = cli(*words)
        assert (answer.exit_code, answer.exception) == (0, None), answer.output
        return [line.rstrip() for line in click.unstyle(answer.stdout).splitlines()]

    return tell


def test_who_is_measured_all_the_time_has_nothing_to_explain(told):
    assert told("coverage", "--since", "2026-10-01", "--until", "2026-11-01") == [
        "100.0000 % of the time of all endpoints is known.",
        "",
        "ENDPOINT         KNOWN  NOT MEASURED  WHY",
        "search-web  100.0000 %             -",
        "web         100.0000 %             -",
    ]


def test_time_that_is_not_known_is_told_with_its_reasons_worst_first(cli, house, clock):
    clock.at += 5 * HOUR
    page = cli("coverage", "--since", "10h").stdout.splitlines()
    assert page[0].startswith("63.")
    assert [line.split()[0] for line in page[3:]] == ["search-web", "web"]
    assert all("not running" in line for line in page[3:])


def test_coverage_for_a_program(cli, house, clock):
    clock.at += 5 * HOUR
    (found,) = json.loads(cli("coverage", "web", "--since", "10h", "--json").stdout)["endpoints"]
    assert (found["id"], found["existed_ms"]) == ("web", 10 * HOUR)
    assert found["unknown_ms"] == sum(found["unknown_by_reason_ms"].values()) > 0
