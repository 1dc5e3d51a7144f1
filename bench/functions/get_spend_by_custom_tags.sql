-- List cost by the values of the tags team, project and cost_center, 2026-06-01 to 2026-06-30. Jobs are made distinct by grouping first.
WITH tagged_job AS (
  SELECT
    t.tag_key,
    coalesce(f.custom_tags[t.tag_key], 'UNTAGGED') AS tag_value,
    f.workspace_id,
    f.usage_metadata_job_id AS job_id,
    sum(f.usage_quantity) FILTER (WHERE f.usage_unit = 'DBU') AS dbu,
    sum(f.list_cost) AS cost
  FROM system_gold.fact_usage AS f, (VALUES ('team'), ('project'), ('cost_center')) AS t (tag_key)
  WHERE f.usage_date BETWEEN DATE '2026-06-01' AND DATE '2026-06-30'
  GROUP BY ALL
),
tagged_cost AS (
  SELECT
    tag_key,
    tag_value,
    coalesce(sum(dbu), 0) AS dbu,
    coalesce(sum(cost), 0) AS cost,
    count(DISTINCT workspace_id) AS workspaces,
    count(*) FILTER (WHERE workspace_id IS NOT NULL AND job_id IS NOT NULL) AS jobs
  FROM tagged_job
  GROUP BY ALL
)
SELECT
  tag_key,
  tag_value,
  dbu::DOUBLE AS total_dbu,
  cost::DOUBLE AS total_cost,
  cost::DOUBLE / nullif((sum(cost) OVER (PARTITION BY tag_key))::DOUBLE, 0) * 100 AS pct_of_total,
  workspaces::INTEGER AS workspace_count,
  jobs::INTEGER AS job_count
FROM tagged_cost
ORDER BY tag_key, cost DESC, tag_value
