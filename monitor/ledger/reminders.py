"""Which last days of our claims against providers are near: each told once for each time ahead.

Of several times ahead that have come, the nearest alone is told, so that a monitor that was off tells once. A
day that moves is another day, and is told anew. Where claims may run from each outage alone, the safest day
counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from typing import Final

from monitor.config.plan import Asked, MailSettings, Plan
from monitor.core.intervals import DAY, Ms
from monitor.core.money import Amount
from monitor.core.periods import local
from monitor.ledger.reading import UNPRINTED
from monitor.ledger.receivables import Receivable, receivables, subject
from monitor.records import dataclass
from monitor.statements.bought import agreements_of
from monitor.store.protocol import Event, NewEvent, Seq, Snapshot

REMINDED: Final = "receivable.reminded"
MAILED: Final = "receivable.mailed"
KINDS: Final = frozenset({REMINDED, MAILED})
BACK: Final = 6  # months that are looked back for a last day that is still to come
FRESH: Final = 2 * DAY  # for so long a reminder that could not be mailed is tried again


@dataclass(frozen=True, slots=True)
class Reminder:
    """One last day that is near: what is to be done by it, and how many whole days are left of `ahead`."""

    agreement: str
    provider: str
    period: str
    step: str
    by: date
    ahead: int
    left: int
    owed: Amount | None
    zone: str

    @property
    def subject(self) -> str:
        """How the journal names what it is about."""
        return subject(self.agreement, self.period)

    @property
    def sentence(self) -> str:
        """`Claim 240.00 USD from Cloud Example for 2026-10 by 2026-11-30 (12 days left): our-objects`."""
        amount = "what is owed" if self.owed is None else f"{self.owed.decimal:f} {self.owed.currency}"
        left = "1 day left" if self.left == 1 else f"{self.left} days left" if self.left else "the last day"
        what = f"Claim {amount} from" if self.step == "claim" else "Give notice to"
        return f"{what} {self.provider} for {self.period} by {self.by} ({left}): {self.agreement}"


def due(plan: Plan, snapshot: Snapshot, now: Ms) -> tuple[Reminder, ...]:
    """The reminders that have come and were not told yet; nothing where we buy nothing."""
    if not plan.claims.remind or not agreements_of(plan):
        return ()
    told = tuple(_told(snapshot.events(kinds=frozenset({REMINDED}))))
    near = (_near(plan, found, now) for found in receivables(plan, snapshot, now, back=BACK))
    return tuple(each for each in near if each is not None and not _known(each, told))


def _near(plan: Plan, found: Receivable, now: Ms) -> Reminder | None:
    day = found.remind_by
    if day is None:
        return None
    left = (day - local(now, found.agreement.zone).date()).days
    reached = [days for ms in plan.claims.remind if left <= (days := ms // DAY)]
    if not reached or left < 0:
        return None
    return Reminder(
        agreement=found.agreement.id,
        provider=plan.party_of(found.agreement).party.name,
        period=found.now.period.label,
        step=found.step,
        by=day,
        ahead=min(reached),
        left=left,
        owed=found.owed,
        zone=found.agreement.zone,
    )


Told = tuple[str, str, str, int]
"""A reminder that was told: its subject, step, last day, and the days ahead."""


def _told(events: Iterable[Event]) -> Iterator[Told]:
    for event in events:
        body = event.body
        yield event.subject, str(body["step"]), str(body["by"]), int(str(body["ahead"]))


def _known(each: Reminder, told: Sequence[Told]) -> bool:
    key = (each.subject, each.step, each.by.isoformat())
    return any(known[:3] == key and known[3] <= each.ahead for known in told)


def reminded(each: Reminder, author: str, at: Ms) -> NewEvent:
    """The entry that it was told."""
    body = {
        "agreement": each.agreement,
        "period": each.period,
        "step": each.step,
        "by": each.by.isoformat(),
        "ahead": each.ahead,
    }
    return NewEvent(at, REMINDED, each.subject, author, each.sentence, body)


def unmailed(events: Iterable[Event], now: Ms) -> tuple[Event, ...]:
    """The entries of reminders that were told of late and not mailed yet."""
    told: list[Event] = []
    done: set[Seq] = set()
    for event in events:
        if event.kind == REMINDED and event.at > now - FRESH:
            told.append(event)
        elif event.kind == MAILED:
            done.add(int(str(event.body["entry"])))
    return tuple(event for event in told if event.seq not in done)


def mailed(event: Event, to: Sequence[str], words: str, author: str, at: Ms) -> NewEvent:
    """The entry that a reminder was mailed, with what the server said."""
    body = {"entry": event.seq, "to": list(to), "answer": words}
    return NewEvent(at, MAILED, event.subject, author, "", body)


def letter(plan: Plan, mail: MailSettings, event: Event, id: str, at: Ms) -> EmailMessage:
    """The message of a reminder to ourselves; `id` is its Message-ID."""
    agreement, period = str(event.body["agreement"]), str(event.body["period"])
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(display_name="Makegood", addr_spec=mail.sender)
    message["To"] = ", ".join(plan.claims.mail)
    message["Subject"] = UNPRINTED.sub(" ", event.reason)
    message["Date"] = local(at, "UTC")
    message["Message-ID"] = id
    message["Auto-Submitted"] = "auto-generated"
    message.set_content("\n".join(_sentences(plan, agreement, period, event)))
    return message


def _sentences(plan: Plan, agreement: str, period: str, event: Event) -> Iterator[str]:
    step = "--notice " if event.body["step"] == "notice" else ""
    yield f"{event.reason}."
    yield ""
    yield f"What they owe us, and why:    makegood claims show {agreement} {period}"
    yield f"The evidence to attach:       makegood claims bundle {agreement} {period} --out DIR"
    yield f"Once it is done, record it:   makegood claims file {agreement} {period} {step}--reference CASE"
    wanted = plan.asked.get(agreement, Asked())
    if wanted.items:
        doubt = "" if wanted.verified else f" ({wanted.kind}: hold it against your contract)"
        yield ""
        yield f"What they ask a claim to contain{doubt}:"
        yield from (f"- {item}" for item in wanted.items)
