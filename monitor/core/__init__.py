"""The words of the domain, pure: no I/O, no clock, no float on the way to money.

Instants are UTC milliseconds, intervals are half-open `[start, end)`, ratios and money are `Fraction`.
"""
