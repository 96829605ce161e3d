"""Tickets of other systems: files and deliveries in their words become tickets in ours."""
