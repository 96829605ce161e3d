"""What of mail is written in a configuration: addresses, and the password that is named and never written."""

from __future__ import annotations

from monitor.config.headers import reference
from monitor.config.plan import Reference
from monitor.config.problems import Refused
from monitor.config.values import shown


def address(value: object) -> str:
    """`"billing@hosting.example"`, in ASCII: what every mail server takes."""
    from email.errors import HeaderParseError
    from email.headerregistry import Address  # few files name an address, and reading them takes 10 ms

    if not isinstance(value, str):
        raise Refused(f'{shown(value)} is not an address: write "billing@hosting.example"')
    try:
        parsed = Address(addr_spec=value)
    except (HeaderParseError, ValueError, IndexError):
        parsed = Address()
    if parsed.addr_spec != value or not parsed.username or "." not in parsed.domain or not value.isascii():
        raise Refused(f'{shown(value)} is not an address: write one such as "billing@hosting.example"')
    return value


def addresses(value: object) -> tuple[str, ...]:
    """One address, or a list of them."""
    found = tuple(address(each) for each in (value if isinstance(value, list) else [value]))
    if len(set(found)) != len(found):
        raise Refused("the same address stands twice: keep one of them")
    return found


def password(value: object) -> Reference:
    """`{ env = "NAME" }` or `{ file = "path" }`."""
    if not isinstance(value, dict):
        raise Refused('a password never stands in the file: write { env = "NAME" } or { file = "path" }')
    return reference(value)
