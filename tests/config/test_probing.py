"""Endpoints with their defaults, and planned maintenance."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from monitor.config.endpoint import Endpoint
from monitor.config.plan import Plan
from monitor.core.checks import Confirmation, Expectation
from monitor.core.intervals import Span
from monitor.core.windows import OneOff, Recurring

Load = Callable[..., Plan]
Refused = Callable[..., list[str]]

WEB = '[endpoint.web]\nurl = "https://www.example.com/"\n'
SHOP = WEB + '[service.shop]\nup_when = "web"\n'


def test_an_endpoint_of_one_line_has_every_default(load: Load) -> None:
    assert load(WEB).endpoints["web"] == Endpoint(
        id="web",
        target="https://www.example.com/",
        interval=30_000,
        timeout=10_000,
        expectation=Expectation(((200, 299),)),
        confirmation=Confirmation(2, 3, 1_000),
    )


def test_defaults_hold_for_every_endpoint_that_does_not_say_otherwise(load: Load) -> None:
    defaults = (
        '[defaults]\ninterval = "5m"\nredirects = 0\nverify_tls = false\nconfirm = { failures = 1, of = 1 }\n'
    )
    plan = load(defaults + WEB + '[endpoint.api]\nurl = "http://a/"\ninterval = "1m"\nverify_tls = true\n')
    web, api = plan.endpoints["web"], plan.endpoints["api"]
    assert (web.interval, web.how.redirects, web.how.verify_tls) == (300_000, 0, False)
    assert (api.interval, api.how.redirects, api.how.verify_tls) == (60_000, 0, True)
    assert web.confirmation == api.confirmation == Confirmation(1, 1, 1_000)


def test_an_expectation_is_read_whole(load: Load) -> None:
    expect = 'expect = { status = [200, "3xx"], contains = "ok", lacks = ["a", "b"], slower_than = "1500ms" }'
    assert load(WEB + expect).endpoints["web"].expectation == Expectation(
        ((200, 200), (300, 399)), ("ok",), ("a", "b"), 15_000
    )


def test_paths_of_the_monitor_start_from_the_folder_of_the_main_file(load: Load, tmp_path: Path) -> None:
    settings = load('[monitor]\ndatabase = "data/m.db"\nreports = "/srv/reports"\n' + WEB).settings
    assert settings.database == tmp_path / "data/m.db"
    assert settings.reports == Path("/srv/reports")
    assert settings.location == "local"


def test_a_timeout_from_the_defaults_must_be_shorter_too(refused: Refused) -> None:
    said = refused('[defaults]\ntimeout = "1m"\n' + WEB + 'interval = "30s"\n')
    sentence = "30s is not longer than the timeout of 1m: write a shorter timeout as well"
    assert said == [f"acme.toml:5: endpoint.web.interval: {sentence}"]


def test_an_old_name_continues_in_one_endpoint_only(refused: Refused) -> None:
    said = refused(WEB + 'was = ["old"]\n[endpoint.api]\nurl = "http://a/"\nwas = ["old"]\n')
    assert said == ['acme.toml:6: endpoint.api.was[1]: "old" continues in web already: one of the two']


def test_every_http_key_of_a_tcp_endpoint_is_refused(refused: Refused) -> None:
    keys = 'method = "GET"\nredirects = 1\nexpect = { status = 200, slower_than = "1s" }\n'
    said = refused('[endpoint.db]\ntcp = "db:5432"\n' + keys)
    assert [line.split(": ")[1] for line in said] == [
        "endpoint.db.method",
        "endpoint.db.redirects",
        "endpoint.db.expect.status",
    ]


def test_a_window_happens_once(load: Load) -> None:
    text = 'services = ["shop"]\nstart = 2026-03-08T01:00:00+01:00\nend = 2026-03-08T02:00:00Z\n'
    window = load(SHOP + "[maintenance.db]\n" + text).maintenance["db"]
    assert window.rule == OneOff(Span(1_772_928_000_000, 1_772_935_200_000))
    assert (window.title, window.services) == ("db", ("shop",))


def test_a_window_comes_again(load: Load) -> None:
    text = 'services = ["shop"]\nevery = "0 2 * * SUN"\nlasting = "2h"\ntimezone = "Europe/Berlin"\n'
    window = load(SHOP + '[maintenance.db]\ntitle = "Patches"\n' + text).maintenance["db"]
    assert window.rule == Recurring("0 2 * * SUN", 7_200_000, "Europe/Berlin")
    assert window.title == "Patches"


WINDOWS = {
    "no time at all": ("", "has no time: write start and end, or every, lasting and timezone"),
    "a start alone": (
        "start = 2026-03-08T01:00:00Z",
        "has no time: write start and end, or every, lasting and timezone",
    ),
    "both kinds": (
        'start = 2026-03-08T01:00:00Z\nevery = "0 2 * * SUN"',
        "happens once (start, end) or again (every, lasting, timezone): not both",
    ),
}


@pytest.mark.parametrize(("text", "sentence"), WINDOWS.values(), ids=WINDOWS.keys())
def test_a_window_without_a_clear_time_is_refused(refused: Refused, text: str, sentence: str) -> None:
    said = refused(SHOP + '[maintenance.db]\nservices = ["shop"]\n' + text)
    assert said == [f"acme.toml:5: maintenance.db: {sentence}"]


def test_a_window_over_no_service_is_refused(refused: Refused) -> None:
    text = "services = []\nstart = 2026-03-08T01:00:00Z\nend = 2026-03-08T02:00:00Z\n"
    said = refused(SHOP + "[maintenance.db]\n" + text)
    assert said == ['acme.toml:6: maintenance.db.services: names no service: write services = ["shop"]']
