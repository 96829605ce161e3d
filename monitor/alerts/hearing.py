"""What people said in the journal, kept from one look to the next, so that each looks at what is new alone.

The journal only grows. What is kept is what its entries came to up to a number, and follows from them: who
begins anew, after a restart, has the same after one reading. On 110,000 entries the first reading takes a
tenth of a second, and each further one next to nothing.
"""

from __future__ import annotations

from dataclasses import field

from monitor.core.intervals import Ms
from monitor.operations.entries import ACKNOWLEDGED, REOPENED, RESOLVED
from monitor.operations.mutes import KINDS, mutes
from monitor.operations.telling import Said
from monitor.records import dataclass
from monitor.store.protocol import Event, Seq, Snapshot

READ = KINDS | {ACKNOWLEDGED, RESOLVED, REOPENED}


@dataclass
class Hearing:
    """Who acknowledged which incident and when, and what is muted, by the entries up to `upto`.

    An acknowledgement is good until the incident is resolved or reopened: what comes after that is to be
    acknowledged anew. `taken` are the instants of every acknowledgement, by the incident's name;
    `completed` are acknowledgements of alerts, by number and instant, that were looked for with their
    incident.
    """

    upto: Seq = 0
    acknowledged: dict[str, tuple[Ms, str]] = field(default_factory=dict)
    taken: dict[str, list[Ms]] = field(default_factory=dict)
    completed: set[tuple[Seq, Ms]] = field(default_factory=set)
    _over: dict[str, Ms] = field(default_factory=dict)
    _mutes: dict[str, Event] = field(default_factory=dict)

    def hear(self, snapshot: Snapshot, head: Seq) -> None:
        """Go on up to the head, which was asked for before the snapshot was taken."""
        if head <= self.upto:
            return
        for event in snapshot.events(after=self.upto, kinds=READ):
            self._take(event)
            self.upto = event.seq
        self.upto = max(self.upto, head)

    def said(self, now: Ms) -> Said:
        """What holds of it now."""
        silent = mutes(self._mutes.values(), now)
        costs = frozenset(subject for subject, each in silent.items() if each.costs)
        return Said(self.acknowledged, frozenset(silent), costs)

    def _take(self, event: Event) -> None:
        at = event.body.get("at")
        moment, name = at if isinstance(at, int) else event.at, event.subject
        if event.kind in KINDS:
            self._mutes[name] = event  # the last word of each counts
        elif event.kind == ACKNOWLEDGED:
            self.taken.setdefault(name, []).append(moment)
            if name not in self._over or moment >= self._over[name]:
                self.acknowledged[name] = (moment, event.author)
        else:
            self._over[name] = moment
            if name in self.acknowledged and self.acknowledged[name][0] <= moment:
                del self.acknowledged[name]
