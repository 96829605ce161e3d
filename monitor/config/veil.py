"""An endpoint's secrets, taken out of what its target said back. Pure.

What is stored is left as it is; this is for what is shown.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

from monitor.config.endpoint import Endpoint, Heartbeat, Http, Secret, Tcp

STARS = "***"


class Veil:
    """The secrets of one endpoint, and texts without them."""

    def __init__(self, endpoint: Endpoint) -> None:
        known = {part for text in _secrets(endpoint) for part in (text, *_inner(text)) if part.strip()}
        self._known = sorted(known, key=len, reverse=True)

    def over(self, text: str) -> str:
        """The text, with stars for each secret in it."""
        for secret in self._known:
            text = text.replace(secret, STARS)
        return text

    def over_all(self, value: object) -> object:
        """The same for every text in a value of JSON."""
        if isinstance(value, str):
            return self.over(value)
        if isinstance(value, dict):
            return {key: self.over_all(each) for key, each in value.items()}
        if isinstance(value, list | tuple):
            return [self.over_all(each) for each in value]
        return value


def place(endpoint: Endpoint) -> str:
    """The target without credentials, query and fragment."""
    parts = urlsplit(endpoint.target)
    if not parts.netloc:
        return endpoint.target
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _secrets(endpoint: Endpoint) -> Iterator[str]:
    how = endpoint.how
    sent: tuple[str | Secret | None, ...] = ()
    if isinstance(how, Http):
        sent = (*how.headers.values(), how.body, None if how.proxy is None else how.proxy.authorization)
    elif isinstance(how, Tcp):
        sent = tuple(say.send for say in how.dialogue)
    elif isinstance(how, Heartbeat):
        sent = (how.token,)
    yield from (each.reveal() for each in sent if isinstance(each, Secret))
    if "://" in endpoint.target:
        parts = urlsplit(endpoint.target)
        yield from (parts.password or "", unquote(parts.password or ""), parts.query)


def _inner(text: str) -> Iterator[str]:
    """The credential within a header's value: the token after its scheme, and a password in base64."""
    yield text.strip()
    scheme, _, credential = text.strip().partition(" ")
    if scheme.lower() in ("bearer", "basic", "token") and credential:
        yield credential
    if scheme.lower() == "basic":
        try:
            yield base64.b64decode(credential, validate=True).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            return
