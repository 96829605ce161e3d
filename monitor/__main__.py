"""The program: `makegood`, or `python -m monitor`."""

from __future__ import annotations

import atexit
import gc
import io
import os
import sys

OFTEN_ENOUGH = 500_000  # a command makes hundreds of thousands of objects that last, and hardly any garbage


def main() -> None:
    """Run the command line; the process exits with the codes of `monitor.errors.Exit`."""
    gc.set_threshold(OFTEN_ENOUGH, *gc.get_threshold()[1:])
    atexit.register(gc.freeze)  # what ends with the process need not be looked through for garbage first
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # no code of others in what is owed
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal that lacks a letter shows its number
    from monitor.cli.app import makegood

    makegood(prog_name="makegood")


if __name__ == "__main__":
    main()
