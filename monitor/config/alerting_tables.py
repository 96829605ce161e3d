"""Step two, who is told of alerts: channels, and which of them when."""

# ruff: noqa: RUF012  pydantic copies the default of a field
import re
from typing import Annotated, Self

from pydantic import model_validator

from monitor.config import mail_text, values
from monitor.config.endpoint import Reference
from monitor.config.headers import reference
from monitor.config.problems import Refused
from monitor.config.table import Duration, Name, Table, Text, as_written, read_by
from monitor.config.values import shown
from monitor.core.intervals import Ms

RATE = re.compile(r"([0-9]{1,4}) (?:per|in) (.+)")


def address(value: object) -> str | Reference:
    """`"https://chat.example/hook"`, or where it is kept."""
    return reference(value) if isinstance(value, dict) else values.url(value)


def kept(value: object) -> Reference:
    """`{ env = "NAME" }` or `{ file = "path" }`."""
    if not isinstance(value, dict):
        raise Refused('a secret never stands in the file: write { env = "NAME" } or { file = "path" }')
    return reference(value)


def most_often(value: object) -> tuple[int, Ms]:
    """`"20 per 10m"`: so many messages in that time at most."""
    found = RATE.fullmatch(value) if isinstance(value, str) else None
    if found is None or int(found[1]) == 0:
        raise Refused(f'{shown(value)} is no rate: write "20 per 10m"')
    return int(found[1]), values.duration(found[2])


Address = Annotated[str | Reference, read_by(address, str | dict[str, str])]
Kept = Annotated[Reference, read_by(kept, dict[str, str])]


class ChannelTable(Table):
    """`[channel.NAME]`"""

    webhook: Address | None = None
    mail: Annotated[tuple[str, ...], read_by(mail_text.addresses, str | list[str])] | None = None
    apprise: Kept | None = None
    secret: Kept | None = None
    rate: Annotated[tuple[int, Ms], read_by(most_often, str)] = as_written("20 per 10m")

    @model_validator(mode="after")
    def one_way(self) -> Self:
        """One way, and a secret where something is signed with it."""
        ways = [key for key in ("webhook", "mail", "apprise") if getattr(self, key) is not None]
        if len(ways) != 1:
            raise Refused('goes one way: write one of webhook = "https://...", mail = [...], apprise = {...}')
        if self.secret is not None and ways != ["webhook"]:
            raise Refused("signs what goes to a webhook, and nothing else: take secret out")
        return self


class EscalateTable(Table):
    """`escalate = { after = "20m", to = ["boss"] }`"""

    after: Duration
    to: list[Name]


class AlertsTable(Table):
    """`[alerts]`"""

    send: list[Name] = []
    tickets: list[Name] = []
    teams: dict[str, list[Name]] = {}
    repeat: Annotated[Ms, read_by(values.pause)] = as_written("10m")
    escalate: EscalateTable | None = None
    group: Annotated[Ms, read_by(values.pause)] = as_written("10s")
    link: Text | None = None
    ping: Address | None = None
    ping_every: Duration = as_written("1m")
