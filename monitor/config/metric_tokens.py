"""What outside systems are known by, who push metrics or deliver tickets: named in the file, read when it is
loaded, and shown nowhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from monitor.config.endpoint import Reference
from monitor.config.headers import secret
from monitor.config.plan import Plan
from monitor.config.problems import Refused

SHORTEST: Final = 16


def tokens_of(plan: Plan, environ: Mapping[str, str]) -> tuple[dict[str, str], tuple[str, ...]]:
    """The tokens by metric, and what keeps others from being read, a sentence each."""
    found: dict[str, str] = {}
    untold: list[str] = []
    for metric in plan.metrics.values():
        if metric.token is not None:
            try:
                found[metric.id] = known_by(metric.token, plan, environ)
            except Refused as error:
                untold.append(f"metric.{metric.id}.token: {error}")
    return found, tuple(untold)


def known_by(kept: Reference, plan: Plan, environ: Mapping[str, str]) -> str:
    """A token or a secret of somebody outside; Refused where it is missing, or easy to guess."""
    found = secret(kept, environ=environ, folder=plan.path.parent).reveal()
    if len(found) < SHORTEST or not found.isascii() or any(c.isspace() for c in found):
        raise Refused(
            f"is too easy to guess, or no token: at least {SHORTEST} letters, digits and signs; "
            'python3 -c "import secrets; print(secrets.token_urlsafe(24))" makes one'
        )
    return found
