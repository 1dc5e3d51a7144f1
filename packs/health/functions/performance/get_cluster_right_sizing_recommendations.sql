-- A verdict on the size of each cluster from its idle and saturated minutes over the last complete days, with the saving.
-- Grain: one row a cluster. Window: the days_back complete UTC days before today, for minutes of nodes and for usage.
-- observation_hours is the time that the cluster ran, by its driver (else by the node that was there longest), not its rows / 60 (B11).
-- The specification never asks for min_observation_hours, and promises savings on clusters that it calls too small: here these have none.
-- Shares and percentiles are over minutes of nodes.
-- CPU is user and system; where the source does not know the host (event logs of Spark) it is that of the tasks, and the verdict rests on CPU alone.
-- Means are sums of whole millionths of a percent: the same bytes in whatever order rows are added up, at the price of numbers.
CREATE OR REPLACE FUNCTION get_cluster_right_sizing_recommendations(
  days_back INT COMMENT 'Complete UTC days before today that are looked at',
  min_observation_hours INT DEFAULT 10 COMMENT 'Hours that a cluster must have run to be judged'
)
RETURNS TABLE (
  cluster_id STRING COMMENT 'Cluster',
  cluster_name STRING COMMENT 'Name of the cluster as it is now',
  cluster_type STRING COMMENT 'Who made it: UI, API, JOB, PIPELINE, ...',
  owned_by STRING COMMENT 'Owner as it is now',
  observation_hours DOUBLE COMMENT 'Time that the cluster ran, in hours, however many nodes it had',
  avg_cpu_util DOUBLE COMMENT 'Mean CPU utilisation of a node, in percent',
  p95_cpu_util DOUBLE COMMENT '95th percentile of the CPU utilisation, in percent',
  avg_memory_util DOUBLE COMMENT 'Mean memory in use of a node, in percent; null when the source does not tell',
  p95_memory_util DOUBLE COMMENT '95th percentile of the memory in use, in percent; null when the source does not tell',
  cpu_saturation_pct DOUBLE COMMENT 'Share of the minutes with CPU above threshold.cpu_saturated_pct, in percent',
  cpu_idle_pct DOUBLE COMMENT 'Share of the minutes with CPU below threshold.cpu_idle_pct, in percent',
  total_cost DOUBLE COMMENT 'List cost of the cluster in the window, in the currency of the list prices; null when no usage names it',
  sizing_status STRING COMMENT 'UNDERPROVISIONED (often saturated, or short of memory), OVERPROVISIONED, UNDERUTILIZED (less so) or OPTIMAL',
  savings_opportunity STRING COMMENT 'HIGH, MEDIUM, LOW or NONE by the share of idle minutes; NONE for one that is too small',
  potential_savings DOUBLE COMMENT 'Part of total_cost that a better size would save, in the same currency; 0 when there is none',
  recommendation STRING COMMENT 'What to do, in words'
)
COMMENT 'PURPOSE: Verdict on the size of each cluster (too small, too large, right) from its saturated and idle minutes and memory, with saving and advice.
BEST FOR: Which clusters are too large or too small? | How should we resize our clusters? | What would right-sizing save?
NOT FOR: only little used clusters (use get_underutilized_clusters), measures (use get_cluster_utilization), warehouses (use get_query_efficiency_analysis)
RETURNS: one row per cluster, too large ones first, then too small ones, then underutilized ones, each by saving
EXAMPLE: SELECT * FROM get_cluster_right_sizing_recommendations(30, 10)'
RETURN
  WITH node_minute AS (
    SELECT
      n.workspace_id,
      n.cluster_id,
      COALESCE(n.cpu_user_percent + n.cpu_system_percent, n.task_cpu_percent) AS cpu_pct,
      n.mem_used_percent AS memory_pct
    FROM fact_node_timeline AS n
    WHERE n.start_time >= DATE_SUB(CURRENT_DATE(), days_back)
      AND n.start_time < CURRENT_DATE()
  ),
  cluster_utilization AS (
    SELECT
      m.workspace_id,
      m.cluster_id,
      SUM(FLOOR(m.cpu_pct * 1000000 + 0.5D)) / (NULLIF(COUNT(m.cpu_pct), 0) * 1000000.0D) AS mean_cpu_pct,
      PERCENTILE(m.cpu_pct, 0.95) AS high_cpu_pct,
      SUM(FLOOR(m.memory_pct * 1000000 + 0.5D)) / (NULLIF(COUNT(m.memory_pct), 0) * 1000000.0D) AS mean_memory_pct,
      PERCENTILE(m.memory_pct, 0.95) AS high_memory_pct,
      COUNT_IF(m.cpu_pct > CAST(${threshold.cpu_saturated_pct} AS DOUBLE)) * 100.0D / NULLIF(COUNT(m.cpu_pct), 0) AS saturated_pct,
      COUNT_IF(m.cpu_pct < CAST(${threshold.cpu_idle_pct} AS DOUBLE)) * 100.0D / NULLIF(COUNT(m.cpu_pct), 0) AS idle_pct
    FROM node_minute AS m
    GROUP BY m.workspace_id, m.cluster_id
  ),
  node AS (
    SELECT
      n.workspace_id,
      n.cluster_id,
      n.instance_id,
      n.driver,
      SUM(UNIX_MILLIS(n.end_time) - UNIX_MILLIS(n.start_time)) AS present_ms
    FROM fact_node_timeline AS n
    WHERE n.start_time >= DATE_SUB(CURRENT_DATE(), days_back)
      AND n.start_time < CURRENT_DATE()
    GROUP BY n.workspace_id, n.cluster_id, n.instance_id, n.driver
  ),
  cluster_time AS (
    SELECT
      n.workspace_id,
      n.cluster_id,
      COALESCE(SUM(CASE WHEN n.driver THEN n.present_ms END), MAX(n.present_ms)) / 3600000.0D AS hours
    FROM node AS n
    GROUP BY n.workspace_id, n.cluster_id
  ),
  cluster_usage AS (
    SELECT
      u.workspace_id,
      u.usage_metadata_cluster_id,
      CAST(SUM(u.list_cost) AS DOUBLE) AS cost
    FROM fact_usage AS u
    WHERE u.usage_date >= DATE_SUB(CURRENT_DATE(), days_back)
      AND u.usage_date < CURRENT_DATE()
      AND u.usage_metadata_cluster_id IS NOT NULL
    GROUP BY u.workspace_id, u.usage_metadata_cluster_id
  ),
  judged_cluster AS (
    SELECT
      x.*,
      t.hours,
      u.cost,
      CASE
        WHEN x.saturated_pct > CAST(${threshold.saturated_time_pct} AS DOUBLE) OR x.high_memory_pct > CAST(${threshold.memory_high_pct} AS DOUBLE)
          THEN 'UNDERPROVISIONED'
        WHEN x.idle_pct > CAST(${threshold.idle_time_high_pct} AS DOUBLE) AND COALESCE(x.mean_memory_pct, 0) < CAST(${threshold.memory_low_pct} AS DOUBLE)
          THEN 'OVERPROVISIONED'
        WHEN x.idle_pct > CAST(${threshold.idle_time_medium_pct} AS DOUBLE) AND COALESCE(x.mean_memory_pct, 0) < CAST(${threshold.memory_medium_pct} AS DOUBLE)
          THEN 'UNDERUTILIZED'
        ELSE 'OPTIMAL'
      END AS status
    FROM cluster_utilization AS x
    INNER JOIN cluster_time AS t ON t.workspace_id <=> x.workspace_id AND t.cluster_id <=> x.cluster_id
    LEFT JOIN cluster_usage AS u ON u.workspace_id = x.workspace_id AND u.usage_metadata_cluster_id = x.cluster_id
    WHERE t.hours >= min_observation_hours
  ),
  sized_cluster AS (
    SELECT
      j.*,
      CASE
        WHEN j.status = 'UNDERPROVISIONED' THEN 'NONE'
        WHEN j.idle_pct > CAST(${threshold.idle_time_high_pct} AS DOUBLE) THEN 'HIGH'
        WHEN j.idle_pct > CAST(${threshold.idle_time_medium_pct} AS DOUBLE) THEN 'MEDIUM'
        WHEN j.idle_pct > CAST(${threshold.idle_time_low_pct} AS DOUBLE) THEN 'LOW'
        ELSE 'NONE'
      END AS opportunity
    FROM judged_cluster AS j
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
    s.cost AS total_cost,
    s.status AS sizing_status,
    s.opportunity AS savings_opportunity,
    COALESCE(s.cost, 0) * CASE s.opportunity
      WHEN 'HIGH' THEN CAST(${saving.idle_time_high} AS DOUBLE)
      WHEN 'MEDIUM' THEN CAST(${saving.idle_time_medium} AS DOUBLE)
      WHEN 'LOW' THEN CAST(${saving.idle_time_low} AS DOUBLE)
      ELSE 0.0D
    END AS potential_savings,
    CASE
      WHEN s.status = 'UNDERPROVISIONED' AND s.high_memory_pct > CAST(${threshold.memory_high_pct} AS DOUBLE) THEN 'Take nodes with more memory: it runs short'
      WHEN s.status = 'UNDERPROVISIONED' THEN 'Add workers or take larger nodes: CPU is saturated'
      WHEN s.status = 'OVERPROVISIONED' THEN 'Take far fewer or smaller nodes: CPU is mostly idle and memory is free'
      WHEN s.status = 'UNDERUTILIZED' THEN 'Take fewer nodes or let it scale down when idle'
      WHEN s.opportunity <> 'NONE' THEN 'Keep its nodes for their memory; let it scale down and stop when idle'
      ELSE 'Keep its size'
    END AS recommendation
  FROM sized_cluster AS s
  LEFT JOIN dim_cluster AS c ON c.workspace_id = s.workspace_id AND c.cluster_id = s.cluster_id
  ORDER BY
    CASE s.status WHEN 'OVERPROVISIONED' THEN 1 WHEN 'UNDERPROVISIONED' THEN 2 WHEN 'UNDERUTILIZED' THEN 3 ELSE 4 END,
    potential_savings DESC, s.cluster_id, s.workspace_id
