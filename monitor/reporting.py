"""The internal report on disk and in the mail: by `makegood report`, and by the daemon after a period.

Idempotent by period: a report that was drawn up two days after its end is not drawn up again, and one that
was mailed is not mailed again. One that could not be handed over is tried again in an hour, for a week; where
nobody knows whether it was, it goes again: twice is better than never.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import make_msgid
from pathlib import Path
from typing import Final

from monitor.config.plan import MailSettings, Plan
from monitor.core.intervals import DAY, Ms
from monitor.core.periods import Period, instant, local, month_of
from monitor.drafting import SETTLED, folder_in
from monitor.errors import ConfigError, EvidenceGone, MakegoodError
from monitor.oncall.anomalies import anomalies
from monitor.oncall.kpis import readings
from monitor.oncall.report import internal_report, period_of, zone_for
from monitor.oncall.responses import responses
from monitor.oncall.shelf import shared
from monitor.operations.report import InternalReport
from monitor.operations.report_periods import before, week_of
from monitor.people import author
from monitor.records import dataclass
from monitor.reminding import Post
from monitor.store.protocol import NewEvent, Store, WholeSnapshot
from reports.internal.letter import letter_text, subject
from reports.internal.unusual import noted
from reports.render import (
    internal_csv,
    internal_json,
    render_internal,
    render_internal_letter,
    write_atomically,
)

MAILED: Final = "internal.mailed"
KINDS: Final = frozenset({MAILED})
FRESH: Final = 7 * DAY  # for so long after that a report is mailed

NOTES: Final = 12  # of what was unusual, the earliest

log = logging.getLogger("makegood")

Build = Callable[[Plan, Store, WholeSnapshot, str, Ms], InternalReport]


def write_internal(report: InternalReport, out: Path) -> Path:
    """Write `<out>/internal/<label>.html`, `.csv` and `.json`; the page's path.

    In a folder of its own: what is in a month's folder may be handed to customers. The JSON is written last.
    """
    page = folder_in(out, "internal") / f"{report.period.label}.html"
    write_atomically(page, render_internal(report))
    write_atomically(page.with_suffix(".csv"), internal_csv(report))
    write_atomically(page.with_suffix(".json"), internal_json(report))
    return page


def drawn_up(plan: Plan, store: Store, snapshot: WholeSnapshot, label: str, now: Ms) -> InternalReport:
    """The report of a period. The one place where it is put together: KPIs, notes and
    responses are handed in here."""
    period = period_of(plan, label)
    begun, snapshot = period.span.start < now, shared(snapshot)
    kpis = readings(plan, snapshot, store.alerts, store.metrics, period, now) if begun else ()
    answered = responses(plan, snapshot, period, now) if begun else None
    unusual = tuple(_unusual(plan, snapshot, period, now))
    return internal_report(plan, snapshot, label, now, kpis, unusual, answered)


def _unusual(plan: Plan, snapshot: WholeSnapshot, period: Period, now: Ms) -> Iterator[str]:
    """A sentence for each hour that was; why nobody can tell, where checks of that time were forgotten."""
    try:
        found = anomalies(plan, snapshot, period, now)
    except EvidenceGone as error:
        yield f"What is usual is not known: {error}"
        return
    names = {id: service.title for id, service in plan.services.items()}
    for note in sorted((note for each in found for note in each.notes), key=lambda each: each.at)[:NOTES]:
        yield noted(note, names.get(note.of, note.of), period.zone)


def draft_internal(plan: Plan, store: Store, snapshot: WholeSnapshot, label: str, out: Path, now: Ms) -> Path:
    """Draw the report of a period up and write it; the page's path."""
    return write_internal(drawn_up(plan, store, snapshot, label, now), out)


def is_drawn_up(out: Path, label: str) -> bool:
    """Whether a report of the period is there that needs no other: drawn up two days after its end."""
    try:
        told = json.loads((out / "internal" / f"{label}.json").read_text(encoding="utf-8"))
        times = (told["drawn_up"], told["period"]["span"]["end"])
        drawn_up, end = (instant(datetime.fromisoformat(at)) for at in times)
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return drawn_up - end >= SETTLED


def letter(report: InternalReport, mail: MailSettings, to: Sequence[str], id: str, at: Ms) -> EmailMessage:
    """The message: plain text, the same in HTML, and the page itself attached; `id` is its Message-ID."""
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(display_name="Makegood", addr_spec=mail.sender)
    message["To"] = ", ".join(to)
    message["Subject"] = subject(report)
    message["Date"] = local(at, "UTC")
    message["Message-ID"] = id
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter_text(report))
    message.add_alternative(render_internal_letter(report), subtype="html")
    page = render_internal(report).encode("utf-8")
    name = f"internal-{report.period.label}.html"
    message.add_attachment(page, maintype="text", subtype="html", filename=name)
    return message


def message_of(plan: Plan, report: InternalReport, now: Ms) -> tuple[MailSettings, EmailMessage]:
    """The letter, and by which server it goes; ConfigError where the configuration does not say."""
    if plan.mail is None or not plan.internal.mail:
        raise ConfigError(
            f"{plan.path} does not say where the report is mailed: write [internal] with "
            'mail = ["team@hosting.example"], and [mail] with the server'
        )
    id = make_msgid(domain=plan.mail.sender.partition("@")[2])
    return plan.mail, letter(report, plan.mail, plan.internal.mail, id, now)


def mail_internal(plan: Plan, store: Store, report: InternalReport, post: Post, now: Ms) -> str:
    """Hand the letter over and record it; what the server said. A MakegoodError where it was not taken."""
    mail, message = message_of(plan, report, now)
    words = post(plan, mail, message, plan.internal.mail)
    body = {"to": list(plan.internal.mail), "message": str(message["Message-ID"]), "answer": words}
    store.journal.append([NewEvent(now, MAILED, report.period.label, author(), "", body)])
    return words


@dataclass
class Reporter:
    """What the daemon does about reports; works on one store, and `now` is asked anew each time."""

    store: Store
    now: Callable[[], Ms]
    post: Post
    build: Build = drawn_up

    def report(self, plan: Plan) -> None:
        """Draw up the newest month and week that are over, where configured, and mail what is due."""
        if not plan.agreements and not plan.services:
            return
        now, out = self.now(), plan.settings.reports
        for period in closed(plan, now):
            drawn, mailed = is_drawn_up(out, period.label), not self._waits(plan, period, now)
            if drawn and mailed:
                continue
            try:
                with self.store.snapshot() as snapshot:
                    if not _seen_before(snapshot, period.span.end):
                        continue
                    report = self.build(plan, self.store, snapshot, period.label, now)
                if not drawn:
                    path = write_internal(report, out)
                    log.info("drew up %s", path, extra={"event": "internal.written"})
                if not mailed:
                    mail_internal(plan, self.store, report, self.post, now)
                    log.info("mailed %s", period.label, extra={"event": "internal.mailed"})
            except MakegoodError as error:
                log.warning(
                    "the internal report of %s waits, and is tried again: %s", period.label, error,
                    extra={"event": "internal.waits"},
                )  # fmt: skip

    def _waits(self, plan: Plan, period: Period, now: Ms) -> bool:
        """Whether it is to be mailed now, and was not."""
        if plan.mail is None or not plan.internal.mail:
            return False
        since = mailed_from(period)
        if not since <= now < since + FRESH:
            return False
        with self.store.snapshot() as snapshot:
            return all(event.subject != period.label for event in snapshot.events(kinds=KINDS))


def _seen_before(snapshot: WholeSnapshot, end: Ms) -> bool:
    """Whether anything was watched before the end of a period: else there is nothing to report."""
    return any(life.start < end for lane in snapshot.lanes() for life in lane.life)


def mailed_from(period: Period) -> Ms:
    """Eight in the morning of the first day after a period, by the clock on its wall."""
    return instant(local(period.span.end, period.zone).replace(hour=8, minute=0, second=0, microsecond=0))


def closed(plan: Plan, now: Ms) -> Iterator[Period]:
    """The newest month and the newest week that are over, as far as reports of them are configured."""
    zone = zone_for(plan)
    if "month" in plan.internal.every:
        yield before(month_of(now, zone))
    if "week" in plan.internal.every:
        yield before(week_of(now, zone))
