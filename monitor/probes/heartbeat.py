"""The heartbeat: nothing is sent. A job calls us, and each slot is judged from the calls that came."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Protocol

from monitor.config.endpoint import Endpoint
from monitor.core.calls import Standing
from monitor.core.checks import Facts, Reason
from monitor.core.intervals import Ms
from monitor.probes.network import Network


class Calls(Protocol):
    """Who hears the calls."""

    def standing(self, endpoint_id: str) -> Standing | None:
        """How a job stands now; None where nobody listens for it."""
        ...


async def probe_heartbeat(endpoint: Endpoint, network: Network) -> Facts:
    """What the calls of this job come to at this moment."""
    standing = None if network.calls is None else network.calls.standing(endpoint.id)
    if standing is None:
        detail = "nobody listens: jobs are heard by `makegood run` with [listen] heartbeats"
        return Facts(error=Reason.NOT_RUNNING, detail=detail)
    if standing.reason is Reason.OK:
        return Facts(found={"due": standing.due})
    return Facts(error=standing.reason, detail=_said(standing), found={"due": standing.due})


def _said(standing: Standing) -> str:
    if standing.reason is Reason.HEARTBEAT_FAILED:
        return "the job called and said that it failed"
    if standing.reason is Reason.HEARTBEAT_MISSED:
        return f"the job did not say by {_utc(standing.due)} that it ended well"
    return f"a call may have been lost; if none comes by {_utc(standing.due)}, one is missing"


def _utc(at: Ms) -> str:
    return datetime.fromtimestamp(at // 1_000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
