"""Secrets that are read only when something is sent: which of them cannot be read as things stand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from monitor.config.endpoint import Reference
from monitor.config.headers import secret
from monitor.config.metric_tokens import tokens_of
from monitor.config.plan import Plan
from monitor.config.problems import Refused


def unread(plan: Plan, environ: Mapping[str, str]) -> Iterator[str]:
    """A sentence for each, with its path and what does not work without it; never what is kept there."""
    for key, kept, without in _kept(plan):
        try:
            secret(kept, environ=environ, folder=plan.path.parent)
        except Refused as error:
            yield f"{key}: {error}; {without}"
    for said in tokens_of(plan, environ)[1]:
        yield f"{said}; nobody can push it"


def _kept(plan: Plan) -> Iterator[tuple[str, Reference, str]]:
    for id, channel in plan.alerting.channels.items():
        without = "nobody is told by this channel"
        for each in channel.to:
            if isinstance(each, Reference):
                yield f"channel.{id}.{channel.way}", each, without
        if channel.secret is not None:
            yield f"channel.{id}.secret", channel.secret, without
    if isinstance(plan.alerting.ping, Reference):
        yield "alerts.ping", plan.alerting.ping, "nobody outside is called"
    if plan.mail is not None and isinstance(plan.mail.password, Reference):
        yield "mail.password", plan.mail.password, "nothing is mailed"
