-- What all-purpose clusters cost, an hour and in total, and what moving scheduled work to jobs compute would save.
-- Grain: one row a cluster of a workspace. Serverless notebooks run on no cluster and are not here.
-- Hours are those that the cluster was up, by its driver: adding up all nodes would make four hours of one hour of four nodes.
-- Node times come apart from usage and may be missing; then there are no hours.
-- The saving is a share (saving.all_purpose_to_jobs) of the cost, the most that a move of everything would bring.
CREATE OR REPLACE FUNCTION get_all_purpose_cluster_cost(
  start_date STRING COMMENT 'First day, YYYY-MM-DD (UTC), inclusive',
  end_date STRING COMMENT 'Last day, YYYY-MM-DD (UTC), inclusive',
  top_n INT DEFAULT 20 COMMENT 'Rows at most'
)
RETURNS TABLE (
  rank INT COMMENT 'Place by total_cost, 1 is the most expensive',
  cluster_id STRING COMMENT 'Cluster',
  cluster_name STRING COMMENT 'Name of the cluster; its identifier when the name is not known',
  owned_by STRING COMMENT 'Owner of the cluster; null when not known',
  total_cost DOUBLE COMMENT 'List cost of the period, in list currency',
  total_hours DOUBLE COMMENT 'Hours that the cluster was up in the period; null when no node times are known',
  cost_per_hour DOUBLE COMMENT 'total_cost / total_hours, list currency an hour',
  recommendation STRING COMMENT 'What to do, with the most that moving all of it to jobs compute would save in the period, in list currency'
)
COMMENT "PURPOSE: Ranks all-purpose clusters by list cost with hours up, cost per hour, and what moving to jobs compute would save.
BEST FOR: Which all-purpose clusters cost the most? | What could we save with job clusters? | What does an hour of a cluster cost?
NOT FOR: sizes and CPU use of clusters (use get_cluster_right_sizing_recommendations), job cost (use get_most_expensive_jobs)
RETURNS: one row per all-purpose cluster, the most expensive first, at most top_n
EXAMPLE: SELECT * FROM get_all_purpose_cluster_cost('2026-06-01', '2026-06-30', 10)"
RETURN
  WITH cluster_cost AS (
    SELECT
      f.workspace_id,
      f.usage_metadata_cluster_id AS cluster_id,
      COALESCE(SUM(f.list_cost), 0) AS cost,
      COUNT(DISTINCT f.usage_date) AS days
    FROM fact_usage AS f
    WHERE f.usage_date BETWEEN CAST(start_date AS DATE) AND CAST(end_date AS DATE)
      AND f.usage_metadata_cluster_id IS NOT NULL
      AND (CONTAINS(f.sku_name, 'ALL_PURPOSE') OR CONTAINS(f.sku_name, 'INTERACTIVE'))
    GROUP BY f.workspace_id, f.usage_metadata_cluster_id
  ),
  ranked_cluster AS (
    SELECT c.*, ROW_NUMBER() OVER (ORDER BY c.cost DESC, c.cluster_id, c.workspace_id) AS place
    FROM cluster_cost AS c
  ),
  cluster_time AS (
    SELECT n.workspace_id, n.cluster_id, SUM(TIMESTAMPDIFF(SECOND, n.start_time, n.end_time)) AS seconds
    FROM fact_node_timeline AS n
    INNER JOIN ranked_cluster AS c ON c.workspace_id = n.workspace_id AND c.cluster_id = n.cluster_id
    WHERE n.driver AND n.start_time >= CAST(start_date AS DATE) AND n.start_time < DATE_ADD(CAST(end_date AS DATE), 1) AND c.place <= top_n
    GROUP BY n.workspace_id, n.cluster_id
  ),
  advised_cluster AS (
    SELECT
      r.place,
      r.cluster_id,
      COALESCE(c.cluster_name, r.cluster_id) AS cluster_name,
      c.owned_by,
      CAST(r.cost AS DOUBLE) AS cost,
      t.seconds / 3600 AS hours,
      t.seconds / 3600 / r.days AS hours_a_day,
      c.cluster_id IS NOT NULL AND COALESCE(c.auto_termination_minutes, 0) = 0 AS never_stops,
      CAST(CAST(r.cost * CAST(${saving.all_purpose_to_jobs} AS DECIMAL(5, 4)) AS DECIMAL(28, 2)) AS STRING) AS saving
    FROM ranked_cluster AS r
    LEFT JOIN cluster_time AS t ON t.workspace_id = r.workspace_id AND t.cluster_id = r.cluster_id
    LEFT JOIN dim_cluster AS c ON c.workspace_id = r.workspace_id AND c.cluster_id = r.cluster_id
    WHERE r.place <= top_n
  )
  SELECT
    CAST(a.place AS INT) AS rank,
    a.cluster_id,
    a.cluster_name,
    a.owned_by,
    a.cost AS total_cost,
    a.hours AS total_hours,
    a.cost / NULLIF(a.hours, 0) AS cost_per_hour,
    CONCAT(
      CASE
        WHEN a.never_stops THEN 'Turn on auto-termination and move scheduled work to jobs compute: saves up to '
        WHEN a.hours_a_day > CAST(${threshold.all_purpose_hours_day} AS DOUBLE) THEN 'Up for long days: move scheduled work to jobs compute, saves up to '
        WHEN a.hours_a_day IS NULL THEN 'Hours are not known; moving scheduled work to jobs compute saves up to '
        ELSE 'Keep for interactive work; moving scheduled work to jobs compute saves up to '
      END,
      a.saving
    ) AS recommendation
  FROM advised_cluster AS a
  ORDER BY a.place
