-- Clusters of mean CPU below 60 % and at least an hour, 30 days before 2026-07-01. One pass by cluster; single nodes matter where none was a driver only.
WITH cluster AS (
  SELECT
    workspace_id,
    cluster_id,
    sum(epoch_ms(end_time) - epoch_ms(start_time)) FILTER (WHERE driver) AS driver_ms,
    avg(coalesce(cpu_user_percent + cpu_system_percent, task_cpu_percent)) AS cpu_pct,
    avg(mem_used_percent) AS memory_pct
  FROM system_gold.fact_node_timeline
  WHERE start_time >= TIMESTAMP '2026-06-01' AND start_time < TIMESTAMP '2026-07-01'
  GROUP BY ALL
  HAVING cpu_pct < 60
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
  WHERE usage_date >= DATE '2026-06-01' AND usage_date < DATE '2026-07-01' AND usage_metadata_cluster_id IS NOT NULL
  GROUP BY ALL
)
SELECT
  t.cluster_id,
  c.cluster_name,
  c.cluster_source AS cluster_type,
  c.owned_by,
  t.cpu_pct AS avg_cpu_pct,
  t.memory_pct AS avg_mem_pct,
  coalesce(t.driver_ms, n.node_ms) / 3600000 AS total_hours,
  u.cost AS total_cost,
  coalesce(u.cost, 0) * CASE WHEN t.cpu_pct < 15 THEN 0.6 WHEN t.cpu_pct < 20 THEN 0.5 WHEN t.cpu_pct < 30 THEN 0.3 ELSE 0 END AS potential_savings,
  CASE
    WHEN t.memory_pct > 85 THEN 'Take nodes with fewer cores for their memory: it runs short while CPU is free'
    WHEN t.cpu_pct < 15 THEN 'Stop it or move its work to another cluster: its CPU is hardly used'
    WHEN t.cpu_pct < 20 THEN 'Halve its nodes, or let it scale down and stop when idle'
    WHEN t.cpu_pct < 30 THEN 'Take fewer or smaller nodes'
    ELSE 'Watch it: its CPU is below the threshold that was asked for, yet not low'
  END AS recommendation
FROM cluster AS t
LEFT JOIN longest_node AS n ON n.workspace_id IS NOT DISTINCT FROM t.workspace_id AND n.cluster_id IS NOT DISTINCT FROM t.cluster_id
LEFT JOIN system_gold.dim_cluster AS c ON c.workspace_id = t.workspace_id AND c.cluster_id = t.cluster_id
LEFT JOIN cluster_cost AS u ON u.workspace_id = t.workspace_id AND u.cluster_id = t.cluster_id
WHERE total_hours >= 1
ORDER BY potential_savings DESC, t.cpu_pct, t.cluster_id, t.workspace_id
