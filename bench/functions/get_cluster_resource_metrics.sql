-- CPU, disk wait, memory and network of clusters, driver apart from workers, 30 days before 2026-07-01, the 50 busiest; means that differ in the last digits only are equal.
WITH cluster_role AS (
  SELECT
    workspace_id,
    cluster_id,
    driver,
    avg(coalesce(cpu_user_percent + cpu_system_percent, task_cpu_percent)) AS mean_cpu_pct,
    max(coalesce(cpu_user_percent + cpu_system_percent, task_cpu_percent)) AS peak_cpu_pct,
    avg(cpu_wait_percent) AS mean_wait_pct,
    max(cpu_wait_percent) AS peak_wait_pct,
    avg(mem_used_percent) AS mean_memory_pct,
    max(mem_used_percent) AS peak_memory_pct,
    avg(network_received_bytes) AS mean_received_bytes,
    avg(network_sent_bytes) AS mean_sent_bytes
  FROM system_gold.fact_node_timeline
  WHERE start_time >= TIMESTAMP '2026-06-01' AND start_time < TIMESTAMP '2026-07-01'
  GROUP BY ALL
  ORDER BY round(mean_cpu_pct, 9) DESC, cluster_id, workspace_id, driver
  LIMIT 50
)
SELECT
  r.cluster_id,
  c.cluster_name,
  r.driver AS is_driver,
  r.mean_cpu_pct AS avg_cpu_utilization,
  r.peak_cpu_pct AS peak_cpu_utilization,
  r.mean_wait_pct AS avg_cpu_wait,
  r.peak_wait_pct AS max_cpu_wait,
  r.mean_memory_pct AS avg_memory_utilization,
  r.peak_memory_pct AS max_memory_utilization,
  r.mean_received_bytes / 1048576 AS avg_network_mb_received,
  r.mean_sent_bytes / 1048576 AS avg_network_mb_sent
FROM cluster_role AS r
LEFT JOIN system_gold.dim_cluster AS c USING (workspace_id, cluster_id)
ORDER BY round(r.mean_cpu_pct, 9) DESC, r.cluster_id, r.workspace_id, r.driver
