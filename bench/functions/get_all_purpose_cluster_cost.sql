-- Cost and hours of all-purpose clusters, 2026-06-01 to 2026-06-30, the first 20; node times are read for these only.
WITH cluster AS (
  SELECT
    workspace_id,
    usage_metadata_cluster_id AS cluster_id,
    coalesce(sum(list_cost), 0) AS cost,
    count(DISTINCT usage_date) AS days,
    row_number() OVER (ORDER BY cost DESC, cluster_id, workspace_id) AS place
  FROM system_gold.fact_usage
  WHERE usage_date BETWEEN DATE '2026-06-01' AND DATE '2026-06-30'
    AND usage_metadata_cluster_id IS NOT NULL
    AND (contains(sku_name, 'ALL_PURPOSE') OR contains(sku_name, 'INTERACTIVE'))
  GROUP BY workspace_id, cluster_id
  QUALIFY place <= 20
),
cluster_time AS (
  SELECT n.workspace_id, n.cluster_id, sum(date_sub('second', n.start_time, n.end_time)) / 3600 AS hours
  FROM system_gold.fact_node_timeline AS n
  SEMI JOIN cluster AS c USING (workspace_id, cluster_id)
  WHERE n.driver AND n.start_time >= TIMESTAMP '2026-06-01' AND n.start_time < TIMESTAMP '2026-07-01'
  GROUP BY ALL
)
SELECT
  r.place::INTEGER AS rank,
  r.cluster_id,
  coalesce(c.cluster_name, r.cluster_id) AS cluster_name,
  c.owned_by,
  r.cost::DOUBLE AS total_cost,
  t.hours AS total_hours,
  r.cost::DOUBLE / nullif(t.hours, 0) AS cost_per_hour,
  CASE
    WHEN c.cluster_id IS NOT NULL AND coalesce(c.auto_termination_minutes, 0) = 0 THEN 'Turn on auto-termination and move scheduled work to jobs compute: saves up to '
    WHEN t.hours / r.days > 8 THEN 'Up for long days: move scheduled work to jobs compute, saves up to '
    WHEN t.hours IS NULL THEN 'Hours are not known; moving scheduled work to jobs compute saves up to '
    ELSE 'Keep for interactive work; moving scheduled work to jobs compute saves up to '
  END || (r.cost * 0.4)::DECIMAL(28, 2) AS recommendation
FROM cluster AS r
LEFT JOIN cluster_time AS t USING (workspace_id, cluster_id)
LEFT JOIN system_gold.dim_cluster AS c USING (workspace_id, cluster_id)
ORDER BY rank
