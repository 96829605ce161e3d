"""TOML in, a `Plan` out, or every problem at once with its file and line.

    parse      files → plain data, exact and bounded; includes
    check      data → models; unknown keys, values, one table at a time
    resolve    models → Plan; references, dated terms, secrets

Only `load_plan` is called from outside; `monitor.config.plan` holds the values it returns.
"""

from typing import TYPE_CHECKING

from monitor.config.problems import ConfigProblems, Problem

if TYPE_CHECKING:
    from monitor.config.load import load_plan

__all__ = ["ConfigProblems", "Problem", "load_plan"]


def __getattr__(name: str) -> object:
    """What reads a file brings pydantic along, which a room that only knows the values has no use for."""
    if name != "load_plan":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from monitor.config.load import load_plan

    return load_plan
