-- Refused connections from outside.
SELECT
  s.account_id,
  w.workspace_id,
  sim_uuid('event', b.k) AS event_id,
  CASE WHEN b.k % 3 = 0 THEN '/api/2.0/clusters/list' WHEN b.k % 3 = 1 THEN '/api/2.1/jobs/list' ELSE '/login.html' END AS request_path,
  named_struct('ip', concat('192.0.2.', CAST(1 + b.k % 250 AS STRING))) AS source,
  CASE WHEN b.k % 4 = 0 THEN u.email END AS authenticated_as,
  timestamp_micros(b.us) AS event_time,
  'DENY' AS policy_outcome,
  b.arrival
FROM sim.beat AS b
CROSS JOIN sim.size AS s
JOIN sim.workspace AS w ON w.workspace_no = b.workspace_no
JOIN sim.person AS u ON u.user_no = b.user_no % 11
WHERE b.kind = 'inbound'
