"""PURE. How the team answers an outage: incidents and the times that they took. No I/O, no clock, no float.

An incident is a fold of what was recorded of it and of the outages that were seen. All of it is internal: no
room that makes a customer's page may import this one.
"""
