-- Verdict on the size of clusters that ran at least 10 hours, 30 days before 2026-07-01. One pass by cluster; single nodes matter where none was a driver only.
WITH node_minute AS (
  SELECT
    workspace_id,
    cluster_id,
    driver,
    epoch_ms(end_time) - epoch_ms(start_time) AS present_ms,
    coalesce(cpu_user_percent + cpu_system_percent, task_cpu_percent) AS cpu_pct,
    mem_used_percent AS memory_pct
  FROM system_gold.fact_node_timeline
  WHERE start_time >= TIMESTAMP '2026-06-01' AND start_time < TIMESTAMP '2026-07-01'
),
cluster AS (
  SELECT
    workspace_id,
    cluster_id,
    sum(present_ms) FILTER (WHERE driver) AS driver_ms,
    avg(cpu_pct) AS mean_cpu_pct,
    quantile_cont(cpu_pct, 0.95) AS high_cpu_pct,
    avg(memory_pct) AS mean_memory_pct,
    quantile_cont(memory_pct, 0.95) AS high_memory_pct,
    count(*) FILTER (WHERE cpu_pct > 90) * 100 / nullif(count(cpu_pct), 0) AS saturated_pct,
    count(*) FILTER (WHERE cpu_pct < 20) * 100 / nullif(count(cpu_pct), 0) AS idle_pct
  FROM node_minute
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
  WHERE usage_date >= DATE '2026-06-01' AND usage_date < DATE '2026-07-01' AND usage_metadata_cluster_id IS NOT NULL
  GROUP BY ALL
),
judged_cluster AS (
  SELECT
    t.*,
    coalesce(t.driver_ms, n.node_ms) / 3600000 AS hours,
    CASE
      WHEN t.saturated_pct > 20 OR t.high_memory_pct > 85 THEN 'UNDERPROVISIONED'
      WHEN t.idle_pct > 70 AND coalesce(t.mean_memory_pct, 0) < 30 THEN 'OVERPROVISIONED'
      WHEN t.idle_pct > 50 AND coalesce(t.mean_memory_pct, 0) < 50 THEN 'UNDERUTILIZED'
      ELSE 'OPTIMAL'
    END AS status,
    CASE
      WHEN status = 'UNDERPROVISIONED' THEN 'NONE'
      WHEN t.idle_pct > 70 THEN 'HIGH'
      WHEN t.idle_pct > 50 THEN 'MEDIUM'
      WHEN t.idle_pct > 30 THEN 'LOW'
      ELSE 'NONE'
    END AS opportunity
  FROM cluster AS t
  LEFT JOIN longest_node AS n ON n.workspace_id IS NOT DISTINCT FROM t.workspace_id AND n.cluster_id IS NOT DISTINCT FROM t.cluster_id
  WHERE hours >= 10
)
SELECT
  s.cluster_id,
  c.cluster_name,
  c.cluster_source AS cluster_type,
  c.owned_by,
  s.hours AS observation_hours,
  s.mean_cpu_pct AS avg_cpu_util,
  s.high_cpu_pct AS p95_cpu_util,
  s.mean_memory_pct AS avg_memory_util,
  s.high_memory_pct AS p95_memory_util,
  s.saturated_pct AS cpu_saturation_pct,
  s.idle_pct AS cpu_idle_pct,
  u.cost AS total_cost,
  s.status AS sizing_status,
  s.opportunity AS savings_opportunity,
  coalesce(u.cost, 0) * CASE s.opportunity WHEN 'HIGH' THEN 0.5 WHEN 'MEDIUM' THEN 0.3 WHEN 'LOW' THEN 0.15 ELSE 0 END AS potential_savings,
  CASE
    WHEN s.status = 'UNDERPROVISIONED' AND s.high_memory_pct > 85 THEN 'Take nodes with more memory: it runs short'
    WHEN s.status = 'UNDERPROVISIONED' THEN 'Add workers or take larger nodes: CPU is saturated'
    WHEN s.status = 'OVERPROVISIONED' THEN 'Take far fewer or smaller nodes: CPU is mostly idle and memory is free'
    WHEN s.status = 'UNDERUTILIZED' THEN 'Take fewer nodes or let it scale down when idle'
    WHEN s.opportunity <> 'NONE' THEN 'Keep its nodes for their memory; let it scale down and stop when idle'
    ELSE 'Keep its size'
  END AS recommendation
FROM judged_cluster AS s
LEFT JOIN system_gold.dim_cluster AS c ON c.workspace_id = s.workspace_id AND c.cluster_id = s.cluster_id
LEFT JOIN cluster_cost AS u ON u.workspace_id = s.workspace_id AND u.cluster_id = s.cluster_id
ORDER BY
  CASE s.status WHEN 'OVERPROVISIONED' THEN 1 WHEN 'UNDERPROVISIONED' THEN 2 WHEN 'UNDERUTILIZED' THEN 3 ELSE 4 END,
  potential_savings DESC, s.cluster_id, s.workspace_id
