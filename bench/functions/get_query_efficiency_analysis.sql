-- Efficiency of the statements of each warehouse, 720 hours before 2026-07-01.
WITH recent_statement AS (
  SELECT
    workspace_id,
    compute_warehouse_id,
    total_duration_ms,
    coalesce(spilled_local_bytes, 0) > 0 AS has_spill,
    coalesce(waiting_at_capacity_duration_ms, 0) * 100 / total_duration_ms AS queue_pct,
    total_duration_ms > 300000 AS is_slow
  FROM system_gold.fact_query_history
  WHERE start_time >= TIMESTAMP '2026-06-01' AND start_time < TIMESTAMP '2026-07-01'
    AND execution_status <> 'RUNNING'
    AND total_duration_ms > 1000
    AND compute_warehouse_id IS NOT NULL
),
warehouse_total AS (
  SELECT
    workspace_id,
    compute_warehouse_id,
    count(*) AS statements,
    count(*) FILTER (WHERE NOT has_spill AND queue_pct <= 10 AND NOT is_slow) AS efficient,
    count(*) FILTER (WHERE has_spill) AS spilled,
    count(*) FILTER (WHERE queue_pct > 10) AS queued,
    count(*) FILTER (WHERE is_slow) AS slow,
    avg(queue_pct) AS mean_queue_pct,
    quantile_cont(total_duration_ms, [0.95, 0.99]) AS percentile_ms
  FROM recent_statement
  GROUP BY ALL
)
SELECT
  t.compute_warehouse_id AS warehouse_id,
  w.warehouse_name,
  t.statements AS total_queries,
  t.efficient AS efficient_queries,
  t.spilled AS high_spill_queries,
  t.queued AS high_queue_queries,
  t.slow AS slow_queries,
  t.efficient * 100 / t.statements AS efficiency_rate,
  t.mean_queue_pct AS avg_queue_ratio,
  t.spilled * 100 / t.statements AS spill_rate,
  t.percentile_ms[1] / 1000 AS p95_duration_sec,
  t.percentile_ms[2] / 1000 AS p99_duration_sec,
  CASE
    WHEN t.queued * 100 / t.statements > 20 THEN 'SCALE_UP_NEEDED'
    WHEN t.statements < 50 AND efficiency_rate > 95 THEN 'SCALE_DOWN_POSSIBLE'
    ELSE 'OPTIMAL'
  END AS sizing_indicator
FROM warehouse_total AS t
LEFT JOIN system_gold.dim_warehouse AS w ON w.workspace_id = t.workspace_id AND w.warehouse_id = t.compute_warehouse_id
ORDER BY efficiency_rate, t.compute_warehouse_id, t.workspace_id
