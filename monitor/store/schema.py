"""The tables, as text: what a new database gets, and what an opened one is compared with.

All tables are STRICT: a float or a text in an integer column is an error. The log is in the order of time, so
that appends go to its end and the sealing of an hour is one range scan. Instants are UTC ms.
"""

from __future__ import annotations

from typing import Final

APPLICATION_ID: Final = 0x4D6B6764  # "Mkgd"
SCHEMA_VERSION: Final = 7

TABLES: Final[dict[str, str]] = {
    "reason": """CREATE TABLE reason (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
) STRICT""",
    "mark": """CREATE TABLE mark (
  name TEXT PRIMARY KEY,
  value INTEGER NOT NULL
) STRICT, WITHOUT ROWID""",
    "epoch": """CREATE TABLE epoch (
  id INTEGER PRIMARY KEY,
  started INTEGER NOT NULL
) STRICT""",
    "reach": """CREATE TABLE reach (
  lane INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  first INTEGER NOT NULL,
  last INTEGER NOT NULL,
  PRIMARY KEY (lane, epoch)
) STRICT, WITHOUT ROWID""",
    "lane": """CREATE TABLE lane (
  id INTEGER PRIMARY KEY CHECK (id > 0),
  endpoint TEXT NOT NULL,
  location TEXT NOT NULL,
  UNIQUE (endpoint, location)
) STRICT""",
    "lane_life": """CREATE TABLE lane_life (
  lane INTEGER NOT NULL REFERENCES lane (id),
  start INTEGER NOT NULL,
  end INTEGER,
  PRIMARY KEY (lane, start),
  CHECK (end IS NULL OR end >= start)
) STRICT, WITHOUT ROWID""",
    "log": """CREATE TABLE log (
  hour INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  slot INTEGER NOT NULL,
  lane INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  at INTEGER NOT NULL,
  state INTEGER NOT NULL,
  reason INTEGER NOT NULL,
  hold INTEGER NOT NULL,
  latency INTEGER,
  status INTEGER,
  facts TEXT,
  PRIMARY KEY (hour, epoch, slot, lane, attempt)
) STRICT, WITHOUT ROWID""",
    "conflict": """CREATE TABLE conflict (
  lane INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  slot INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  content TEXT NOT NULL,
  PRIMARY KEY (lane, epoch, slot, attempt, content)
) STRICT, WITHOUT ROWID""",
    "gap": """CREATE TABLE gap (
  lane INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  start INTEGER NOT NULL,
  end INTEGER NOT NULL,
  reason INTEGER NOT NULL REFERENCES reason (id),
  PRIMARY KEY (lane, epoch, start, end, reason),
  CHECK (end >= start)
) STRICT, WITHOUT ROWID""",
    "segment": """CREATE TABLE segment (
  lane INTEGER NOT NULL REFERENCES lane (id),
  start INTEGER NOT NULL,
  end INTEGER NOT NULL,
  state INTEGER NOT NULL,
  reason INTEGER NOT NULL REFERENCES reason (id),
  first INTEGER,
  last INTEGER,
  PRIMARY KEY (lane, start),
  CHECK (end > start)
) STRICT, WITHOUT ROWID""",
    "dirty": """CREATE TABLE dirty (
  hour INTEGER PRIMARY KEY
) STRICT""",
    "journal": """CREATE TABLE journal (
  seq INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  kind TEXT NOT NULL,
  subject TEXT NOT NULL,
  author TEXT NOT NULL,
  reason TEXT NOT NULL,
  body TEXT NOT NULL,
  previous TEXT NOT NULL,
  digest TEXT NOT NULL
) STRICT""",
}

TALLIES: Final[dict[str, str]] = {
    "tally": """CREATE TABLE tally (
  lane INTEGER NOT NULL REFERENCES lane (id),
  length INTEGER NOT NULL CHECK (length > 0),
  bound INTEGER NOT NULL CHECK (bound >= 0),
  start INTEGER NOT NULL,
  good INTEGER NOT NULL CHECK (good BETWEEN 0 AND total),
  total INTEGER NOT NULL CHECK (total > 0),
  PRIMARY KEY (lane, length, bound, start)
) STRICT, WITHOUT ROWID""",
    "tallied": """CREATE TABLE tallied (
  lane INTEGER NOT NULL REFERENCES lane (id),
  length INTEGER NOT NULL,
  bound INTEGER NOT NULL,
  start INTEGER NOT NULL,
  end INTEGER NOT NULL CHECK (end > start),
  PRIMARY KEY (lane, length, bound, start)
) STRICT, WITHOUT ROWID""",
}
"""`good` of `total` planned attempts within [start, start + length); `bound` is a latency limit in 0.1 ms
that a good one kept (0: none). `tallied` says for which time such counts are complete."""

LEDGER: Final[dict[str, str]] = {
    "paper": """CREATE TABLE paper (
  seq INTEGER PRIMARY KEY,
  number TEXT NOT NULL UNIQUE,
  series TEXT NOT NULL,
  ordinal INTEGER NOT NULL CHECK (ordinal > 0),
  once TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL CHECK (kind IN ('statement', 'amendment', 'reversal')),
  customer TEXT NOT NULL,
  period TEXT NOT NULL,
  corrects INTEGER REFERENCES paper (seq),
  at INTEGER NOT NULL,
  author TEXT NOT NULL,
  previous TEXT NOT NULL,
  digest TEXT NOT NULL,
  inputs BLOB NOT NULL,
  UNIQUE (series, ordinal)
) STRICT""",
    "page": """CREATE TABLE page (
  paper INTEGER NOT NULL REFERENCES paper (seq),
  name TEXT NOT NULL,
  content BLOB NOT NULL,
  digest TEXT NOT NULL,
  PRIMARY KEY (paper, name)
) STRICT""",
    "credit": """CREATE TABLE credit (
  seq INTEGER PRIMARY KEY,
  paper INTEGER NOT NULL REFERENCES paper (seq),
  agreement TEXT NOT NULL,
  currency TEXT NOT NULL,
  minor INTEGER NOT NULL,
  reason TEXT NOT NULL
) STRICT""",
}

CALLS: Final[dict[str, str]] = {
    "call": """CREATE TABLE call (
  seq INTEGER PRIMARY KEY,
  lane INTEGER NOT NULL REFERENCES lane (id),
  at INTEGER NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('success', 'fail', 'start')),
  waited INTEGER NOT NULL CHECK (waited >= 0)
) STRICT""",
    "away": """CREATE TABLE away (
  seq INTEGER PRIMARY KEY,
  start INTEGER NOT NULL,
  end INTEGER NOT NULL CHECK (end >= start),
  reason INTEGER NOT NULL REFERENCES reason (id)
) STRICT""",
    "call_of": "CREATE INDEX call_of ON call (lane, seq)",
    "away_end": "CREATE INDEX away_end ON away (end)",
}
"""What jobs called, in the order in which it came, and when a call could be lost by a fault of ours."""

TICKETS: Final[dict[str, str]] = {
    "ticket_batch": """CREATE TABLE ticket_batch (
  seq INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('file', 'delivery', 'hand')),
  source TEXT NOT NULL,
  author TEXT NOT NULL,
  name TEXT NOT NULL,
  once TEXT NOT NULL,
  reason TEXT NOT NULL,
  added INTEGER NOT NULL CHECK (added >= 0),
  edited INTEGER NOT NULL CHECK (edited >= 0),
  content TEXT NOT NULL,
  previous TEXT NOT NULL,
  digest TEXT NOT NULL
) STRICT""",
    "ticket": """CREATE TABLE ticket (
  seq INTEGER PRIMARY KEY,
  source TEXT NOT NULL,
  id TEXT NOT NULL,
  first INTEGER NOT NULL,
  last INTEGER NOT NULL CHECK (last >= first),
  open INTEGER NOT NULL CHECK (open IN (0, 1)),
  deleted INTEGER NOT NULL CHECK (deleted IN (0, 1)),
  updated INTEGER,
  customer TEXT NOT NULL,
  service TEXT NOT NULL,
  content TEXT NOT NULL,
  digest BLOB NOT NULL,
  batch INTEGER NOT NULL
) STRICT""",
    "ticket_was": """CREATE TABLE ticket_was (
  seq INTEGER PRIMARY KEY,
  ticket INTEGER NOT NULL REFERENCES ticket (seq),
  batch INTEGER NOT NULL,
  until INTEGER NOT NULL,
  deleted INTEGER NOT NULL CHECK (deleted IN (0, 1)),
  content TEXT NOT NULL,
  digest BLOB NOT NULL
) STRICT""",
    "ticket_key": "CREATE UNIQUE INDEX ticket_key ON ticket (source, id)",
    "ticket_begun": "CREATE INDEX ticket_begun ON ticket (first)",
    "ticket_ended": "CREATE INDEX ticket_ended ON ticket (last, first)",
    "ticket_open": "CREATE INDEX ticket_open ON ticket (first) WHERE open = 1",
    "ticket_by": "CREATE INDEX ticket_by ON ticket (batch)",
    "ticket_was_of": "CREATE INDEX ticket_was_of ON ticket_was (ticket)",
    "ticket_was_by": "CREATE INDEX ticket_was_by ON ticket_was (batch)",
    "ticket_once": "CREATE INDEX ticket_once ON ticket_batch (source, once)",
    "ticket_no_delete": """CREATE TRIGGER ticket_no_delete BEFORE DELETE ON ticket
BEGIN SELECT RAISE(ABORT, 'a ticket is marked as deleted, and kept'); END""",
    "ticket_no_change": """CREATE TRIGGER ticket_no_change BEFORE UPDATE ON ticket
WHEN NEW.seq <> OLD.seq OR NEW.source <> OLD.source OR NEW.id <> OLD.id OR NOT EXISTS (
  SELECT 1 FROM ticket_was WHERE ticket = OLD.seq AND batch = OLD.batch AND digest = OLD.digest
)
BEGIN SELECT RAISE(ABORT, 'a ticket is changed once what it was is kept'); END""",
}
"""Tickets as they are now, what each was before (`ticket_was`, `until` the batch that changed it), and the
batches that told them: a chain. `content` of a ticket is its canonical JSON, that of a batch the digest over
the tickets that it told. `first` and `last` are the instants of its events; one that is `open` goes on."""


def _refusal(table: str, verb: str) -> str:
    return (
        f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, 'the {table} is append-only'); END"
    )


LOG: Final[dict[str, str]] = {
    "log": """CREATE TABLE log (
  place INTEGER PRIMARY KEY,
  lane INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  slot INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  state INTEGER NOT NULL,
  reason INTEGER NOT NULL,
  hold INTEGER NOT NULL,
  latency INTEGER,
  status INTEGER,
  facts TEXT
) STRICT""",
    "log_no_update": _refusal("log", "UPDATE"),
}
"""The log in the order of time, so that appends write its last page alone: `place` is the instant times 2^20,
and a number among those of the same instant. The writer sees to it that a check's key is new."""

CHUNKS: Final[dict[str, str]] = {
    "chunk": """CREATE TABLE chunk (
  id INTEGER PRIMARY KEY,
  lane INTEGER NOT NULL REFERENCES lane (id),
  start INTEGER NOT NULL,
  end INTEGER NOT NULL CHECK (end > start),
  checks INTEGER NOT NULL CHECK (checks >= 0),
  first INTEGER NOT NULL,
  last INTEGER NOT NULL CHECK (last >= first),
  until INTEGER NOT NULL,
  whole INTEGER NOT NULL CHECK (whole IN (0, 1)),
  latency BLOB NOT NULL,
  digest BLOB NOT NULL,
  body BLOB NOT NULL
) STRICT""",
    "chunk_of": "CREATE UNIQUE INDEX chunk_of ON chunk (lane, start)",
    "chunk_in": "CREATE INDEX chunk_in ON chunk (start, lane)",
    "log_no_delete": """CREATE TRIGGER log_no_delete BEFORE DELETE ON log
WHEN NOT EXISTS (
  SELECT 1 FROM chunk WHERE lane = OLD.lane
  AND start <= (OLD.place >> 20) / 3600000 AND end > (OLD.place >> 20) / 3600000
)
BEGIN SELECT RAISE(ABORT, 'the log is append-only: what is packed alone goes'); END""",
}
"""The packed checks of a lane from hour `start` to `end`, all within one UTC day. `first` and `last` are the
instants of the checks, `until` is how long one of them holds. Of what is not `whole` the good checks are
forgotten, `latency` is the histogram of all that there were."""

METRICS: Final[dict[str, str]] = {
    "metric": """CREATE TABLE metric (
  seq INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  once TEXT NOT NULL,
  at INTEGER NOT NULL,
  value TEXT NOT NULL,
  received INTEGER NOT NULL,
  UNIQUE (name, once)
) STRICT""",
    "metric_at": "CREATE INDEX metric_at ON metric (name, at, seq)",
}
"""Figures that were pushed to us, exactly as decimal text, at the instants that they are of; `once` is what
its sender calls each, so that the same one that comes again is kept once."""

ALERTS: Final[dict[str, str]] = {
    "alert": """CREATE TABLE alert (
  seq INTEGER PRIMARY KEY,
  rule TEXT NOT NULL,
  kind TEXT NOT NULL,
  subject TEXT NOT NULL,
  urgency TEXT NOT NULL CHECK (urgency IN ('page', 'ticket')),
  service TEXT NOT NULL,
  incident TEXT NOT NULL,
  team TEXT NOT NULL,
  title TEXT NOT NULL,
  lines TEXT NOT NULL,
  since INTEGER NOT NULL,
  raised INTEGER NOT NULL,
  acknowledged INTEGER,
  acknowledged_by TEXT NOT NULL DEFAULT '',
  ended INTEGER,
  token TEXT NOT NULL UNIQUE,
  told INTEGER
) STRICT""",
    "alert_open": "CREATE UNIQUE INDEX alert_open ON alert (rule, subject) WHERE ended IS NULL",
    "alert_standing": "CREATE INDEX alert_standing ON alert (ended) WHERE ended IS NULL",
    "alert_raised": "CREATE INDEX alert_raised ON alert (raised)",
    "alert_told": """CREATE INDEX alert_told
ON alert (told, urgency, service, team, acknowledged) WHERE told IS NOT NULL""",
    "letter": """CREATE TABLE letter (
  seq INTEGER PRIMARY KEY,
  alert INTEGER NOT NULL REFERENCES alert (seq),
  step TEXT NOT NULL CHECK (step IN ('raised', 'again', 'escalated', 'over')),
  channel TEXT NOT NULL,
  due INTEGER NOT NULL,
  parcel INTEGER,
  tries INTEGER NOT NULL DEFAULT 0,
  state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'delivered', 'given up')),
  said TEXT NOT NULL DEFAULT '',
  done INTEGER,
  UNIQUE (alert, step, channel)
) STRICT""",
    "letter_waiting": "CREATE INDEX letter_waiting ON letter (channel, seq) WHERE state = 'waiting'",
    "letter_done": "CREATE INDEX letter_done ON letter (channel, done) WHERE state = 'delivered'",
}
"""What was told, to whom, and (`told`) first when. `lines` is a list in JSON. Letters that go out together
have one `parcel`, the first of them, which never changes: a receiver that gets it twice knows it by that."""

INDEXES: Final[dict[str, str]] = {
    "gap_end": "CREATE INDEX gap_end ON gap (end)",
}
LEDGER_INDEXES: Final[dict[str, str]] = {
    "paper_of": "CREATE INDEX paper_of ON paper (customer, period)",
    "credit_of": "CREATE INDEX credit_of ON credit (paper)",
}


def _refusals(*tables: str) -> dict[str, str]:
    return {
        f"{table}_no_{verb.lower()}": _refusal(table, verb)
        for table in tables
        for verb in ("UPDATE", "DELETE")
    }


FIRST: Final[dict[str, str]] = {**TABLES, **INDEXES, **_refusals("journal", "log")}
"""What schema 1 had."""

SECOND: Final[dict[str, str]] = {
    **TALLIES,
    **LEDGER,
    **LEDGER_INDEXES,
    **_refusals("paper", "page", "credit"),
}
"""What schema 2 added: counts, and the ledger."""

THIRD: Final[dict[str, str]] = {**CALLS, **_refusals("call", "away")}
"""What schema 3 added: the calls of jobs."""

FOURTH: Final[dict[str, str]] = {**LOG, **CHUNKS}
"""What schema 4 added: packed checks, and a log in the order of time that may lose what is packed."""

FIFTH: Final[dict[str, str]] = {**METRICS, **_refusals("metric")}
"""What schema 5 added: pushed metrics."""

SIXTH: Final[dict[str, str]] = {**ALERTS}
"""What schema 6 added: alerts, and the letters that tell of them."""

SEVENTH: Final[dict[str, str]] = {**TICKETS, **_refusals("ticket_batch", "ticket_was")}
"""What schema 7 added: tickets."""

STATEMENTS: Final[dict[str, str]] = {**FIRST, **SECOND, **THIRD, **FOURTH, **FIFTH, **SIXTH, **SEVENTH}
