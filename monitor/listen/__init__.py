"""The small HTTP listeners: heartbeats of jobs, and metrics.

Whoever connects is a stranger. Nothing here may keep the loop, a descriptor or memory for longer than is
written down, no token is ever logged, and a call is acknowledged only once it is kept.
"""

from __future__ import annotations

from monitor.listen.book import Book

__all__ = ["Book"]
