"""Tables and their keys: what is unknown, what comes later, what is missing."""

# ruff: noqa: E501  a case is a line
from __future__ import annotations

from collections.abc import Callable

import pytest

from monitor.config.known import KEYS
from monitor.config.model import NAMED, SINGLE

Refused = Callable[..., list[str]]

LATER = "belongs to the agreement language, but this version does not do it yet"

CASES = {
    "a misspelt key": ('[sla.host]\ncommitment = "99.9%"\ncredits = "10%"\nterminations = []', '4: sla.host: unknown key "terminations"; did you mean "termination"?'),
    "a key of a stage": ('[sla.host]\ncommitment = "99.9%"\ncredits = "10%"\nmeasure = { evidence = "events", within = "4h", to = "resolved" }', '4: sla.host.measure: "to" says nothing of evidence = "events": take it out'),
    "a key of an amendment": ('[sla.host]\ncommitment = "99.9%"\ncredits = "10%"\n[sla.host.amendment.2026-07-01]\ncurrency = "EUR"', f'5: sla.host.amendment.2026-07-01: "currency" {LATER}'),
    "a misspelt key of an amendment": ('[sla.host]\ncommitment = "99.9%"\ncredits = "10%"\n[sla.host.amendment.2026-07-01]\nlimit = "none"', '5: sla.host.amendment.2026-07-01: unknown key "limit"; did you mean "limits"?'),
    "a key of a stage in an amendment": ('[sla.host]\ncommitment = "99.9%"\ncredits = "10%"\n[sla.host.amendment.2026-07-01]\nmeasure = { evidence = "events", within = "4h", pauses = [] }', '5: sla.host.amendment.2026-07-01.measure: "pauses" says nothing of evidence = "events": take it out'),
    "a key that is like none": ('[monitor]\nzzz = 1', '2: monitor: unknown key "zzz"; known here: database, reports, location, keep_checks'),
    "a value for a table": ('sla = 5', "1: sla: 5 is not a table: write [sla.NAME]"),
    "a value for a named table": ('[sla]\nhost = 5', "2: sla.host: 5 is not a table: write [sla.host]"),
    "a value for a single table": ('monitor = true', "1: monitor: true is not a table: write [monitor]"),
    "a number for a text": ('[monitor]\ndatabase = 5', "2: monitor.database: 5 is not a text: write it in quotes"),
    "a text for a number": ('[defaults]\nredirects = "5"', '2: defaults.redirects: "5" is not a whole number: write it without quotes and without a point'),
    "a number out of its range": ('[defaults]\nredirects = 500', "2: defaults.redirects: 500 is too large: at most 20"),
    "a negative number": ('[defaults]\nredirects = -1', "2: defaults.redirects: -1 is too small: at least 0"),
    "a text for a list": ('[issuer]\nname = "x"\naddress = "y"', '3: issuer.address: "y" is not a list: write it in brackets, [ … ]'),
    "a text for a table": ('[issuer]\nname = "x"\nreferences = "y"', '3: issuer.references: "y" is not a table: write { key = … }'),
    "a text for a table of known keys": ('[endpoint.web]\nurl = "http://a/"\nconfirm = "2 of 3"', '3: endpoint.web.confirm: "2 of 3" is not a table; its keys are failures, of, pause'),
    "a text for a stage that is a table": ('[sla.host]\ncommitment = "99.9%"\ncredits = "10%"\nexclude = { what = "x" }', "4: sla.host.exclude: a table is not a list: write it in brackets, [ … ]"),
    "an unknown class of exclusion": ('[sla.host]\ncommitment = "99.9%"\ncredits = "10%"\nexclude = ["sheduled maintenance"]', '4: sla.host.exclude[1].what: "sheduled maintenance" is not known here; did you mean "scheduled maintenance"?'),
}  # fmt: skip


@pytest.mark.parametrize(("text", "sentence"), CASES.values(), ids=CASES.keys())
def test_a_table_is_refused_where_it_is_wrong(refused: Refused, text: str, sentence: str) -> None:
    assert refused(text) == [f"acme.toml:{sentence}"]


def test_every_bad_row_of_a_table_of_credits_is_said(refused: Refused) -> None:
    text = '[sla.host]\ncommitment = "99.9%"\ncredits = { "99%" = "5%", "< 98%" = 5, in_no_row = "?" }'
    assert len(refused(text)) == 3


def test_no_key_is_both_known_and_refused_as_coming_later() -> None:
    for kind, model in {**SINGLE, **NAMED}.items():
        keys = {info.alias or key for key, info in model.model_fields.items()}
        assert not keys & KEYS.get(kind, frozenset())
