"""The tables, as text: what a new database gets, and what an opened one is compared with.

All tables are STRICT: a float or a text in an integer column is an error. The log is clustered by hour so
that appends are nearly sequential and the sealing of an hour is one range scan. Instants are UTC ms.
"""

from __future__ import annotations

from typing import Final

APPLICATION_ID: Final = 0x4D6B6764  # "Mkgd"
SCHEMA_VERSION: Final = 1

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

INDEXES: Final[dict[str, str]] = {
    "gap_end": "CREATE INDEX gap_end ON gap (end)",
}


def _refusal(table: str, verb: str) -> str:
    return (
        f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, 'the {table} is append-only'); END"
    )


TRIGGERS: Final[dict[str, str]] = {
    f"{table}_no_{verb.lower()}": _refusal(table, verb)
    for table in ("journal", "log")
    for verb in ("UPDATE", "DELETE")
}

STATEMENTS: Final[dict[str, str]] = {**TABLES, **INDEXES, **TRIGGERS}
