"""Step three, the words of ticket systems: each stands for one customer, or for one service, at most."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from monitor.config.plan import Customer, Service
from monitor.config.problems import Fault


def claimed_twice(
    customers: Mapping[str, Customer], providers: Mapping[str, Customer], services: Mapping[str, Service]
) -> Iterator[Fault]:
    """A word in `tickets` that another one of the kind has in its own: nobody could tell whose it is."""
    parties = [("customer", customers), ("provider", providers)]
    yield from _twice([(kind, key, each.tickets) for kind, own in parties for key, each in own.items()])
    yield from _twice([("service", key, each.tickets) for key, each in services.items()])


def _twice(named: list[tuple[str, str, tuple[str, ...]]]) -> Iterator[Fault]:
    first: dict[str, tuple[str, str]] = {}
    for kind, key, words in named:
        for number, word in enumerate(words):
            owner = first.setdefault(word, (kind, key))
            if owner != (kind, key):
                message = f'"{word}" is said of {".".join(owner)} already: keep one'
                yield Fault((kind, key, "tickets", number), message)
