-- Materialisations of shared views.
SELECT
  sim_uuid('materialization', b.k) AS sharing_materialization_id,
  s.account_id,
  w.workspace_id,
  concat('recipient-', CAST(b.k % 12 AS STRING)) AS recipient_name,
  'Example Data Exchange' AS provider_name,
  concat('share_', t.schema_name) AS share_name,
  t.schema_name,
  t.table_name,
  timestamp_micros(b.us) AS created_at,
  b.arrival
FROM sim.beat AS b
CROSS JOIN sim.size AS s
JOIN sim.table AS t ON t.table_no = b.table_no
JOIN sim.workspace AS w ON w.workspace_no = t.workspace_no
WHERE b.kind = 'materialization'
