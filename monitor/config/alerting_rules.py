"""Step three, who is told of alerts: channels that are there, by mail only where there is a server."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from monitor.config.alerting import Alerting, Channel, Way
from monitor.config.alerting_tables import AlertsTable, ChannelTable
from monitor.config.check import Checked
from monitor.config.endpoint import Reference
from monitor.config.model import MailTable
from monitor.config.probing import dangling
from monitor.config.problems import Fault, Refused, Where
from monitor.config.values import url
from monitor.operations.alerting import AlertRule
from monitor.operations.routes import Telling


def alerting(checked: Checked, rules: Mapping[str, AlertRule]) -> Alerting:
    """What `[alerts]` and `[channel.NAME]` say."""
    table = checked.single(AlertsTable) or AlertsTable()
    channels = {name: _channel(name, each) for name, each in checked.tables(ChannelTable).items()}
    checked.faults.extend(_faults(table, channels, rules, checked))
    every = tuple(table.send) or tuple(channels)
    telling = Telling(
        send=every,
        tickets=tuple(table.tickets) or every,
        teams={team: tuple(names) for team, names in table.teams.items()},
        by_rule={rule.id: rule.send for rule in rules.values() if rule.send},
        repeat=table.repeat or None,
        escalate_after=table.escalate.after if table.escalate else None,
        escalate_to=tuple(table.escalate.to) if table.escalate else (),
        group=table.group,
        known=frozenset(channels) or None,
    )
    return Alerting(telling, channels, (table.link or "").rstrip("/"), table.ping, table.ping_every)


def _channel(name: str, table: ChannelTable) -> Channel:
    way: Way = "webhook" if table.webhook is not None else "mail" if table.mail is not None else "apprise"
    to: Sequence[str | Reference | None] = table.mail or (table.webhook or table.apprise,)
    return Channel(name, way, tuple(each for each in to if each is not None), table.secret, table.rate)


def _faults(
    table: AlertsTable, channels: Mapping[str, Channel], rules: Mapping[str, AlertRule], checked: Checked
) -> Iterator[Fault]:
    named: list[tuple[Where, Sequence[str]]] = [
        (("alerts", "send"), table.send),
        (("alerts", "tickets"), table.tickets),
        *((("alerts", "teams", team), names) for team, names in table.teams.items()),
        *((("alert", rule.id, "send"), rule.send) for rule in rules.values()),
    ]
    if table.escalate is not None:
        named.append((("alerts", "escalate", "to"), table.escalate.to))
        if not table.escalate.to:
            yield Fault(
                ("alerts", "escalate", "to"), 'names nobody: write to = ["NAME"], of a [channel.NAME]'
            )
    for team, members in table.teams.items():
        if not members:
            yield Fault(("alerts", "teams", team), 'names nobody: write ["NAME"], of a [channel.NAME]')
    for where, names in named:
        for place, each in enumerate(names):
            yield from dangling((*where, place), each, "channel", checked)
    if table.link is not None:
        try:
            url(table.link)
        except Refused as error:
            yield Fault(("alerts", "link"), str(error))
    by_mail = [each for each in channels.values() if each.way == "mail"]
    if (
        by_mail
        and checked.single(MailTable) is None
        and "mail" not in {str(f.place[0]) for f in checked.faults}
    ):
        message = "goes by mail, and there is no [mail]: write [mail] with host and from"
        yield Fault(("channel", by_mail[0].id, "mail"), message)
