"""Who is at the keyboard: the operating system's user, which `$USER` cannot change."""

from __future__ import annotations

import os


def author() -> str:
    """The login name of this process's real user id, or `uid 1234` where the system has no name for it."""
    import pwd

    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid {os.getuid()}"
