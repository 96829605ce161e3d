"""What step one makes of the files: one tree, as if it had been one file, and where each table came from."""

from __future__ import annotations

from dataclasses import field

from monitor.config.problems import Fault, Where
from monitor.records import dataclass

Tree = dict[str, object]


@dataclass(slots=True)
class Document:
    """The merged tree, and where it came from.

    `origin` maps ("sla", "acme") or ("monitor",) to the file that defines it; `texts` holds the text of
    each file that was read, by the name it is shown under; `complete` is False when one could not be.
    `borrowed` names the SLAs that are the library's.
    """

    main: str
    tree: Tree = field(default_factory=dict)
    origin: dict[Where, str] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    complete: bool = True
    borrowed: set[str] = field(default_factory=set)
