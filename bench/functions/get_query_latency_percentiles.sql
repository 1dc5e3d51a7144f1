-- Percentiles of the durations of finished statements by warehouse, 2026-06-01 to 2026-06-30.
WITH warehouse_latency AS (
  SELECT
    workspace_id,
    compute_warehouse_id,
    count(*) AS statements,
    quantile_cont(total_duration_ms, [0.5, 0.75, 0.9, 0.95, 0.99]) AS percentile_ms,
    max(total_duration_ms) AS max_ms
  FROM system_gold.fact_query_history
  WHERE start_time >= TIMESTAMP '2026-06-01' AND start_time < TIMESTAMP '2026-07-01'
    AND execution_status = 'FINISHED'
    AND compute_warehouse_id IS NOT NULL
  GROUP BY ALL
)
SELECT
  l.compute_warehouse_id AS warehouse_id,
  w.warehouse_name,
  l.statements::INTEGER AS query_count,
  l.percentile_ms[1] / 1000 AS p50_seconds,
  l.percentile_ms[2] / 1000 AS p75_seconds,
  l.percentile_ms[3] / 1000 AS p90_seconds,
  l.percentile_ms[4] / 1000 AS p95_seconds,
  l.percentile_ms[5] / 1000 AS p99_seconds,
  l.max_ms / 1000 AS max_seconds
FROM warehouse_latency AS l
LEFT JOIN system_gold.dim_warehouse AS w ON w.workspace_id = l.workspace_id AND w.warehouse_id = l.compute_warehouse_id
ORDER BY l.statements DESC, l.compute_warehouse_id, l.workspace_id
