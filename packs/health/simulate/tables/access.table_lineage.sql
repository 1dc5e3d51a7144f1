-- What statements, tasks and updates read and wrote: a row a source and target; a read has no target.
SELECT
  s.account_id,
  s.metastore_id,
  coalesce(h.workspace_id, j.workspace_id, p.workspace_id) AS workspace_id,
  CASE l.entity WHEN 'QUERY' THEN 'DBSQL_QUERY' ELSE l.entity END AS entity_type,
  CASE l.entity WHEN 'QUERY' THEN sim_uuid('statement', l.query_k) WHEN 'JOB' THEN j.job_id ELSE p.pipeline_id END AS entity_id,
  coalesce(l.run_id, l.update_id) AS entity_run_id,
  a.full_name AS source_table_full_name,
  a.catalog_name AS source_table_catalog,
  a.schema_name AS source_table_schema,
  a.table_name AS source_table_name,
  'TABLE' AS source_type,
  b.full_name AS target_table_full_name,
  b.catalog_name AS target_table_catalog,
  b.schema_name AS target_table_schema,
  b.table_name AS target_table_name,
  CASE WHEN b.table_no IS NOT NULL THEN 'TABLE' END AS target_type,
  coalesce(u.email, j.run_as, p.run_as) AS created_by,
  timestamp_micros(l.event_us) AS event_time,
  date_from_unix_date(CAST(l.event_us DIV 86400000000 AS INT)) AS event_date,
  sim_id('lineage', l.k) AS record_id,
  sim_id('lineage event', l.k) AS event_id,
  CASE WHEN l.entity = 'QUERY' THEN sim_uuid('statement', l.query_k) END AS statement_id,
  named_struct(
    'job_info', named_struct('job_id', j.job_id, 'job_run_id', l.run_id),
    'dashboard_id', CAST(NULL AS STRING),
    'legacy_dashboard_id', CAST(NULL AS STRING),
    'notebook_id', CAST(NULL AS STRING),
    'sql_query_id', CAST(NULL AS STRING),
    'dlt_pipeline_info', named_struct('dlt_pipeline_id', p.pipeline_id, 'dlt_update_id', l.update_id)) AS entity_metadata,
  l.arrival
FROM sim.lineage AS l
CROSS JOIN sim.size AS s
JOIN sim.table AS a ON a.table_no = l.source_no
LEFT JOIN sim.table AS b ON b.table_no = l.target_no
LEFT JOIN sim.warehouse AS h ON h.warehouse_no = l.warehouse_no
LEFT JOIN sim.person AS u ON u.user_no = l.user_no
LEFT JOIN sim.job AS j ON j.job_no = l.job_no
LEFT JOIN sim.pipeline AS p ON p.pipeline_no = l.pipeline_no
