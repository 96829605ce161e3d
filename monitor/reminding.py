"""What the daemon does about last days: log them, keep them in the journal, mail them where that is said.

Idempotent: an hour that was missed or came twice tells nothing twice. A mail that could not be handed over is
tried again in an hour, for two days; where nobody knows whether it was, it goes again: twice is better than
never.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from email.message import EmailMessage
from email.utils import make_msgid

from monitor.config.mail_password import password
from monitor.config.plan import MailSettings, Plan
from monitor.core.intervals import Ms
from monitor.errors import MakegoodError
from monitor.ledger.reminders import KINDS, due, letter, mailed, reminded, unmailed
from monitor.people import author
from monitor.store.protocol import Store

log = logging.getLogger("makegood")

Post = Callable[[Plan, MailSettings, EmailMessage, Sequence[str]], str]
"""Hands a letter over and gives what the server said; a MakegoodError where it was not taken."""


def by_mail(environ: Mapping[str, str]) -> Post:
    """By the server of `[mail]`; its password is read for each letter, and never kept."""

    def post(plan: Plan, mail: MailSettings, message: EmailMessage, to: Sequence[str]) -> str:
        from monitor.postman import session

        secret = password(plan, mail, environ)

        async def handed_over() -> str:
            async with session(mail, secret) as postman:
                return (await postman.post(message, to)).words

        return asyncio.run(handed_over())

    return post


class Reminders:
    """Works on one store; `now` is asked anew each time."""

    def __init__(self, store: Store, now: Callable[[], Ms], post: Post) -> None:
        self._store = store
        self._now = now
        self._post = post

    def remind(self, plan: Plan) -> None:
        """Tell what has come near, and mail what was told."""
        now = self._now()
        with self._store.snapshot() as snapshot:
            found = due(plan, snapshot, now)
        if found:
            self._store.journal.append([reminded(each, author(), now) for each in found])
        for each in found:
            log.warning(
                "%s", each.sentence,
                extra={
                    "event": "claim.due", "agreement": each.agreement, "period": each.period,
                    "step": each.step, "by": each.by.isoformat(), "days_left": each.left,
                },
            )  # fmt: skip
        if plan.mail is not None and plan.claims.mail:
            self._mail(plan, plan.mail, now)

    def _mail(self, plan: Plan, mail: MailSettings, now: Ms) -> None:
        with self._store.snapshot() as snapshot:
            waiting = unmailed(snapshot.events(kinds=KINDS), now)
        for event in waiting:
            id = make_msgid(domain=mail.sender.partition("@")[2])
            try:
                words = self._post(plan, mail, letter(plan, mail, event, id, now), plan.claims.mail)
            except MakegoodError as error:
                log.warning(
                    "a reminder could not be mailed, and will be again: %s", error,
                    extra={"event": "claim.mail_waits", "subject": event.subject},
                )  # fmt: skip
                return
            self._store.journal.append([mailed(event, plan.claims.mail, words, author(), now)])
