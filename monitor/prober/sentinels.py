"""What sentinels say of our own network. Pure: it is handed what was seen, and answers what that proves.

A *look* asks all sentinels at the same moment. All of them answering as expected is proof that the way out
is there; most of them failing is proof that it is not, unless targets that answered lately still do. One
that fails alone, three looks in a row, is set aside: it is broken, not our network. Most of them are set
aside after five, as packets lost by chance look the same three times now and then. Whatever is not plain
by then (packets lost by chance, answers that come a second late) is a network of ours that is not well.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from enum import Enum, auto

from monitor.config.endpoint import Endpoint, Http, Tcp, Tls
from monitor.core.checks import Facts, Reason, State, Tenths, state_of
from monitor.records import dataclass

LATE_BY: Tenths = 8_000
"""An answer so much later than usual lost a packet on its way: TCP says it again after a second."""
ALIKE = 3
"""So many looks in a row in which the same ones fail and all else answers set them aside."""
MOST_ALIKE = 5
"""The same where these are most of the sentinels: without them a fault of our own network is charged."""
LOOKS = 6
"""After so many looks that agree on nothing, our network is not well."""

BY_NAME = frozenset({Reason.NAME_NOT_FOUND, Reason.DNS_FAILURE, Reason.OWN_DNS, Reason.DNS_ANSWER})
BY_DATE = frozenset({Reason.TLS_CERTIFICATE, Reason.CERTIFICATE_EXPIRES})
SPOILT = frozenset({Reason.MONITOR_STALL, Reason.MONITOR_PAUSED, Reason.CLOCK_SUSPECT, Reason.OWN_RESOURCE})
"""What the monitor did to a look: then it says nothing, and another is needed."""

_DATES = ("expired", "not yet valid")


class Told(Enum):
    """What one sentinel says of the way to it."""

    FINE = auto()
    LATE = auto()
    DATE = auto()
    """It answered, but its certificate is not of this time; the way is fine."""
    NAME = auto()
    WRONG = auto()
    """Somebody answered, but not as expected: perhaps somebody else."""
    SILENT = auto()


_FAILING = frozenset({Told.NAME, Told.WRONG, Told.SILENT})
_BAD = _FAILING | {Told.LATE}
_SHOWN = frozenset({Told.FINE, Told.LATE, Told.DATE})


def is_date(reason: Reason, detail: str) -> bool:
    """Whether a certificate was refused for its dates, which only a right clock can judge."""
    if reason is Reason.TLS_CERTIFICATE:
        return any(word in detail for word in _DATES)
    return reason is Reason.CERTIFICATE_EXPIRES


@dataclass(frozen=True, slots=True)
class Seen:
    """One answer in a look: the reason that stands, the facts, and the usual latency (None: not known).

    `certified` says whether a certificate is asked for.
    """

    reason: Reason
    facts: Facts
    usual: Tenths | None = None
    certified: bool = False

    @property
    def told(self) -> Told:
        """What it says of the way."""
        if self.reason is Reason.OK:
            late = self.usual is not None and (self.facts.latency or 0) > self.usual + LATE_BY
            return Told.LATE if late else Told.FINE
        if is_date(self.reason, self.facts.detail):
            return Told.DATE
        if self.reason in BY_NAME:
            return Told.NAME
        answered = self.facts.error is None or self.reason in BY_DATE
        return Told.WRONG if answered and state_of(self.reason) is State.DOWN else Told.SILENT


@dataclass(frozen=True, slots=True)
class Look:
    """All sentinels asked at `at` (monotonic seconds), and with them targets that answered lately."""

    at: float
    sentinels: Mapping[str, Seen]
    witnesses: Mapping[str, Seen] = field(default_factory=dict)

    @property
    def spoilt(self) -> Reason | None:
        """What the monitor did to this look, if anything."""
        return next((seen.reason for seen in self.sentinels.values() if seen.reason in SPOILT), None)

    @property
    def clean(self) -> bool:
        return self.spoilt is None and not any(seen.told in _BAD for seen in self.sentinels.values())

    @property
    def failing(self) -> frozenset[str]:
        return frozenset(key for key, seen in self.sentinels.items() if seen.told in _FAILING)

    @property
    def most_fail(self) -> bool:
        return 2 * len(self.failing) > len(self.sentinels)

    @property
    def most_are_wrong(self) -> bool:
        """Whether most of them are answered for by somebody else, it seems."""
        wrong = sum(seen.told is Told.WRONG for seen in self.sentinels.values())
        return 2 * wrong > len(self.sentinels)

    @property
    def dates(self) -> bool | None:
        """Whether most certificates are not of this time; None where no certificate was shown."""
        shown = [seen.told for seen in self.sentinels.values() if seen.certified and seen.told in _SHOWN]
        return 2 * shown.count(Told.DATE) > len(shown) if shown else None

    @property
    def network(self) -> Reason:
        """What of ours it is that fails."""
        failing = [seen.told for seen in self.sentinels.values() if seen.told in _FAILING]
        by_name = failing and all(told is Told.NAME for told in failing)
        return Reason.OWN_DNS if by_name else Reason.OWN_NETWORK


@dataclass(frozen=True, slots=True)
class Finding:
    """What looks come to: what of ours is not well (None: nothing), and who is set aside as broken."""

    reason: Reason | None = None
    aside: frozenset[str] = frozenset()


def settle(looks: Sequence[Look], *, witnesses: bool) -> Finding | None:
    """What the looks so far prove, or None when another is needed.

    `witnesses` says whether there are targets to ask beside the sentinels; they are, once most fail.
    """
    last = looks[-1]
    if last.clean and (len(looks) == 1 or looks[-2].clean):
        return Finding()
    if last.spoilt is not None:
        return Finding(last.spoilt) if len(looks) >= ALIKE else None
    if last.most_fail and not _fine(last) and (last.witnesses or not witnesses):
        return Finding(last.network)
    if _alike(looks[-(MOST_ALIKE if last.most_fail else ALIKE) :]):
        return Finding(aside=last.failing)
    return Finding(last.network if last.most_fail else Reason.OWN_NETWORK) if len(looks) >= LOOKS else None


def _fine(look: Look) -> int:
    """How many of the targets that were asked answered as they did before."""
    return sum(seen.told is Told.FINE for seen in look.witnesses.values())


def _witnessed(look: Look) -> bool:
    """Whether most of them did: one may have failed by itself since.

    Where certificates alone fail to come through, as on a path that loses what is large, a target without
    one is no witness.
    """
    asked = list(look.witnesses.values())
    if look.failing and all(look.sentinels[key].certified for key in look.failing):
        asked = [seen for seen in asked if seen.certified] or asked
    return 2 * sum(seen.told is Told.FINE for seen in asked) > len(asked)


def _alike(looks: Sequence[Look]) -> bool:
    """Whether the same ones failed each time and everything else answered, at its usual pace.

    While most fail, everything else includes targets; the first look cannot know that yet.
    """
    first, *later = looks
    if len(looks) < (MOST_ALIKE if first.most_fail else ALIKE):
        return False
    plain = all(
        seen.told is not Told.LATE and seen.reason not in SPOILT
        for look in looks
        for seen in look.sentinels.values()
    )
    same = bool(first.failing) and all(look.failing == first.failing for look in later)
    return plain and same and all(_witnessed(look) or not look.most_fail for look in later)


# -- what an answer proves


def is_doubtful(reason: Reason, facts: Facts, endpoint: Endpoint) -> bool:
    """Whether a failure could have been caused by a network of ours.

    Not what a target said under its own certificate, unless it said it too slowly; nor what a job said.
    """
    if state_of(reason) is not State.DOWN or reason is Reason.HEARTBEAT_FAILED:
        return False
    return reason is Reason.TOO_SLOW or facts.error is not None or not endpoint.is_certified


def is_proof(endpoint: Endpoint) -> bool:
    """Whether nobody but the target can answer so that its expectation is met."""
    wanted = endpoint.expectation
    told = any(rule.sign != "absent" for rule in wanted.rules if rule.extract in ("pattern", "json"))
    return endpoint.is_certified or bool(wanted.contains) or told


def is_askable(endpoint: Endpoint) -> bool:
    """Whether a target may be asked once more than planned: only what changes nothing there."""
    how = endpoint.how
    if isinstance(how, Http):
        return how.method in ("GET", "HEAD") and how.body is None
    return isinstance(how, Tls) or (isinstance(how, Tcp) and not how.dialogue)
