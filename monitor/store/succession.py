"""Whether the endpoints of a configuration can go on with the lanes that are there. Pure.

Evidence is found by endpoint and location. A change of either that would leave some of it behind unseen is
refused before anything is written: what was measured could not be billed any more, and nobody would be told.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from monitor.core.checks import Lane
from monitor.errors import ConfigError


def must_continue(lanes: Iterable[Lane], endpoints: Mapping[str, Sequence[str]], location: str) -> None:
    """ConfigError where evidence would be left behind. `endpoints` has the keys that each one had before."""
    places: dict[str, set[str]] = {}
    for lane in lanes:
        places.setdefault(lane.endpoint, set()).add(lane.location)
    for endpoint, was in endpoints.items():
        _must_be_here(endpoint, [endpoint, *was], places, location)
        _must_be_one(endpoint, was, {key for key, found in places.items() if location in found})


def _must_be_here(endpoint: str, keys: Sequence[str], places: Mapping[str, set[str]], location: str) -> None:
    found = {place for key in keys for place in places.get(key, ())}
    if found and location not in found:
        before = min(found)
        raise ConfigError(
            f'[monitor] location is "{location}", but what was measured of endpoint "{endpoint}" so far is '
            f'kept under location "{before}", and statements would no longer find it; '
            f'write location = "{before}" again, or give a monitor at another place a database of its own'
        )


def _must_be_one(endpoint: str, was: Sequence[str], known: set[str]) -> None:
    left = [key for key in was if key in known]
    if left and (endpoint in known or len(left) > 1):
        other = left[0] if endpoint in known else left[1]
        one = endpoint if endpoint in known else left[0]
        raise ConfigError(
            f'[endpoint.{endpoint}] was = ["{other}"]: "{one}" and "{other}" were both measured already, '
            "and two pasts cannot be made one; "
            f'take "{other}" out of `was` (its evidence stays under its own key), or name the endpoint '
            f'"{other}" again'
        )
