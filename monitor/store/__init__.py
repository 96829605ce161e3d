"""Evidence and journal in one SQLite file, behind a synchronous protocol in the words of the domain.

Nobody outside this room sees log and sealed parts apart, and nobody outside it imports a database driver.
"""

from typing import TYPE_CHECKING

from monitor.store.errors import Conflict, Missing
from monitor.store.lanes import OPEN_END
from monitor.store.store import SqliteStore, open_store

if TYPE_CHECKING:
    from monitor.store.queue import EvidenceQueue

__all__ = ["OPEN_END", "Conflict", "EvidenceQueue", "Missing", "SqliteStore", "open_store"]


def __getattr__(name: str) -> object:
    """The queue brings threads and futures along, which a reader has no use for."""
    if name != "EvidenceQueue":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from monitor.store.queue import EvidenceQueue

    return EvidenceQueue
