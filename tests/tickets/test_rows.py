"""Tickets from tables and lists of one's own, by a mapping that says what is what."""

from __future__ import annotations

import pytest

from monitor.errors import ConfigError
from monitor.tickets.mapping_tables import mapping_of
from tests.tickets.conftest import Read, course

HELPDESK = """
source = "helpdesk"
delimiter = ";"
zone = "Europe/Berlin"
times = ["%d.%m.%Y %H:%M"]

[fields]
id = "Ticket"
priority = "Prio"
customer = "Kunde"
updated = "Stand"
status = "Status"
deleted = "Weg"
columns = ["Team"]

[events]
created = "Eröffnet"
reply = "Antwort"
resolved = "Gelöst"

[words.priority]
"P1" = "urgent"

[words.status]
"Warten auf Kunde" = "waiting for customer"
"Erledigt" = "resolved"
"""
HEAD = "Ticket;Prio;Kunde;Eröffnet;Antwort;Gelöst;Stand;Status;Weg;Team\n"
EVENTS = """
source = "log"
rows = "events"
[fields]
id = "ticket"
priority = "priority"
[event]
at = "when"
what = "what"
value = "value"
by = "who"
[words.event]
"wrote" = "comment"
"viewed" = "ignore"
[words.status]
"on ice" = "on hold"
[people]
agent = ["@us.example"]
customer = ["@them.example"]
system = ["robot@us.example"]
"""


def table(
    read: Read, *rows: str, head: str = HEAD, mapping: str = HELPDESK
) -> tuple[list[list[str]], list[str]]:
    found, wrong = read(head + "\n".join(rows) + "\n", mapping, "told.csv")
    return [[each.id, *course(each)] for each in found], wrong


def test_a_row_is_a_ticket_in_local_time_and_in_words_of_ones_own(read: Read) -> None:
    row = "17;P1;ACME GmbH;02.10.2026 17:50;02.10.2026 18:30;;05.10.2026 11:00;Warten auf Kunde;;blau\n"
    (found,), wrong = read(HEAD + row, HELPDESK, "told.csv")
    assert wrong == []
    assert (found.priority, found.customer, dict(found.columns)) == ("urgent", "ACME GmbH", {"Team": "blau"})
    assert course(found) == [
        "10-02 15:50 created",
        "10-02 16:30 reply",
        "10-05 09:00 status waiting for customer",
    ]


def test_a_status_that_ends_it_is_its_end(read: Read) -> None:
    found, _ = table(read, "17;;;02.10.2026 17:50;;;05.10.2026 11:00;Erledigt;;")
    assert found == [["17", "10-02 15:50 created", "10-05 09:00 resolved"]]


def test_a_row_for_each_event_and_who_wrote_decides_what_it_was(read: Read) -> None:
    found, wrong = table(
        read,
        "7,high,2026-10-02T15:50:00Z,created,,a@them.example",
        "7,,2026-10-02T15:51:00Z,wrote,,robot@us.example",
        "7,,2026-10-02T16:00:00Z,viewed,,b@us.example",
        "7,,2026-10-02T16:10:00Z,wrote,,b@us.example",
        "7,,2026-10-02T16:10:00Z,status,On Ice,b@us.example",
        "7,,2026-10-02T17:00:00Z,wrote,,a@them.example",
        "8,low,2026-10-02T15:50:00Z,created,,agent",
        head="ticket,priority,when,what,value,who\n",
        mapping=EVENTS,
    )
    assert wrong == []
    assert found == [
        [
            "7",
            "10-02 15:50 created (customer)",
            "10-02 15:51 auto reply (system)",
            "10-02 16:10 reply (agent)",
            "10-02 16:10 status on hold (agent)",
            "10-02 17:00 customer reply (customer)",
        ],
        ["8", "10-02 15:50 created (agent)"],
    ]


def test_rows_of_one_ticket_stand_together_and_an_unknown_word_or_person_is_told(read: Read) -> None:
    _, wrong = table(
        read,
        "7,,2026-10-02T15:50:00Z,created,,",
        "8,,2026-10-02T15:50:00Z,danced,,",
        "9,,2026-10-02T15:50:00Z,wrote,,stranger@else.example",
        "7,,2026-10-02T16:50:00Z,resolved,,",
        head="ticket,priority,when,what,value,who\n",
        mapping=EVENTS,
    )
    assert wrong == [
        (
            'told.csv:3: what: "danced" is no event: say in the mapping what it is, [words.event] '
            '"danced" = "reply" (or "ignore")'
        ),
        (
            'told.csv:4: nobody says whether "stranger@else.example" is an agent, a customer or a machine: '
            "say so in the mapping, [people]"
        ),
        'told.csv:5: ticket "7" is in this file twice; rows of one ticket must stand together',
    ]


def test_a_time_that_is_none_or_two_is_refused_by_its_line(read: Read) -> None:
    """Clocks went forward on 29 March 2026 at 02:00, and back on 25 October at 03:00."""
    found, wrong = table(
        read,
        "1;;;29.03.2026 02:30;;;;;;",
        "2;;;25.10.2026 02:30;;;;;;",
        "3;;;31.02.2026 10:00;;;;;;",
        "4;;;01.03.2026 10:00;28.02.2026 10:00;;;;;",
        "5;;;;;;;;;",
        "6;;;01.03.0026 10:00;;;;;;",
        "7;;;2026-03-01;;;;;;",
    )
    assert found == []
    assert wrong == [
        (
            'told.csv:2: Eröffnet: "29.03.2026 02:30" does not exist in Europe/Berlin: clocks went forward '
            "over it"
        ),
        (
            'told.csv:3: Eröffnet: "25.10.2026 02:30" came twice in Europe/Berlin, when clocks went back: '
            'write its offset, or say in the mapping which is meant, repeated = "first" or "second"'
        ),
        (
            'told.csv:4: Eröffnet: "31.02.2026 10:00" is not a time: it is not ISO 8601, and not written as '
            "%d.%m.%Y %H:%M"
        ),
        "told.csv:5: reply is before created",
        'told.csv:6: "Eröffnet" is empty: of a ticket at least created must be told',
        'told.csv:7: Eröffnet: "01.03.0026 10:00" is not between 1970 and 2999',
        (
            'told.csv:8: Eröffnet: "2026-03-01" is a day, and no time of day: it is not ISO 8601, and not '
            "written as %d.%m.%Y %H:%M"
        ),
    ]


@pytest.mark.parametrize(("which", "hour"), [("first", "00:30"), ("second", "01:30")])
def test_the_mapping_may_say_which_pass_of_an_hour_is_meant(read: Read, which: str, hour: str) -> None:
    mapping = f'repeated = "{which}"\n{HELPDESK}'
    found, _ = table(read, "2;;;25.10.2026 02:30;;;;;;", mapping=mapping)
    assert found == [["2", f"10-25 {hour} created"]]


def test_numbers_are_times_where_the_mapping_says_so(read: Read) -> None:
    mapping = 'source = "n"\ntimes = ["unix ms"]\n[fields]\nid = "a.b"\n[events]\ncreated = "at"\n'
    (found,), wrong = read([{"a": {"b": 5}, "at": 1_790_956_200_000}], mapping)
    assert (found.id, course(found), wrong) == ("5", ["10-02 15:50 created"], [])


def test_a_file_in_our_own_words_needs_no_mapping(read: Read) -> None:
    found, wrong = read(
        "id,created,reply\n1,2026-10-02T15:50:00Z,2026-10-02T16:50:00Z\n", "plain", "told.csv"
    )
    assert wrong == []
    assert course(found[0]) == ["10-02 15:50 created", "10-02 16:50 reply"]


def test_columns_that_the_mapping_names_and_the_table_lacks_are_told_once(read: Read) -> None:
    found, wrong = table(read, "1;2", "2;3", head="Ticket;Prio\n")
    assert found == []
    assert wrong == [
        (
            'told.csv:1: no column "Kunde", "Status", "Stand", "Weg", "Team", "Eröffnet", "Antwort", '
            '"Gelöst": the mapping names it'
        )
    ]


def test_a_mapping_that_cannot_be_used_is_told_with_all_that_is_wrong(tmp_path) -> None:
    file = tmp_path / "map.toml"
    file.write_text(
        'source = "Help Desk"\nzone = "Europe/Nowhere"\nfoo = 1\ntimes = ["dd.mm"]\n[events]\nborn = "x"\n'
        '[words.event]\nx = "y"\n'
    )
    with pytest.raises(ConfigError) as caught:
        mapping_of(str(file))
    told = str(caught.value).replace(str(file), "map.toml").splitlines()
    assert [line.split(": ", 2)[1] for line in told] == [
        "source", "zone", "times.0", "events.born", "words.event.x", "foo",
    ]  # fmt: skip
    assert 'map.toml: zone: "Europe/Nowhere" is no zone: write one as in "Europe/Berlin"' in told
    file.write_text('source = "x"\n')
    with pytest.raises(ConfigError, match=r"fields.id is missing.*no created"):
        mapping_of(str(file))


def test_a_mapping_that_is_not_there_is_told_with_those_that_are() -> None:
    with pytest.raises(
        ConfigError, match=r"there is no freshdesk: name one that is ready \(events, jira, plain, zendesk\)"
    ):
        mapping_of("freshdesk")


# -- what is meant to break it


def test_a_huge_field_ends_the_table_there_and_says_so(read: Read) -> None:
    found, wrong = table(read, "1;;;01.10.2026 10:00;;;;;;", f"2;{'x' * 200_000};;01.10.2026 10:00;;;;;;")
    assert [each[0] for each in found] == ["1"]
    assert wrong == [
        "told.csv:3: is not CSV (field larger than field limit (131072)); what comes after was not read"
    ]


def test_values_are_cut_and_lose_control_characters_and_ids_are_refused(read: Read) -> None:
    mapping = 'source = "n"\n[fields]\nid = "i"\npriority = "p"\n[events]\ncreated = "c"\n'
    at = "2026-10-02T15:50:00Z"
    found, wrong = read(
        [
            {"i": "a", "c": at, "p": "x\x1b[31mred\n  and   more" + "y" * 900},
            {"i": "b\x1b[2J", "c": at},
            {"i": "z" * 300, "c": at},
            {"i": "d", "c": at, "p": "NUL\x00"},
            {"i": "e", "c": at, "p": "\ud800"},
            {"i": True, "c": at},
            {"i": {"name": "x"}, "c": at},
        ],
        mapping,
    )
    assert [each.id for each in found] == ["a", "e"]
    assert found[0].priority.startswith("x [31mred and moreyyy")
    assert len(found[0].priority) == 500
    assert found[1].priority == "", "half of a pair is not printable"
    assert [line.split(": ", 1)[1] for line in wrong] == [
        "has an id that is too long, or holds control characters",
        "has an id that is too long, or holds control characters",
        "holds a NUL character",
        "has no id",
        "has no id",
    ]


def test_what_a_spreadsheet_would_run_is_a_text_like_any_other(read: Read) -> None:
    found, wrong = read(
        'id,created,customer\n1,2026-10-02T15:50:00Z,"=HYPERLINK(""http://x"")"\n', "plain", "told.csv"
    )
    assert wrong == []
    assert found[0].customer == '=HYPERLINK("http://x")'


HOSTILE = {
    b"": "told.json:1: is empty",
    b"7": "told.json:1: is not JSON: an array, or an object a line",
    b"[" * 100_000: "told.json:ticket 1: is nested too deep",
    b'[{"id": 1' : "told.json:ticket 1: is not JSON",
    b'{"tickets": [': "told.json:1: is not JSON",
    b'[{"id": 1} {"id": 2}]': "told.json:ticket 1: is not followed by a comma",
    b'[{"id": 1, "created": NaN}]': "told.json:ticket 1: is not JSON (NaN is no number)",
    b'[{"id": ' + b"9" * 5_000 + b"}]": "told.json:ticket 1: is not JSON",
    b'{"id": "\xff"}': "told.json:1: is not UTF-8 here or soon after",
    b'{"id": 1}\n{"id"\n{"id": 3}\n': "told.json:2: is not JSON",
}  # fmt: skip


@pytest.mark.parametrize("content", HOSTILE)
def test_a_broken_file_is_told_and_ends(read: Read, content: bytes) -> None:
    found, wrong = read(content, "plain")
    assert found == []
    assert any(line.startswith(HOSTILE[content]) for line in wrong), wrong


def test_what_is_wrong_is_a_bounded_list_and_a_count_of_the_rest(read: Read) -> None:
    _, wrong = read([{"id": n} for n in range(5_000)], "plain")
    assert len(wrong) == 101
    assert wrong[-1] == "and 4,900 more"
