"""The password of the mail server: named in the file, read when something is sent, and never kept."""

from __future__ import annotations

from collections.abc import Mapping

from monitor.config.endpoint import Secret
from monitor.config.headers import resolve
from monitor.config.plan import MailSettings, Plan
from monitor.config.problems import Refused
from monitor.errors import ConfigError


def password(plan: Plan, mail: MailSettings, environ: Mapping[str, str]) -> str | None:
    """The password, None where there is none. ConfigError where it cannot be read."""
    if mail.password is None:
        return None
    try:
        found = resolve(mail.password, environ=environ, folder=plan.path.parent)
    except Refused as error:
        raise ConfigError(f"mail.password: {error}") from None
    return found.reveal() if isinstance(found, Secret) else found
