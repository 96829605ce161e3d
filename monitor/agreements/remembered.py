"""What was worked out of the evidence once, for whoever asks again: a report looks at what a section counted.

It is handed on from case to case and holds results alone, never what they should have been: without it all
comes out the same, later.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field
from typing import Any, Final

from monitor.records import dataclass

MOST: Final = 32
"""So many results are held at most; what was asked for last stays. One agreement has fewer promises."""


@dataclass(slots=True)
class Remembered:
    """Results by all that they rest on: what is compared, and objects that must be the very same."""

    _known: dict[tuple[object, ...], tuple[tuple[object, ...], Any]] = field(default_factory=dict)

    def once(self, values: tuple[object, ...], same: tuple[object, ...], work: Callable[[], Any]) -> Any:
        """The result for these values and these very objects; worked out where it is not known."""
        key = (*values, *map(id, same))  # an id is its object's as long as that is held
        held = self._known.pop(key) if key in self._known else (same, work())
        self._known[key] = held
        if len(self._known) > MOST:
            del self._known[next(iter(self._known))]
        return held[1]
