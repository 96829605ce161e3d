"""One call of a probe, with nothing left open: whatever the probe does, facts come back.

A probe keeps its own timeout. One that does not is cancelled a while after it, and one that swallows the
cancellation is left behind; both are faults of the probe.
"""

from __future__ import annotations

import asyncio
import logging
import traceback

from monitor.config.endpoint import Endpoint
from monitor.core.checks import Facts, Reason
from monitor.probes import Network, Probe

GRACE = 5.0
FAREWELL = 0.5

log = logging.getLogger(__name__)


class Observer:
    """Calls probes, and says once per target that one has a fault."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._reported: set[str] = set()

    async def observe(self, probe: Probe, endpoint: Endpoint) -> Facts:
        """The facts of one attempt. Raises nothing but cancellation."""
        task = asyncio.get_running_loop().create_task(self._call(probe, endpoint))
        try:
            done, _ = await asyncio.wait({task}, timeout=endpoint.timeout / 1_000 + GRACE)
            if not done:
                # After a pause all deadlines are over at once; the probe's own must be heard first.
                await asyncio.wait({task}, timeout=FAREWELL)
        finally:
            await self._end(task)
        return self._facts(task, endpoint)

    async def _call(self, probe: Probe, endpoint: Endpoint) -> Facts:
        return await probe(endpoint, self._network)

    async def _end(self, task: asyncio.Future[Facts]) -> None:
        """Leave no task running that can be ended."""
        if task.done():
            return
        task.cancel()
        await asyncio.wait({task}, timeout=FAREWELL)

    def _facts(self, task: asyncio.Future[Facts], endpoint: Endpoint) -> Facts:
        if not task.done() or task.cancelled():
            return self._bug(endpoint, None, "the probe did not keep its deadline")
        error = task.exception()
        if error is None:
            return task.result()
        return self._bug(endpoint, error, f"the probe raised {type(error).__name__}")

    def _bug(self, endpoint: Endpoint, error: BaseException | None, detail: str) -> Facts:
        if endpoint.id not in self._reported:
            self._reported.add(endpoint.id)
            log.error(
                "%s: %s; this is a fault in Makegood\n%s", endpoint.id, detail, _where(error),
                extra={"event": "probe.fault", "endpoint": endpoint.id},
            )  # fmt: skip
        return Facts(error=Reason.PROBER_BUG, detail=detail)


def _where(error: BaseException | None) -> str:
    """The places an error went through. Not its text: that may repeat a header."""
    return "" if error is None else "".join(traceback.format_tb(error.__traceback__))
