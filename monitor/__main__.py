"""The program: `makegood`, or `python -m monitor`."""

from __future__ import annotations

from monitor.cli.app import makegood


def main() -> None:
    """Run the command line; the process exits with the codes of `monitor.errors.Exit`."""
    makegood(prog_name="makegood")


if __name__ == "__main__":
    main()
