"""PURE. The letter that a statement is sent with: a few sentences, and the pages as they were issued."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any, Final

from monitor.config.plan import MailSettings
from monitor.core.intervals import Ms
from monitor.core.periods import local
from monitor.ledger.differences import amount
from monitor.ledger.press import Document
from monitor.ledger.reading import UNPRINTED

TYPES: Final = {"html": ("text", "html"), "json": ("application", "json"), "csv": ("text", "csv")}
KINDS: Final = {
    "issued": "Statement {number} for {period}",
    "amendment": "Amended statement {number} for {period}, in place of {corrects}",
    "reversal": "Reversal {number} of statement {corrects} for {period}",
}


def letter(
    document: Document, pages: Mapping[str, bytes], mail: MailSettings, to: Sequence[str], id: str, at: Ms
) -> EmailMessage:
    """The message; `id` is its Message-ID. What is attached is what was issued, byte by byte."""
    issuer = UNPRINTED.sub(" ", document["issuer"]["name"])
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(display_name=issuer, addr_spec=mail.sender)
    message["To"] = ", ".join(to)
    message["Subject"] = f"{subject(document)}, {issuer}"
    message["Date"] = local(at, "UTC")
    message["Message-ID"] = id
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday notices in return
    message.set_content("\n".join(_sentences(document)))
    for name, content in pages.items():
        main, sub = TYPES[name]
        message.add_attachment(
            content, maintype=main, subtype=sub, filename=f"{document['issue']['number']}.{name}"
        )
    return message


def subject(document: Document) -> str:
    """`Statement 2026-0042 for 2026-10`."""
    issue = document["issue"]
    corrects = issue["corrects"]["number"] if issue["corrects"] else ""
    return KINDS[document["status"]].format(
        number=issue["number"], period=document["period"]["label"], corrects=corrects
    )


def _sentences(document: Document) -> Iterator[str]:
    issue = document["issue"]
    yield f"{subject(document)}, from {document['issuer']['name']} to {document['customer']['name']}."
    yield ""
    for section in document["sections"]:
        yield f"- {section['service']}, {section['sla']}: {_result(section)}"
    yield ""
    for line in issue["lines"]:
        given = amount(line["amount"])
        yield f"{line['agreement']}: {given.decimal:f} {given.currency}" if given else line["agreement"]
    if issue["sets_against"]:
        yield f"It is set against {issue['sets_against']}. Net of VAT; this is not an invoice."
    if issue["reason"]:
        yield f"Reason: {issue['reason']}"
    yield ""
    yield "Attached is the statement as a page, and the same as JSON and CSV. Please keep the JSON:"
    yield "by it you can verify this statement, and every later one."
    yield f"Its digest is {issue['digest']}."
    if document["issuer"]["contact"]:
        yield ""
        yield f"Questions: {document['issuer']['contact']}"


def _result(section: Mapping[str, Any]) -> str:
    result = {True: "kept", False: "missed"}.get(section["met"], "not determinable")
    credit = amount(section["credit"])
    if credit is None or not credit.minor:
        return result
    return f"{result}, credit {credit.decimal:f} {credit.currency}"
