"""The prober: when to probe, how often to try, and what not to believe.

Cadence runs on the monotonic clock. The monitor's own faults are unknown, never down, and every planned
slot is accounted for by checks or by a gap.
"""

from __future__ import annotations

from monitor.prober.counters import Counters
from monitor.prober.prober import Prober, Record, Sink

__all__ = ["Counters", "Prober", "Record", "Sink"]
