-- Clusters whose CPU is used little over the last complete days, with what smaller ones would save.
-- Grain: one row a cluster. Window: the days_back complete UTC days before today, for minutes of nodes and for usage.
-- total_hours is the time that the cluster ran, by its driver (else by the node that was there longest), not the sum over its nodes (B11); the specification
-- never asks for min_hours. Savings are estimates: a part of the list cost by how little CPU is used (threshold.cpu_*, saving.cpu_*).
-- CPU is user and system; where the source does not know the host (event logs of Spark) it is that of the tasks.
-- Means are sums of whole millionths of a percent: the same bytes in whatever order rows are added up, at the price of numbers.
CREATE OR REPLACE FUNCTION get_underutilized_clusters(
  days_back INT COMMENT 'Complete UTC days before today that are looked at',
  cpu_threshold DOUBLE DEFAULT 30.0 COMMENT 'Mean CPU utilisation, in percent, below which a cluster is reported',
  min_hours INT DEFAULT 10 COMMENT 'Hours that a cluster must have run to be reported'
)
RETURNS TABLE (
  cluster_id STRING COMMENT 'Cluster',
  cluster_name STRING COMMENT 'Name of the cluster as it is now',
  cluster_type STRING COMMENT 'Who made it: UI, API, JOB, PIPELINE, ...',
  owned_by STRING COMMENT 'Owner as it is now',
  avg_cpu_pct DOUBLE COMMENT 'Mean CPU utilisation of a node, in percent',
  avg_mem_pct DOUBLE COMMENT 'Mean memory in use of a node, in percent; null when the source does not tell',
  total_hours DOUBLE COMMENT 'Time that the cluster ran, in hours, however many nodes it had',
  total_cost DOUBLE COMMENT 'List cost of the cluster in the window, in the currency of the list prices; null when no usage names it',
  potential_savings DOUBLE COMMENT 'Part of total_cost that smaller compute would save, in the same currency; 0 when there is no cost or CPU is not low enough',
  recommendation STRING COMMENT 'What to do, in words'
)
COMMENT 'PURPOSE: Clusters that are hardly used: mean CPU below a threshold over enough hours, with cost, estimated saving and what to do.
BEST FOR: Which clusters waste money? | What do we save by making idle clusters smaller? | Which clusters use less than 30 percent of their CPU?
NOT FOR: all clusters (use get_cluster_utilization), verdicts from idle and saturated minutes (use get_cluster_right_sizing_recommendations)
RETURNS: one row per underutilized cluster, largest saving first
EXAMPLE: SELECT * FROM get_underutilized_clusters(30, 30.0, 10)'
RETURN
  WITH node_minute AS (
    SELECT
      n.workspace_id,
      n.cluster_id,
      n.instance_id,
      n.driver,
      UNIX_MILLIS(n.end_time) - UNIX_MILLIS(n.start_time) AS present_ms,
      COALESCE(n.cpu_user_percent + n.cpu_system_percent, n.task_cpu_percent) AS cpu_pct,
      n.mem_used_percent AS memory_pct
    FROM fact_node_timeline AS n
    WHERE n.start_time >= DATE_SUB(CURRENT_DATE(), days_back)
      AND n.start_time < CURRENT_DATE()
  ),
  node AS (
    SELECT
      m.workspace_id,
      m.cluster_id,
      m.instance_id,
      m.driver,
      SUM(m.present_ms) AS present_ms,
      SUM(FLOOR(m.cpu_pct * 1000000 + 0.5D)) AS cpu_sum,
      COUNT(m.cpu_pct) AS cpu_count,
      SUM(FLOOR(m.memory_pct * 1000000 + 0.5D)) AS memory_sum,
      COUNT(m.memory_pct) AS memory_count
    FROM node_minute AS m
    GROUP BY m.workspace_id, m.cluster_id, m.instance_id, m.driver
  ),
  cluster_total AS (
    SELECT
      n.workspace_id,
      n.cluster_id,
      COALESCE(SUM(CASE WHEN n.driver THEN n.present_ms END), MAX(n.present_ms)) / 3600000.0D AS hours,
      SUM(n.cpu_sum) / (NULLIF(SUM(n.cpu_count), 0) * 1000000.0D) AS mean_cpu_pct,
      SUM(n.memory_sum) / (NULLIF(SUM(n.memory_count), 0) * 1000000.0D) AS mean_memory_pct
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
  )
  SELECT
    t.cluster_id,
    c.cluster_name,
    c.cluster_source AS cluster_type,
    c.owned_by,
    t.mean_cpu_pct AS avg_cpu_pct,
    t.mean_memory_pct AS avg_mem_pct,
    t.hours AS total_hours,
    u.cost AS total_cost,
    COALESCE(u.cost, 0) * CASE
      WHEN t.mean_cpu_pct < CAST(${threshold.cpu_unused_pct} AS DOUBLE) THEN CAST(${saving.cpu_unused} AS DOUBLE)
      WHEN t.mean_cpu_pct < CAST(${threshold.cpu_idle_pct} AS DOUBLE) THEN CAST(${saving.cpu_idle} AS DOUBLE)
      WHEN t.mean_cpu_pct < CAST(${threshold.cpu_low_pct} AS DOUBLE) THEN CAST(${saving.cpu_low} AS DOUBLE)
      ELSE 0.0D
    END AS potential_savings,
    CASE
      WHEN t.mean_memory_pct > CAST(${threshold.memory_high_pct} AS DOUBLE) THEN 'Take nodes with fewer cores for their memory: it runs short while CPU is free'
      WHEN t.mean_cpu_pct < CAST(${threshold.cpu_unused_pct} AS DOUBLE) THEN 'Stop it or move its work to another cluster: its CPU is hardly used'
      WHEN t.mean_cpu_pct < CAST(${threshold.cpu_idle_pct} AS DOUBLE) THEN 'Halve its nodes, or let it scale down and stop when idle'
      WHEN t.mean_cpu_pct < CAST(${threshold.cpu_low_pct} AS DOUBLE) THEN 'Take fewer or smaller nodes'
      ELSE 'Watch it: its CPU is below the threshold that was asked for, yet not low'
    END AS recommendation
  FROM cluster_total AS t
  LEFT JOIN dim_cluster AS c ON c.workspace_id = t.workspace_id AND c.cluster_id = t.cluster_id
  LEFT JOIN cluster_usage AS u ON u.workspace_id = t.workspace_id AND u.usage_metadata_cluster_id = t.cluster_id
  WHERE t.mean_cpu_pct < cpu_threshold
    AND t.hours >= min_hours
  ORDER BY potential_savings DESC, t.mean_cpu_pct, t.cluster_id, t.workspace_id
