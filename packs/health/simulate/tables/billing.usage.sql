-- Billing records. A wrong record is taken back and stated again two days later: RETRACTION with the negative quantity, then RESTATEMENT.
SELECT
  s.account_id,
  u.workspace_id,
  sim_id('record', u.k, u.part) AS record_id,
  u.sku AS sku_name,
  'AWS' AS cloud,
  timestamp_micros(u.start_us) AS usage_start_time,
  timestamp_micros(u.end_us) AS usage_end_time,
  date_from_unix_date(CAST(u.start_us DIV 86400000000 AS INT)) AS usage_date,
  CASE WHEN u.tagged THEN coalesce(j.all_tags, h.all_tags, c.all_tags, p.all_tags, e.all_tags, tt.tags) ELSE map() END AS custom_tags,
  CASE u.product WHEN 'DEFAULT_STORAGE' THEN 'DSU' WHEN 'NETWORKING' THEN 'GB' ELSE 'DBU' END AS usage_unit,
  CAST(CAST(u.micros AS DECIMAL(18, 0)) * CAST(0.000001 AS DECIMAL(7, 6)) AS DECIMAL(38, 18)) AS usage_quantity,
  named_struct(
    'cluster_id', u.cluster_id,
    'job_id', j.job_id,
    'warehouse_id', h.warehouse_id,
    'node_type', u.node_type,
    'job_run_id', u.run_id,
    'notebook_id', CASE WHEN u.user_no IS NOT NULL THEN CAST(400000000000000 + u.user_no AS STRING) END,
    'dlt_pipeline_id', p.pipeline_id,
    'endpoint_name', e.endpoint_name,
    'endpoint_id', e.endpoint_id,
    'dlt_update_id', u.update_id,
    'job_name', j.job_name,
    'notebook_path', CASE WHEN u.user_no IS NOT NULL THEN concat('/Users/', o.email, '/analysis') END,
    'source_region', CASE WHEN u.product = 'NETWORKING' THEN 'us-east-1' END,
    'uc_table_catalog', t.catalog_name,
    'uc_table_schema', t.schema_name,
    'uc_table_name', t.table_name) AS usage_metadata,
  named_struct(
    'run_as', coalesce(j.run_as, o.email, c.owned_by, p.run_as, e.created_by),
    'created_by', coalesce(j.creator_email, c.owned_by, p.created_by, e.created_by, h.created_by, o.email),
    'owned_by', coalesce(h.created_by, c.owned_by)) AS identity_metadata,
  CASE u.part WHEN 0 THEN 'ORIGINAL' WHEN 1 THEN 'RETRACTION' ELSE 'RESTATEMENT' END AS record_type,
  u.arrival AS ingestion_date,
  u.product AS billing_origin_product,
  named_struct(
    'jobs_tier', CASE WHEN u.product = 'JOBS' THEN 'CLASSIC' END,
    'sql_tier', CASE WHEN u.product = 'SQL' THEN h.type_name END,
    'dlt_tier', CASE WHEN u.product = 'DLT' THEN 'ADVANCED' END,
    'is_serverless', u.product IN ('INTERACTIVE', 'MODEL_SERVING', 'PREDICTIVE_OPTIMIZATION', 'LAKEHOUSE_MONITORING') OR contains(u.sku, 'SERVERLESS'),
    'is_photon', u.product IN ('SQL', 'DLT') OR contains(u.sku, 'PHOTON'),
    'serving_type', CASE WHEN u.product = 'MODEL_SERVING' THEN 'MODEL' END) AS product_features,
  CASE u.product WHEN 'DEFAULT_STORAGE' THEN 'STORAGE_SPACE' WHEN 'NETWORKING' THEN 'NETWORK_BYTE' WHEN 'MODEL_SERVING' THEN 'TOKEN' ELSE 'COMPUTE_TIME' END AS usage_type,
  u.arrival
FROM (
  SELECT x.* EXCEPT (arrival, micros), x.arrival, CASE WHEN x.corrected THEN x.micros * 5 DIV 4 ELSE x.micros END AS micros, 0 AS part FROM sim.usage AS x WHERE x.micros > 0
  UNION ALL
  SELECT x.* EXCEPT (arrival, micros), date_add(x.arrival, 2) AS arrival, - (x.micros * 5 DIV 4) AS micros, 1 AS part FROM sim.usage AS x WHERE x.corrected AND x.micros > 0
  UNION ALL
  SELECT x.* EXCEPT (arrival, micros), date_add(x.arrival, 2) AS arrival, x.micros, 2 AS part FROM sim.usage AS x WHERE x.corrected AND x.micros > 0
) AS u
CROSS JOIN sim.size AS s
LEFT JOIN sim.job AS j ON j.job_no = u.job_no
LEFT JOIN sim.warehouse AS h ON h.warehouse_no = u.warehouse_no
LEFT JOIN sim.cluster AS c ON c.cluster_no = u.cluster_no
LEFT JOIN sim.pipeline AS p ON p.pipeline_no = u.pipeline_no
LEFT JOIN sim.endpoint AS e ON e.endpoint_no = u.endpoint_no
LEFT JOIN sim.person AS o ON o.user_no = u.user_no
LEFT JOIN sim.table AS t ON t.table_no = u.table_no
LEFT JOIN sim.team_tags AS tt ON tt.team_no = u.team_no
