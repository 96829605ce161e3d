"""Evidence and journal in one SQLite file, behind a synchronous protocol in the words of the domain.

Nobody outside this room sees log and sealed parts apart, and nobody outside it imports a database driver.
"""

from monitor.store.errors import Conflict, Missing
from monitor.store.lanes import OPEN_END
from monitor.store.queue import EvidenceQueue
from monitor.store.store import SqliteStore, open_store

__all__ = ["OPEN_END", "Conflict", "EvidenceQueue", "Missing", "SqliteStore", "open_store"]
