"""Systems that deliver tickets: by which mapping, known by what; and our own incidents, by their name."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.config.endpoint import Reference
from monitor.config.plan import TicketSource
from monitor.config.ticket_source import READY
from monitor.tickets.mapping_tables import READY as FILES
from monitor.tickets.sources import sources_of

TOKEN = "dGlja2V0cy1mb3ItdGVzdHMtb25seQ"


def test_a_system_has_a_mapping_and_what_it_is_known_by(load, good):
    text = '[tickets.desk]\nmapping = "zendesk"\nsecret = { file = "secret" }\ntoken = { env = "DESK" }\n'
    plan = load(f"{good}{text}[tickets.other]\ntoken = {{ env = 'OTHER' }}\n")
    kept = Reference("env", "DESK"), Reference("file", "secret")
    assert plan.ticket_sources["desk"] == TicketSource("desk", "zendesk", *kept)
    assert plan.ticket_sources["other"].mapping == "plain"


def test_a_mapping_of_ones_own_is_sought_beside_the_file(load, good):
    plan = load(f'{good}[tickets.desk]\nmapping = "maps/desk.toml"\ntoken = {{ env = "DESK" }}\n')
    assert plan.ticket_sources["desk"].mapping == str(plan.path.parent / "maps" / "desk.toml")


def test_our_own_incidents_are_tickets_where_that_is_said(load, good):
    plan = load(f"{good}[tickets.makegood]\nincidents = true\n")
    assert plan.ticket_sources["makegood"].incidents
    assert load(good).ticket_sources == {}


def test_the_ready_mappings_are_those_that_are_there():
    assert sorted(READY) == sorted(path.stem for path in FILES.glob("*.toml"))


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("[tickets.desk]", 'anybody could deliver: write token = { env = "NAME" }, or a secret that signs'),
        ('[tickets.desk]\ntoken = "written-out-in-clear"', "a token never stands in the file"),
        (
            '[tickets.desk]\nmapping = "zendeks"\ntoken = { env = "A" }',
            'there is no mapping "zendeks"; did you mean "zendesk"?',
        ),
        (
            '[tickets.desk]\nmapping = "freshdesk"\ntoken = { env = "A" }',
            'there is no mapping "freshdesk"; write one of events, jira, plain, zendesk, or a file',
        ),
        (
            '[tickets.desk]\nincidents = true\ntoken = { env = "A" }',
            "our own incidents have a name: write [tickets.makegood]",
        ),
        (
            '[tickets.makegood]\nincidents = true\ntoken = { env = "A" }',
            "nobody delivers our own incidents: take it out of [tickets.makegood]",
        ),
        ("[tickets.makegood]", "says nothing: write incidents = true, or take it out"),
        ('[tickets.desk]\ntokens = { env = "A" }', 'did you mean "token"?'),
    ],
)
def test_what_cannot_be_meant_is_refused(refused, good, table, words):
    (line,) = refused(f"{good}{table}\n")
    assert words in line


def test_what_keeps_a_system_from_delivering_is_told_all_at_once_and_the_others_deliver(load, good, tmp_path):
    (tmp_path / "short").write_text("too-short")
    text = (
        '[tickets.desk]\nmapping = "jira"\ntoken = { env = "DESK" }\n[tickets.makegood]\nincidents = true\n'
        '[tickets.other]\nmapping = "none.toml"\ntoken = { env = "OTHER" }\nsecret = { file = "short" }\n'
    )
    plan = load(good + text)
    found, untold = sources_of(plan, {"DESK": TOKEN})
    assert {name: (each.dialect.source, each.token) for name, each in found.items()} == {
        "desk": ("desk", TOKEN)
    }
    assert [line.partition(": ")[0] for line in untold] == [
        "tickets.other.mapping", "tickets.other.token", "tickets.other.secret",
    ]  # fmt: skip
    assert "too-short" not in str(untold)
    assert TOKEN not in repr(found)
    assert not any(Path(line).is_absolute() for line in untold)
