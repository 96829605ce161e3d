"""Certificates: until when one is valid, read from its own bytes. Pure.

OpenSSL has accepted the certificate by then. Names in it may be in any writing, and are not looked at.
"""

from __future__ import annotations

from calendar import timegm
from time import strptime

from monitor.core.intervals import SECOND, Ms

_VERSION = 0xA0
_SHORT_YEAR = 0x17
"""UTCTime: a year of two digits, from 1950 to 2049 (RFC 5280, 4.1.2.5.1)."""


def valid_until(der: bytes) -> Ms | None:
    """The last second of a certificate in DER, in ms; None where that cannot be read."""
    try:
        return _end(der)
    except (IndexError, ValueError):
        return None


def _end(der: bytes) -> Ms:
    _, at, _ = _element(der, 0)
    _, at, _ = _element(der, at)  # what is signed: version, serial number, algorithm, issuer, validity
    tag, _, after = _element(der, at)
    for _ in range(4 if tag == _VERSION else 3):
        _, at, after = _element(der, after)
    _, _, after = _element(der, at)
    tag, at, after = _element(der, after)
    written = der[at:after].decode("ascii")
    if tag == _SHORT_YEAR:
        written = ("19" if written >= "50" else "20") + written
    return timegm(strptime(written, "%Y%m%d%H%M%SZ")) * SECOND


def _element(der: bytes, at: int) -> tuple[int, int, int]:
    """The tag of the element there, where its content begins, and where it ends."""
    tag, length, start = der[at], der[at + 1], at + 2
    if length & 0x80:
        size = length & 0x7F
        length, start = int.from_bytes(der[start : start + size], "big"), start + size
    return tag, start, start + length
