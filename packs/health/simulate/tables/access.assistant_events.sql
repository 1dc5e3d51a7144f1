-- Prompts to the assistant.
SELECT
  s.account_id,
  u.workspace_id,
  sim_uuid('event', b.k) AS event_id,
  timestamp_micros(b.us) AS event_time,
  date_from_unix_date(b.d) AS event_date,
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)' AS user_agent,
  u.email AS initiated_by,
  b.arrival
FROM sim.beat AS b
CROSS JOIN sim.size AS s
JOIN sim.person AS u ON u.user_no = b.user_no % 11
WHERE b.kind = 'assistant'
