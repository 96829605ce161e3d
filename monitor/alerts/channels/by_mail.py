"""By mail: one letter a parcel, with a Message-ID that is the parcel's own."""

from __future__ import annotations

from collections.abc import Sequence
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Final

from monitor.alerts.channels.message import Message, NotTaken
from monitor.config.plan import MailSettings
from monitor.core.intervals import Ms
from monitor.core.periods import local
from monitor.errors import MakegoodError
from monitor.ledger.sending import NotSent
from monitor.postman import session

LONGEST: Final = 200
"""Characters of a subject; the whole title stands in the text."""


async def send(mail: MailSettings, password: str | None, to: Sequence[str], message: Message, now: Ms) -> str:
    """What the server said. NotTaken where it did not take the letter, or nobody knows whether it did."""
    try:
        async with session(mail, password) as postman:
            answer = await postman.post(letter(mail, to, message, now), to)
    except NotSent as error:
        raise NotTaken(str(error), for_good=error.for_good) from error
    except MakegoodError as error:
        raise NotTaken(str(error)) from error
    if answer.refused:
        return f"{answer.words}; refused: {', '.join(sorted(answer.refused))}"
    return answer.words


def letter(mail: MailSettings, to: Sequence[str], message: Message, now: Ms) -> EmailMessage:
    """The letter, in plain text."""
    found = EmailMessage()
    found["From"], found["To"] = mail.sender, ", ".join(to)
    found["Subject"] = "".join(c if c.isprintable() else " " for c in message.title)[:LONGEST]
    found["Message-ID"] = f"<alert-{message.key}@{mail.sender.partition('@')[2]}>"
    found["Date"] = format_datetime(local(now, "UTC"))
    found["Auto-Submitted"] = "auto-generated"
    found.set_content(message.text)
    return found
