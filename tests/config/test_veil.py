"""What a target repeats of what it was sent is not shown."""

from __future__ import annotations

import pytest

from monitor.config.endpoint import Endpoint, Heartbeat, Http, Say, Secret, Tcp
from monitor.config.veil import Veil, place
from monitor.core.checks import Confirmation, Expectation


def endpoint(how, target="https://shop.example/"):
    return Endpoint("web", target, 1_000, 1_000, Expectation(), Confirmation(), how)


BASIC = "Basic bW9uaXRvcjpodW50ZXIy"  # monitor:hunter2


@pytest.mark.parametrize(
    ("how", "said", "shown"),
    [
        (Http(headers={"X-Key": Secret("abc123")}), "key abc123 is old", "key *** is old"),
        (Http(headers={"Authorization": Secret("Bearer abc123")}), "abc123", "***"),
        (Http(headers={"Authorization": Secret("Bearer abc123")}), "Bearer abc123", "***"),
        (Http(headers={"Authorization": Secret(BASIC)}), "hello monitor, hunter2", "hello monitor, ***"),
        (Http(headers={"Authorization": Secret("Basic no base64")}), "no base64", "***"),
        (Http(body=Secret("grant=xyz\n")), "you sent grant=xyz", "you sent ***"),
        (Http(headers={"X-Plain": "open"}), "open", "open"),
        (Http(headers={"X-Empty": Secret("")}), "open", "open"),
        (Tcp(dialogue=(Say(Secret("PASS hunter2"), "ok"), Say("QUIT"))), "QUIT PASS hunter2", "QUIT ***"),
        (Heartbeat(Secret("0123456789abcdef")), "/0123456789abcdef", "/***"),
    ],
)
def test_a_secret_is_stars_wherever_it_stands(how, said, shown):
    assert Veil(endpoint(how)).over(said) == shown


def test_of_two_secrets_the_longer_goes_first_so_that_no_half_is_left():
    veil = Veil(endpoint(Http(headers={"A": Secret("abc"), "B": Secret("abcdef")})))

    assert veil.over("abcdef abc") == "*** ***"


def test_the_targets_own_query_and_password_are_secret_in_where_it_leads():
    veil = Veil(endpoint(Http(), "https://me:p%40ss@shop.example/in?token=abc"))

    assert veil.over("https://login.example/?token=abc") == "https://login.example/?***"
    assert veil.over("p@ss or p%40ss") == "*** or ***"


def test_values_of_json_keep_their_shape():
    veil = Veil(endpoint(Http(headers={"A": Secret("abc")})))

    assert veil.over_all({"found": {"json:a": "abc", "json:n": 7}, "at": ["abc", None]}) == {
        "found": {"json:a": "***", "json:n": 7},
        "at": ["***", None],
    }


@pytest.mark.parametrize(
    ("target", "shown"),
    [
        ("https://me:secret@shop.example:8443/a/b?token=abc#x", "https://shop.example:8443/a/b"),
        ("shop.example:5432", "shop.example:5432"),
        ("[::1]:5432", "[::1]:5432"),
        ("", ""),
    ],
)
def test_a_target_is_told_without_what_may_be_secret_in_it(target, shown):
    assert place(endpoint(Http(), target)) == shown
