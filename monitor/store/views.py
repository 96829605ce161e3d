"""The views that people ask with SQL, over the tables as they are: names and columns that do not change.

They are made for one connection and gone with it. A packed day is unpacked when a row of it is asked for:
conditions on `endpoint` and `day` are looked at before that. The functions (`unpacked`) are in `asking`.
"""

from __future__ import annotations

from typing import Final

VIEWS: Final[dict[str, str]] = {
    "endpoints": """
SELECT lane.endpoint AS endpoint, lane.location AS location,
  utc(lane_life.start) AS started, utc(lane_life.end) AS ended
FROM lane JOIN lane_life ON lane_life.lane = lane.id""",
    "checks": """
SELECT lane.endpoint AS endpoint, lane.location AS location,
  date(chunk.start * 3600, 'unixepoch') AS day,
  utc(json_extract(value, '$[0]')) AS at, json_extract(value, '$[0]') AS at_ms,
  json_extract(value, '$[1]') AS epoch, json_extract(value, '$[2]') AS slot,
  json_extract(value, '$[3]') AS attempt,
  json_extract(value, '$[4]') AS state, json_extract(value, '$[5]') AS reason,
  json_extract(value, '$[6]') AS latency_tenths_ms, json_extract(value, '$[7]') AS status,
  json_extract(value, '$[8]') AS holds_ms, shown(lane.endpoint, json_extract(value, '$[9]')) AS facts
FROM lane JOIN chunk ON chunk.lane = lane.id CROSS JOIN json_each(unpacked(
  chunk.lane, chunk.start, chunk.end, chunk.whole, chunk.digest, chunk.body
))
UNION ALL
SELECT lane.endpoint, lane.location,
  date((log.place >> 20) / 1000, 'unixepoch'),
  utc(log.place >> 20), log.place >> 20,
  log.epoch, log.slot, log.attempt, state_name(log.state), reason_name(log.reason),
  log.latency, log.status, log.hold, shown(lane.endpoint, log.facts)
FROM log JOIN lane ON lane.id = log.lane""",
    "days": """
SELECT endpoint, location, day, sum(checks) AS checks, sum(good) AS good, min(complete) AS complete
FROM (
  SELECT lane.endpoint AS endpoint, lane.location AS location,
    date(chunk.start * 3600, 'unixepoch') AS day,
    chunk.checks AS checks, counted(chunk.latency) AS good, chunk.whole AS complete
  FROM lane JOIN chunk ON chunk.lane = lane.id
  UNION ALL
  SELECT lane.endpoint, lane.location, date((log.place >> 20) / 1000, 'unixepoch'),
    1, log.attempt = 0 AND log.latency IS NOT NULL AND reason_name(log.reason) = 'ok', 1
  FROM log JOIN lane ON lane.id = log.lane
)
GROUP BY endpoint, location, day""",
    "latencies": """
SELECT endpoint, location, day, at_least_tenths_ms, at_most_tenths_ms, sum(checks) AS checks
FROM (
  SELECT lane.endpoint AS endpoint, lane.location AS location,
    date(chunk.start * 3600, 'unixepoch') AS day,
    json_extract(value, '$[0]') AS at_least_tenths_ms, json_extract(value, '$[1]') AS at_most_tenths_ms,
    json_extract(value, '$[2]') AS checks
  FROM lane JOIN chunk ON chunk.lane = lane.id CROSS JOIN json_each(buckets(chunk.latency))
  UNION ALL
  SELECT lane.endpoint, lane.location, date((log.place >> 20) / 1000, 'unixepoch'),
    least(log.latency), most(log.latency), 1
  FROM log JOIN lane ON lane.id = log.lane
  WHERE log.attempt = 0 AND log.latency IS NOT NULL AND reason_name(log.reason) = 'ok'
)
GROUP BY endpoint, location, day, at_least_tenths_ms, at_most_tenths_ms""",
    "counts": """
SELECT lane.endpoint AS endpoint, lane.location AS location, tally.length AS slot_ms,
  nullif(tally.bound, 0) AS limit_tenths_ms, utc(tally.start) AS started,
  tally.good AS good, tally.total AS total
FROM lane JOIN tally ON tally.lane = lane.id""",
    "statements": """
SELECT paper.number AS number, paper.kind AS kind, paper.customer AS customer, paper.period AS period,
  other.number AS corrects, utc(paper.at) AS issued, paper.author AS author, paper.digest AS digest
FROM paper LEFT JOIN paper AS other ON other.seq = paper.corrects""",
    "credits": """
SELECT credit.seq AS cursor, paper.number AS number, paper.customer AS customer, paper.period AS period,
  credit.agreement AS agreement, credit.currency AS currency, credit.minor AS minor, credit.reason AS reason
FROM credit JOIN paper ON paper.seq = credit.paper""",
    "alerts": """
SELECT seq AS id, rule, kind, subject, urgency, title, nullif(service, '') AS service,
  nullif(incident, '') AS incident, nullif(team, '') AS team, utc(since) AS since, utc(raised) AS raised,
  utc(told) AS told, utc(acknowledged) AS acknowledged, nullif(acknowledged_by, '') AS acknowledged_by,
  utc(ended) AS ended
FROM alert""",
    "letters": """
SELECT alert, step, channel, state, utc(due) AS due, tries, utc(done) AS done, nullif(said, '') AS said
FROM letter""",
    "tickets": """
SELECT source, id AS ticket, nullif(customer, '') AS customer, nullif(service, '') AS service,
  nullif(json_extract(content, '$[2]'), '') AS priority, nullif(json_extract(content, '$[3]'), '') AS segment,
  nullif(json_extract(content, '$[4]'), '') AS channel, nullif(json_extract(content, '$[7]'), '') AS resource,
  utc(first) AS opened,
  utc((
    SELECT min(json_extract(content, '$[9][' || (key - 1) || ']')) FROM json_each(content, '$[9]')
    WHERE key % 4 = 1 AND value = 'reply'
    AND json_extract(content, '$[9][' || (key + 2) || ']') <> 'system'
  )) AS replied,
  CASE WHEN open = 0 THEN utc((
    SELECT max(json_extract(content, '$[9][' || (key - 1) || ']')) FROM json_each(content, '$[9]')
    WHERE key % 4 = 1 AND value IN ('resolved', 'closed', 'merged')
  )) END AS resolved,
  open AS is_open, deleted AS is_deleted
FROM ticket""",
    "ticket_events": """
SELECT ticket.source AS source, ticket.id AS ticket, utc(part.value) AS at,
  json_extract(ticket.content, '$[9][' || (part.key + 1) || ']') AS kind,
  nullif(json_extract(ticket.content, '$[9][' || (part.key + 2) || ']'), '') AS value,
  nullif(json_extract(ticket.content, '$[9][' || (part.key + 3) || ']'), '') AS who
FROM ticket CROSS JOIN json_each(ticket.content, '$[9]') AS part
WHERE part.key % 4 = 0""",
}
"""Each view by its name: what it selects."""
