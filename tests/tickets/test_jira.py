"""Issues of Jira Service Management, modelled on the public documentation of its REST API."""

from __future__ import annotations

from typing import Any

from tests.tickets.conftest import Read, course

ANNA = {"accountId": "5b10a2844c20165700ede21g", "accountType": "customer", "displayName": "Anna"}
BEN = {"accountId": "5b109f2e9729b51b54dc274d", "accountType": "atlassian", "displayName": "Ben"}
ROBOT = {"accountId": "557058:robot", "accountType": "app", "displayName": "Automation for Jira"}


def item(field: str, before: str | None, after: str | None, **more: object) -> dict[str, Any]:
    return {"field": field, "fieldtype": "jira", "fromString": before, "toString": after, **more}


def history(at: str, author: dict[str, Any], *items: dict[str, Any]) -> dict[str, Any]:
    return {"id": "1", "created": at, "author": author, "items": items}


def written(at: str, author: dict[str, Any], public: bool = True) -> dict[str, Any]:
    return {"id": "2", "created": at, "author": author, "jsdPublic": public, "body": "secret words"}


def issue(
    *histories: dict[str, Any], comments: tuple[dict[str, Any], ...] = (), **fields: object
) -> dict[str, Any]:
    return {
        "id": "10002",
        "key": "HELP-7",
        "fields": {
            "created": "2026-10-02T17:50:00.000+0200",
            "updated": "2026-10-05T11:00:00.000+0200",
            "priority": {"name": "High", "id": "2"},
            "status": {"name": "Resolved"},
            "project": {"key": "HELP"},
            "reporter": ANNA,
            "creator": ANNA,
            "comment": {"comments": list(comments), "total": len(comments)},
            **fields,
        },
        "changelog": {"histories": list(histories)},
    }


def test_an_issue_event_by_event(read: Read) -> None:
    told = issue(
        history(
            "2026-10-05T11:00:00.000+0200",
            BEN,
            item("status", "Open", "Resolved"),
            item("resolution", None, "Done"),
        ),
        history("2026-10-02T18:00:00.000+0200", BEN, item("assignee", None, "Ben", to=BEN["accountId"])),
        history("2026-10-02T18:30:00.000+0200", BEN, item("status", "Open", "Waiting for customer")),
        history("2026-10-02T18:40:00.000+0200", BEN, item("priority", "High", "Highest")),
        comments=(
            written("2026-10-02T17:51:00.000+0200", ROBOT),
            written("2026-10-02T18:10:00.000+0200", BEN, public=False),
            written("2026-10-02T18:30:00.000+0200", BEN),
            written("2026-10-05T10:00:00.000+0200", ANNA),
        ),
    )  # fmt: skip
    (found,), wrong = read({"expand": "schema,names", "startAt": 0, "issues": [told]}, "jira")
    assert wrong == []
    assert (found.id, found.priority, found.customer) == ("HELP-7", "High", "HELP")
    assert course(found) == [
        "10-02 15:50 created (customer)",
        "10-02 15:51 auto reply (system)",
        "10-02 16:00 assigned 5b109f2e9729b51b54dc274d (agent)",
        "10-02 16:30 status waiting for customer (agent)",
        "10-02 16:30 reply (agent)",
        "10-02 16:40 priority Highest (agent)",
        "10-05 08:00 customer reply (customer)",
        "10-05 09:00 resolved (agent)",
    ]


def test_a_resolution_that_is_taken_back_opens_it_again(read: Read) -> None:
    told = issue(
        history("2026-10-03T10:00:00.000Z", BEN, item("resolution", None, "Done")),
        history("2026-10-03T11:00:00.000Z", ANNA, item("resolution", "Done", None)),
    )
    (found,), _ = read([told], "jira")
    assert course(found)[1:] == ["10-03 10:00 resolved (agent)", "10-03 11:00 reopened (customer)"]


def test_without_a_changelog_the_date_of_resolution_counts(read: Read) -> None:
    (found,), _ = read([issue(resolutiondate="2026-10-05T11:00:00.000+0200")], "jira")
    assert course(found) == ["10-02 15:50 created (customer)", "10-05 09:00 resolved"]


def test_the_status_it_was_made_in_is_told_where_it_is_a_pause(read: Read) -> None:
    told = issue(history("2026-10-03T10:00:00.000Z", BEN, item("status", "Pending", "In progress")))
    (found,), _ = read([told], "jira")
    assert course(found) == [
        "10-02 15:50 created (customer)",
        "10-02 15:50 status on hold",
        "10-03 10:00 status open (agent)",
    ]


def test_people_of_a_data_center_are_known_by_name_and_domain(read: Read) -> None:
    like = 'like = "jira"\n[people]\nagent = ["@example.com"]\ncustomer = ["boss@example.com"]\n'
    told = issue(
        comments=(
            written("2026-10-03T10:00:00.000Z", {"name": "carl", "emailAddress": "carl@example.com"}),
            written("2026-10-03T11:00:00.000Z", {"name": "boss", "emailAddress": "Boss@example.com"}),
        ),
        status={"name": "Open"},
    )
    (found,), _ = read([told], like)
    assert course(found)[1:] == ["10-03 10:00 reply (agent)", "10-03 11:00 customer reply (customer)"]
    assert "secret" not in repr(found)


def test_what_is_no_issue_is_told(read: Read) -> None:
    found, wrong = read([{"key": "X-1"}, issue(created=None), issue({"items": []})], "jira")
    assert found == []
    assert wrong == [
        "told.json:ticket 1: has no fields: export issues as the search of the REST API gives them",
        'told.json:ticket 2: "fields.created" is empty: of an issue at least that must be told',
        "told.json:ticket 3: changelog.histories[0] has no created",
    ]
