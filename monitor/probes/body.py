"""Bodies: the prefix that was read, decoded leniently, looked through for texts and forgotten.

A body comes from a stranger. Whatever it holds, reading it costs no more than the limit, and decoding it
never fails.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Mapping

_CHARSET = re.compile(r"charset\s*=\s*[\"']?([^\s\"';]+)", re.IGNORECASE)
_KNOWN = re.compile(
    r"utf-(8|16|32)(-[lb]e|-sig)?|ascii|iso8859-\d+|cp\d+|koi8-[rtu]|mac-\w+|big5\w*|gb\w+|shift_jis\w*"
    r"|euc_\w+|johab|tis-620|ptcp154|kz1048"
)
"""Character sets of web pages. Others that Python knows (utf-7, punycode, idna) are traps in a body."""


def charset_of(content_type: str) -> str | None:
    """The character set that a Content-Type names."""
    found = _CHARSET.search(content_type)
    return found[1] if found else None


def decode(body: bytes, charset: str | None) -> str:
    """The body as text, in the charset the answer names if it is a known one, else as UTF-8."""
    return body.decode(_codec(charset), errors="replace")


def _codec(charset: str | None) -> str:
    try:
        name = codecs.lookup(charset or "utf-8").name
    except (LookupError, ValueError):
        return "utf-8"
    return name if _KNOWN.fullmatch(name) else "utf-8"


def find(text: str, wanted: Iterable[str]) -> Mapping[str, bool]:
    """Which of the wanted texts are there."""
    return {each: each in text for each in wanted}
