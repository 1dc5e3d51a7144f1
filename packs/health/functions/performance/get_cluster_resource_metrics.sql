-- CPU, waiting for disk, memory and network of clusters over the last complete days, the driver apart from the workers.
-- Grain: one row a cluster and role (driver or workers). Window: the days_back complete UTC days before today.
-- CPU is user and system; where the source does not know the host (event logs of Spark) it is that of the tasks, and the rest is null.
-- Network is in MB a node and minute: the formula of the specification divides by 1024 and multiplies by 1024 again.
-- Means are sums of whole millionths of a percent: the same bytes in whatever order rows are added up, at the price of numbers.
CREATE OR REPLACE FUNCTION get_cluster_resource_metrics(
  days_back INT COMMENT 'Complete UTC days before today that are looked at',
  top_n INT DEFAULT 50 COMMENT 'Rows at most, those with the highest mean CPU utilisation'
)
RETURNS TABLE (
  cluster_id STRING COMMENT 'Cluster',
  cluster_name STRING COMMENT 'Name of the cluster as it is now',
  is_driver BOOLEAN COMMENT 'True for its driver, false for its workers',
  avg_cpu_utilization DOUBLE COMMENT 'Mean CPU utilisation of a node, in percent',
  peak_cpu_utilization DOUBLE COMMENT 'Highest CPU utilisation of a node within a minute, in percent',
  avg_cpu_wait DOUBLE COMMENT 'Mean share of CPU time that waits for disk, in percent',
  max_cpu_wait DOUBLE COMMENT 'Highest share of CPU time that waited for disk within a minute, in percent',
  avg_memory_utilization DOUBLE COMMENT 'Mean memory in use of a node, in percent',
  max_memory_utilization DOUBLE COMMENT 'Most memory in use of a node within a minute, in percent',
  avg_network_mb_received DOUBLE COMMENT 'Mean data that a node received in a minute, in MB of 1024^2 bytes',
  avg_network_mb_sent DOUBLE COMMENT 'Mean data that a node sent in a minute, in MB of 1024^2 bytes'
)
COMMENT 'PURPOSE: Where the bottleneck of a cluster is: CPU, waiting for disk, memory and network of its driver and of its workers, busiest first.
BEST FOR: Is a cluster bound by CPU, memory, disk or network? | Is the driver the bottleneck? | Which clusters are the busiest?
NOT FOR: hours and cost (use get_cluster_utilization), verdicts on size (use get_cluster_right_sizing_recommendations)
RETURNS: one row per cluster and role (driver, workers), highest mean CPU utilisation first
EXAMPLE: SELECT * FROM get_cluster_resource_metrics(30, 20)'
RETURN
  WITH node_minute AS (
    SELECT
      n.workspace_id,
      n.cluster_id,
      n.driver,
      COALESCE(n.cpu_user_percent + n.cpu_system_percent, n.task_cpu_percent) AS cpu_pct,
      n.cpu_wait_percent,
      n.mem_used_percent,
      n.network_received_bytes,
      n.network_sent_bytes
    FROM fact_node_timeline AS n
    WHERE n.start_time >= DATE_SUB(CURRENT_DATE(), days_back)
      AND n.start_time < CURRENT_DATE()
  ),
  cluster_role AS (
    SELECT
      m.workspace_id,
      m.cluster_id,
      m.driver,
      SUM(FLOOR(m.cpu_pct * 1000000 + 0.5D)) / (NULLIF(COUNT(m.cpu_pct), 0) * 1000000.0D) AS mean_cpu_pct,
      MAX(m.cpu_pct) AS peak_cpu_pct,
      AVG(m.cpu_wait_percent) AS mean_wait_pct,
      MAX(m.cpu_wait_percent) AS peak_wait_pct,
      AVG(m.mem_used_percent) AS mean_memory_pct,
      MAX(m.mem_used_percent) AS peak_memory_pct,
      AVG(m.network_received_bytes) AS mean_received_bytes,
      AVG(m.network_sent_bytes) AS mean_sent_bytes
    FROM node_minute AS m
    GROUP BY m.workspace_id, m.cluster_id, m.driver
  ),
  ranked_role AS (
    SELECT r.*, ROW_NUMBER() OVER (ORDER BY r.mean_cpu_pct DESC, r.cluster_id, r.workspace_id, r.driver) AS place
    FROM cluster_role AS r
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
    r.mean_received_bytes / 1048576.0D AS avg_network_mb_received,
    r.mean_sent_bytes / 1048576.0D AS avg_network_mb_sent
  FROM ranked_role AS r
  LEFT JOIN dim_cluster AS c ON c.workspace_id = r.workspace_id AND c.cluster_id = r.cluster_id
  WHERE r.place <= top_n
  ORDER BY r.place
