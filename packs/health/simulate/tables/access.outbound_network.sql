-- Refused connections to outside.
SELECT
  s.account_id,
  w.workspace_id,
  CASE WHEN b.k % 2 = 0 THEN 'DNS' ELSE 'STORAGE' END AS destination_type,
  CASE WHEN b.k % 2 = 0 THEN concat('updates', CAST(b.k % 20 AS STRING), '.example.net') ELSE concat('bucket', CAST(b.k % 10 AS STRING), '.s3.example.net') END AS destination,
  CASE WHEN b.k % 2 = 0 THEN named_struct('domain_name', concat('updates', CAST(b.k % 20 AS STRING), '.example.net'), 'rcode', 0) END AS dns_event,
  CASE WHEN b.k % 2 = 1 THEN named_struct('hostname', concat('bucket', CAST(b.k % 10 AS STRING), '.s3.example.net'), 'path', '/export', 'rejection_reason', 'DESTINATION_NOT_ALLOWED') END AS storage_event,
  timestamp_micros(b.us) AS event_time,
  'DROP' AS access_type,
  sim_uuid('event', b.k) AS event_id,
  'ServerlessJob' AS network_source_type,
  b.arrival
FROM sim.beat AS b
CROSS JOIN sim.size AS s
JOIN sim.workspace AS w ON w.workspace_no = b.workspace_no
WHERE b.kind = 'outbound'
