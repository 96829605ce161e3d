"""What was sent of the ledger: noted before, recorded after, and never sent twice for one number unasked.

Where a process dies between the two, or a server falls silent, nobody knows whether the letter went out: it
is told as that, and only who asks for it sends again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Iterable, Mapping, Sequence
from dataclasses import field
from email.message import EmailMessage
from email.utils import make_msgid
from typing import Final, Literal, Protocol

from monitor.config.plan import MailSettings
from monitor.core.intervals import Ms
from monitor.errors import ConfigError, Exit, MakegoodError
from monitor.failpoints import reach
from monitor.ledger.amending import document_of
from monitor.ledger.letters import letter
from monitor.ledger.press import Office
from monitor.records import dataclass
from monitor.store.errors import Conflict
from monitor.store.protocol import Event, NewEvent, Paper, Seq, Store

NOTED: Final = "statement.sending"
SENT: Final = "statement.sent"
NOT_SENT: Final = "statement.unsent"
KINDS: Final = frozenset({NOTED, SENT, NOT_SENT})
TRIES: Final = 10


class NotSent(MakegoodError):
    """The server did not take the letter; it can be tried again. `for_good`: it says that it never will."""

    exit_code = Exit.NO

    def __init__(self, words: str, *, for_good: bool = False) -> None:
        super().__init__(words)
        self.for_good = for_good


class Unclear(MakegoodError):
    """The server fell silent: whether it took the letter nobody knows."""

    exit_code = Exit.UNDECIDED


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server said, and which recipients it refused, each with why."""

    words: str
    refused: Mapping[str, str] = field(default_factory=dict)


class Postman(Protocol):
    """Hands letters over. NotSent where none was taken, Unclear where nobody knows."""

    def post(self, message: EmailMessage, to: Sequence[str]) -> Awaitable[Answer]: ...


@dataclass(frozen=True, slots=True)
class Delivery:
    """What is known of the sending of a paper. `words` is what the server said, or why it was not sent."""

    state: Literal["sent", "maybe sent", "not sent"]
    at: Ms
    to: tuple[str, ...]
    words: str
    refused: Mapping[str, str] = field(default_factory=dict)


def deliveries(events: Iterable[Event]) -> Mapping[str, Delivery]:
    """The last delivery of every paper that was sent, or was to be, by its number."""
    found: dict[str, Delivery] = {}
    for event in events:
        to = tuple(map(str, _list(event.body.get("to"))))
        if event.kind == NOTED:
            found[event.subject] = Delivery(
                "maybe sent", event.at, to, "it was begun, and nothing is known since"
            )
        elif event.kind == SENT:
            refused = event.body.get("refused")
            told = {str(k): str(v) for k, v in refused.items()} if isinstance(refused, Mapping) else {}
            found[event.subject] = Delivery("sent", event.at, to, str(event.body.get("answer", "")), told)
        elif event.kind == NOT_SENT:
            found[event.subject] = Delivery("not sent", event.at, to, event.reason)
    return found


def _list(value: object) -> Sequence[object]:
    return value if isinstance(value, list) else ()


def to_be_sent(office: Office, paper: Paper, *, again: bool) -> tuple[str, ...]:
    """The addresses it goes to. ConfigError where there is none, or it was sent; Unclear where it may be."""
    customer = office.plan.customers.get(paper.customer)
    if customer is None or not customer.mail:
        raise ConfigError(
            f"{paper.number}: nowhere to send it: write [customer.{paper.customer}] "
            'mail = ["accounts@customer.example"]'
        )
    before = _known(office.store).get(paper.number)
    if again or before is None or before.state == "not sent":
        return customer.mail
    if before.state == "maybe sent":
        raise Unclear(
            f"{paper.number} may have been sent to {', '.join(before.to)}: {before.words}; "
            "ask there, and send it once more with --again"
        )
    raise ConfigError(f"{paper.number} was sent to {', '.join(before.to)}; --again sends it once more")


def _known(store: Store) -> Mapping[str, Delivery]:
    with store.snapshot() as snapshot:
        return deliveries(snapshot.events(kinds=KINDS))


async def send(
    office: Office, mail: MailSettings, postman: Postman, paper: Paper, *, again: bool
) -> Delivery:
    """Send one paper, and record it. NotSent and Unclear as the postman says; and as `to_be_sent`."""
    to, id = _noted(office, mail, paper, again=again)
    reach("mail.noted")
    ledger = office.store.ledger
    pages = {name: ledger.page(paper.seq, name) for name in ("html", "json", "csv")}
    message = letter(document_of(ledger, paper), pages, mail, to, id, office.now)
    try:
        answer = await postman.post(message, to)
    except NotSent as error:
        _record(
            office, NewEvent(office.now, NOT_SENT, paper.number, office.author, str(error), {"to": list(to)})
        )
        raise
    reach("mail.sent")
    body = {"to": list(to), "message": id, "answer": answer.words, "refused": dict(answer.refused)}
    _record(office, NewEvent(office.now, SENT, paper.number, office.author, "", body))
    return Delivery("sent", office.now, to, answer.words, answer.refused)


def _noted(office: Office, mail: MailSettings, paper: Paper, *, again: bool) -> tuple[tuple[str, ...], str]:
    """Note that it will be sent, unless somebody else did so in between."""
    for last in range(TRIES):
        head: Seq = office.store.changed(0)
        to = to_be_sent(office, paper, again=again)
        id = make_msgid(domain=mail.sender.partition("@")[2])
        event = NewEvent(office.now, NOTED, paper.number, office.author, "", {"to": list(to), "message": id})
        try:
            office.store.journal.append([event], expect=head)
        except Conflict:
            if last == TRIES - 1:
                raise
            continue
        return to, id
    raise AssertionError("the loop returns or raises")


def _record(office: Office, event: NewEvent) -> None:
    office.store.journal.append([event])
