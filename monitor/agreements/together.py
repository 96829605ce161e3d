"""Together: how several promises of one contract become one credit."""

from __future__ import annotations

from dataclasses import dataclass

from monitor.agreements.pipeline import Case, Named, Priced


@dataclass(frozen=True, slots=True)
class Alone:
    """The only promise is the contract."""

    def __call__(self, named: tuple[Named, ...], case: Case) -> Priced:
        (only,) = named
        return only.priced

    def say(self) -> str:
        return ""
