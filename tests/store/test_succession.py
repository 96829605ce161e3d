"""A configuration that would leave evidence behind is refused, and told what to write instead."""

from __future__ import annotations

import pytest

from monitor.core.checks import Lane
from monitor.core.intervals import Span
from monitor.errors import ConfigError
from monitor.store.succession import must_continue

LIFE = (Span(0, 1_000),)
HOME = Lane(1, "shop", "local", LIFE)


def test_what_is_known_here_or_nowhere_goes_on() -> None:
    must_continue([], {"shop": ()}, "local")
    must_continue([HOME], {"shop": (), "new": ()}, "local")
    must_continue([HOME, Lane(2, "shop", "fra", ())], {"shop": ()}, "local")


def test_a_rename_goes_on_before_and_after_it_was_made() -> None:
    must_continue([HOME], {"store": ("kiosk", "shop")}, "local")
    must_continue([Lane(1, "store", "local", LIFE)], {"store": ("kiosk", "shop")}, "local")


@pytest.mark.parametrize("endpoints", [{"shop": ()}, {"store": ("shop",)}])
def test_another_location_is_refused_and_both_are_named(endpoints: dict[str, tuple[str, ...]]) -> None:
    with pytest.raises(ConfigError) as error:
        must_continue([HOME], endpoints, "fra")
    assert '[monitor] location is "fra"' in str(error.value)
    assert 'write location = "local" again' in str(error.value)


def test_a_was_that_comes_too_late_is_refused_and_both_keys_are_named() -> None:
    """Both were measured, the older one perhaps retired long ago."""
    lanes = [Lane(1, "shop", "local", ()), Lane(2, "store", "local", LIFE)]
    with pytest.raises(ConfigError) as error:
        must_continue(lanes, {"store": ("shop",)}, "local")
    assert '[endpoint.store] was = ["shop"]: "store" and "shop" were both measured' in str(error.value)
    assert 'take "shop" out of `was`' in str(error.value)


def test_two_pasts_of_one_endpoint_are_refused() -> None:
    lanes = [HOME, Lane(2, "kiosk", "local", LIFE)]
    with pytest.raises(ConfigError, match='"shop" and "kiosk" were both measured already'):
        must_continue(lanes, {"store": ("shop", "kiosk")}, "local")
