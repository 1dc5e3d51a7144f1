-- Runs of notebooks in clean rooms: each start has its end.
SELECT
  s.account_id,
  s.metastore_id,
  sim_uuid('event', b.k, part) AS event_id,
  concat('overlap-', CAST(b.k % 3 AS STRING)) AS clean_room_name,
  sim_uuid('clean room', s.seed, b.k % 3) AS central_clean_room_id,
  concat('aws:us-east-1:', s.metastore_id) AS initiator_global_metastore_id,
  CASE part WHEN 0 THEN 'RUN_NOTEBOOK_STARTED' ELSE 'RUN_NOTEBOOK_COMPLETED' END AS event_type,
  CASE WHEN part = 0 THEN named_struct('notebook_name', 'overlap', 'notebook_checksum', sim_hex('checksum', b.k % 3), 'run_id', sim_id('clean run', b.k), 'notebook_etag', 'v1',
    'notebook_update_time', CAST(s.first_day AS TIMESTAMP)) END AS run_notebook_started_metadata,
  CASE WHEN part = 1 THEN named_struct('notebook_name', 'overlap', 'run_id', sim_id('clean run', b.k), 'state', CASE WHEN b.k % 15 = 0 THEN 'FAILED' ELSE 'SUCCEEDED' END,
    'duration_in_seconds', CAST(60 + b.k % 900 AS INT), 'output_schema', CAST(NULL AS STRUCT<name: STRING, owner_global_metastore_id: STRING, action: STRING, expire_time: TIMESTAMP,
    assets_added: ARRAY<STRUCT<name: STRING, data_object_type: STRING>>>)) END AS run_notebook_completed_metadata,
  timestamp_micros(b.us + 1000000L * part * (60 + b.k % 900)) AS event_time,
  'collaborator-1' AS initiator_collaborator_alias,
  b.arrival
FROM sim.beat AS b
CROSS JOIN sim.size AS s
CROSS JOIN LATERAL explode(array(0, 1)) AS x_part(part)
WHERE b.kind = 'clean_room'
