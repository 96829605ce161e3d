"""The lookout: asks the sentinels, and remembers when our own network was not well.

Asked: once in the shortest interval of theirs; while an attempt is in flight that has used up a quarter of
its timeout; and after each failure that a network of ours could have caused, whoever failed, at most once a
second for all of them together. While everything answers within a quarter of its timeout, nothing else
happens. No sentinels: nothing at all.

A failure counts only if no look from its beginning on found our network unwell, and one that began after it
found it well. That leaves the flap that begins after one look and is over before the next: so a failure is
never believed alone, and a confirmation by one attempt needs a second one, before and after which sentinels
answered. A failed attempt that is refuted stays in the evidence as a blip.

Where most sentinels get an answer that is not theirs (a captive portal), a success proves nothing either,
unless its certificate or its content proves whose it is. That is noticed by the next look, so a portal can
lend its own success to a plain target for one interval of the sentinels at most.

While all sentinels fail and targets that answered lately still do, the sentinels are set aside, one line in
the log says so, and failures count as if there were none. Where nothing else is there to ask, a failing
sentinel and a failing target are our network: nobody can tell from here, and the line in the log asks for
more sentinels.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence

from monitor.config.endpoint import Endpoint
from monitor.core.checks import Confirmation, Reason, Tenths
from monitor.prober.sentinels import BY_NAME, Finding, Look, Seen, Told, settle
from monitor.records import dataclass

SPACING = 1.0
"""Seconds from the end of one round of looks to the next, at least."""
AGAIN = 0.3
"""Seconds between two looks of one round."""
USUAL = 20
"""Of so many answers the quickest is what is usual."""
LONGEST = 86_400.0
"""Seconds after which a wrong answer to most sentinels is taken for a change of theirs."""

Ask = Callable[[Endpoint, "Tenths | None"], Awaitable[Seen]]
Witnesses = Callable[[bool], Sequence[tuple[Endpoint, "Tenths | None"]]]

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Trouble:
    """When our network was not well (monotonic seconds), why, and whether somebody else answered for all."""

    start: float
    reason: Reason
    captive: bool = False
    end: float = math.inf

    def spoils(self, reason: Reason, start: float, end: float) -> bool:
        """Whether a failure within these times proves nothing. A name server of ours fails names alone."""
        meets = self.start <= end and start < self.end
        return meets and (self.reason is not Reason.OWN_DNS or reason in BY_NAME)


class Lookout:
    """Watches our own network by way of sentinels.

    `ask` makes one attempt at an endpoint whose usual latency is given. `witnesses` names up to three
    targets that answered lately, with their latencies; given True, only such as nobody else can answer for.
    `in_doubt` while looks go on that have not been plain: nobody knows yet whether it is our network.
    """

    def __init__(self, *, ask: Ask, witnesses: Witnesses, now: Callable[[], float]) -> None:
        self._ask, self._witnesses, self._now = ask, witnesses, now
        self._sentinels: Mapping[str, Endpoint] = {}
        self._aside: frozenset[str] = frozenset()
        self._usual: dict[str, deque[Tenths]] = {}
        self._troubles: deque[Trouble] = deque(maxlen=1_000)
        self._round: asyncio.Task[None] | None = None
        self._began = self._ended = -math.inf
        self._last: Look | None = None
        self.in_doubt = False

    def watch(self, sentinels: Mapping[str, Endpoint]) -> None:
        """Ask these from now on."""
        self._sentinels = sentinels
        self._aside &= frozenset(sentinels)
        self._usual = {key: self._usual.get(key, deque(maxlen=USUAL)) for key in sentinels}
        if not sentinels:
            self._troubles.clear()

    async def keep_watch(self) -> None:
        """Ask in the rhythm of the sentinels, until cancelled."""
        try:
            while True:
                await self._welcome_back()
                self.ask_soon()
                await asyncio.sleep(self._rhythm())
        finally:
            if self._round is not None:
                self._round.cancel()
                await asyncio.wait([self._round])

    def _rhythm(self) -> float:
        return min((sentinel.interval for sentinel in self._sentinels.values()), default=1_000) / 1_000

    # -- what is known

    @property
    def on(self) -> bool:
        """Whether there are sentinels at all."""
        return bool(self._sentinels)

    @property
    def captive(self) -> bool:
        """Whether somebody else seems to answer for everybody at present."""
        current = self._current
        return current is not None and current.captive

    @property
    def dates(self) -> bool | None:
        """Whether the certificates of sentinels were not of this time when last seen; None: not known."""
        return None if self._last is None else self._last.dates

    @property
    def _current(self) -> Trouble | None:
        last = self._troubles[-1] if self._troubles else None
        return last if last is not None and last.end == math.inf else None

    @property
    def answering(self) -> Mapping[str, bool]:
        """Of each sentinel, whether it answered when it was last asked; those never asked are left out."""
        seen = {} if self._last is None else self._last.sentinels
        failing = frozenset() if self._last is None else self._last.failing
        return dict.fromkeys(self._aside, False) | {key: key not in failing for key in seen}

    @property
    def is_well(self) -> bool:
        """Whether our own network is well, as far as sentinels tell."""
        return self._current is None

    def confirmation(self, rule: Confirmation) -> Confirmation:
        """How often a doubtful failure is tried again: once at least."""
        return rule.doubted if self.on else rule

    async def why(self, reason: Reason, start: float, end: float) -> Reason | None:
        """What of ours spoils a failure between these times, or None once a look after it was well.

        While our network is known to be unwell the answer is given at once, and another look is under way.
        """
        found = self._spoilt(reason, start, end)
        if found is None:
            await self._look_after(end)
            return self._spoilt(reason, start, end)
        self.ask_soon()
        return found

    def _spoilt(self, reason: Reason, start: float, end: float) -> Reason | None:
        troubles = reversed(self._troubles)
        return next((each.reason for each in troubles if each.spoils(reason, start, end)), None)

    # -- rounds of looks

    def ask_soon(self) -> None:
        """Have the sentinels asked, together with all others who want it."""
        if self.on and (self._round is None or self._round.done()):
            self._round = asyncio.get_running_loop().create_task(self._look_round())

    async def _look_after(self, when: float) -> None:
        while self.on and self._began < when:
            self.ask_soon()
            if self._round is not None:
                await asyncio.shield(self._round)

    async def _look_round(self) -> None:
        await asyncio.sleep(max(0.0, self._ended + SPACING - self._now()))
        began = self._now()
        looks: list[Look] = []
        finding: Finding | None = None
        while finding is None:
            if looks:
                await asyncio.sleep(AGAIN)
            looks.append(await self._look(self._others(looks[-1]) if looks else ()))
            finding = settle(looks, witnesses=bool(self._others(looks[-1])))
            self.in_doubt = finding is None
        self._began, self._ended, self._last = began, self._now(), looks[-1]
        self._conclude(looks, finding)

    async def _look(self, others: Sequence[tuple[Endpoint, Tenths | None]]) -> Look:
        """Everybody at the same moment: what differs then is not our network."""
        at = self._now()
        asked = [
            (sentinel, min(self._usual[key], default=None))
            for key, sentinel in self._sentinels.items()
            if key not in self._aside
        ]
        seen = await asyncio.gather(*(self._ask(*each) for each in (*asked, *others)))
        answers = dict(zip((sentinel.id for sentinel, _ in asked), seen, strict=False))
        for key, answer in answers.items():
            self._learn(key, answer)
        witnesses = zip((other.id for other, _ in others), seen[len(asked) :], strict=True)
        return Look(at, answers, dict(witnesses))

    def _learn(self, key: str, answer: Seen) -> None:
        if answer.reason is Reason.OK and answer.facts.latency is not None and key in self._usual:
            self._usual[key].append(answer.facts.latency)

    def _others(self, look: Look) -> Sequence[tuple[Endpoint, Tenths | None]]:
        """The targets to ask beside the sentinels, once most of these fail."""
        return self._witnesses(self._is_captive(look)) if look.most_fail else ()

    def _is_captive(self, look: Look) -> bool:
        """Whether somebody else answers for the sentinels; not for ever, as their own answer may change."""
        current = self._current
        since = current.start if current is not None and current.captive else look.at
        return look.most_are_wrong and look.at - since < LONGEST

    # -- what rounds come to

    def _conclude(self, looks: Sequence[Look], finding: Finding) -> None:
        if finding.reason is not None:
            self._unwell(looks, finding.reason)
            return
        unwell = next((look for look in looks if look.most_fail), None)
        well = looks[-2].at if len(looks) > 1 and looks[-2].clean else looks[-1].at
        current = self._current
        if current is not None:
            current.end = well
            lasted = well - current.start
            log.warning(
                "our own network is well again, after %.0f s", lasted, extra={"event": "network.well"}
            )
        elif unwell is not None and not finding.aside:
            self._troubles.append(Trouble(unwell.at, unwell.network, unwell.most_are_wrong, well))
        if finding.aside:
            self._set_aside(finding.aside)

    def _unwell(self, looks: Sequence[Look], reason: Reason) -> None:
        start = next(look.at for look in looks if not look.clean)
        captive = self._is_captive(looks[-1])
        current = self._current
        if current is not None and current.reason is reason:
            current.captive = captive
            return
        if current is not None:
            current.end = start
        self._troubles.append(Trouble(start, reason, captive))
        silent = ", ".join(sorted(looks[-1].failing)) or "answers by chance, or late"
        log.error(
            "%s: failures count as unknown until sentinels answer again (%s)", reason, silent,
            extra={"event": "network.unwell", "reason": str(reason)},
        )  # fmt: skip

    def _set_aside(self, broken: frozenset[str]) -> None:
        self._aside |= broken
        log.error(
            "sentinels that fail while all else answers are set aside until they answer again: %s%s",
            ", ".join(sorted(broken)),
            "" if len(self._aside) < len(self._sentinels) else "; a fault of our own network is charged now",
            extra={"event": "sentinels.aside"},
        )

    async def _welcome_back(self) -> None:
        """Ask those that were set aside, and take back who answers."""
        away = [sentinel for key, sentinel in self._sentinels.items() if key in self._aside]
        seen = await asyncio.gather(*(self._ask(sentinel, None) for sentinel in away))
        back = frozenset(s.id for s, answer in zip(away, seen, strict=True) if answer.told is Told.FINE)
        if back:
            self._aside -= back
            log.warning(
                "sentinels answer again: %s", ", ".join(sorted(back)), extra={"event": "sentinels.back"}
            )
