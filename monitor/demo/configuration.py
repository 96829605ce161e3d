"""The demonstration's configuration, as a file like any other."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

TEMPLATE = """\
# Written by `makegood demo`. Two customers, two agreements on one service, real probes on loopback.

[monitor]
database = "demo.db"
reports = "reports"

[issuer]
name = "Beispiel Cloud GmbH"
address = ["Musterstraße 1", "12345 Musterstadt"]
contact = "sla@beispiel-cloud.example"

[endpoint.shop-web]
url = "http://127.0.0.1:{shop}/"
interval = "1s"
timeout = "900ms"
expect = {{ status = 200, contains = "checkout is open" }}
confirm = {{ failures = 2, of = 2, pause = "100ms" }}

[endpoint.payments-api]
tcp = "127.0.0.1:{payments}"
interval = "1s"
timeout = "900ms"
confirm = {{ failures = 2, of = 2, pause = "100ms" }}

[endpoint.search-web]
url = "http://127.0.0.1:{search}/"
interval = "2s"
timeout = "1500ms"
expect = {{ status = 200, slower_than = "1s" }}

[service.checkout]
title = "Checkout"
up_when = {{ all = ["shop-web", "payments-api"] }}

[service.search]
title = "Search"
up_when = "search-web"

[customer.acme]
name = "ACME GmbH"
timezone = "Europe/Berlin"
currency = "EUR"
address = ["Beispielweg 7", "54321 Beispielhausen"]
references = {{ Contract = "C-2041", "Purchase order" = "4500012345" }}

[customer.muster]
name = "Muster Retail Inc."
timezone = "America/New_York"
currency = "USD"
address = ["1 Sample Plaza", "Springfield"]
references = {{ Contract = "C-1987" }}

[sla.gold]                         # maintenance is excluded as soon as it is announced, four hours a month
title = "Gold"
commitment = "99.9%"
exclude = [{{ what = "scheduled maintenance", notice = "none", at_most = "4h per month" }}]
credits = {{ "< 99.9%" = "10%", "< 99.0%" = "25%" }}
limits = "25% per period"

[sla.silver]                       # maintenance counts unless it was announced two days ahead
title = "Silver"
commitment = "99.5%"
exclude = [{{ what = "scheduled maintenance", notice = "48h" }}]
credits = {{ "< 99.5%" = "5%", "< 99.0%" = "15%" }}
limits = "15% per period"

[target.checkout]                  # internal, never shown to a customer
service = "checkout"
objective = ">= 99.95%"
owner = "Shop team"
protects = ["gold", "silver"]

[agreement.acme-checkout]
customer = "acme"
service = "checkout"
sla = "gold"
monthly_fee = "1200.00"
from = {start}

[agreement.acme-search]
customer = "acme"
service = "search"
sla = "silver"
monthly_fee = "300.00"
from = {start}

[agreement.muster-checkout]
customer = "muster"
service = "checkout"
sla = "silver"
monthly_fee = "4800.00"
from = {start}
"""


def configuration(ports: Mapping[str, int], start: date) -> str:
    """The file's text, for services on these ports and agreements from `start`."""
    return TEMPLATE.format(**ports, start=start.isoformat())
