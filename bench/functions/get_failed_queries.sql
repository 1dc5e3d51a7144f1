-- Failed and canceled statements, 2026-06-01 to 2026-06-30, the newest 100.
SELECT
  statement_id,
  compute_warehouse_id AS warehouse_id,
  executed_by,
  statement_type,
  error_message,
  start_time,
  total_duration_ms / 1000 AS duration_before_failure_seconds
FROM system_gold.fact_query_history
WHERE start_time >= TIMESTAMP '2026-06-01' AND start_time < TIMESTAMP '2026-07-01' AND execution_status IN ('FAILED', 'CANCELED')
ORDER BY start_time DESC, statement_id
LIMIT 100
