"""Evidence for a correction: an address as it is, a file by its digest, to be told apart later."""

from __future__ import annotations

import hashlib
from pathlib import Path

from monitor.errors import ConfigError

LARGEST = 1024 * 1024 * 1024
_CHUNK = 1024 * 1024


def attached(text: str, option: str = "--evidence") -> str:
    """What is kept of a piece of evidence: `https://…`, or `sha256:… NAME` of a file; "" for none.

    ConfigError where it is neither an address nor a file that can be read.
    """
    if not text or text.startswith(("https://", "http://", "sha256:")):
        return text
    path = Path(text)
    try:
        digest = _digest(path)
    except OSError as error:
        reason = (error.strerror or "unknown error").lower()
        raise ConfigError(
            f'{option}: "{text}" is neither an address nor a file that can be read ({reason}); '
            "write https://… or the name of a file"
        ) from None
    return f"sha256:{digest} {path.name}"


def _digest(path: Path) -> str:
    if not path.is_file():
        path.stat()  # says that it is not there
        raise ConfigError(f"--evidence: {path} is not a file; name one")
    found, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while block := file.read(_CHUNK):
            size += len(block)
            if size > LARGEST:
                raise ConfigError(f"--evidence: {path} is larger than 1 GiB; name what matters of it")
            found.update(block)
    return found.hexdigest()
