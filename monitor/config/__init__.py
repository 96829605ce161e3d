"""TOML in, a `Plan` out, or every problem at once with its file and line.

    parse      files → plain data, exact and bounded; includes
    check      data → models; unknown keys, values, one table at a time
    resolve    models → Plan; references, dated terms, secrets

Only `load_plan` is called from outside; `monitor.config.plan` holds the values it returns.
"""

from monitor.config.load import load_plan
from monitor.config.problems import ConfigProblems, Problem

__all__ = ["ConfigProblems", "Problem", "load_plan"]
