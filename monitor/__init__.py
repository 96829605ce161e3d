"""Makegood: an uptime monitor that knows what an outage costs.

Time zones are those of the pinned tzdata package, never the machine's: a month has the same length
everywhere, and the version that a statement names is the one it was computed with.
"""

import zoneinfo
from importlib.util import find_spec
from pathlib import Path

__version__ = "0.1.0"

_tzdata = find_spec("tzdata")
if _tzdata is not None and _tzdata.submodule_search_locations:
    zoneinfo.reset_tzpath(to=[Path(_tzdata.submodule_search_locations[0]) / "zoneinfo"])
