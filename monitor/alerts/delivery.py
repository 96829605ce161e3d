"""Letters go out: one parcel of a channel after the other, each channel for itself.

What a receiver did not take is tried again, later each time, for about a day; then it is given up, and said
to be. Nothing is kept here: who goes on after a crash sends again what may have been taken, by the same key.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from monitor.alerts.channels.message import Message, NotTaken, message, unwatched
from monitor.config.alerting import Channel, Way
from monitor.config.plan import Plan
from monitor.core.intervals import MINUTE, SECOND, Ms
from monitor.failpoints import reach
from monitor.store.protocol import Parcel, Store

log = logging.getLogger("makegood")

Send = Callable[[Plan, Channel, Message, Ms], Awaitable[str]]
"""Hands a message over and gives what the receiver said; NotTaken where it was not taken."""

LIMIT: Final = 60.0
FIRST_WAIT: Final[Ms] = 5 * SECOND
LONGEST_WAIT: Final[Ms] = 2 * MINUTE
TRIES: Final = 720
"""Two minutes apart, a day."""
TRIES_FOR_GOOD: Final = 3
"""Of what the receiver says it will never take: it may be wrong about that for a moment."""

GONE: Final = "there is no channel of this name any more"


class Delivery:
    """Works off one store; `now` and `chance`, from 0 to 1, are asked anew each time.

    `limit` is how many seconds any way of sending may take, `tries` how often a message is sent at most.
    """

    def __init__(
        self,
        store: Store,
        ways: Mapping[Way, Send],
        now: Callable[[], Ms],
        chance: Callable[[], float],
        limit: float = LIMIT,
        tries: int = TRIES,
    ) -> None:
        self._store, self._ways, self._now, self._chance = store, ways, now, chance
        self._limit, self._tries = limit, tries

    async def deliver(self, plan: Plan, channel: Channel) -> bool:
        """Send what is to go next in a channel; False where nothing is."""
        parcel = await asyncio.to_thread(self._store.alerts.parcel, channel.id, self._now(), channel.rate)
        if parcel is None:
            return False
        try:
            what = message(parcel, plan.alerting.link, unwatched(plan))
            async with asyncio.timeout(self._limit):
                said = await self._ways[channel.way](plan, channel, what, self._now())
        except TimeoutError:
            await self._not_taken(parcel, NotTaken(f"no answer within {self._limit:.0f} s"))
        except NotTaken as error:
            await self._not_taken(parcel, error)
        except Exception as error:
            log.exception("an alert could not be sent", extra={"event": "alert.fault"})
            await self._not_taken(parcel, NotTaken(f"a fault in Makegood ({type(error).__name__})"))
        else:
            reach("parcel.sent")
            await asyncio.to_thread(self._store.alerts.delivered, parcel, self._now(), said)
        return True

    async def abandon(self, channel: str) -> None:
        """Give up what waits for a channel that is in the configuration no more.

        Alerts that nobody was told of yet are told to whom the configuration names now.
        """
        parcel = await asyncio.to_thread(self._store.alerts.parcel, channel, self._now())
        if parcel is not None:
            await self._give_up(parcel, GONE, self._store.alerts.abandoned)

    async def _not_taken(self, parcel: Parcel, error: NotTaken) -> None:
        tried = parcel.tries + 1
        if tried >= (TRIES_FOR_GOOD if error.for_good else self._tries):
            await self._give_up(parcel, str(error), self._store.alerts.given_up)
            return
        wait = max(error.after or 0, self._wait(tried))
        if tried == 1:
            log.warning(
                "an alert could not be told, and will be again: %s: %s", parcel.channel, error,
                extra={"event": "alert.waits", "channel": parcel.channel},
            )  # fmt: skip
        await asyncio.to_thread(self._store.alerts.again, parcel, self._now() + wait, str(error))

    async def _give_up(self, parcel: Parcel, why: str, record: Callable[[Parcel, Ms, str], None]) -> None:
        log.error(
            "an alert could not be told: %s: %s", parcel.channel, why,
            extra={"event": "alert.given_up", "channel": parcel.channel, "letters": len(parcel.letters)},
        )  # fmt: skip
        await asyncio.to_thread(record, parcel, self._now(), why)

    def _wait(self, tried: int) -> Ms:
        """Twice as long each time, less up to a half of it, so that not all come back at once."""
        longest = min(FIRST_WAIT << min(tried - 1, 10), LONGEST_WAIT)
        return longest - int(longest * self._chance() / 2)
