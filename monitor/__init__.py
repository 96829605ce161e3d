"""Makegood: an uptime monitor that knows what an outage costs."""

__version__ = "0.1.0"
