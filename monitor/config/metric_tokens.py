"""The tokens by which metrics are pushed: named in the file, read when it is loaded, and shown nowhere."""

from __future__ import annotations

from collections.abc import Mapping

from monitor.config.headers import secret
from monitor.config.plan import Plan
from monitor.config.problems import Refused

SHORTEST = 16


def tokens_of(plan: Plan, environ: Mapping[str, str]) -> tuple[dict[str, str], tuple[str, ...]]:
    """The tokens by metric, and what keeps others from being read, a sentence each."""
    found: dict[str, str] = {}
    untold: list[str] = []
    for metric in plan.metrics.values():
        if metric.token is None:
            continue
        try:
            token = secret(metric.token, environ=environ, folder=plan.path.parent).reveal()
        except Refused as error:
            untold.append(f"metric.{metric.id}.token: {error}")
            continue
        if len(token) < SHORTEST or not token.isascii() or any(c.isspace() for c in token):
            untold.append(
                f"metric.{metric.id}.token: is too easy to guess, or no token: at least {SHORTEST} letters, "
                'digits and signs; python3 -c "import secrets; print(secrets.token_urlsafe(24))" makes one'
            )
            continue
        found[metric.id] = token
    return found, tuple(untold)
