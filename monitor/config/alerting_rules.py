"""Step three, who is told of alerts: channels that are there, by mail only where there is a server."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from monitor.config.alert_tables import AlertTable
from monitor.config.alerting import Alerting, Channel, Way
from monitor.config.alerting_tables import AlertsTable, ChannelTable
from monitor.config.check import Checked
from monitor.config.endpoint import Reference
from monitor.config.model import MailTable
from monitor.config.probing import dangling, mistaken
from monitor.config.problems import Fault, Refused, Where
from monitor.config.values import url
from monitor.operations.alerting import AlertRule
from monitor.operations.routes import Telling


def alerting(checked: Checked, rules: Mapping[str, AlertRule], teams: Collection[str] = ()) -> Alerting:
    """What `[alerts]` and `[channel.NAME]` say; `teams` are those that services are of."""
    table = checked.single(AlertsTable) or AlertsTable()
    channels = {name: _channel(name, each) for name, each in checked.tables(ChannelTable).items()}
    checked.faults.extend((*_faults(table, channels, rules, checked), *_nobodys(table, checked)))
    for team in table.teams:
        checked.faults.extend(mistaken(("alerts", "teams", team), team, teams))
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


def _nobodys(table: AlertsTable, checked: Checked) -> Iterator[Fault]:
    """Lists of channels that are written and empty: what is to be told to nobody is not looked for."""
    message = 'names nobody: write ["NAME"], of a [channel.NAME], or leave it out'
    for key, otherwise in (("send", "every channel is told"), ("tickets", "they go where pages go")):
        if key in table.model_fields_set and not getattr(table, key):
            yield Fault(("alerts", key), f"{message}, and {otherwise}")
    for name, rule in checked.tables(AlertTable).items():
        if "send" in rule.model_fields_set and not rule.send and not rule.off:
            yield Fault(("alert", name, "send"), f"{message}; off = true is a rule that tells nobody")


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
