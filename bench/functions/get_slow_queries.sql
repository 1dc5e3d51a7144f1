-- Finished statements of 5 s and more, 2026-06-01 to 2026-06-30, the 50 slowest; names are looked up for these only.
WITH slow_statement AS (
  SELECT
    workspace_id, statement_id, compute_warehouse_id, executed_by, statement_type, total_duration_ms, read_bytes, produced_rows, start_time
  FROM system_gold.fact_query_history
  WHERE start_time >= TIMESTAMP '2026-06-01' AND start_time < TIMESTAMP '2026-07-01'
    AND execution_status = 'FINISHED'
    AND total_duration_ms >= 5000
  ORDER BY total_duration_ms DESC, statement_id
  LIMIT 50
)
SELECT
  row_number() OVER (ORDER BY s.total_duration_ms DESC, s.statement_id)::INTEGER AS rank,
  s.statement_id,
  s.compute_warehouse_id AS warehouse_id,
  w.warehouse_name,
  s.executed_by,
  s.statement_type,
  s.total_duration_ms / 1000 AS duration_seconds,
  s.read_bytes / 1073741824 AS read_gb,
  s.produced_rows AS rows_produced,
  s.start_time
FROM slow_statement AS s
LEFT JOIN system_gold.dim_warehouse AS w ON w.workspace_id = s.workspace_id AND w.warehouse_id = s.compute_warehouse_id
ORDER BY rank
