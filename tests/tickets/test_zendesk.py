"""Tickets of Zendesk. The samples are modelled on its public documentation of tickets, audits and metrics."""

from __future__ import annotations

import json
from typing import Any

from tests.tickets.conftest import Read, course

CUSTOMER, AGENT = 20978392, 235323


def comment(author: int, public: bool = True, **more: object) -> dict[str, Any]:
    return {"id": 1, "type": "Comment", "author_id": author, "body": "…", "public": public, **more}


def change(name: str, value: str, previous: str = "") -> dict[str, Any]:
    return {"id": 2, "type": "Change", "field_name": name, "value": value, "previous_value": previous}


def audit(at: str, author: int, *events: dict[str, Any], **more: object) -> dict[str, Any]:
    return {"id": 35436, "ticket_id": 47, "created_at": at, "author_id": author, "events": events, **more}


def ticket(*audits: dict[str, Any], **more: object) -> dict[str, Any]:
    return {
        "id": 47,
        "created_at": "2026-10-02T15:50:00Z",
        "updated_at": "2026-10-05T09:00:00Z",
        "priority": "high",
        "status": "solved",
        "requester_id": CUSTOMER,
        "submitter_id": CUSTOMER,
        "organization_id": 509974,
        "tags": ["enterprise"],
        "via": {"channel": "email"},
        "custom_fields": [{"id": 27642, "value": "gold"}],
        "subject": "The printer is on fire",
        "audits": list(audits),
        **more,
    }


def by_rule(rel: str = "trigger") -> dict[str, Any]:
    return {"channel": "rule", "source": {"rel": rel}}


A_DAY = ticket(
    audit("2026-10-02T15:50:00Z", CUSTOMER, comment(CUSTOMER), {**change("status", "new"), "type": "Create"}),
    audit("2026-10-02T15:51:00Z", -1, {"type": "Notification", "recipients": [CUSTOMER]}, via=by_rule()),
    audit("2026-10-02T16:10:00Z", AGENT, change("assignee_id", str(AGENT)), change("status", "open", "new")),
    audit("2026-10-02T16:20:00Z", AGENT, comment(AGENT, public=False)),
    audit("2026-10-02T16:30:00Z", AGENT, comment(AGENT), change("status", "pending", "open")),
    audit("2026-10-05T08:00:00Z", CUSTOMER, comment(CUSTOMER), change("status", "open", "pending")),
    audit("2026-10-05T08:05:00Z", AGENT, change("priority", "urgent", "high")),
    audit("2026-10-05T09:00:00Z", AGENT, comment(AGENT), change("status", "solved", "open")),
)  # fmt: skip


def test_a_ticket_over_a_weekend_event_by_event(read: Read) -> None:
    (found,), wrong = read({"tickets": [A_DAY], "next_page": None, "count": 1}, "zendesk")
    assert wrong == []
    assert (found.id, found.priority, found.channel, found.customer) == ("47", "high", "email", "509974")
    assert course(found) == [
        "10-02 15:50 created (customer)",
        "10-02 15:51 auto reply (system)",
        "10-02 16:10 assigned 235323 (agent)",
        "10-02 16:10 status open (agent)",
        "10-02 16:30 reply (agent)",
        "10-02 16:30 status waiting for customer (agent)",
        "10-05 08:00 customer reply (customer)",
        "10-05 08:00 status open (customer)",
        "10-05 08:05 priority urgent (agent)",
        "10-05 09:00 reply (agent)",
        "10-05 09:00 resolved (agent)",
    ]


def test_a_file_may_be_an_array_or_a_ticket_a_line(read: Read) -> None:
    other = {**A_DAY, "id": 48}
    array, _ = read([A_DAY, other], "zendesk")
    lines, _ = read(f"{json.dumps(A_DAY)}\n{json.dumps(other)}\n", "zendesk")
    answer, _ = read(json.dumps({"count": 2, "tickets": [A_DAY, other], "end": True}, indent=2), "zendesk")
    assert array == lines == answer
    assert [each.id for each in array] == ["47", "48"]


def test_solved_and_opened_again_and_closed(read: Read) -> None:
    told = ticket(
        audit("2026-10-03T08:00:00Z", AGENT, change("status", "solved")),
        audit("2026-10-03T09:00:00Z", CUSTOMER, change("status", "open")),
        audit("2026-10-03T10:00:00Z", AGENT, change("status", "solved")),
        audit("2026-10-07T10:00:00Z", -1, change("status", "closed"), via=by_rule("automation")),
    )
    (found,), _ = read([told], "zendesk")
    assert course(found)[1:] == [
        "10-03 08:00 resolved (agent)",
        "10-03 09:00 reopened (customer)",
        "10-03 09:00 status open (customer)",
        "10-03 10:00 resolved (agent)",
        "10-07 10:00 closed (system)",
    ]


def test_without_audits_metrics_give_the_first_reply_to_the_minute(read: Read) -> None:
    told = ticket(
        metric_set={
            "reply_time_in_minutes": {"calendar": 130, "business": 40},
            "initially_assigned_at": "2026-10-02T16:00:00Z",
            "solved_at": "2026-10-05T09:00:00Z",
        }
    )
    (found,), _ = read([told], "zendesk")
    assert course(found) == [
        "10-02 15:50 created (customer)",
        "10-02 16:00 assigned",
        "10-02 18:00 reply (agent)",
        "10-05 09:00 resolved",
    ]


def test_what_was_merged_says_so_and_what_was_deleted_is_marked(read: Read) -> None:
    merged = ticket(
        status="closed", tags=["closed_by_merge"], via={"channel": "web", "source": {"to": {"ticket_id": 12}}}
    )
    (one, other), _ = read([merged, ticket(id=48, status="deleted")], "zendesk")
    assert course(one)[-1] == "10-05 09:00 merged 12"
    assert (one.deleted, other.deleted) == (False, True)


def test_a_mapping_like_it_says_who_is_who_and_where_the_segment_is(read: Read) -> None:
    like = f"""
like = "zendesk"
[fields]
segment = "custom_fields.27642"
columns = ["group_id"]
[people]
system = ["{AGENT}"]
"""
    told = ticket(
        audit("2026-10-03T08:00:00Z", AGENT, comment(AGENT)),
        audit("2026-10-03T09:00:00Z", 5, change("27642", "platinum")),
        group_id=98738,
    )
    (found,), wrong = read([told], like)
    assert wrong == []
    assert (found.segment, found.customer) == ("gold", "509974")
    assert dict(found.columns) == {"group_id": "98738"}
    assert course(found)[1:] == ["10-03 08:00 auto reply (system)", "10-03 09:00 segment platinum (agent)"]


def test_nothing_that_anybody_wrote_is_kept(read: Read) -> None:
    (found,), _ = read([A_DAY], "zendesk")
    assert "printer" not in repr(found)


def test_what_is_wrong_is_told_by_its_place(read: Read) -> None:
    found, wrong = read(
        [
            ticket(id=None),
            ticket(created_at=None),
            ticket(created_at="yesterday"),
            ticket({"events": []}),
            7,
            ticket(id=1),
            ticket(id=1),
        ],
        "zendesk",
    )
    assert [each.id for each in found] == ["1"]
    assert wrong == [
        "told.json:ticket 1: has no id",
        'told.json:ticket 2: "created_at" is empty: of a ticket at least that must be told',
        (
            'told.json:ticket 3: created_at: "yesterday" is not a time: write it as in "2026-04-03T10:00:00Z"'
            ', or say in the mapping how: times = ["%d.%m.%Y %H:%M"]'
        ),
        "told.json:ticket 4: audits[0] has no created_at",
        "told.json:ticket 5: is no object",
        'told.json:ticket 7: ticket "1" is in this file twice',
    ]


def test_a_priority_that_changed_is_told_with_what_it_was_at_first(read: Read) -> None:
    told = ticket(audit("2026-10-03T08:00:00Z", AGENT, change("priority", "high", "low")), priority="high")
    (found,), _ = read([told], "zendesk")
    assert found.priority == "low"
    assert course(found)[1:] == ["10-03 08:00 priority high (agent)"]
