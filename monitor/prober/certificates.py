"""Until when certificates are valid: looked at once an hour, in an attempt that is made anyway.

What was found is no fact of a check, and decides none: whoever wants days judged says so in `expect`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from monitor.config.endpoint import Endpoint
from monitor.core.checks import Facts, Rule
from monitor.core.intervals import DAY, Ms

AGAIN: Final = 3_600.0
"""Seconds until the certificate of an endpoint is looked at again."""
DAYS: Final = Rule("certificate_days", "", "present")


class Certificates:
    """`until` is by endpoint, in UTC ms: its certificate is valid for so long, and less than a day more."""

    def __init__(self) -> None:
        self.until: dict[str, Ms] = {}
        self._looked: dict[str, float] = {}

    def asking(self, endpoint: Endpoint, now: float) -> Endpoint:
        """The endpoint as it is to be probed at a monotonic instant: asked for its days where it is time."""
        if not endpoint.is_certified or now < self._looked.get(endpoint.id, now - AGAIN) + AGAIN:
            return endpoint
        rules = endpoint.expectation.rules
        if any(rule.extract == "certificate_days" for rule in rules):
            return endpoint
        return replace(endpoint, expectation=replace(endpoint.expectation, rules=(*rules, DAYS)))

    def learn(self, endpoint: Endpoint, asked: Endpoint, facts: Facts, now: float, at: Ms) -> Facts:
        """Note what an attempt found at `at`; its facts without what was asked beside the expectation."""
        days = facts.found.get(DAYS.key)
        if isinstance(days, int):
            self._looked[endpoint.id] = now
            found, known = at + days * DAY, self.until.get(endpoint.id)
            same = known is not None and abs(found - known) < DAY
            self.until[endpoint.id] = max(found, known) if same and known is not None else found
        if asked is endpoint or DAYS.key not in facts.found:
            return facts
        return replace(facts, found={key: each for key, each in facts.found.items() if key != DAYS.key})
