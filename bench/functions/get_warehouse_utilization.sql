-- Load of SQL warehouses, 2026-06-01 to 2026-06-30; the peak is a sweep over starts (1) and ends (-1).
WITH statement AS (
  SELECT workspace_id, compute_warehouse_id, start_time, end_time, total_duration_ms, waiting_at_capacity_duration_ms, execution_status
  FROM system_gold.fact_query_history
  WHERE start_time >= TIMESTAMP '2026-06-01' AND start_time < TIMESTAMP '2026-07-01' AND compute_warehouse_id IS NOT NULL
),
warehouse_load AS (
  SELECT
    workspace_id,
    compute_warehouse_id,
    count(*) AS statements,
    sum(total_duration_ms) AS duration_ms,
    avg(total_duration_ms) AS mean_ms,
    quantile_cont(total_duration_ms, 0.95) AS p_high_ms,
    avg(coalesce(waiting_at_capacity_duration_ms, 0)) AS mean_queue_ms,
    count(*) FILTER (WHERE execution_status = 'FAILED') AS failed,
    count(*) FILTER (WHERE execution_status <> 'RUNNING') AS ended
  FROM statement
  GROUP BY ALL
),
change AS (
  SELECT workspace_id, compute_warehouse_id, start_time AS changed_at, 1 AS step
  FROM statement
  UNION ALL
  SELECT workspace_id, compute_warehouse_id, end_time, -1
  FROM statement
  WHERE end_time IS NOT NULL
),
peak AS (
  SELECT workspace_id, compute_warehouse_id, greatest(max(present), 1) AS statements
  FROM (
    SELECT
      workspace_id,
      compute_warehouse_id,
      sum(step) OVER (PARTITION BY workspace_id, compute_warehouse_id ORDER BY changed_at, step ROWS UNBOUNDED PRECEDING) AS present
    FROM change
  )
  GROUP BY ALL
)
SELECT
  l.compute_warehouse_id AS warehouse_id,
  w.warehouse_name,
  w.warehouse_size,
  l.statements::INTEGER AS total_queries,
  l.duration_ms / 3600000 AS total_duration_hours,
  l.mean_ms / 1000 AS avg_duration_seconds,
  l.p_high_ms / 1000 AS p95_duration_seconds,
  l.mean_queue_ms / 1000 AS avg_queue_time_seconds,
  p.statements::INTEGER AS peak_concurrency,
  l.failed * 100 / nullif(l.ended, 0) AS error_rate_pct
FROM warehouse_load AS l
JOIN peak AS p ON p.workspace_id IS NOT DISTINCT FROM l.workspace_id AND p.compute_warehouse_id = l.compute_warehouse_id
LEFT JOIN system_gold.dim_warehouse AS w ON w.workspace_id = l.workspace_id AND w.warehouse_id = l.compute_warehouse_id
ORDER BY l.statements DESC, l.compute_warehouse_id, l.workspace_id
