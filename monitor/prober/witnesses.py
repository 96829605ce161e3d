"""Witnesses: targets that tell, beside the sentinels, whether it is our own network that fails. Pure.

A target bears witness as long as it was up when last known: while our network is gone nothing new is known,
and the same ones are asked again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from monitor.config.endpoint import Endpoint, host_of
from monitor.core.checks import Check, State, Tenths
from monitor.prober.sentinels import is_askable, is_proof

WITNESSES = 3
FORGETTING = 16
"""What is usual of a target moves by one part in so many towards a slower answer."""

Witness = tuple[Endpoint, Tenths | None]


class Witnesses:
    """Who is up when last known, how quickly it usually answers, and who fails at this moment."""

    def __init__(self) -> None:
        self._up: dict[str, bool] = {}
        self._usual: dict[str, Tenths] = {}
        self._doubted: set[str] = set()

    def learn(self, key: str, check: Check) -> None:
        """The last check of a slot: what is usual are the quickest answers, forgotten slowly."""
        if check.state is State.DOWN:
            self._up.pop(key, None)
        elif check.state is State.UP or key in self._up:
            self._up[key] = check.state is State.UP
        if check.latency is not None:
            usual = self._usual.get(key, check.latency)
            self._usual[key] = min(check.latency, usual + (check.latency - usual) // FORGETTING)

    @contextmanager
    def doubting(self, key: str) -> Iterator[None]:
        """While the failure of a target is looked into, others are asked first."""
        self._doubted.add(key)
        try:
            yield
        finally:
            self._doubted.discard(key)

    def choose(self, endpoints: Mapping[str, Endpoint], *, proof: bool) -> list[Witness]:
        """A few targets on hosts of their own, with the latency that is usual of each.

        Those that nobody else can answer for come first, and with `proof` alone: a network that loses what is
        large, or answers for everybody, is seen by them. Of these, those that have just answered.
        """
        known = [endpoints[key] for key in self._up if key in endpoints]
        found: dict[str, Witness] = {}
        for endpoint in sorted(filter(is_askable, known), key=self._worth, reverse=True):
            if len(found) == WITNESSES or (proof and not is_proof(endpoint)):
                break
            found.setdefault(host_of(endpoint.target), (endpoint, self._usual.get(endpoint.id)))
        return list(found.values())

    def _worth(self, endpoint: Endpoint) -> tuple[bool, bool]:
        return is_proof(endpoint), self._up[endpoint.id] and endpoint.id not in self._doubted
