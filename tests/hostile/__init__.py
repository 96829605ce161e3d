"""Hostile servers: a table of what strangers do on a socket, with what must come of it. FAULTS 8a's rows."""
