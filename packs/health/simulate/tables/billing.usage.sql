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
  CASE WHEN u.tagged THEN o.tags ELSE map() END AS custom_tags,
  CASE u.product WHEN 'DEFAULT_STORAGE' THEN 'DSU' WHEN 'NETWORKING' THEN 'GB' ELSE 'DBU' END AS usage_unit,
  CAST(CAST(u.micros AS DECIMAL(18, 0)) * CAST(0.000001 AS DECIMAL(7, 6)) AS DECIMAL(38, 18)) AS usage_quantity,
  named_struct(
    'cluster_id', u.cluster_id,
    'job_id', o.job_id,
    'warehouse_id', o.warehouse_id,
    'node_type', u.node_type,
    'job_run_id', u.run_id,
    'notebook_id', o.notebook_id,
    'dlt_pipeline_id', o.pipeline_id,
    'endpoint_name', o.endpoint_name,
    'endpoint_id', o.endpoint_id,
    'dlt_update_id', u.update_id,
    'job_name', o.job_name,
    'notebook_path', o.notebook_path,
    'source_region', CASE WHEN u.product = 'NETWORKING' THEN 'us-east-1' END,
    'uc_table_catalog', o.catalog_name,
    'uc_table_schema', o.schema_name,
    'uc_table_name', o.table_name) AS usage_metadata,
  named_struct(
    'run_as', o.run_as,
    'created_by', o.created_by,
    'owned_by', o.owned_by) AS identity_metadata,
  CASE u.part WHEN 0 THEN 'ORIGINAL' WHEN 1 THEN 'RETRACTION' ELSE 'RESTATEMENT' END AS record_type,
  u.arrival AS ingestion_date,
  u.product AS billing_origin_product,
  named_struct(
    'jobs_tier', CASE WHEN u.product = 'JOBS' THEN 'CLASSIC' END,
    'sql_tier', o.sql_tier,
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
LEFT JOIN sim.owner AS o ON o.owner_no = u.owner_no
