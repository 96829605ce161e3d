"""STARTTLS: how each protocol is asked for TLS, and what its answers come to. Pure.

An answer comes from a stranger, in pieces of any length: it is judged when it is whole, so that no rest of it
is taken for TLS, and as soon as it is, so that a refusal is not waited out. What follows the last answer in
clear would be taken for the first under TLS, so nothing may (CVE-2011-0411, CVE-2021-23222).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from monitor.config.endpoint import StartTls

Reply = Callable[[bytes], str | None]
"""What is wrong with what was heard, "" where it is as expected, None while it is not whole."""
Words = tuple[bytes | None, Reply | None]
"""What is sent, and how what comes then is looked at."""
Whole = Callable[[bytes], tuple[bytes, bytes] | None]
"""The part of a whole answer that decides, and what came after the answer; None while it is not whole."""

LONGEST_SHOWN: Final = 80
"""Characters of a refusal that are told."""

_LENGTH: Final = rb"([\x00-\x7f]|\x81.|\x82..|\x83...|\x84....)"
_MESSAGE: Final = re.compile(rb"\x30" + _LENGTH, re.DOTALL)
_RESULT: Final = re.compile(rb"\x02\x01\x01\x78" + _LENGTH + rb"\x0a\x01(?P<code>.)", re.DOTALL)


def _shaped(pattern: bytes) -> Whole:
    """An answer that has a shape; each pattern takes linear time."""
    shape = re.compile(pattern, re.DOTALL)

    def whole(heard: bytes) -> tuple[bytes, bytes] | None:
        found = shape.match(heard)
        return None if found is None else (found["says"], heard[found.end() :])

    return whole


_BYTE: Final = _shaped(rb"(?P<says>.)")
_LINE: Final = _shaped(rb"(?P<says>[^\n]*+)\n")
_TAGGED: Final = _shaped(rb"(?:(?!a )[^\n]*+\n)*+(?P<says>[^\n]*+)\n")
_NUMBERED: Final = _shaped(
    rb"(?:([0-9]{3})-[^\n]*+\n(?:(?!\1[^-])[^\n]*+\n)*+)?+(?P<says>[^\n]*+)\n",
)
"""A line, or all from `220-` to `220 `: what lies between belongs to it (RFC 959)."""


def _result(heard: bytes) -> tuple[bytes, bytes] | None:
    """The result of an extended response to our first message, in BER (RFC 4511)."""
    message = _MESSAGE.match(heard)
    if message is None:
        return None if len(heard) < 6 and b"\x30".startswith(heard[:1]) else (b"no LDAP", b"")
    length = message[1]
    end = message.end() + int.from_bytes(length[1:] or length, "big")
    if len(heard) < end and end <= 4_096:
        return None
    result = _RESULT.match(heard, message.end(), end)
    return (b"no result" if result is None else b"result %d" % result["code"][0]), heard[end:]


def _says(whole: Whole, wanted: bytes, *, last: bool = False) -> Reply:
    """An answer that begins with what is wanted, in any capitals; after the last one nothing may come."""

    def reply(heard: bytes) -> str | None:
        found = whole(heard)
        if found is None:
            return None
        said, rest = found
        if not said.upper().startswith(wanted.upper()):
            return f'answered "{said.decode("utf-8", "replace").strip()[:LONGEST_SHOWN]}"'
        return "more in clear after the answer" if last and rest else ""

    return reply


STARTTLS: Final[Mapping[StartTls, tuple[Words, ...]]] = {
    "ftp": ((None, _says(_NUMBERED, b"220")), (b"AUTH TLS\r\n", _says(_NUMBERED, b"234", last=True))),
    "imap": ((None, _says(_LINE, b"* OK")), (b"a STARTTLS\r\n", _says(_TAGGED, b"a OK", last=True))),
    "ldap": (
        (
            b"\x30\x1d\x02\x01\x01\x77\x18\x80\x161.3.6.1.4.1.1466.20037",
            _says(_result, b"result 0", last=True),
        ),
    ),
    "pop3": ((None, _says(_LINE, b"+OK")), (b"STLS\r\n", _says(_LINE, b"+OK", last=True))),
    "postgres": ((b"\x00\x00\x00\x08\x04\xd2\x16\x2f", _says(_BYTE, b"S", last=True)),),
    "smtp": (
        (None, _says(_NUMBERED, b"220")),
        (b"EHLO makegood.invalid\r\n", _says(_NUMBERED, b"250")),
        (b"STARTTLS\r\n", _says(_NUMBERED, b"220", last=True)),
    ),
}
"""What is said (RFC 4217, 3501, 4511, 2595, 3207; PostgreSQL's SSLRequest)."""
