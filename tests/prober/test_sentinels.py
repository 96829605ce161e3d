"""What sentinels say of our own network: the pure rules, look by look."""

from __future__ import annotations

from dataclasses import replace

import pytest

from monitor.config.endpoint import Heartbeat, Http, Say, Secret, Tcp
from monitor.core.checks import Expectation, Facts, Reason, Rule
from monitor.prober.sentinels import (
    ALIKE,
    LATE_BY,
    LOOKS,
    MOST_ALIKE,
    Finding,
    Look,
    Seen,
    Told,
    is_askable,
    is_date,
    is_doubtful,
    is_proof,
    settle,
)

FINE = Seen(Reason.OK, Facts(latency=100, status=200), usual=100)
LATE = Seen(Reason.OK, Facts(latency=101 + LATE_BY, status=200), usual=100)
SILENT = Seen(Reason.TIMEOUT, Facts(error=Reason.TIMEOUT))
NAMELESS = Seen(Reason.NAME_NOT_FOUND, Facts(error=Reason.NAME_NOT_FOUND))
WRONG = Seen(Reason.STATUS, Facts(latency=100, status=511))
STALLED = Seen(Reason.MONITOR_STALL, Facts(error=Reason.TIMEOUT))
EXPIRED = Seen(
    Reason.TLS_CERTIFICATE,
    Facts(error=Reason.TLS_CERTIFICATE, detail="certificate has expired"),
    certified=True,
)


def look(*sentinels: Seen, witnesses: tuple[Seen, ...] = ()) -> Look:
    return Look(
        0.0,
        {f"s{number}": seen for number, seen in enumerate(sentinels)},
        {f"w{number}": seen for number, seen in enumerate(witnesses)},
    )


@pytest.mark.parametrize(
    ("seen", "told"),
    [
        (FINE, Told.FINE),
        (LATE, Told.LATE),
        (replace(LATE, usual=None), Told.FINE),
        (SILENT, Told.SILENT),
        (NAMELESS, Told.NAME),
        (WRONG, Told.WRONG),
        (EXPIRED, Told.DATE),
        (STALLED, Told.SILENT),
    ],
)
def test_what_one_answer_says(seen, told):
    assert seen.told is told


# -- rounds of looks


def test_all_of_them_answering_is_proof_that_the_way_out_is_there():
    assert settle([look(FINE, FINE, FINE)], witnesses=True) == Finding()


def test_most_of_them_failing_is_our_network_where_there_is_nobody_else_to_ask():
    assert settle([look(SILENT, SILENT, FINE)], witnesses=False) == Finding(Reason.OWN_NETWORK)


def test_most_of_them_failing_has_targets_asked_first():
    assert settle([look(SILENT, SILENT, FINE)], witnesses=True) is None


@pytest.mark.parametrize("others", [(SILENT,), (SILENT, SILENT, SILENT), (LATE, WRONG, SILENT)])
def test_targets_that_fail_too_prove_it(others):
    failing = look(SILENT, SILENT, SILENT, witnesses=others)
    assert settle([look(SILENT, SILENT, SILENT), failing], witnesses=True) == Finding(Reason.OWN_NETWORK)


def test_names_that_nobody_finds_are_our_name_server():
    assert settle([look(NAMELESS, NAMELESS, FINE)], witnesses=False) == Finding(Reason.OWN_DNS)


def test_one_that_fails_alone_again_and_again_is_set_aside():
    looks = [look(FINE, SILENT, FINE)] * ALIKE
    assert settle(looks[:-1], witnesses=True) is None
    assert settle(looks, witnesses=True) == Finding(aside=frozenset({"s1"}))


def test_all_of_them_failing_while_most_targets_answer_are_set_aside():
    """One target may have failed by itself since it was last asked."""
    first = look(SILENT, SILENT)
    others = [look(SILENT, SILENT, witnesses=(FINE, FINE, SILENT))] * (MOST_ALIKE - 1)
    assert settle([first, *others[:-1]], witnesses=True) is None
    assert settle([first, *others], witnesses=True) == Finding(aside=frozenset({"s0", "s1"}))


def test_where_certificates_alone_do_not_come_through_a_target_without_one_is_no_witness():
    unseen, shown = replace(SILENT, certified=True), replace(FINE, certified=True)
    first = look(unseen, unseen, FINE)
    lost = [look(unseen, unseen, FINE, witnesses=(unseen, FINE, FINE))] * (LOOKS - 1)
    broken = [look(unseen, unseen, FINE, witnesses=(shown, FINE, FINE))] * (MOST_ALIKE - 1)
    assert settle([first, *lost], witnesses=True) == Finding(Reason.OWN_NETWORK)
    assert settle([first, *broken], witnesses=True) == Finding(aside=frozenset({"s0", "s1"}))


def test_targets_of_which_half_fail_prove_nothing_of_sentinels():
    looks = [look(SILENT, SILENT)] + [look(SILENT, SILENT, witnesses=(FINE, SILENT))] * (LOOKS - 1)
    assert settle(looks[:-1], witnesses=True) is None
    assert settle(looks, witnesses=True) == Finding(Reason.OWN_NETWORK)


def test_answers_by_chance_are_a_network_that_is_not_well():
    looks = [look(FINE, SILENT, LATE), look(SILENT, FINE, FINE), look(FINE, LATE, SILENT)] * 2
    assert settle(looks[:-1], witnesses=True) is None
    assert settle(looks, witnesses=True) == Finding(Reason.OWN_NETWORK)


def test_after_a_failure_two_clean_looks_are_needed():
    assert settle([look(SILENT, FINE), look(FINE, FINE)], witnesses=True) is None
    assert settle([look(SILENT, FINE), look(FINE, FINE), look(FINE, FINE)], witnesses=True) == Finding()


def test_a_look_that_we_disturbed_ourselves_says_nothing_and_is_not_repeated_for_ever():
    looks = [look(FINE, STALLED)] * ALIKE
    assert settle(looks[:-1], witnesses=True) is None
    assert settle(looks, witnesses=True) == Finding(Reason.MONITOR_STALL)


def test_certificates_that_are_not_of_this_time_are_told_apart_from_none_at_all():
    proved = replace(FINE, certified=True)
    assert look(EXPIRED, EXPIRED, proved).dates is True
    assert look(EXPIRED, proved, proved).dates is False
    assert look(FINE, SILENT).dates is None


# -- what an answer proves


@pytest.mark.parametrize(
    ("reason", "facts", "target", "doubtful"),
    [
        (Reason.TIMEOUT, Facts(error=Reason.TIMEOUT), "https://a.example/", True),
        (Reason.STATUS, Facts(status=503), "http://a.example/", True),
        (Reason.STATUS, Facts(status=503), "https://a.example/", False),
        (Reason.TOO_SLOW, Facts(status=200), "https://a.example/", True),
        (Reason.OK, Facts(status=200), "http://a.example/", False),
        (Reason.OWN_NETWORK, Facts(error=Reason.OWN_NETWORK), "http://a.example/", False),
    ],
)
def test_a_failure_is_doubtful_unless_the_target_said_it_under_its_own_certificate(
    good, reason, facts, target, doubtful
):
    assert is_doubtful(reason, facts, replace(good, target=target)) is doubtful


def test_what_a_job_said_is_never_doubtful(good):
    job = replace(good, target="", how=Heartbeat(token=Secret("0123456789abcdef")))
    facts = Facts(error=Reason.HEARTBEAT_FAILED)
    assert not is_doubtful(Reason.HEARTBEAT_FAILED, facts, job)


@pytest.mark.parametrize(
    ("changes", "proof"),
    [
        ({"target": "https://a.example/"}, True),
        ({"target": "https://a.example/", "how": Http(verify_tls=False)}, False),
        ({"expectation": Expectation(contains=("Shop",))}, True),
        ({"expectation": Expectation(lacks=("Login",))}, False),
        ({"expectation": Expectation(rules=(Rule("json", "a", "==", 1),))}, True),
        ({"expectation": Expectation(rules=(Rule("pattern", "a", "absent"),))}, False),
        ({}, False),
    ],
)
def test_only_what_nobody_else_can_answer_is_proof(good, changes, proof):
    assert is_proof(replace(good, **changes)) is proof


@pytest.mark.parametrize(
    ("how", "askable"),
    [
        (Http(), True),
        (Http(method="HEAD"), True),
        (Http(method="POST"), False),
        (Tcp(), True),
        (Tcp(dialogue=(Say(send="QUIT"),)), False),
        (Heartbeat(token=Secret("0123456789abcdef")), False),
    ],
)
def test_only_what_changes_nothing_there_is_asked_once_more_than_planned(good, how, askable):
    assert is_askable(replace(good, how=how)) is askable


@pytest.mark.parametrize(
    ("reason", "detail", "date"),
    [
        (Reason.TLS_CERTIFICATE, "certificate has expired", True),
        (Reason.TLS_CERTIFICATE, "certificate is not yet valid", True),
        (Reason.TLS_CERTIFICATE, "self-signed certificate", False),
        (Reason.CERTIFICATE_EXPIRES, "", True),
        (Reason.TIMEOUT, "expired", False),
    ],
)
def test_a_date_is_refused_by_a_clock(reason, detail, date):
    assert is_date(reason, detail) is date
