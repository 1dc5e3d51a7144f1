-- CPU, memory, hours and cost of clusters, 2026-06-01 to 2026-06-30, at least an hour. One pass by cluster; single nodes matter where none was a driver only.
WITH cluster AS (
  SELECT
    workspace_id,
    cluster_id,
    sum(epoch_ms(end_time) - epoch_ms(start_time)) FILTER (WHERE driver) AS driver_ms,
    avg(coalesce(cpu_user_percent + cpu_system_percent, task_cpu_percent)) AS mean_cpu_pct,
    max(coalesce(cpu_user_percent + cpu_system_percent, task_cpu_percent)) AS peak_cpu_pct,
    avg(mem_used_percent) AS mean_memory_pct,
    max(mem_used_percent) AS peak_memory_pct
  FROM system_gold.fact_node_timeline
  WHERE start_time >= TIMESTAMP '2026-06-01' AND start_time < TIMESTAMP '2026-07-01'
  GROUP BY ALL
),
node AS (
  SELECT n.workspace_id, n.cluster_id, n.instance_id, n.driver, sum(epoch_ms(n.end_time) - epoch_ms(n.start_time)) AS present_ms
  FROM system_gold.fact_node_timeline AS n
  SEMI JOIN (FROM cluster WHERE driver_ms IS NULL) AS c
    ON c.workspace_id IS NOT DISTINCT FROM n.workspace_id AND c.cluster_id IS NOT DISTINCT FROM n.cluster_id
  WHERE n.start_time >= TIMESTAMP '2026-06-01' AND n.start_time < TIMESTAMP '2026-07-01'
  GROUP BY ALL
),
longest_node AS (
  SELECT workspace_id, cluster_id, max(present_ms) AS node_ms
  FROM node
  GROUP BY ALL
),
cluster_cost AS (
  SELECT workspace_id, usage_metadata_cluster_id AS cluster_id, sum(list_cost)::DOUBLE AS cost
  FROM system_gold.fact_usage
  WHERE usage_date BETWEEN DATE '2026-06-01' AND DATE '2026-06-30' AND usage_metadata_cluster_id IS NOT NULL
  GROUP BY ALL
)
SELECT
  t.cluster_id,
  c.cluster_name,
  c.cluster_source AS cluster_type,
  c.owned_by,
  coalesce(t.driver_ms, n.node_ms) / 3600000 AS total_hours,
  t.mean_cpu_pct AS avg_cpu_utilization,
  t.mean_memory_pct AS avg_memory_utilization,
  t.peak_cpu_pct AS peak_cpu,
  t.peak_memory_pct AS peak_memory,
  u.cost AS total_cost
FROM cluster AS t
LEFT JOIN longest_node AS n ON n.workspace_id IS NOT DISTINCT FROM t.workspace_id AND n.cluster_id IS NOT DISTINCT FROM t.cluster_id
LEFT JOIN system_gold.dim_cluster AS c ON c.workspace_id = t.workspace_id AND c.cluster_id = t.cluster_id
LEFT JOIN cluster_cost AS u ON u.workspace_id = t.workspace_id AND u.cluster_id = t.cluster_id
WHERE total_hours >= 1
ORDER BY u.cost DESC, t.cluster_id, t.workspace_id
