"""A figure that is pushed to us, as a value that other rooms read."""

from __future__ import annotations

from monitor.config.endpoint import Reference
from monitor.records import dataclass


@dataclass(frozen=True, slots=True)
class Metric:
    """A figure that is pushed to us, in its unit. `token` is what somebody must show who pushes over HTTP;
    None: nobody can. It is read when it is asked for."""

    id: str
    title: str
    unit: str = ""
    token: Reference | None = None
