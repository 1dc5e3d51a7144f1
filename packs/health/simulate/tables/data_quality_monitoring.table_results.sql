-- Verdicts on the freshness and completeness of monitored tables. A stale table keeps its last commit, a dropped volume is out of bounds.
SELECT
  timestamp_micros(v.us) AS event_time,
  t.catalog_name,
  t.schema_name,
  t.table_name,
  sim_uuid('catalog', s.seed, t.catalog_name) AS catalog_id,
  sim_uuid('schema', s.seed, t.catalog_name, t.schema_name) AS schema_id,
  t.table_id,
  CASE WHEN v.stale_days > 1 OR v.dropped IS NOT NULL OR v.nulls IS NOT NULL THEN 'Unhealthy' ELSE 'Healthy' END AS status,
  named_struct(
    'status', CASE WHEN v.stale_days > 1 THEN 'Unhealthy' ELSE 'Healthy' END,
    'commit_freshness', named_struct(
      'status', CASE WHEN v.stale_days > 1 THEN 'Unhealthy' ELSE 'Healthy' END,
      'error_code', CAST(NULL AS STRING),
      'last_value', timestamp_micros(v.us - 3600000000 - 86400000000 * v.stale_days),
      'predicted_value', timestamp_micros(v.us + 7200000000))) AS freshness,
  named_struct(
    'status', CASE WHEN v.dropped IS NOT NULL THEN 'Unhealthy' ELSE 'Healthy' END,
    'total_row_count', named_struct('status', 'Healthy', 'error_code', CAST(NULL AS STRING), 'last_value', t.daily_rows * (100 + v.d % 1000), 'min_predicted_value', t.daily_rows * 90,
      'max_predicted_value', t.daily_rows * 1200),
    'daily_row_count', named_struct('status', CASE WHEN v.dropped IS NOT NULL THEN 'Unhealthy' ELSE 'Healthy' END, 'error_code', CAST(NULL AS STRING),
      'last_value', CASE WHEN v.stale_days > 0 THEN 0 ELSE CAST(v.last_rows AS BIGINT) END, 'min_predicted_value', CAST(t.daily_rows * 0.75 AS BIGINT),
      'max_predicted_value', CAST(t.daily_rows * 1.25 AS BIGINT))) AS completeness,
  named_struct('impact_level', CAST(1 + t.table_no % 3 AS INT), 'num_downstream_tables', CAST(t.table_no % 7 AS BIGINT), 'num_queries_on_affected_tables', CAST(3 * (t.table_no % 20) AS BIGINT))
    AS downstream_impact,
  named_struct(
    'event_freshness', CAST(NULL AS STRUCT<status: STRING, error_code: STRING, last_event_value: TIMESTAMP, predicted_event_value: TIMESTAMP, last_event_latency_seconds: BIGINT,
      predicted_event_latency_seconds: BIGINT, event_column: STRING>),
    'is_static', FALSE,
    'custom_sql', array(named_struct(
      'name', 'null_share',
      'column_vars', map('column', 'amount'),
      'sql_query', 'SELECT avg(CASE WHEN amount IS NULL THEN 1.0 ELSE 0.0 END)',
      'actual_value', v.null_share,
      'status', CASE WHEN v.nulls IS NOT NULL THEN 'Unhealthy' ELSE 'Healthy' END,
      'violation_type', CASE WHEN v.nulls IS NOT NULL THEN 'UPPER_BOUND' END,
      'predicted_lower_bound', 0.0D,
      'predicted_upper_bound', 0.02D,
      'error_code', CAST(NULL AS STRING),
      '_internal', CAST(NULL AS STRUCT<history: ARRAY<STRUCT<timestamp: TIMESTAMP, value: DOUBLE>>, model_selection: MAP<STRING, STRING>>)))) AS _internal_debug_info,
  v.arrival
FROM sim.verdict AS v
CROSS JOIN sim.size AS s
JOIN sim.table AS t ON t.table_no = v.table_no
