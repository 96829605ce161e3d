"""The demonstration: real services on loopback, real probes, two months of generated history, two customers.

`run` is what `makegood demo` calls. Nothing here is used by a real installation.
"""

from monitor.demo.run import run

__all__ = ["run"]
