"""The postman: hands letters to a mail server. The one room that speaks SMTP, by aiosmtplib."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from email.message import EmailMessage

import aiosmtplib

from monitor.config.plan import MailSettings
from monitor.ledger.sending import Answer, NotSent, Unclear

FOR_GOOD = 500  # codes from here on say that trying again is of no use (RFC 5321, 4.2.1)
PORTS = {"starttls": 587, "tls": 465, "none": 25}


class SmtpPostman:
    """One session with the server, for all letters of a call."""

    def __init__(self, session: aiosmtplib.SMTP, where: str) -> None:
        self._session = session
        self._where = where

    async def post(self, message: EmailMessage, to: Sequence[str]) -> Answer:
        """Hand a letter over; refused recipients do not keep it from the others."""
        try:
            refused, words = await self._session.send_message(message, recipients=list(to))
        except aiosmtplib.SMTPRecipientsRefused as error:
            told = "; ".join(f"{each.recipient}: {_said(each)}" for each in error.recipients)
            lasting = all(each.code >= FOR_GOOD for each in error.recipients)
            raise NotSent(f"{self._where} refused every recipient: {told}", for_good=lasting) from error
        except aiosmtplib.SMTPResponseException as error:
            lasting = error.code >= FOR_GOOD
            raise NotSent(f"{self._where} refused it: {_said(error)}", for_good=lasting) from error
        except (aiosmtplib.SMTPServerDisconnected, aiosmtplib.SMTPTimeoutError, OSError) as error:
            raise Unclear(f"{self._where} fell silent while it was handed over ({_words(error)})") from error
        except aiosmtplib.SMTPException as error:
            raise NotSent(f"{self._where} did not take it: {_words(error)}") from error
        return Answer(_words(words), {who: _words(f"{r.code} {r.message}") for who, r in refused.items()})


@asynccontextmanager
async def session(
    mail: MailSettings, password: str | None, context: ssl.SSLContext | None = None
) -> AsyncIterator[SmtpPostman]:
    """A session with the mail server. NotSent where there is none, with what to look at.

    `context` is what its certificate is judged by; the system's, unless given.
    """
    port = mail.port or PORTS[mail.tls]
    where = f"{mail.host}:{port}"
    smtp = aiosmtplib.SMTP(
        hostname=mail.host,
        port=port,
        username=mail.user,
        password=password,
        timeout=mail.timeout / 1_000,
        use_tls=mail.tls == "tls",
        start_tls=mail.tls == "starttls",
        tls_context=None if mail.tls == "none" else context or ssl.create_default_context(),
    )
    try:
        await _connect(smtp, where)
        yield SmtpPostman(smtp, where)
    finally:
        smtp.close()


async def _connect(smtp: aiosmtplib.SMTP, where: str) -> None:
    try:
        await smtp.connect()
    except aiosmtplib.SMTPAuthenticationError as error:
        raise NotSent(
            f"{where} refused the user or password ([mail] user, password): {_said(error)}"
        ) from error
    except (aiosmtplib.SMTPException, OSError, ValueError) as error:
        raise NotSent(f"{where} cannot be reached as [mail] says: {_words(error)}") from error


def _said(error: aiosmtplib.SMTPResponseException) -> str:
    return _words(f"{error.code} {error.message}")


def _words(said: object) -> str:
    """What a server says, in one short line."""
    return " ".join(str(said).split())[:300] or type(said).__name__
