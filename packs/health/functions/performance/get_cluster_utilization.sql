-- CPU, memory and cost of clusters between two days.
-- Grain: one row a cluster. A day is the UTC day on which a minute of a node began, or of its usage.
-- total_hours is the time that the cluster ran: the minutes of its driver or, where the source has no driver, of the node that was there longest.
-- The specification adds up the minutes of all nodes, so that a cluster of four nodes runs four hours an hour (B11).
-- CPU is user and system; where the source does not know the host (event logs of Spark) it is that of the tasks. Averages are over minutes of nodes.
-- Means are sums of whole millionths of a percent: the same bytes in whatever order rows are added up, at the price of numbers.
CREATE OR REPLACE FUNCTION get_cluster_utilization(
  start_date STRING COMMENT 'First UTC day of the window, YYYY-MM-DD, inclusive',
  end_date STRING COMMENT 'Last UTC day of the window, YYYY-MM-DD, inclusive',
  min_hours INT DEFAULT 1 COMMENT 'Hours that a cluster must have run to be reported'
)
RETURNS TABLE (
  cluster_id STRING COMMENT 'Cluster',
  cluster_name STRING COMMENT 'Name of the cluster as it is now',
  cluster_type STRING COMMENT 'Who made it: UI, API, JOB, PIPELINE, ...',
  owned_by STRING COMMENT 'Owner as it is now',
  total_hours DOUBLE COMMENT 'Time that the cluster ran, in hours, however many nodes it had',
  avg_cpu_utilization DOUBLE COMMENT 'Mean CPU utilisation of a node, in percent',
  avg_memory_utilization DOUBLE COMMENT 'Mean memory in use of a node, in percent; null when the source does not tell',
  peak_cpu DOUBLE COMMENT 'Highest CPU utilisation of a node within a minute, in percent',
  peak_memory DOUBLE COMMENT 'Most memory in use of a node within a minute, in percent',
  total_cost DOUBLE COMMENT 'List cost of the cluster in the window, in the currency of the list prices; null when no usage names it'
)
COMMENT 'PURPOSE: How much CPU and memory each cluster used while it ran, how long it ran and what that cost, dearest first. Measures only, no verdict.
BEST FOR: How well are our clusters used? | Which clusters cost the most and how busy are they? | How many hours did each cluster run?
NOT FOR: savings (use get_underutilized_clusters), verdicts (use get_cluster_right_sizing_recommendations), warehouses (use get_warehouse_utilization)
RETURNS: one row per cluster, highest cost first
EXAMPLE: SELECT * FROM get_cluster_utilization(\'2026-06-01\', \'2026-06-30\', 1)'
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
    WHERE n.start_time >= CAST(start_date AS DATE)
      AND n.start_time < DATE_ADD(CAST(end_date AS DATE), 1)
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
      MAX(m.cpu_pct) AS cpu_max,
      SUM(FLOOR(m.memory_pct * 1000000 + 0.5D)) AS memory_sum,
      COUNT(m.memory_pct) AS memory_count,
      MAX(m.memory_pct) AS memory_max
    FROM node_minute AS m
    GROUP BY m.workspace_id, m.cluster_id, m.instance_id, m.driver
  ),
  cluster_total AS (
    SELECT
      n.workspace_id,
      n.cluster_id,
      COALESCE(SUM(CASE WHEN n.driver THEN n.present_ms END), MAX(n.present_ms)) / 3600000.0D AS hours,
      SUM(n.cpu_sum) / (NULLIF(SUM(n.cpu_count), 0) * 1000000.0D) AS mean_cpu_pct,
      SUM(n.memory_sum) / (NULLIF(SUM(n.memory_count), 0) * 1000000.0D) AS mean_memory_pct,
      MAX(n.cpu_max) AS peak_cpu_pct,
      MAX(n.memory_max) AS peak_memory_pct
    FROM node AS n
    GROUP BY n.workspace_id, n.cluster_id
  ),
  cluster_usage AS (
    SELECT
      u.workspace_id,
      u.usage_metadata_cluster_id,
      CAST(SUM(u.list_cost) AS DOUBLE) AS cost
    FROM fact_usage AS u
    WHERE u.usage_date BETWEEN CAST(start_date AS DATE) AND CAST(end_date AS DATE)
      AND u.usage_metadata_cluster_id IS NOT NULL
    GROUP BY u.workspace_id, u.usage_metadata_cluster_id
  )
  SELECT
    t.cluster_id,
    c.cluster_name,
    c.cluster_source AS cluster_type,
    c.owned_by,
    t.hours AS total_hours,
    t.mean_cpu_pct AS avg_cpu_utilization,
    t.mean_memory_pct AS avg_memory_utilization,
    t.peak_cpu_pct AS peak_cpu,
    t.peak_memory_pct AS peak_memory,
    u.cost AS total_cost
  FROM cluster_total AS t
  LEFT JOIN dim_cluster AS c ON c.workspace_id = t.workspace_id AND c.cluster_id = t.cluster_id
  LEFT JOIN cluster_usage AS u ON u.workspace_id = t.workspace_id AND u.usage_metadata_cluster_id = t.cluster_id
  WHERE t.hours >= min_hours
  ORDER BY u.cost DESC, t.cluster_id, t.workspace_id
