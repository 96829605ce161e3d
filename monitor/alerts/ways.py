"""Every way that a channel can go, by its name; secrets are read when something is sent, and never kept."""

from __future__ import annotations

from collections.abc import Mapping

from monitor.alerts.channels import by_apprise, by_mail, webhook
from monitor.alerts.channels.message import Message, NotTaken
from monitor.alerts.delivery import Send
from monitor.config.alerting import Channel, Way
from monitor.config.endpoint import Reference, Secret
from monitor.config.headers import resolve
from monitor.config.mail_password import password
from monitor.config.plan import Plan
from monitor.config.problems import Refused
from monitor.core.intervals import Ms
from monitor.errors import MakegoodError


class Ways:
    """The ways, with the variables that secrets may be kept in."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    async def webhook(self, plan: Plan, channel: Channel, message: Message, now: Ms) -> str:
        """By POST to a URL."""
        url = self.revealed(plan, channel.to[0], f"channel.{channel.id}")
        secret = (
            None
            if channel.secret is None
            else self.revealed(plan, channel.secret, f"channel.{channel.id}.secret")
        )
        return await webhook.send(url, secret, message, now)

    async def mail(self, plan: Plan, channel: Channel, message: Message, now: Ms) -> str:
        """By the server of `[mail]`."""
        if plan.mail is None:
            raise NotTaken("there is no [mail]")
        try:
            secret = password(plan, plan.mail, self._environ)
        except MakegoodError as error:
            raise NotTaken(str(error)) from error
        to = [each for each in channel.to if isinstance(each, str)]
        return await by_mail.send(plan.mail, secret, to, message, now)

    async def apprise(self, plan: Plan, channel: Channel, message: Message, now: Ms) -> str:
        """By one of apprise's services, in a process of its own."""
        return await by_apprise.send(self.revealed(plan, channel.to[0], f"channel.{channel.id}"), message)

    def revealed(self, plan: Plan, where: str | Reference, key: str) -> str:
        """What stands there, or what is kept there; NotTaken where that cannot be read."""
        if isinstance(where, str):
            return where
        try:
            found = resolve(where, environ=self._environ, folder=plan.path.parent)
        except Refused as error:
            raise NotTaken(f"{key}: {error}") from None
        return found.reveal() if isinstance(found, Secret) else found

    def by_name(self) -> Mapping[Way, Send]:
        """All of them."""
        return {"webhook": self.webhook, "mail": self.mail, "apprise": self.apprise}
